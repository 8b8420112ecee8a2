"""`segsql worker` as a process: from an INSERT to a true count, through restarts and signals (issue 5)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from cli.process import Cli, Finished, checked
from cli.test_signals import CODES, active, slow, until
from postgres.conftest import connect
from postgres.test_recount import Role, as_role
from postgres.test_recount_support import (
    BROKEN_TAG,
    INVALID,
    add_segment,
    add_workspace,
    counts,
    edit,
    flat,
    make_tags_awkward,
    tagged,
)
from postgres.worker_support import UNHEARD, dsn, within
from segsql import embedded
from segsql.embedded import cluster
from segsql.store import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["dsn"]

SOON = 8.0


class Worker:
    """A worker's process, and the lines that it has written to stderr."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stderr is not None
        self._reader = Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._reader.start()

    def says(self, words: str, seconds: float = 15, times: int = 1) -> bool:
        return within(seconds, lambda: sum(words in line for line in self.lines) >= times)

    def port(self) -> int:
        assert self.says("event=serving"), self.lines
        (line,) = (line for line in self.lines if "event=serving" in line)
        return int(line.rpartition("port=")[2])

    def end(self, signum: signal.Signals | None = signal.SIGTERM, seconds: float = 15) -> Finished:
        if signum is not None:
            self.process.send_signal(signum)
        code = self.process.wait(seconds)
        self._reader.join(5)
        return checked(Finished(("worker",), code, "", "".join(self.lines), 0))

    def close(self) -> None:
        """Whatever it is doing: nothing of it is left."""
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _read(self, stderr: IO[str]) -> None:
        self.lines.extend(iter(stderr.readline, ""))


@contextmanager
def working(cli: Cli, *arguments: str, until: str = "event=listening") -> Iterator[Worker]:
    worker = Worker(cli.start("worker", *arguments))
    try:
        assert worker.says(until), worker.lines
        yield worker
    finally:
        worker.close()


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_new_segment_is_counted_within_two_seconds(cli: Cli, db: psycopg.Connection) -> None:
    """On 20,000 contacts, by nothing but its INSERT; and so is an edit."""
    add_workspace(db, contacts=20_000)
    db.execute("ANALYZE")
    with working(cli, "--poll", "1h"):
        begun = time.monotonic()
        add_segment(db, 1, flat("email", "ends_with", "7@example.com"))
        assert within(SOON, lambda: counts(db) == {1: 2_000})
        assert time.monotonic() - begun < 2
        begun = time.monotonic()
        edit(db, 1, flat("email", "ends_with", "77@example.com"))
        assert within(SOON, lambda: counts(db) == {1: 200})
        assert time.monotonic() - begun < 2


def test_without_notifications_it_takes_as_long_as_between_two_looks(cli: Cli, db: psycopg.Connection) -> None:
    db.execute(UNHEARD)
    add_workspace(db)
    with working(cli, "--poll", "2s"):
        add_segment(db, 1)
        assert within(2 + SOON, lambda: counts(db) == {1: 3})


@pytest.mark.parametrize("signum", list(CODES), ids=lambda one: one.name)
def test_a_signal_lets_it_finish_and_write(cli: Cli, db: psycopg.Connection, signum: signal.Signals) -> None:
    slow(db, 1.5, segments=1)
    with working(cli, until="listening") as worker:
        assert until(worker, db, 1, SOON)
        done = worker.end(signum)
    assert done.code == CODES[signum]
    assert counts(db) == {1: 1}
    assert "event=stopped" in done.err


def test_what_outlasts_the_grace_time_is_cancelled(cli: Cli, db: psycopg.Connection) -> None:
    slow(db, 30, segments=1)
    with working(cli, "--grace", "1s") as worker:
        assert until(worker, db, 1, SOON)
        begun = time.monotonic()
        done = worker.end()
        assert 1 <= time.monotonic() - begun < 6
    assert done.code == 143
    assert counts(db) == {1: 77}
    assert active(db) == 0


def test_an_idle_worker_ends_at_once(cli: Cli) -> None:
    with working(cli) as worker:
        begun = time.monotonic()
        assert worker.end().code == 143
        assert time.monotonic() - begun < 3


