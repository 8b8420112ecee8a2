"""The write transaction: the workspace's lock, and the one statement that writes counts back (spec 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segsql.store.database import Bounds, Database, local_settings, run
from segsql.store.failures import QueryFailed, translated

_LOCK = sa.text("""
    SELECT pg_try_advisory_xact_lock(
        hashtextextended(concat_ws(' ', 'segsql recount', current_schema(), CAST(:workspace_id AS text)), 0)
    )
""")

_WRITE = """
WITH v AS MATERIALIZED (
    SELECT *
    FROM unnest($1::bigint[], $2::bigint[], $3::text[]::jsonb[], $4::bigint[], $5::timestamptz[])
         AS v (workspace_id, id, definition, n, at)
), l AS MATERIALIZED (
    SELECT s.workspace_id, s.id
    FROM segments s
    JOIN v USING (workspace_id, id)
    WHERE s.definition = v.definition
      AND (s.last_counted_at IS NULL OR s.last_counted_at < v.at OR s.last_counted_at > clock_timestamp())
    ORDER BY s.workspace_id, s.id
    FOR NO KEY UPDATE OF s {skip_locked}
)
UPDATE segments s
SET cached_count = v.n, last_counted_at = v.at
FROM l JOIN v USING (workspace_id, id)
WHERE s.workspace_id = l.workspace_id AND s.id = l.id
RETURNING s.workspace_id, s.id
"""
"""Rows are locked in one order, so that overlapping runs never deadlock, and the guard is checked on the
newest version of each: the definition still the one that was counted, the stored time older, or impossible."""

_STILL_WANTED = """
SELECT s.workspace_id, s.id
FROM segments s
JOIN unnest($1::bigint[], $2::bigint[], $3::text[]::jsonb[], $4::bigint[], $5::timestamptz[])
     AS v (workspace_id, id, definition, n, at) USING (workspace_id, id)
WHERE s.definition = v.definition
  AND (s.last_counted_at IS NULL OR s.last_counted_at < v.at OR s.last_counted_at > clock_timestamp())
"""
"""The same guard without a lock: of those that were not written, whose row somebody else holds."""

LOCK_NOT_AVAILABLE = "55P03"

Key = tuple[int, int]
"""A workspace's id and a segment's."""


@dataclass(frozen=True, slots=True)
class NewCount:
    """A count to write: how many, of which definition (its JSON text), at which instant."""

    workspace_id: int
    segment_id: int
    definition: str
    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """Which counts were written, and which were not because another transaction kept the row locked.

    What is in neither was edited, deleted or counted later in the meantime.
    """

    keys: frozenset[Key] = frozenset()
    locked: frozenset[Key] = frozenset()


class Writer:
    """An open write transaction, which holds no snapshot between its statements."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self, workspace_id: int) -> bool:
        """Take the workspace's lock until the transaction ends; False where another run has it."""
        return bool(self._connection.scalar(_LOCK, {"workspace_id": str(workspace_id)}))

    def stay(self) -> None:
        """Say that the transaction is still wanted: its idle limit starts anew."""
        self._connection.execute(sa.select(1))

    def write(self, counts: Sequence[NewCount]) -> Written:
        """Write counts.

        Rows that another transaction keeps locked are waited for as long as the lock limit allows; then all
        others are written without them.
        """
        if not counts:
            return Written()
        columns: list[object] = [
            [count.workspace_id for count in counts],
            [count.segment_id for count in counts],
            [count.definition for count in counts],
            [count.count for count in counts],
            [count.at for count in counts],
        ]
        try:
            with translated(), self._connection.begin_nested():
                return Written(self._keys(_WRITE.format(skip_locked=""), columns))
        except QueryFailed as error:
            if error.sqlstate != LOCK_NOT_AVAILABLE:
                raise
        written = self._keys(_WRITE.format(skip_locked="SKIP LOCKED"), columns)
        return Written(written, self._keys(_STILL_WANTED, columns) - written)

    def _keys(self, sql: str, columns: list[object]) -> frozenset[Key]:
        rows = run(self._connection, sql, columns)
        return frozenset((int(str(row[0])), int(str(row[1]))) for row in rows)


@contextmanager
def write_transaction(database: Database, bounds: Bounds) -> Iterator[Writer]:
    """Open a write transaction; it commits at the end of the block."""
    with database.writing() as connection:
        connection.execute(sa.select(*local_settings(bounds)))
        yield Writer(connection)
