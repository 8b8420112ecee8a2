"""Every command on databases that other programs made, through a mapping."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from cli.foreign import ALL, PRISMA, Foreign
from cli.process import Cli, Finished, Inside
from postgres.conftest import connect
from postgres.test_recount_support import while_counting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Mapped:
    """Commands on a foreign database."""

    def __init__(self, foreign: Foreign, dsn: str, folder: Path) -> None:
        self.foreign = foreign
        self.dsn = dsn
        self.folder = folder
        self.file = foreign.fill(dsn, folder)
        self._inside = Inside(dsn)

    def __call__(self, *arguments: str, stdin: str = "") -> Finished:
        return self._inside("--mapping", str(self.file), *arguments, stdin=stdin)

    def ok(self, *arguments: str, stdin: str = "") -> Finished:
        done = self(*arguments, stdin=stdin)
        assert done.code == 0, done
        return done

    def recount(self, *arguments: str) -> dict[str, Any]:
        """What became of each segment of the tenant, with its count."""
        report = self.ok("recount", "--format", "json", *arguments).json
        own = [one for one in report["results"] if str(one["workspace_id"] or "") == (self.foreign.workspace or "")]
        return {str(one["segment_id"]): one["count"] if one["status"] == "counted" else one["status"] for one in own}

    def count(self, segment: str) -> int | None:
        """The count of a segment as `list` shows it."""
        listed = self.ok("list", *self.foreign.options, "--format", "json").json
        (count,) = (one["cached_count"] for one in listed if str(one["id"]) == segment)
        assert count is None or isinstance(count, int)
        return count


@pytest.fixture(params=ALL, ids=lambda foreign: foreign.name)
def mapped(request: pytest.FixtureRequest, empty_dsn: str, tmp_path: Path) -> Mapped:
    return Mapped(request.param, empty_dsn, tmp_path)


def test_a_recount_writes_where_the_mapping_says(mapped: Mapped) -> None:
    foreign = mapped.foreign
    assert "made" in mapped.ok("init").out
    assert mapped.ok("init").out == "The tables are there.\n"
    counts = {foreign.tagged: 1, foreign.pro: 2, foreign.both: 1, foreign.broken: "invalid"}
    assert mapped.recount() == counts
    listed = {one["id"]: one for one in mapped.ok("list", *foreign.options, "--format", "json").json}
    assert {str(id_): one["cached_count"] for id_, one in listed.items() if str(id_) != foreign.broken} == {
        foreign.tagged: 1,
        foreign.pro: 2,
        foreign.both: 1,
    }
    assert mapped.recount("--stale-for", "1h") == {foreign.broken: "invalid"}
    with connect(mapped.dsn) as db:
        foreign.edit_pro(db, mapped.folder)
        referring = {} if foreign.name == "prisma" else {foreign.both: 1}
        assert mapped.recount("--stale-for", "1h") == {foreign.pro: 3, **referring, foreign.broken: "invalid"}
        history = db.execute("SELECT segment_id::text, count, previous_count FROM segsql_history ORDER BY counted_at")
        assert (foreign.pro, 3, 2) in history.fetchall()
    assert mapped.recount("--stale-for", "1h") == {foreign.broken: "invalid"}
    only = mapped.recount("-s", foreign.tagged, *foreign.options)
    assert only == {foreign.tagged: 1}


def test_reading_commands(mapped: Mapped) -> None:
    foreign = mapped.foreign
    options = foreign.options
    mapped.ok("init")
    assert mapped.ok("count", *options, "-s", foreign.both).out == "1\n"
    definition = '{"matchType": "all", "filters": [{"field": "tags", "operator": "exists"}]}'
    assert mapped.ok("count", *options, "-", stdin=definition).out == "1\n"
    assert mapped.ok("members", *options, "-s", foreign.tagged).out == f"id,email\n{foreign.first},ada@example.com\n"
    assert "SELECT" in mapped.ok("preview", *options, "-s", foreign.pro, "--explain").out
    assert "SELECT" in mapped.ok("preview", *options).out
    assert mapped.ok("validate", *options, "-", stdin=definition).out == "The definition is valid.\n"
    plain = mapped("validate", "-", stdin='{"matchType": "all", "filters": []}')
    assert plain.code == 1
    assert mapped.ok("recount", "--dry-run", "--explain-plan").out
    assert mapped.ok("list").out


def test_the_workspace_is_of_the_mappings_type(mapped: Mapped) -> None:
    mapped.ok("init")
    if mapped.foreign.workspace is None:
        refused = mapped("count", "-w", "1", "-s", mapped.foreign.pro)
        assert refused.code == 2
        assert "describes a single tenant: no workspace is named" in refused.err
        assert mapped.ok("recount", "--format", "json").json["results"][0]["workspace_id"] is None
    else:
        missing = mapped("count", "-w", "99", "-s", mapped.foreign.pro)
        assert missing.code == 2
        assert "There is no segment" in missing.err
        assert "There is no workspace 99" in mapped("list", "-w", "99").err


def test_check(mapped: Mapped) -> None:
    mapped.ok("init")
    mapped.recount()
    done = mapped("check", "--format", "json")
    levels = {one["check"]: (one["level"], one["found"]) for one in done.json}
    assert [name for name, (level, _) in levels.items() if level == "problem"] == [], levels
    assert not [found for _, found in levels.values() if "could not be looked at" in found], levels
    named = f"{' '.join((*mapped.foreign.options, '-s', mapped.foreign.broken))}: Filter #1: "
    assert any(f"are invalid and keep their old counts: {named}" in found for _, found in levels.values()), levels
    assert ("-w ID" in done.out) is (mapped.foreign.workspace is not None)
    told = "segsql list shows which." if mapped.foreign.workspace is None else "segsql list -w ID shows which."
    assert told in mapped.ok("advise", *mapped.foreign.options).err


def test_neither_an_edit_nor_a_newer_count_is_overwritten(mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come between counting and writing; the counts of the others are written."""
    foreign = mapped.foreign
    mapped.ok("init")
    counts = {foreign.tagged: 1, foreign.pro: 2, foreign.both: 1, foreign.broken: "invalid"}
    assert mapped.recount() == counts
    with connect(mapped.dsn) as db:

        def meanwhile() -> None:
            foreign.edit_pro(db, mapped.folder)
            db.execute(foreign.newer.encode())

        while_counting(monkeypatch, meanwhile)
        assert mapped.recount() == {**counts, foreign.pro: "superseded", foreign.tagged: "superseded"}
    listed = {str(one["id"]): one for one in mapped.ok("list", *foreign.options, "--format", "json").json}
    assert (listed[foreign.pro]["cached_count"], listed[foreign.pro]["stale"]) == (2, True)
    assert (listed[foreign.tagged]["cached_count"], listed[foreign.tagged]["stale"]) == (77, False)


