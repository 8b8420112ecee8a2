"""`--report` and `--failed-in`: what happened, as a file, and another try at what failed."""

from __future__ import annotations

import json
import signal
import time
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from cli.process import ended
from postgres.test_recount_support import (
    BROKEN_TAG,
    PLAIN_TAG,
    add_segment,
    add_workspace,
    counts,
    make_tags_awkward,
    tagged,
)

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from cli.process import Cli, Inside

SCHEMA = Draft202012Validator(json.loads((files("segsql.recount") / "report.schema.json").read_text("utf-8")))


def read(file: Path) -> Any:
    document = json.loads(file.read_text("utf-8"))
    SCHEMA.validate(document)
    return document


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.json"


@pytest.fixture
def broken(db: psycopg.Connection) -> psycopg.Connection:
    """Three segments in each of two workspaces; the second can't be read."""
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number, tag in ((1, PLAIN_TAG), (2, BROKEN_TAG), (3, PLAIN_TAG)):
            add_segment(db, number, tagged(tag), workspace_id=workspace_id, count=77)
    make_tags_awkward(db)
    return db


def mend(db: psycopg.Connection) -> None:
    db.execute("CREATE OR REPLACE FUNCTION read_tag(tag_id int) RETURNS boolean LANGUAGE sql AS 'SELECT true'")


def test_the_report_of_a_run_with_failures(cli: Cli, broken: psycopg.Connection, file: Path) -> None:
    done = cli("recount", "--report", str(file), "--jobs", "1")
    assert done.code == 1
    report = read(file)
    assert report["exit_code"] == 1
    assert report["totals"] | {"counted": 4, "failed": 2} == report["totals"]
    assert report["error"] is None
    assert {one["sqlstate"] for one in report["results"] if one["status"] == "failed"} == {"P0001"}
    assert report["run_id"] in done.err


def test_the_options_that_matter_are_in_it(inside: Inside, broken: psycopg.Connection, file: Path) -> None:
    inside("recount", "-w", "1", "-s", "3", "--stale-for", "90m", "--dry-run", "--report", str(file))
    report = read(file)
    assert report["dry_run"] is True
    assert report["selection"] == {
        "workspaces": [1],
        "segments": ["3"],
        "stale_for_seconds": 5400,
        "shard": None,
        "failed_in": None,
    }
    inside("recount", "--shard", "2/3", "--now", "2026-02-01T00:00:00Z", "--report", str(file))
    report = read(file)
    assert report["selection"]["shard"] == "2/3"
    assert report["now"] == "2026-02-01T00:00:00.000000Z"
    assert report["dry_run"] is True


def test_what_failed_is_tried_again_and_nothing_else(inside: Inside, broken: psycopg.Connection, file: Path) -> None:
    """The same file may take the report of the retry."""
    first = inside("recount", "--report", str(file), "--format", "json").json
    broken.execute("UPDATE segments SET cached_count = 55 WHERE id <> 2")
    again = inside("recount", "--failed-in", str(file), "--report", str(file))
    assert again.code == 1, "it still can't be read"
    report = read(file)
    assert report["selection"]["failed_in"] == first["run_id"]
    assert {(one["workspace_id"], one["segment_id"]) for one in report["results"]} == {(1, 2), (2, 2)}
    mend(broken)
    done = inside.ok("recount", "--failed-in", str(file), "--format", "json")
    assert done.json["totals"] | {"counted": 2} == done.json["totals"]
    for workspace_id in (1, 2):
        assert counts(broken, workspace_id) == {1: 55, 2: 3, 3: 55}


def test_what_was_deleted_since_is_passed_over_and_said_so(
    inside: Inside, broken: psycopg.Connection, file: Path
) -> None:
    inside("recount", "--report", str(file))
    broken.execute("DELETE FROM segments WHERE workspace_id = 2")
    mend(broken)
    done = inside.ok("recount", "--failed-in", str(file), "--format", "json")
    assert [(one["workspace_id"], one["segment_id"]) for one in done.json["results"]] == [(1, 2)]
    assert "1 of the segments that failed are no longer there" in done.err
    again = inside.ok("recount", "--failed-in", str(file), "--stale-for", "6h", "--dry-run")
    assert again.out == "Nothing is due.\n"


def test_a_report_without_failures_leaves_nothing_to_try(
    inside: Inside, broken: psycopg.Connection, file: Path
) -> None:
    inside.ok("recount", "-s", "1", "-w", "1", "--report", str(file))
    assert inside.ok("recount", "--failed-in", str(file)).out == "Nothing is due.\n"


