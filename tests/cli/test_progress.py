"""What a person sees while a recount is under way: a bar on a terminal, and nothing of it in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from postgres.test_recount_support import add_segment, add_workspace

if TYPE_CHECKING:
    import psycopg


def test_a_terminal_gets_a_bar_and_stdout_the_result(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, '{"matchType": "all", "filters": []}')
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "segsql", "--dsn", dsn, "recount", "--format", "csv"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = read_all(ours)
        assert process.stdout is not None
        rows = process.stdout.read().decode().splitlines()
    assert process.returncode == 0
    assert b"Counting" in shown
    assert b"2/2" in shown
    assert b"segment 2: invalid: At least one filter is required" in shown
    assert b"level=info" not in shown
    assert [row.split(",")[:3] for row in rows[1:]] == [["1", "1", "counted"], ["1", "2", "invalid"]]


def read_all(terminal: int) -> bytes:
    """All that is written to it until the other side is closed."""
    shown = b""
    while chunk := _read(terminal):
        shown += chunk
    os.close(terminal)
    return shown


def _read(terminal: int) -> bytes:
    """What comes next; nothing once the other side is closed, which Linux tells by an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
