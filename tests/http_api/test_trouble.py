"""What a client is told when a body, a workspace or the database is not there in time; and how the server goes on."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from cli.process import Cli
from http_api.serving import READ, SAMPLE, WRITE, fill, serving
from postgres.conftest import connect
from postgres.worker_support import within
from segsql import embedded
from segsql.embedded import cluster
from segsql.http.bodies import SECONDS
from segsql.store import migrations

if TYPE_CHECKING:
    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"
UNAVAILABLE = {"message": "The database is unavailable: try again", "errors": []}


def test_a_body_that_comes_too_slowly(served: Served) -> None:
    """A byte now and then does not help; meanwhile others are answered."""
    url, key = urlsplit(served.url), served.key()
    assert url.hostname
    assert url.port
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    begun = time.monotonic()
    with socket.create_connection((url.hostname, url.port), timeout=SECONDS + 10) as slow:
        slow.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode())
        while time.monotonic() - begun < SECONDS - 1:
            slow.sendall(b" ")
            assert served.client().get(PATH).status_code == 200
            time.sleep(1)
        answer = b"".join(iter(lambda: slow.recv(65_536), b""))
    assert SECONDS <= time.monotonic() - begun < SECONDS + 8
    first, _, rest = answer.partition(b"\r\n")
    headers, _, body = rest.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in headers.lower()
    assert json.loads(body) == {"message": "The request's body did not arrive in time", "errors": []}


@pytest.mark.parametrize("what", ["create", "create once", "change", "delete", "contacts"])
def test_a_workspace_that_is_deleted_meanwhile(served: Served, db: psycopg.Connection, what: str) -> None:
    """Its keys go with it: they are not valid any more; whoever came before the end of it sees it as it was."""
    db.execute("INSERT INTO workspaces (id, name, segment_limit) VALUES (3, 'W-three', 5)")
    db.execute("SELECT declare_builtin_fields(3)")
    db.execute("INSERT INTO contacts (workspace_id, id) VALUES (3, 1), (3, 2)")
    with served.bare(Authorization=f"Bearer {served.key(3)}") as client:
        id_ = client.post(PATH, json=SAMPLE).json()["data"]["id"]
        requests = {
            "create": lambda: client.post(PATH, json=SAMPLE),
            "create once": lambda: client.post(PATH, json=SAMPLE, headers={"Idempotency-Key": "k"}),
            "change": lambda: client.patch(f"{PATH}/{id_}", json=SAMPLE),
            "delete": lambda: client.delete(f"{PATH}/{id_}"),
            "contacts": lambda: client.get(f"{PATH}/{id_}/contacts", params={"limit": 1}),
        }
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(requests[what]()))
        with db.transaction():
            db.execute("DELETE FROM workspaces WHERE id = 3")
            asking.start()
            time.sleep(0.5)
        asking.join(20)
        (answer,) = answers
        assert answer.status_code == (200 if what == "contacts" else 401), answer.text
        assert what == "contacts" or answer.json() == {"message": "The API key is not valid", "errors": []}
        assert client.get(PATH).status_code == 401


def test_sessions_that_end_meanwhile(served: Served, db: psycopg.Connection, admin_dsn: str) -> None:
    """Each request waits for a lock when an administrator ends its session."""
    client = served.client()
    assert client.get(PATH).status_code == 200
    requests = {
        "POST": lambda: client.post(PATH, json=SAMPLE),
        "GET": lambda: client.get(PATH),
        "preview": lambda: client.post(f"{PATH}/preview", json=SAMPLE),
    }
    answers: dict[str, httpx.Response] = {}
    asking = [
        threading.Thread(target=lambda what=what, ask=ask: answers.update({what: ask()}))
        for what, ask in requests.items()
    ]
    with connect(admin_dsn) as witness, db.transaction():
        db.execute("LOCK TABLE segments, contacts IN ACCESS EXCLUSIVE MODE")
        for thread in asking:
            thread.start()
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'segsql serve' AND wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        assert within(1.5, lambda: witness.execute(waiting.encode()).rowcount == len(asking))
        witness.execute(waiting.replace("SELECT pid", "SELECT pg_terminate_backend(pid)").encode())
        for thread in asking:
            thread.join(20)
    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(requests, 503)
    for answer in answers.values():
        assert answer.json() == UNAVAILABLE
        assert answer.headers["retry-after"]
    assert client.get(PATH).status_code == 200


@pytest.mark.bundled
def test_a_database_that_goes_away_and_comes_back() -> None:
    """Under requests without a pause: each is answered, with 503 while it is away, and the server goes on by itself."""
    with tempfile.TemporaryDirectory(prefix="segsql-test-") as name:
        home = Path(name)
        with embedded.server(home) as dsn:
            migrations.migrate(dsn)
            with connect(dsn) as db:
                fill(db)
            key = Cli(dsn).ok("keys", "create", "-w", "1", "--scope", READ, "--scope", WRITE).out.strip()
            with serving(dsn) as served, served.bare(Authorization=f"Bearer {key}") as client:
                statuses: list[int] = []
                is_over = threading.Event()

                def ask() -> None:
                    while not is_over.is_set():
                        for answer in (client.get(PATH), client.post(PATH, json=SAMPLE)):
                            statuses.append(answer.status_code)
                            assert answer.json()["data" if answer.is_success else "message"]

                asking = [threading.Thread(target=ask) for _ in range(4)]
                for thread in asking:
                    thread.start()
                try:
                    assert within(10, lambda: 201 in statuses)
                    found = cluster.postmaster(home)
                    assert found is not None
                    os.kill(found.pid, signal.SIGINT)
                    assert within(20, lambda: client.get("/readyz").status_code == 503)
                    assert within(20, lambda: 503 in statuses)
                    assert client.get("/readyz").json()["status"] == "not ready"
                    assert client.get("/healthz").status_code == 200
                    assert within(20, lambda: not cluster.is_alive(home))
                    with embedded.server(home) as again:
                        assert again == dsn
                        assert within(20, lambda: client.get("/readyz").status_code == 200)
                        statuses.clear()
                        assert within(20, lambda: statuses[-4:] != [] and set(statuses[-4:]) <= {200, 201})
                        is_over.set()
                        for thread in asking:
                            thread.join(20)
                finally:
                    is_over.set()
                assert set(statuses) <= {200, 201, 503}
