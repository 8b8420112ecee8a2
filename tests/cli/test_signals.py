"""SIGTERM and SIGINT: what is done is written, nothing is left behind, and the exit code says which (spec 7)."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.process import ended
from postgres.test_recount_support import (
    PLAIN_TAG,
    SLOW_TAG,
    add_segment,
    add_workspace,
    counts,
    make_tags_awkward,
    tagged,
)
from segsql.store import Snapshot
from segsql.store.database import driver

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    import psycopg

    from cli.process import Cli, Inside
    from segsql.render import Statement

CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}
BOTH = pytest.mark.parametrize("signum", list(CODES), ids=lambda one: one.name)


def slow(db: psycopg.Connection, seconds: float, segments: int = 4, workspaces: int = 1) -> None:
    """Segments of one contact that take so long each."""
    for workspace_id in range(1, workspaces + 1):
        add_workspace(db, workspace_id, contacts=1)
        for number in range(1, segments + 1):
            add_segment(db, number, tagged(SLOW_TAG), workspace_id=workspace_id, count=77)
    make_tags_awkward(db, seconds)


def active(db: psycopg.Connection) -> int:
    ((number,),) = db.execute(
        """SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'segsql%' AND state = 'active'
            AND datname = current_database() AND (query LIKE '%contact_tags%' OR query LIKE '%segsql_members%')"""
    ).fetchall()
    assert isinstance(number, int)
    return number


def until(what: object, db: psycopg.Connection, wanted: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if active(db) == wanted:
            return True
        time.sleep(0.02)
    return False


def heeds(pid: int, signum: signal.Signals, seconds: float) -> bool:
    """Wait until a process has a handler of its own for a signal: until it has begun."""
    status, deadline = Path(f"/proc/{pid}/status"), time.monotonic() + seconds
    while time.monotonic() < deadline:
        caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status.read_text(), re.MULTILINE)
        if caught and int(caught[1], 16) >> (signum - 1) & 1:
            return True
        time.sleep(0.02)
    return False


def started(cli: Cli, db: psycopg.Connection, *arguments: str) -> subprocess.Popen[str]:
    """A command whose first slow statement is running."""
    process = cli.start(*arguments)
    assert until(process, db, 1, 15), process.communicate(timeout=15)
    return process


@BOTH
def test_a_recount_finishes_its_statement_writes_and_skips_the_rest(
    cli: Cli, db: psycopg.Connection, signum: signal.Signals
) -> None:
    slow(db, 0.7, workspaces=2)
    process = started(cli, db, "recount", "--jobs", "1", "--format", "json")
    process.send_signal(signum)
    done = ended(process, 5)
    assert done.code == CODES[signum]
    found = {(one["workspace_id"], one["segment_id"]): one["status"] for one in done.json["results"]}
    assert len(found) == 8
    assert found[1, 1] == "counted"
    assert set(found.values()) == {"counted", "skipped"}
    assert found[2, 4] == "skipped"
    for workspace_id in (1, 2):
        for number, count in counts(db, workspace_id).items():
            assert count == (1 if found[workspace_id, number] == "counted" else 77)


def test_what_outlasts_the_grace_time_is_cancelled_and_the_rest_is_written(cli: Cli, db: psycopg.Connection) -> None:
    slow(db, 30, segments=1)
    add_segment(db, 0, tagged(PLAIN_TAG), count=77)
    process = started(cli, db, "recount", "--grace", "1s", "--strategy", "tags=exists", "--format", "json")
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    done = ended(process, 8)
    assert 1 <= time.monotonic() - begun < 6
    assert done.code == 143
    assert {one["segment_id"]: one["status"] for one in done.json["results"]} == {0: "counted", 1: "skipped"}
    assert counts(db) == {0: 1, 1: 77}
    assert active(db) == 0


def test_the_deadline_cancels_too_after_the_grace_time(cli: Cli, db: psycopg.Connection) -> None:
    slow(db, 30, segments=2)
    done = cli("recount", "--deadline", "1s", "--grace", "1s", "--format", "json", seconds=12)
    assert done.code == 75
    assert {one["status"] for one in done.json["results"]} == {"skipped"}
    assert set(counts(db).values()) == {77}


def test_another_run_has_the_workspace(cli: Cli, db: psycopg.Connection) -> None:
    slow(db, 3, segments=1)
    process = started(cli, db, "recount")
    done = cli("recount", "--fail-if-locked", "--format", "json")
    assert done.code == 75
    assert [one["status"] for one in done.json["results"]] == ["skipped"]
    assert cli("recount").code == 0
    assert ended(process, 15).code == 0


def test_a_report_is_written_all_the_same(cli: Cli, db: psycopg.Connection, tmp_path: object) -> None:
    file = f"{tmp_path}/run.json"
    slow(db, 0.7, workspaces=2)
    process = started(cli, db, "recount", "--jobs", "1", "--report", file)
    process.send_signal(signal.SIGTERM)
    assert ended(process, 5).code == 143
    with open(file) as report:  # noqa: PTH123 - a path made of a fixture of another type
        assert '"skipped"' in report.read()


@BOTH
def test_a_second_signal_ends_a_recount_at_once(cli: Cli, db: psycopg.Connection, signum: signal.Signals) -> None:
    """And cancels what runs in the server."""
    slow(db, 30)
    process = started(cli, db, "recount")
    process.send_signal(signum)
    time.sleep(0.3)
    process.send_signal(signum)
    try:
        done = ended(process, 4)
    finally:
        assert until(process, db, 0, 4), "a query is left behind"
    assert done.code == CODES[signum]
    assert set(counts(db).values()) == {77}


@BOTH
@pytest.mark.parametrize("command", ["count", "members", "preview"])
def test_other_commands_end_at_once(cli: Cli, db: psycopg.Connection, signum: signal.Signals, command: str) -> None:
    slow(db, 30, segments=1)
    more = ("--analyze",) if command == "preview" else ()
    process = started(cli, db, command, "-w", "1", "-s", "1", *more)
    process.send_signal(signum)
    try:
        done = ended(process, 4)
    finally:
        assert until(process, db, 0, 4), "a query is left behind"
    assert done.code == CODES[signum]
    assert done.err.strip() == ""


def test_a_killed_client_leaves_no_query_behind(cli: Cli, db: psycopg.Connection) -> None:
    """SIGKILL, or a machine that is gone: the server notices by itself, long before the statement's limit (7.5)."""
    slow(db, 30, segments=1)
    process = started(cli, db, "recount")
    process.kill()
    process.communicate(timeout=5)
    assert until(process, db, 0, 6)
    assert set(counts(db).values()) == {77}


