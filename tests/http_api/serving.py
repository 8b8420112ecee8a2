"""`segsql serve` as a process, and clients of it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
from psycopg.conninfo import make_conninfo

from cli.process import Cli
from postgres.conftest import KEYS
from postgres.worker_support import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

READ, WRITE = "segments:read", "segments:write"

SAMPLE: dict[str, Any] = {
    "name": "Active Subscribers",
    "filters": {
        "condition": "AND",
        "filters": [{"type": "field", "field_id": 1, "operator": "eq", "value": "test@example.com"}],
    },
}
"""The create document's sample request."""


@dataclass
class Served:
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]
    operator: Cli
    """Who may do what `segsql_keys` may, and nothing else."""
    log: list[str]
    """The lines that it has written to stderr."""
    has_bugs: bool = False
    """Whether the test made it fail, so that tracebacks are in its log."""
    _clients: dict[tuple[int, tuple[str, ...]], httpx.Client] = field(default_factory=dict)

    def key(self, workspace_id: int = 1, *scopes: str) -> str:
        """A new key, with both scopes unless told otherwise."""
        given = [part for scope in scopes or (READ, WRITE) for part in ("--scope", scope)]
        made = self.operator.ok("keys", "create", "-w", str(workspace_id), *given, "--format", "json").json
        return str(made["key"])

    def client(self, workspace_id: int = 1, *scopes: str) -> httpx.Client:
        """A client with a key of the workspace's."""
        wanted = (workspace_id, scopes)
        if wanted not in self._clients:
            self._clients[wanted] = self.bare(Authorization=f"Bearer {self.key(workspace_id, *scopes)}")
        return self._clients[wanted]

    def bare(self, **headers: str) -> httpx.Client:
        """A client with nothing but these headers."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def says(self, words: str, seconds: float = 5) -> bool:
        """Whether these words are in its log, soon."""
        return within(seconds, lambda: any(words in line for line in self.log))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@contextmanager
def serving(dsn: str, *options: str) -> Iterator[Served]:
    """Start a server on any free port; it is ended by SIGTERM, and ends well."""
    cli = Cli(dsn)
    process = cli.start("serve", "--port", "0", *options)
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://\S+:\d+", line)
    assert found, line + process.stderr.read()
    log: list[str] = []
    reader = Thread(target=log.extend, args=(iter(process.stderr.readline, ""),), daemon=True)
    reader.start()
    served = Served(found[0], process, Cli(make_conninfo(dsn, user=KEYS)), log)
    try:
        yield served
    finally:
        served.close()
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        reader.join(5)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
        assert code == 143, log
        assert served.has_bugs or not any("Traceback" in line for line in log), log


def fill(db: psycopg.Connection) -> None:
    """Two workspaces with the same ids throughout, and other names, values and counts."""
    for workspace_id, mark, contacts in ((1, "one", 5), (2, "two", 3)):
        db.execute("INSERT INTO workspaces (id, name) VALUES (%s, %s)", (workspace_id, f"W-{mark}"))
        db.execute("SELECT declare_builtin_fields(%s)", (workspace_id,))
        db.execute(
            """INSERT INTO contact_fields (workspace_id, id, key, name, type, options)
            VALUES (%(w)s, 13, 'plan_' || %(m)s, 'Plan', 'DROPDOWN_SINGLE', jsonb_build_array('free', 'pro-' || %(m)s)),
                   (%(w)s, 14, 'score', 'Score', 'NUMBER', NULL)""",
            {"w": workspace_id, "m": mark},
        )
        db.execute(
            "INSERT INTO tags (workspace_id, id, name) SELECT %s, n, %s || n FROM generate_series(1, 3) n",
            (workspace_id, f"tag-{mark}-"),
        )
        db.execute(
            """INSERT INTO contacts (workspace_id, id, email, country, fields, created_at, updated_at)
            SELECT %(w)s, n, 'user' || n || '@' || %(m)s || '.example', 'DE', jsonb_build_object('score', n * 0.1),
                '2026-01-05T11:00:00Z', '2026-01-06T11:00:00Z'
            FROM generate_series(1, %(n)s) n""",
            {"w": workspace_id, "m": mark, "n": contacts},
        )
        db.execute(
            "INSERT INTO contact_tags (workspace_id, contact_id, tag_id) VALUES (%s, 1, 1), (%s, 1, 2), (%s, 2, 1)",
            (workspace_id,) * 3,
        )
        db.execute(
            """INSERT INTO contact_activity (workspace_id, contact_id, delivered_count, opens_count, last_open_at)
            VALUES (%s, 1, 4, 2, '2026-01-20T14:00:00Z')""",
            (workspace_id,),
        )


def add_segment(
    db: psycopg.Connection, id_: int, definition: object, *, workspace_id: int = 1, **columns: object
) -> None:
    """A stored segment; a text is its definition's JSON as it stands."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    row = {"workspace_id": workspace_id, "id": id_, "name": f"S{id_}", "definition": text, **columns}
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    db.execute(f"INSERT INTO segments ({names}) VALUES ({values})".encode(), row)


def messages(response: httpx.Response) -> list[str]:
    """What a refused request was told, one by one."""
    body = response.json()
    assert body["message"] == body["errors"][0]["message"]
    return [error["message"] for error in body["errors"]]
