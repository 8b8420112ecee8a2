"""What lies between this program and the server's sessions: a pooler gives itself away by process ids.

Whoever opens a connection is told the process id of its session, to cancel queries with. A pooler hands out
ids of its own there, since the session behind it may change, so that it differs from what the session says of
itself. In transaction mode it gives the session to the next transaction of any connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from segsql.store.connection import Connection
from segsql.store.database import Database

_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_ESCAPED = re.compile(r"\\(.)")
_ASSIGNMENT = re.compile(r"(?:-c|--)?([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Route:
    """The process ids of sessions, as seen by one connection, and by another that is open all the while.

    `announced` is what `own` was told when it connected. `lost` are settings that the DSN's `options` ask for
    and that are not in force.
    """

    announced: int
    own: frozenset[int]
    other: frozenset[int]
    lost: tuple[str, ...] = ()

    @property
    def is_pooled(self) -> bool:
        """Whether something between has connections to the server of its own."""
        return self.announced not in self.own

    @property
    def is_shared(self) -> bool:
        """Whether transactions were seen to change sessions: a pooler in transaction mode.

        A busy pooler in session mode is never taken for one; one in transaction mode that has many idle
        sessions could be missed.
        """
        return len(self.own) > 1 or not self.own.isdisjoint(self.other)


def route(database: Database) -> Route:
    """Look at two connections, in several short transactions.

    A pooler gives the session that was free last, or the one that was free first: either way one of these
    transactions gets another session than the connection's last, or one that the other connection had.
    """
    with database.client() as one, database.client() as other:
        own = {_session(one), _session(one)}
        others = {_session(other)}
        own.add(_session(one))
        lost = tuple(name for name, value in asked(one.info.options) if not _is_in_force(one, name, value))
        return Route(one.info.backend_pid, frozenset(own), frozenset(others), lost)


def asked(options: str) -> Iterator[tuple[str, str]]:
    """The settings in a DSN's `options`, split as the server does: by spaces that no backslash precedes."""
    words = [_ESCAPED.sub(r"\1", word) for word in _WORD.findall(options)]
    for word in words:
        if word != "-c" and (found := _ASSIGNMENT.fullmatch(word)):
            yield found[1].replace("-", "_"), found[2]


def _session(connection: Connection) -> int:
    with connection.transaction():
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(str(row[0]))


def _is_in_force(connection: Connection, name: str, value: str) -> bool:
    """Whether the session has the setting; of one that it may not set it is not known, and it is believed.

    Setting it for a transaction that is rolled back gives the value in the server's own spelling.
    """
    try:
        with connection.transaction(force_rollback=True):
            before = connection.execute("SELECT current_setting(%s, true)", (name,)).fetchone()
            return before == connection.execute("SELECT set_config(%s, %s, true)", (name, value)).fetchone()
    except psycopg.errors.DatabaseError as error:
        if error.sqlstate is None:
            raise
        return True