def test_the_next_run_after_a_killed_one_needs_no_sweeping(cli: Cli, db: psycopg.Connection) -> None:
    """There is no flag and no lock that outlives its session (7.9)."""
    slow(db, 1, segments=1)
    process = started(cli, db, "recount")
    process.kill()
    process.communicate(timeout=5)
    assert until(process, db, 0, 5)
    add_segment(db, 9, tagged(PLAIN_TAG))
    time.sleep(0.2)
    done = cli("recount", "--format", "json")
    assert {one["status"] for one in done.json["results"]} == {"counted"}


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_a_signal_between_a_statement_and_its_answer(
    inside: Inside, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    """Where the driver is in the middle of an exchange, the connection is no longer good for a ROLLBACK."""
    code = CODES[signal.SIGINT if ending is KeyboardInterrupt else signal.SIGTERM]

    def interrupted(self: Snapshot, statement: Statement) -> Iterator[tuple[int, str | None]]:
        driver(self.connection).pgconn.send_query(b"SELECT 1")
        raise ending(code)
        yield 1, None

    monkeypatch.setattr(Snapshot, "members", interrupted)
    slow(db, 0, segments=1)
    assert inside("members", "-w", "1", "-s", "1").code == code


@BOTH
def test_a_signal_before_anything_began(alone: Cli, signum: signal.Signals) -> None:
    """While it waits for its input."""
    import subprocess as sub

    from cli.process import COMMAND, Finished, checked

    with sub.Popen(
        (*COMMAND, "validate", "-"),
        stdin=sub.PIPE,
        stdout=sub.PIPE,
        stderr=sub.PIPE,
        text=True,
        env=alone.environment(),
    ) as process:
        assert heeds(process.pid, signal.SIGTERM, 20)
        process.send_signal(signum)
        out, err = process.communicate(timeout=5)
    done = checked(Finished(("validate", "-"), process.returncode, out, err, 0))
    # CPython ends by SIGINT itself, which a shell tells as 130 too, where that came while a dataclass was made.
    assert done.code in (CODES[signum], -signum)
