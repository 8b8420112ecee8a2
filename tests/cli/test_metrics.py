"""`--metrics-textfile` and `--pushgateway`: what a monitoring system gets, from a real server and a real file."""

from __future__ import annotations

import base64
import socket
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from postgres.test_recount_support import (
    BROKEN_TAG,
    INVALID,
    add_segment,
    add_workspace,
    counts,
    make_tags_awkward,
    tagged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from cli.process import Cli, Inside

Samples = dict[str, float]


def samples(text: str) -> Samples:
    """By the name without the prefix; with the result, where there is one."""
    return {
        " ".join((sample.name.removeprefix("segsql_recount_"), *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@dataclass
class Pushed:
    """What a gateway was sent."""

    url: str = ""
    method: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    authorization: list[str | None] = field(default_factory=list)
    body: list[str] = field(default_factory=list)


@contextmanager
def gateway(status: int = 202) -> Iterator[Pushed]:
    pushed = Pushed()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            pushed.method.append(self.command)
            pushed.path.append(self.path)
            pushed.authorization.append(self.headers.get("Authorization"))
            pushed.body.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(status)
            self.end_headers()

        do_POST = do_PUT = answer  # noqa: N815 - as http.server names them

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the same
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    pushed.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield pushed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def due(db: psycopg.Connection) -> psycopg.Connection:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, INVALID, count=77, at="2020-01-01")
    add_segment(db, 3, tagged(BROKEN_TAG))
    return db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "segsql.prom"


def test_the_textfile(cli: Cli, due: psycopg.Connection, file: Path) -> None:
    before = time.time()
    cli.ok("recount", "--metrics-textfile", str(file))
    found = samples(file.read_text())
    assert before <= found["last_success_timestamp_seconds"] <= time.time()
    assert found["last_run_timestamp_seconds"] == found["last_success_timestamp_seconds"]
    assert 0 < found["duration_seconds"] < 60
    assert found["exit_code"] == 0
    by_result = {name.split()[1]: value for name, value in found.items() if name.startswith("segments ")}
    assert by_result == {
        "counted": 2,
        "invalid": 1,
        "failed": 0,
        "timeout": 0,
        "superseded": 0,
        "held": 0,
        "skipped": 0,
    }
    assert 0 <= found["oldest_count_age_seconds"] < 60, "what is invalid is its owner's affair"
    assert found["never_counted_segments"] == 0
    assert [*file.parent.iterdir()] == [file], "node_exporter finds no half-written file"


def test_the_last_success_outlives_runs_that_fail(inside: Inside, due: psycopg.Connection, file: Path) -> None:
    inside.ok("recount", "--metrics-textfile", str(file))
    success = samples(file.read_text())["last_success_timestamp_seconds"]
    make_tags_awkward(due)
    for _ in range(2):
        assert inside("recount", "--metrics-textfile", str(file)).code == 1
        found = samples(file.read_text())
        assert found["last_success_timestamp_seconds"] == success
        assert found["last_run_timestamp_seconds"] > success
        assert found["exit_code"] == 1
        assert found["segments failed"] == 1
    due.execute("ALTER TABLE segments RENAME TO elsewhere")
    assert inside("recount", "--metrics-textfile", str(file)).code == 78
    found = samples(file.read_text())
    assert found["last_success_timestamp_seconds"] == success
    assert found["exit_code"] == 78
    assert "oldest_count_age_seconds" not in found


def test_a_run_before_any_success_tells_of_none(inside: Inside, due: psycopg.Connection, file: Path) -> None:
    make_tags_awkward(due)
    file.write_text("this is no metrics file\n")
    assert inside("recount", "--metrics-textfile", str(file)).code == 1
    assert "last_success_timestamp_seconds" not in samples(file.read_text())
    assert samples(file.read_text())["never_counted_segments"] == 1


def test_a_push(cli: Cli, due: psycopg.Connection) -> None:
    with gateway() as pushed:
        cli.ok("recount", env={"SEGSQL_RECOUNT_PUSHGATEWAY": pushed.url})
    assert pushed.method == ["POST"], "what is not sent stays: the last success"
    assert pushed.path == ["/metrics/job/segsql_recount"]
    (body,) = pushed.body
    assert samples(body)["segments counted"] == 2
    assert "workspace" not in body
    assert "segment_id" not in body


def test_a_run_that_failed_pushes_no_success(inside: Inside, due: psycopg.Connection) -> None:
    make_tags_awkward(due)
    with gateway() as pushed:
        assert inside("recount", "--pushgateway", f"{pushed.url}/behind/a/path/").code == 1
    assert pushed.path == ["/behind/a/path/metrics/job/segsql_recount"]
    assert "last_success" not in pushed.body[0]


def test_shards_are_groups_of_their_own(inside: Inside, due: psycopg.Connection, file: Path) -> None:
    with gateway() as pushed:
        for number in (1, 2):
            inside.ok("recount", "--shard", f"{number}/2", "--pushgateway", pushed.url, "--metrics-textfile", str(file))
    groups = [path.removeprefix("/metrics/job/segsql_recount/shard@base64/") for path in pushed.path]
    assert [base64.urlsafe_b64decode(group).decode() for group in groups] == ["1/2", "2/2"]
    assert 'last_run_timestamp_seconds{shard="2/2"}' in file.read_text()


def test_a_user_and_a_password(inside: Inside, due: psycopg.Connection) -> None:
    with gateway(403) as pushed:
        with_password = pushed.url.replace("http://", "http://segsql:p%40ss@")
        done = inside.ok("recount", "--pushgateway", with_password)
    expected = base64.b64encode(b"segsql:p@ss").decode()
    assert pushed.authorization == [f"Basic {expected}"]
    assert "403" in done.err
    assert "p@ss" not in done.err
    assert "p%40ss" not in done.err


@pytest.mark.parametrize("status", [400, 500, 302])
def test_a_gateway_that_refuses_is_a_warning(inside: Inside, due: psycopg.Connection, status: int) -> None:
    with gateway(status) as pushed:
        done = inside.ok("recount", "--pushgateway", pushed.url)
    assert f"could not be pushed to {pushed.url}" in done.err
    assert str(status) in done.err
    assert counts(due)[1] == 3


def test_a_gateway_that_is_down_is_a_warning(cli: Cli, due: psycopg.Connection) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    done = cli.ok("recount", "--pushgateway", f"http://127.0.0.1:{port}")
    assert f"could not be pushed to http://127.0.0.1:{port}" in done.err
    assert "Connection refused" in done.err
    assert counts(due)[1] == 3


@pytest.mark.parametrize("drip", [False, True], ids=["silent", "dripping"])
def test_a_gateway_that_hangs_is_not_waited_for(cli: Cli, due: psycopg.Connection, drip: bool) -> None:
    """Silent, or with a byte now and then, which no time limit of a socket notices."""

    def answer(server: socket.socket) -> None:
        with closing(server.accept()[0]) as connection:
            connection.settimeout(1)
            begun = time.monotonic()
            while time.monotonic() - begun < 20:
                try:
                    if drip:
                        connection.sendall(b"H")
                    if connection.recv(65536) == b"":
                        return
                except TimeoutError:
                    continue
                except OSError:
                    return

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = Thread(target=answer, args=(server,))
        thread.start()
        begun = time.monotonic()
        done = cli.ok("recount", "--pushgateway", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert time.monotonic() - begun < 15
        thread.join()
    assert "could not be pushed" in done.err
    assert counts(due)[1] == 3