def test_what_is_no_report_of_this_version(inside: Inside, broken: psycopg.Connection, file: Path) -> None:
    file.write_text("no report")
    done = inside("recount", "--failed-in", str(file))
    assert done.code == 2
    assert f"{file} is no run report" in done.err
    file.write_text('{"version": 2}')
    done = inside("recount", "--failed-in", str(file))
    assert done.code == 2
    assert "version 2" in done.err
    assert set(counts(broken).values()) == {77}


@pytest.mark.parametrize("named", [("-w", "7"), ("-s", "71")])
def test_what_failed_of_named_segments_is_refused(inside: Inside, named: tuple[str, str], file: Path) -> None:
    file.write_text("{}")
    done = inside("recount", "--failed-in", str(file), *named)
    assert done.code == 2
    assert "--failed-in" in done.err


def test_a_run_that_is_stopped_has_a_report(cli: Cli, broken: psycopg.Connection, file: Path) -> None:
    broken.execute(
        "CREATE OR REPLACE FUNCTION read_tag(tag_id int) RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(0.2) IS NULL'"
    )
    process = cli.start("recount", "--jobs", "1", "--report", str(file))
    deadline = time.monotonic() + 15
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    while broken.execute(asleep).fetchall() == [(0,)] and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 143
    report = read(file)
    assert report["exit_code"] == 143
    assert report["totals"]["skipped"] > 0


def test_a_run_that_is_late_has_a_report(inside: Inside, broken: psycopg.Connection, file: Path) -> None:
    broken.execute(
        "CREATE OR REPLACE FUNCTION read_tag(tag_id int) RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(1) IS NULL'"
    )
    assert inside("recount", "--jobs", "1", "--deadline", "1s", "--grace", "1s", "--report", str(file)).code == 75
    report = read(file)
    assert report["exit_code"] == 75
    assert report["totals"]["skipped"] > 0
    assert report["error"] is None


def test_a_run_that_had_to_end_tells_why_everywhere(inside: Inside, broken: psycopg.Connection, file: Path) -> None:
    broken.execute("DROP VIEW contact_tags")
    metrics = file.with_name("segsql.prom")
    done = inside("recount", "--report", str(file), "--metrics-textfile", str(metrics), "--log-format", "json")
    assert done.code == 78
    report = read(file)
    assert report["exit_code"] == 78
    assert report["error"] == {
        "message": 'relation "contact_tags" does not exist',
        "hint": "The schema is missing; run: segsql init",
        "sqlstate": "42P01",
    }
    assert len(report["results"]) == 6
    last = json.loads(done.err.splitlines()[-1])
    assert last | {"event": "finished", "level": "error", **report["error"]} == last
    assert "segsql_recount_exit_code 78" in metrics.read_text()


def test_a_run_that_can_not_begin_has_a_report(alone: Cli, inside: Inside, db: psycopg.Connection, file: Path) -> None:
    assert alone("recount", "--patience", "1s", "--report", str(file)).code == 69
    report = read(file)
    assert report["exit_code"] == 69
    assert report["results"] == []
    assert "/nonexistent" in report["error"]["message"]
    db.execute("ALTER TABLE segments RENAME TO elsewhere")
    assert inside("recount", "--report", str(file)).code == 78
    error = read(file)["error"]
    assert error["sqlstate"] == "42P01"
    assert "segsql init" in error["hint"]


def test_a_run_that_was_asked_for_wrongly_leaves_the_older_report(inside: Inside, dsn: str, file: Path) -> None:
    file.write_text("older")
    assert inside("recount", "-w", "8", "--report", str(file)).code == 2
    assert file.read_text() == "older"


def test_a_report_that_can_not_be_written_in_the_end_is_1(inside: Inside, db: psycopg.Connection) -> None:
    """Counted and printed all the same."""
    add_workspace(db)
    add_segment(db, 1)
    done = inside("recount", "--report", "/dev/full", "--format", "json")
    assert done.code == 1
    assert done.json["exit_code"] == 1
    assert "The report /dev/full could not be written: No space left on device" in done.err
    assert counts(db) == {1: 3}


def test_the_directory_must_be_writable(inside: Inside, db: psycopg.Connection) -> None:
    """Said before anything is counted; nobody, root neither, can make a file in /proc."""
    add_workspace(db)
    add_segment(db, 1)
    done = inside("recount", "--report", "/proc/run.json")
    assert done.code == 2
    assert "directory" in done.err
    assert counts(db) == {1: None}
