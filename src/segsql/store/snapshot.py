"""The count transaction: one snapshot, and the instant that it is of (spec 7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import sqlalchemy as sa

from segsql.render import Statement
from segsql.store.database import Bounds, Database, driver, given_up_if_busy, local_settings, run

MEMBERS_PER_FETCH = 10_000


class Snapshot:
    """A repeatable-read, read-only transaction. `now` is when its snapshot was taken, by the server's clock."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now

    def count(self, statement: Statement) -> tuple[int, ...]:
        """Run a statement whose one row is all counts.

        A statement that fails leaves the snapshot as it was: it runs under a savepoint.
        """
        with self.connection.begin_nested(), given_up_if_busy(self.connection):
            row = run(self.connection, statement.numbered_sql, statement.arguments).fetchone()
        assert row is not None, "an aggregate without GROUP BY has one row"
        return tuple(int(str(count)) for count in row)

    def members(self, statement: Statement) -> Iterator[tuple[int, str | None]]:
        """Stream the rows `id, email` of a members statement; memory stays the same however many there are."""
        cursor = psycopg.RawServerCursor(driver(self.connection), "segsql_members")
        cursor.itersize = MEMBERS_PER_FETCH
        cursor.execute(statement.numbered_sql.encode(), statement.arguments)
        yield from cursor
        cursor.close()

    def explain(self, statement: Statement, *, analyze: bool) -> str:
        """PostgreSQL's plan of the statement, as text; with `analyze` the statement is run to measure it."""
        options = "ANALYZE, BUFFERS" if analyze else "COSTS"
        rows = run(self.connection, f"EXPLAIN ({options}) {statement.numbered_sql}", statement.arguments)
        return "\n".join(str(line) for (line,) in rows)


@contextmanager
def snapshot(database: Database, bounds: Bounds) -> Iterator[Snapshot]:
    """Open a snapshot.

    Its first statement sets the bounds and reads the statement's own time, which lies just before the
    snapshot is taken: what was committed by then is in it.
    """
    with database.reading() as connection:
        first = sa.select(*local_settings(bounds), sa.func.statement_timestamp().label("now"))
        yield Snapshot(connection, connection.execute(first).one().now)
