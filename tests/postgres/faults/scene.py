"""A database on a server that breaks: runs on it, gates that hold them up, and what is asserted after every fault."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import make_conninfo

from cli.process import Cli, Finished, Inside, ended
from postgres.conftest import connect
from postgres.faults.server import until
from postgres.faults.world import COUNTING, GATES, LONG_PAST, OLD, PAST, WHERE, add_contacts, reference
from postgres.test_recount_support import EVERYONE, Key, stored
from postgres.test_recount_support import Row as Stored

if TYPE_CHECKING:
    from collections.abc import Set

    from postgres.faults.rows import Row
    from postgres.faults.server import Server


_NOT_IN_HISTORY = """
SELECT s.workspace_id, s.id
FROM segments s
WHERE s.cached_count <> %s AND s.cached_count IS DISTINCT FROM (
    SELECT h.count FROM segment_counts h
    WHERE (h.workspace_id, h.segment_id) = (s.workspace_id, s.id) ORDER BY h.counted_at DESC LIMIT 1
)
"""
"""Counts that are not the last of their history, which is written with them or not at all."""


class Gate:
    """A gate of a database on a server, closed: a run's session that comes to it waits until it is opened."""

    def __init__(self, server: Server, database: str, number: int = COUNTING) -> None:
        self._server = server
        self._database = database
        self._number = number

    def __enter__(self) -> Gate:
        self._holder = connect(make_conninfo(self._server.uri, dbname=self._database))
        self._holder.execute("SELECT pg_advisory_lock(%s, %s)", (GATES, self._number))
        return self

    def __exit__(self, *_: object) -> None:
        self.open()

    def open(self) -> None:
        """Let everybody pass from now on."""
        self._holder.close()

    def waiting(self) -> list[int]:
        """The process ids of those who wait.

        Looked for from another database: on a standby, recovery cancels whoever reads in the one that is vacuumed.
        """
        rows = self._server.ask(
            """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = %s)
            AND classid = %s AND objid = %s""",
            self._database,
            GATES,
            self._number,
        )
        return [int(str(pid)) for (pid,) in rows]

    def waiter(self, process: subprocess.Popen[str]) -> int:
        """The one that waits, once there is one."""
        assert until(lambda: self.waiting() or process.poll() is not None)
        found = self.waiting()
        assert found, process.communicate()
        return found[0]


