"""The server as a process: its own pages, what goes wrong, and its end."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from cli.process import Cli, ended
from http_api.serving import SAMPLE, serving
from postgres.worker_support import within
from segsql.http.server import listen

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"


def test_health(served: Served) -> None:
    with served.bare() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ok"}


def test_what_is_to_be_sent_is_sent_at_once() -> None:
    """Not once the client has acknowledged what came before, which takes it 40 ms."""
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()[:2]):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_is_not_ready_without_its_schema(dsn: str, db: psycopg.Connection) -> None:
    with serving(dsn) as served, served.bare() as client:
        db.execute("ALTER TABLE idempotency_keys RENAME TO aside")
        try:
            response = client.get("/readyz")
        finally:
            db.execute("ALTER TABLE aside RENAME TO idempotency_keys")
        assert response.status_code == 503
        assert response.json()["status"] == "not ready"
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_a_database_that_is_not_there() -> None:
    with serving("host=/nonexistent connect_timeout=2") as served:
        with served.bare(Authorization=f"Bearer seg_{'x' * 8}_{'x' * 43}") as client:
            assert client.get("/healthz").status_code == 200
            unready = client.get("/readyz")
            response = client.get(PATH)
        assert (unready.status_code, unready.json()) == (503, {"status": "not ready"})
        assert served.says("nonexistent")
        assert response.status_code == 503
        assert response.json() == {"message": "The database is unavailable: try again", "errors": []}
        assert response.headers["retry-after"]


def test_metrics(served: Served) -> None:
    served.client().get(f"{PATH}/1")
    with served.bare() as client:
        client.get(f"/nowhere/{'x' * 50}")
        response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    counted = 'segsql_http_requests_total{method="GET",route="/v1/segments/{id}",status="404"}'
    assert f"\n{counted} " in response.text
    assert 'route="other"' in response.text
    assert "nowhere" not in response.text
    assert "segsql_http_request_seconds_bucket" in response.text


def test_a_bug_has_an_id_that_is_in_the_log(dsn: str, db: psycopg.Connection) -> None:
    with serving(dsn) as served:
        client = served.client()
        client.post(PATH, json=SAMPLE)
        db.execute("ALTER TABLE segments RENAME COLUMN description TO aside")
        try:
            response = client.get(PATH)
            client.post(PATH, json={**SAMPLE, "name": "words of a client"})
        finally:
            db.execute("ALTER TABLE segments RENAME COLUMN aside TO description")
        assert response.status_code == 500
        body = response.json()
        assert set(body) == {"message", "errors", "id"}
        assert re.fullmatch(r"[0-9a-f]{32}", body["id"])
        assert "description" not in response.text
        served.has_bugs = True
        assert served.says(body["id"])
        (line,) = [line for line in served.log if body["id"] in line]
        assert "description" in line
        assert within(5, lambda: sum("event=failed" in line for line in served.log) == 2)
        assert not served.says("words of a client", 0)
        assert client.get(PATH).status_code == 200


def test_the_contract_and_its_page(served: Served) -> None:
    with served.bare() as client:
        contract = client.get("/openapi.json").json()
        page = client.get("/docs")
    assert contract["openapi"].startswith("3.1")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"(src|href)=.?(https?:)?//", page.text)
    assert "<script" not in page.text
    for path in contract["paths"]:
        assert path in page.text


def test_a_port_that_is_taken(served: Served, dsn: str) -> None:
    port = urlsplit(served.url).port
    done = Cli(dsn)("serve", "--port", str(port))
    assert done.code == 78
    assert done.err.startswith(f"segsql: Can't listen on 127.0.0.1 port {port}: ")


def test_a_host_that_is_none(dsn: str) -> None:
    done = Cli(dsn)("serve", "--host", "a" * 70, "--port", "0")
    assert done.code == 78
    assert "Can't listen on aaa" in done.err


def test_what_is_no_request_is_refused_and_not_logged(dsn: str) -> None:
    """Garbage, other protocols, a client that goes away in the middle of its body."""
    with serving(dsn) as served:
        client, url = served.client(), urlsplit(served.url)
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['authorization']}\r\n"
        for sent in (
            "\x16\x03\x01\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            f"{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{",
        ):
            with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
                connection.sendall(sent.encode())
                time.sleep(0.2)
        counted = f'segsql_http_requests_total{{method="POST",route="{PATH}",status="408"}} 1.0'
        assert within(5, lambda: counted in client.get("/metrics").text)
        assert client.get(PATH).status_code == 200
    assert served.log == []


def test_without_the_extra(tmp_path: Path) -> None:
    (tmp_path / "starlette.py").write_text("raise ModuleNotFoundError(name='starlette')")
    done = Cli(None)("serve", env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 78
    assert done.err.splitlines() == [
        "segsql: The HTTP API needs starlette, which is not installed",
        "  Install it: pip install 'segsql[api]'",
    ]


def test_it_goes_on_when_the_database_comes_back(served: Served, db: psycopg.Connection) -> None:
    client = served.client()
    assert client.get(PATH).status_code == 200
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    db.execute(others, (db.info.backend_pid,))
    assert client.get(PATH).status_code == 200


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_an_idle_server(dsn: str, number: signal.Signals, code: int) -> None:
    process = Cli(dsn).start("serve", "--port", "0")
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(number)
    assert ended(process, 10).code == code


def test_a_request_under_way_is_finished(dsn: str, db: psycopg.Connection) -> None:
    """The request waits for a lock when SIGTERM comes."""
    answers: list[httpx.Response] = []
    process_ended = time.monotonic()
    with serving(dsn) as served:
        client = served.client()
        assert client.get("/readyz").status_code == 200
        with db.transaction():
            db.execute("LOCK TABLE segments IN ACCESS EXCLUSIVE MODE")
            asking = threading.Thread(target=lambda: answers.append(client.post(PATH, json=SAMPLE)))
            asking.start()
            time.sleep(0.5)
            served.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        asking.join(10)
        process_ended = time.monotonic()
        served.process.wait(10)
    assert time.monotonic() - process_ended < 8
    assert [answer.status_code for answer in answers] == [201]
    assert answers[0].headers["connection"] == "close"


def test_what_takes_longer_than_the_grace_time_is_cancelled(dsn: str, db: psycopg.Connection) -> None:
    with serving(dsn, "--grace", "1s") as served:
        client = served.client()
        with db.transaction(), served.bare() as bare:
            db.execute("LOCK TABLE segments IN ACCESS EXCLUSIVE MODE")
            asking = threading.Thread(target=lambda: suppressed(client))
            asking.start()
            time.sleep(0.3)
            assert bare.get("/healthz").status_code == 200
            begun = time.monotonic()
            served.process.send_signal(signal.SIGTERM)
            served.process.wait(10)
        assert time.monotonic() - begun < 5
        asking.join(10)


def suppressed(client: httpx.Client) -> None:
    with suppress(httpx.HTTPError):
        client.get(PATH)


def test_no_request_is_cut_off(dsn: str) -> None:
    """16 clients that ask without a pause, each on a connection that it keeps, when SIGTERM comes.

    Whoever could connect gets a whole answer to what it sent. A connection that is refused is no request.
    """
    cut_off: list[str] = []
    answered = [0] * 16
    with serving(dsn) as served:
        url = urlsplit(served.url)
        assert url.hostname
        headers = {"Authorization": f"Bearer {served.key()}", "Content-Type": "application/json"}

        def ask(number: int) -> None:
            while True:
                connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
                try:
                    connection.connect()
                except OSError:
                    return
                try:
                    closing = False
                    while not closing:
                        if number % 2:
                            connection.request("GET", PATH, headers=headers)
                        else:
                            connection.request("POST", PATH, json.dumps(SAMPLE), headers)
                        response = connection.getresponse()
                        response.read()
                        closing = response.getheader("Connection") == "close"
                        if response.status not in (200, 201):
                            cut_off.append(f"{number}: {response.status}")
                        answered[number] += 1
                except (OSError, http.client.HTTPException) as error:
                    cut_off.append(f"{number}: {error!r} after {answered[number]}")
                    return
                finally:
                    connection.close()

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        served.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(30)
    assert cut_off == []
    assert all(answered)
