"""Hearing at once of segments that are new or edited: LISTEN, on a connection of its own (`sql/000007`).

What is heard is a hint. Nothing depends on it: whoever misses it finds the same by looking (`due`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from segsql.catalog import WorkspaceId, read_id
from segsql.store.connection import Connection
from segsql.store.database import Database
from segsql.store.failures import translated
from segsql.store.schema import Schema

CHANNEL = "segsql_segments"


class Listening:
    """A session that listens."""

    def __init__(self, connection: Connection, schema: Schema) -> None:
        self._connection = connection
        self._schema = schema

    def heard(self, seconds: float) -> frozenset[WorkspaceId]:
        """The workspaces that were named, as soon as there is one; none after so long.

        Whatever is said, a single tenant is meant. Raises ConnectionLost.
        """
        with translated():
            payloads = {each.payload for each in self._connection.notifies(timeout=seconds, stop_after=1)}
        if not self._schema.has_workspaces:
            return frozenset({None} if payloads else ())
        named = (read_id(each, self._schema.ids.workspace) for each in payloads)
        return frozenset(each for each in named if each is not None)


@contextmanager
def listening(database: Database) -> Iterator[Listening | None]:
    """Listen for as long as the block lasts; None where a pooler stands between.

    Behind a pooler in transaction mode the session that listens is soon somebody else's, and goes on
    listening. A pooler gives itself away by the process id that it made up for its client.
    """
    with database.session() as connection:
        ((process_id,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
        if process_id != connection.info.backend_pid:
            yield None
            return
        connection.execute(f"LISTEN {CHANNEL}".encode())
        yield Listening(connection, database.schema)