def test_a_worker_finds_edits_by_looking(mapped: Mapped) -> None:
    """No trigger of another program's tables notifies it."""
    foreign = mapped.foreign
    mapped.ok("init")
    process = Cli(mapped.dsn).start("--mapping", str(mapped.file), "worker", "--poll", "1s", "--jobs", "1")
    with connect(mapped.dsn) as db:
        try:
            _wait_for(lambda: mapped.count(foreign.pro) == 2)
            foreign.edit_pro(db, mapped.folder)
            _wait_for(lambda: mapped.count(foreign.pro) == 3)
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert process.returncode == 143


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_an_edit_in_the_millisecond_of_the_count_is_seen(empty_dsn: str, tmp_path: Path) -> None:
    """The columns hold no more than milliseconds, so that the two are alike."""
    mapped = Mapped(PRISMA, empty_dsn, tmp_path)
    mapped.ok("init")
    mapped.recount()
    assert mapped.recount("--stale-for", "1h") == {PRISMA.broken: "invalid"}
    with connect(empty_dsn) as db:
        db.execute("""UPDATE "Segment" SET "updatedAt" = "lastCountedAt" WHERE "id" = 'seg_pro'""")
    assert mapped.recount("--stale-for", "1h") == {PRISMA.pro: 2, PRISMA.broken: "invalid"}
