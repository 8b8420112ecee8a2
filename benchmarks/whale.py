"""One workspace with very many contacts: a recount of all its segments."""

from __future__ import annotations

from benchmarks import by_hand, load, measure, peak
from benchmarks.data import fill
from benchmarks.machine import database
from benchmarks.segments import mixed_segments

WARMING = 100
"""The baseline is warm once it has counted so many segments: each reads all of the data."""


def main(dsn: str | None, contacts: int, segments: int, pairs: int, baseline_runs: int) -> None:
    """Print both sides' times, whether they agree, and the client's memory."""
    with database(dsn) as url, by_hand.literal(url) as connection:
        made = measure.seconds(lambda: fill(connection, {1: contacts}))
        mixed = mixed_segments(segments)
        load.store(connection, mixed)
        print(f"whale: {contacts:,} contacts, {segments:,} segments; data made in {made:.0f} s")
        baseline = by_hand.ByHand([connection], mixed)
        by_hand.ByHand([connection], mixed[:WARMING]).run()
        load.recount(url)
        measure.in_turn(
            [
                measure.Side("baseline", baseline.run, baseline_runs),
                measure.Side(measure.SEGSQL, lambda: load.recount(url), pairs),
            ]
        ).show()
        load.check(connection, mixed, baseline.counts)
        peak.show("recount", peak.segsql(url, "recount"))
