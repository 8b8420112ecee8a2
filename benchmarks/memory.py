"""How much memory the real commands need, whatever the number of contacts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks import by_hand, load, peak
from benchmarks.data import fill
from benchmarks.machine import database
from benchmarks.segments import mixed_segments

EVERYONE = {"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}


def main(dsn: str | None, contacts: int, segments: int) -> None:
    """Print the peak of a recount and of a list of all members, each a process of its own."""
    with database(dsn) as url, by_hand.literal(url) as connection, tempfile.TemporaryDirectory() as home:
        fill(connection, {1: contacts})
        load.store(connection, mixed_segments(segments))
        print(f"memory: {contacts:,} contacts, {segments:,} segments")
        peak.show("version", peak.segsql(url, "--version"))
        peak.show("recount", peak.segsql(url, "recount"))
        everyone, listed = Path(home) / "everyone.json", Path(home) / "members.csv"
        everyone.write_text(json.dumps(EVERYONE))
        members = peak.segsql(url, "members", "-w", "1", str(everyone), stdout=listed)
        with listed.open() as lines:
            assert sum(1 for _ in lines) == contacts + 1, "a header and a line for each contact"
        peak.show("members", members)
