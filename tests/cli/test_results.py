"""What commands print where there is a result: in every format, to the letter (spec 8)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import INVALID, add_segment, add_workspace, counts, flat, stored, tagged
from properties.world import WORLD

if TYPE_CHECKING:
    import psycopg

    from cli.process import Cli, Inside

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SEVEN = ("-w", "7", "-s", "71")


def test_count(inside_world: Inside) -> None:
    assert inside_world.ok("count", *SEVEN).out == "12\n"
    found = inside_world.ok("count", *SEVEN, "--format", "json").json
    assert list(found) == ["count", "now"]
    assert found["count"] == 12
    assert RFC_3339.fullmatch(found["now"])
    assert [row["count"] for row in inside_world.ok("count", *SEVEN, "--format", "csv").csv] == ["12"]
    (line,) = inside_world.ok("count", *SEVEN, "--format", "ndjson").ndjson
    assert list(line) == ["count", "now"]
    assert inside_world.ok("count", "-s", "clx_seven").out == "12\n"


def test_count_at_another_time(inside_world: Inside) -> None:
    definition = json.dumps(flat("created_at", "within_days", 1))
    count = ("count", "-w", "7", "-", "--format", "json", "--now")
    found = inside_world.ok(*count, "2026-01-01T14:00:00.5+02:00", stdin=definition).json
    assert found == {"count": 12, "now": "2026-01-01T12:00:00.500000Z"}
    assert inside_world.ok(*count, "2026-01-03T00:00:00Z", stdin=definition).json["count"] == 0


def test_members_in_both_formats(inside_world: Inside) -> None:
    """Addresses with everything that CSV and JSON must quote; by id."""
    for workspace in WORLD.workspaces:
        definition = json.dumps(flat("created_at", "exists"))
        expected = sorted((contact.id, contact.email) for contact in workspace.living)
        arguments = ("members", "-w", str(workspace.id), "-")
        found = inside_world.ok(*arguments, stdin=definition)
        assert found.out.startswith("id,email\n")
        assert [(int(row["id"]), row["email"] or None) for row in found.csv] == [
            (id_, email or None) for id_, email in expected
        ]
        found = inside_world.ok(*arguments, "--format", "ndjson", stdin=definition)
        assert [(row["id"], row["email"]) for row in found.ndjson] == expected
        assert all(list(row) == ["id", "email"] for row in found.ndjson)


def test_members_and_count_agree(inside_world: Inside) -> None:
    for segment in WORLD.workspaces[0].segments:
        chosen = ("-w", "1", "-s", str(segment.id), "--now", "2026-03-29T01:30:00Z")
        assert len(inside_world.ok("members", *chosen).csv) == int(inside_world.ok("count", *chosen).out)
        assert (
            inside_world.ok("count", "-w", "1", "-s", segment.public_id, *chosen[4:]).out
            == inside_world.ok("count", *chosen).out
        )


def test_list_of_workspaces(inside_world: Inside) -> None:
    rows = inside_world.ok("list", "--format", "json").json
    assert [row["id"] for row in rows] == sorted([7, *(one.id for one in WORLD.workspaces)])
    (seven,) = (row for row in rows if row["id"] == 7)
    assert (seven["segments"], seven["stale"], seven["invalid"]) == (3, 3, 1)
    assert seven["oldest_count"] == "2026-01-02T03:04:05.000000Z"
    assert inside_world.ok("list", "--format", "ndjson").ndjson == rows
    assert [row["name"] for row in inside_world.ok("list", "--format", "csv").csv] == [row["name"] for row in rows]
    table = inside_world.ok("list").out
    assert "Newfoundland" in table
    assert str(2**40) in table, "an id is a name and has no thousands separators"


def test_list_of_segments(inside_world: Inside) -> None:
    rows = inside_world.ok("list", "-w", "7", "--format", "json").json
    assert [row["id"] for row in rows] == [71, 72, 73]
    assert rows[0] | {"age": None} == {
        "id": 71,
        "public_id": "clx_seven",
        "name": 'a "name", with\nall',
        "cached_count": None,
        "last_counted_at": None,
        "age": None,
        "stale": True,
        "invalid": False,
    }
    assert rows[1]["last_counted_at"] == "2026-01-02T03:04:05.678901Z"
    assert rows[1]["invalid"]
    assert inside_world.ok("list", "-w", "7", "--format", "ndjson").ndjson == rows
    found = inside_world.ok("list", "-w", "7", "--format", "csv").csv
    assert [row["name"] for row in found] == [row["name"] for row in rows]
    assert found[0]["cached_count"] == ""
    assert "clx_seven" in inside_world.ok("list", "-w", "7").out
    assert inside_world.ok("list", "-w", "99", "--format", "json").json == []
    stale = {
        row["id"]: row["stale"]
        for row in inside_world.ok("list", "-w", "7", "--stale-for", "36500d", "--format", "json").json
    }
    assert stale == {71: True, 72: False, 73: False}


def test_terminal_codes_in_stored_names_do_nothing(inside: Inside, db: psycopg.Connection) -> None:
    """A tenant names a segment; whoever runs `list` must not have their terminal told what to do."""
    add_workspace(db)
    add_segment(db, 1)
    db.execute("UPDATE segments SET name = E'\\x1b]0;owned\\x07\\x1b[2J'")
    db.execute("UPDATE workspaces SET name = E'\\x1b[31m[bold]red[/bold]\\r\\n'")
    for command in (("list",), ("list", "-w", "1")):
        out = inside.ok(*command).out
        assert "\x1b" not in out
        assert "\x07" not in out
    assert "[bold]red[/bold]" in inside.ok("list").out


@pytest.fixture
def due(db: psycopg.Connection) -> psycopg.Connection:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, INVALID, count=77)
    add_segment(db, 3, tagged(1))
    return db


def test_recount_as_json(inside: Inside, due: psycopg.Connection) -> None:
    report = inside.ok("recount", "--format", "json").json
    assert list(report) == ["run_id", "started_at", "finished_at", "results"]
    assert report["run_id"]
    assert RFC_3339.fullmatch(report["started_at"])
    assert RFC_3339.fullmatch(report["finished_at"])
    assert report["started_at"] <= report["finished_at"]
    fields = ["workspace_id", "segment_id", "status", "count", "last_counted_at", "ms", "message"]
    assert [list(result) for result in report["results"]] == [fields] * 3
    by_id = {result["segment_id"]: result for result in report["results"]}
    assert {number: one["status"] for number, one in by_id.items()} == {1: "counted", 2: "invalid", 3: "counted"}
    for number in (1, 3):
        at = stored(due)[1, number].at
        assert at is not None
        assert by_id[number]["count"] == 3
        assert datetime.fromisoformat(by_id[number]["last_counted_at"]) == at
        assert RFC_3339.fullmatch(by_id[number]["last_counted_at"])
        assert by_id[number]["message"] is None
        assert by_id[number]["ms"] >= 0
    assert by_id[2]["count"] is None
    assert by_id[2]["last_counted_at"] is None
    assert "At least one filter is required" in by_id[2]["message"]


def test_recount_in_the_other_formats(inside: Inside, due: psycopg.Connection) -> None:
    rows = inside.ok("recount", "--format", "csv").csv
    assert [(row["segment_id"], row["status"], row["count"]) for row in rows] == [
        ("1", "counted", "3"),
        ("3", "counted", "3"),
        ("2", "invalid", ""),
    ] or {row["segment_id"]: row["status"] for row in rows} == {"1": "counted", "2": "invalid", "3": "counted"}
    assert {row["status"] for row in inside.ok("recount", "--format", "ndjson").ndjson} == {"counted", "invalid"}
    done = inside.ok("recount")
    assert "3 segments in" in done.out
    assert "2 counted, 1 invalid" in done.out or "1 invalid, 2 counted" in done.out
    assert done.err.count("event=") == 3, "a line in the log for each"


def test_a_table_of_many_shows_what_is_wrong(inside: Inside, due: psycopg.Connection) -> None:
    for number in range(100, 300):
        add_segment(due, number)
    out = inside.ok("recount").out
    assert "invalid" in out
    assert len(out.splitlines()) < 20
    assert "203 segments in" in out


def test_the_report_is_written_and_is_the_same(inside: Inside, due: psycopg.Connection, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text("an older and much longer report " * 1000)
    done = inside.ok("recount", "--format", "json", "--report", str(file))
    assert json.loads(file.read_text("utf-8")) == done.json


def test_strict(inside: Inside, due: psycopg.Connection) -> None:
    assert inside("recount").code == 0
    assert inside("recount", "--strict").code == 1
    assert inside("recount", "--strict", "-s", "1").code == 0


def test_what_failed_is_1(inside: Inside, due: psycopg.Connection) -> None:
    due.execute("ALTER TABLE contact_tags RENAME TO contact_tags_stored")
    due.execute("CREATE VIEW contact_tags AS SELECT * FROM contact_tags_stored WHERE 1 / (tag_id - tag_id) > 0")
    done = inside("recount", "--format", "json")
    assert done.code == 1
    assert {one["segment_id"]: one["status"] for one in done.json["results"]} == {
        1: "counted",
        2: "invalid",
        3: "failed",
    }
    assert "division by zero" in done.err
    assert counts(due) == {1: 3, 2: 77, 3: None}
    assert inside("count", "-w", "1", "-s", "3").code == 1


def test_what_is_held_is_1_until_a_run_accepts_it(inside: Inside, due: psycopg.Connection) -> None:
    """Nobody watches the nightly run: who had it hold counts wants to hear of them."""
    inside.ok("recount")
    due.execute("UPDATE segments SET cached_count = 2, last_counted_at = '2020-01-01' WHERE id = 3")
    held = {"SEGSQL_RECOUNT_HOLD_CHANGE": "49.9"}
    for more in ((), ("--dry-run",)):
        done = inside("recount", "--format", "json", *more, env=held)
        assert done.code == 1
        by_id = {one["segment_id"]: one for one in done.json["results"]}
        assert {number: one["status"] for number, one in by_id.items()} == {1: "counted", 2: "invalid", 3: "held"}
        assert by_id[3]["count"] == 3
        assert by_id[3]["message"] == "counted 3 where 2 is stored: moved too far; a run with --accept writes it"
        assert by_id[3]["last_counted_at"] == by_id[1]["last_counted_at"]
        assert counts(due) == {1: 3, 2: 77, 3: 2}
    assert "event=held" in done.err
    assert inside.ok("recount", "--now", "2026-03-01T00:00:00Z", env=held).out.count("held") == 0
    assert inside.ok("recount", "--hold-change", "50", "--dry-run").out.count("held") == 0
    inside.ok("recount", "--accept", "-w", "1", "-s", "3", env=held)
    assert counts(due) == {1: 3, 2: 77, 3: 3}
    inside.ok("recount", env=held)
    inside.ok("recount", "--accept")


def test_how_long_the_history_is_kept(inside: Inside, due: psycopg.Connection) -> None:
    def history() -> list[tuple[int, int | None]]:
        return due.execute("SELECT count, previous_count FROM segment_counts ORDER BY counted_at").fetchall()

    inside.ok("recount", "-s", "1")
    assert history() == [(3, None)]
    due.execute("DELETE FROM contacts WHERE id = 1")
    due.execute("UPDATE segment_counts SET counted_at = counted_at - interval '89 days'")
    inside.ok("recount", "-s", "1")
    assert history() == [(3, None), (2, 3)]
    inside.ok("recount", "-s", "1", "--keep-history", "88d")
    assert history() == [(2, 3)]
    inside.ok("recount", "-s", "1", env={"SEGSQL_RECOUNT_KEEP_HISTORY": "none"})
    assert history() == []


def test_dry_runs_write_nothing(inside: Inside, due: psycopg.Connection) -> None:
    assert inside.ok("recount", "--dry-run", "--format", "json").json["results"][0]["count"] == 3
    assert counts(due) == {1: None, 2: 77, 3: None}
    found = inside.ok("recount", "--now", "2020-01-01T00:00:00Z", "--format", "json").json
    assert {result["status"] for result in found["results"]} == {"counted", "invalid"}
    assert counts(due) == {1: None, 2: 77, 3: None}, "--now implies --dry-run"


def test_a_count_of_another_time_has_that_time(inside: Inside, due: psycopg.Connection) -> None:
    """What the report calls the time of a count is the instant that it was looked at from, as for `count`."""
    found = inside.ok("recount", "--now", "2020-01-01T00:00:00Z", "-s", "1", "--format", "json").json
    assert found["results"][0]["last_counted_at"] == "2020-01-01T00:00:00.000000Z"


def test_nothing_due(inside: Inside, due: psycopg.Connection) -> None:
    due.execute("DELETE FROM segments")
    done = inside.ok("recount")
    assert done.out == "Nothing is due.\n"
    assert inside.ok("recount", "--format", "json").json["results"] == []
    assert inside.ok("recount", "--format", "csv").csv == []


def test_what_is_due(inside: Inside, due: psycopg.Connection) -> None:
    inside.ok("recount")
    found = inside.ok("recount", "--stale-for", "6h", "--format", "json").json["results"]
    assert [(one["segment_id"], one["status"]) for one in found] == [(2, "invalid")]


def test_a_held_workspace_is_skipped_and_0(inside: Inside, dsn: str, due: psycopg.Connection) -> None:
    from postgres.test_recount import Locked

    with Locked(dsn):
        done = inside.ok("recount", "--format", "json")
    assert {one["status"] for one in done.json["results"]} == {"skipped"}
    assert all(one["message"] for one in done.json["results"])


def test_a_bug_is_70(inside_world: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one ending with a traceback: somebody must be able to report it."""
    from segsql.cli import list_command

    def buggy(*arguments: object) -> None:
        raise ZeroDivisionError("nobody foresaw it")

    monkeypatch.setattr(list_command, "list_workspaces", buggy)
    with pytest.raises(AssertionError, match=r"ended with 70[\s\S]*nobody foresaw it[\s\S]*This is a bug in segsql"):
        inside_world("list")