class Scene:
    """A database of the world, in which runs log in as a role of their own, which has the database's name."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.segments = dict(WHERE)
        self.old = {key: Stored(OLD, PAST) for key in WHERE}
        self.is_healed = False

    @property
    def admin_dsn(self) -> str:
        return make_conninfo(self.server.uri, dbname=self.name)

    @property
    def dsn(self) -> str:
        return make_conninfo(self.server.uri, dbname=self.name, user=self.name)

    @property
    def cli(self) -> Cli:
        return Cli(self.dsn)

    def ask(self, query: str, *arguments: object) -> list[tuple[object, ...]]:
        """Run a statement as the administrator, in a session of its own."""
        return self.server.ask(query, *arguments, database=self.name)

    def set_for_runs(self, setting: str) -> None:
        """A setting, as `name = value`, of the role's sessions in this database, from the next one on."""
        self.ask(f"ALTER ROLE {self.name} SET {setting}")

    def start(
        self, *arguments: str, dsn: str | None = None, env: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """A recount as a process, of everything unless told otherwise."""
        return Cli(dsn or self.dsn).start("recount", "--format", "json", *arguments, env=env)

    def gate(self, number: int = COUNTING) -> Gate:
        return Gate(self.server, self.name, number)

    def change(self) -> None:
        """One more contact in each workspace, which belongs to all segments but one."""
        with connect(self.admin_dsn, autocommit=False) as db:
            for workspace_id in (1, 2):
                add_contacts(db, workspace_id, 1000, 1000, fresh=True)

    def add_fleet(self, at: datetime = LONG_PAST) -> set[Key]:
        """Sixty workspaces of one contact and one segment, so that a run has two batches: these first, or last."""
        self.ask(
            """WITH w AS (
                INSERT INTO workspaces (id, name) SELECT n, 'W' FROM generate_series(101, 160) n RETURNING id
            ),
            s AS (INSERT INTO segments (workspace_id, id, name, definition, cached_count, last_counted_at)
                SELECT w.id, 1, 'S', %s::jsonb, %s, %s FROM w)
            INSERT INTO contacts (workspace_id, id, created_at) SELECT w.id, 1, '2026-01-01' FROM w""",
            json.dumps(EVERYONE),
            OLD,
            at,
        )
        fleet = {(workspace_id, 1) for workspace_id in range(101, 161)}
        self.segments |= dict.fromkeys(fleet, "true")
        self.old |= dict.fromkeys(fleet, Stored(OLD, at))
        return fleet

    def ended(
        self, process: subprocess.Popen[str], row: Row, seconds: float = 40, *, server: Server | None = None
    ) -> dict[Key, str]:
        """A run's statuses, once it has ended with the row's code, and everything that the row says is true."""
        return self.seen(ended(process, seconds), row, server=server)

    def seen(self, done: Finished, row: Row, *, role: str = "", server: Server | None = None) -> dict[Key, str]:
        """The same of a run that has ended; the role's errors are told by the scene's server, or another."""
        code = done.code if done.code >= 0 else 128 - done.code
        results = done.json["results"] if done.out and done.code >= 0 else []
        seen = Counter((one["status"], one["message"]) for one in results)
        assert code in row.codes, f"exit code {code}, {dict(seen)}\n{done.err}"
        sqlstates = (server or self.server).sqlstates(role or self.name)
        assert set(row.sqlstates) <= sqlstates, f"{sqlstates}\n{done.err}"
        self.assert_sound()
        told = {(one["workspace_id"], one["segment_id"]): one for one in results}
        self._assert_told(told)
        return {key: one["status"] for key, one in told.items()}

    def stored(self) -> dict[Key, Stored]:
        with connect(self.admin_dsn) as db:
            return stored(db)

    def assert_sound(self) -> None:
        """No count is wrong and none is lost: each is that of its time, or the old one."""
        with connect(self.admin_dsn) as db:
            rows = stored(db)
            assert rows.keys() == self.segments.keys()
            for key, row in rows.items():
                if row != self.old[key]:
                    assert row.at is not None
                    assert row.count == reference(db, key, row.at, self.segments[key]), (key, row)
            assert db.execute(_NOT_IN_HISTORY, (OLD,)).fetchall() == []

    def _assert_told(self, results: dict[Key, dict[str, Any]]) -> None:
        """What the report calls counted is stored, to the microsecond, unless another run has counted since."""
        rows = self.stored()
        for key, one in results.items():
            if one["status"] == "counted":
                row = rows[key]
                assert row.at is not None
                told = datetime.fromisoformat(one["last_counted_at"])
                assert (row.at, row.count) == (told, one["count"]) or row.at > told, key

    def untouched(self) -> set[Key]:
        """The segments that still have their old counts."""
        return {key for key, row in self.stored().items() if row == self.old.get(key)}

    def heals(self, *, but: Set[Key] = frozenset(), dsn: str | None = None) -> None:
        """A plain recount afterwards brings every segment to its reference; those excepted keep what they have."""
        before = self.stored()
        ((now,),) = self.ask("SELECT clock_timestamp()")
        done = Inside(dsn or self.dsn)("recount", "--format", "json")
        assert done.code == 0, (done.out, done.err)
        statuses = {(one["workspace_id"], one["segment_id"]): one["status"] for one in json.loads(done.out)["results"]}
        assert {key for key, status in statuses.items() if status != "counted"} == but, statuses
        self.assert_sound()
        for key, row in self.stored().items():
            if key in but:
                assert row == before[key]
            else:
                assert row.at is not None
                assert row.at > now  # type: ignore[operator]  # a time
        self.is_healed = True