@pytest.mark.bundled
def test_it_survives_a_restart_of_its_server() -> None:
    """What was created while it could hear nothing is counted soon after the server is back."""
    with tempfile.TemporaryDirectory(prefix="segsql-test-") as name:
        home = Path(name)
        with embedded.server(home) as dsn:
            migrations.migrate(dsn)
            with connect(dsn) as db:
                add_workspace(db)
            with working(Cli(dsn), "--poll", "1h", "--listen", "127.0.0.1:0") as worker:
                port = worker.port()
                found = cluster.postmaster(home)
                assert found is not None
                os.kill(found.pid, signal.SIGINT)
                assert within(20, lambda: not cluster.is_alive(home))
                assert within(SOON, lambda: worker.says("event=retrying", 0))
                with embedded.server(home) as again, connect(again) as db:
                    assert again == dsn
                    db.execute(UNHEARD)
                    add_segment(db, 1)
                    assert within(30, lambda: counts(db) == {1: 3}), worker.lines
                    db.execute(UNHEARD.replace("DISABLE", "ENABLE").encode())
                    assert worker.says("event=listening", times=2)
                    add_segment(db, 2)
                    assert within(SOON, lambda: counts(db) == {1: 3, 2: 3})
                    assert ask(port, "/readyz")[0] == 200
                assert worker.end().code == 143


def test_it_says_how_it_fares(cli: Cli, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, INVALID)
    with working(cli, "--listen", "127.0.0.1:0") as worker:
        port = worker.port()
        assert within(SOON, lambda: counts(db)[1] == 3)
        assert ask(port, "/healthz") == (200, "ok\n")
        assert ask(port, "/readyz?verbose") == (200, "ok\n")
        assert ask(port, "/")[0] == 404
        status, metrics = ask(port, "/metrics")
        assert status == 200
        for line in ('segments_total{result="counted"} 1.0', 'segments_total{result="invalid"} 1.0', "listening 1.0"):
            assert f"segsql_worker_{line}" in metrics
        with socket.create_connection(("127.0.0.1", port)):
            assert ask(port, "/healthz")[0] == 200
        worker.process.send_signal(signal.SIGSTOP)
        worker.process.send_signal(signal.SIGCONT)
        assert worker.says("event=invalid")
        assert "workspace_id=1" in next(line for line in worker.lines if "event=invalid" in line)


def test_an_address_that_is_taken(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = cli("worker", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.code == 78
    assert "Can't listen on 127.0.0.1:" in done.err


@pytest.mark.parametrize("address", ["9187", ":9187", "localhost:", "localhost:x", "localhost:65536"])
def test_an_address_that_is_none(alone: Cli, address: str) -> None:
    done = alone("worker", "--listen", address)
    assert done.code == 2
    assert "127.0.0.1:9187" in done.err


def test_once_is_a_recount_of_what_is_due(cli: Cli, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, INVALID)
    add_segment(db, 3, count=77)
    db.execute("UPDATE segments SET last_counted_at = clock_timestamp() - interval '10 minutes' WHERE id = 3")
    assert cli("worker", "--once").code == 0
    assert counts(db) == {1: 3, 2: None, 3: 77}
    assert cli("worker", "--once", "--every", "5m").code == 0
    assert counts(db) == {1: 3, 2: None, 3: 3}
    add_segment(db, 4, tagged(BROKEN_TAG))
    make_tags_awkward(db)
    done = cli("worker", "--once")
    assert done.code == 1
    assert "segment_id=4" in done.err


def test_a_database_that_is_not_there(alone: Cli) -> None:
    for more in ((), ("--once",)):
        assert alone("worker", "--patience", "1s", *more).code == 69


@pytest.mark.direct
def test_a_privilege_that_is_missing_ends_it(cli: Cli, db: psycopg.Connection) -> None:
    assert cli.dsn is not None
    add_workspace(db)
    add_segment(db, 1)
    with Role(db) as role:
        db.execute(f"REVOKE UPDATE (cached_count, last_counted_at) ON segments FROM {role}".encode())
        done = Cli(as_role(cli.dsn, role))("worker", seconds=20)
    assert done.code == 78
    assert "permission denied" in done.err


def test_two_processes_share(cli: Cli, db: psycopg.Connection) -> None:
    for workspace_id in range(1, 41):
        add_workspace(db, workspace_id, contacts=1)
    with working(cli) as first, working(cli) as second:
        for workspace_id in range(1, 41):
            add_segment(db, 1, workspace_id=workspace_id)
        query = "SELECT count(*) FROM segments WHERE cached_count IS NULL"
        assert within(2 * SOON, lambda: db.execute(query).fetchone() == (0,))
        codes = {first.end().code, second.end().code}
    assert codes == {143}


def test_a_killed_worker_leaves_nothing_to_clean_up(cli: Cli, db: psycopg.Connection) -> None:
    slow(db, 2, segments=1)
    with working(cli) as worker:
        assert until(worker, db, 1, SOON)
        worker.process.kill()
        assert until(worker, db, 0, SOON)
    assert json.loads(cli.ok("recount", "--format", "json").out)["results"][0]["status"] == "counted"