def test_runs_as_processes_side_by_side(cli: Cli, dsn: str) -> None:
    """Three at once, of several jobs each: nobody fails, and the counts are there."""
    from cli.process import ended

    with connect(dsn) as db:
        for workspace_id in range(1, 13):
            add_workspace(db, workspace_id, contacts=workspace_id)
            for number in range(1, 9):
                add_segment(db, number, workspace_id=workspace_id)
        processes = [cli.start("recount", "--jobs", "4", "--format", "json") for _ in range(3)]
        done = [ended(process) for process in processes]
        assert [one.code for one in done] == [0, 0, 0]
        found = {result["status"] for one in done for result in one.json["results"]}
        assert found <= {"counted", "skipped", "superseded"}
        for workspace_id in range(1, 13):
            assert set(counts(db, workspace_id).values()) == {workspace_id}


def test_the_real_command(world: Cli) -> None:
    """A handful as processes; what they print is what they print inside."""
    assert world.ok("count", *SEVEN).out == "12\n"
    assert len(world.ok("members", *SEVEN).csv) == 12
    assert len(world.ok("list", "--format", "json").json) == 8
    results = world.ok("recount", "-w", "1", "--dry-run", "--format", "json").json["results"]
    now = datetime.now(UTC)
    for result in results:
        lines = world.ok("members", "-w", "1", "-s", str(result["segment_id"]), "--now", result["last_counted_at"])
        assert len(lines.csv) == result["count"]
        assert datetime.fromisoformat(result["last_counted_at"]) <= now
