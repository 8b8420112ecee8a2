"""The log of a run: a line for its beginning, for each segment, and for its end."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from cli.test_progress import read_all
from postgres.test_recount_support import BROKEN_TAG, add_segment, add_workspace, flat, make_tags_awkward, tagged

if TYPE_CHECKING:
    import psycopg

    from cli.process import Cli, Inside

EVIL = 'nobody" level=error\n{"event": "failed"}\r\x1b[2J\u2028'


def some(db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, flat(EVIL, "eq", EVIL))
    add_segment(db, 3, tagged(BROKEN_TAG))
    make_tags_awkward(db)


def test_json_lines(cli: Cli, db: psycopg.Connection) -> None:
    some(db)
    done = cli("recount", "--log-format", "json", "--format", "json")
    assert done.code == 1
    lines = [json.loads(line) for line in done.err.split("\n")[:-1]]
    assert {line["run_id"] for line in lines} == {done.json["run_id"]}
    first, *segments, last = lines
    assert first | {"event": "started", "workspaces": 1, "segments": 3, "dry_run": False} == first
    assert last | {"event": "finished", "counted": 1, "invalid": 1, "failed": 1, "exit_code": 1} == last
    by_id = {line["segment_id"]: line for line in segments}
    assert by_id[1] | {"workspace_id": 1, "event": "counted", "level": "info", "count": 3} == by_id[1]
    assert by_id[1]["ms"] >= 0
    assert 'nobody" level=error' in by_id[2]["message"]
    assert by_id[3] | {"event": "failed", "level": "error", "sqlstate": "P0001"} == by_id[3]


def test_logfmt_lines(inside: Inside, db: psycopg.Connection) -> None:
    some(db)
    lines = inside("recount").err.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("timestamp=") and " run_id=" in line for line in lines)
    assert " event=started " in lines[0]
    assert " event=finished " in lines[-1]
    assert " counted=1 invalid=1 failed=1 " in lines[-1]
    assert sum(" sqlstate=P0001 " in line for line in lines) == 1


def test_a_terminal_gets_lines_where_they_are_asked_for(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "segsql", "--dsn", dsn, "recount", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = read_all(ours)
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in shown.decode().splitlines()] == ["started", "counted", "finished"]
