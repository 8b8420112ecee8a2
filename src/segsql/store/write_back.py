"""The write transaction: the workspace's lock, and the one statement that writes counts back (spec 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segsql.store.database import Bounds, Database, local_settings, run

_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended('segsql recount ' || :workspace_id, 0))")

_WRITE = """
WITH v AS MATERIALIZED (
    SELECT *
    FROM unnest($1::bigint[], $2::bigint[], $3::text[]::jsonb[], $4::bigint[], $5::timestamptz[])
         AS v (workspace_id, id, definition, n, at)
), l AS MATERIALIZED (
    SELECT s.workspace_id, s.id, s.cached_count AS old
    FROM segments s
    JOIN v USING (workspace_id, id)
    WHERE s.definition = v.definition
      AND (s.last_counted_at IS NULL OR s.last_counted_at < v.at OR s.last_counted_at > clock_timestamp())
    ORDER BY s.workspace_id, s.id
    FOR NO KEY UPDATE OF s
)
UPDATE segments s
SET cached_count = v.n, last_counted_at = v.at
FROM l JOIN v USING (workspace_id, id)
WHERE s.workspace_id = l.workspace_id AND s.id = l.id
RETURNING s.workspace_id, s.id, l.old
"""
"""Rows are locked in one order, so that overlapping runs never deadlock, and the guard is checked on the
newest version of each: the definition still the one that was counted, the stored time older, or impossible."""


@dataclass(frozen=True, slots=True)
class NewCount:
    """A count to write: how many, of which definition (its JSON text), at which instant."""

    workspace_id: int
    segment_id: int
    definition: str
    count: int
    at: datetime


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

    def write(self, counts: Sequence[NewCount]) -> dict[tuple[int, int], int | None]:
        """Write counts; give the count before of those written, by workspace and segment.

        What is missing there was edited, deleted or counted later in the meantime.
        """
        if not counts:
            return {}
        columns = [
            [count.workspace_id for count in counts],
            [count.segment_id for count in counts],
            [count.definition for count in counts],
            [count.count for count in counts],
            [count.at for count in counts],
        ]
        written = run(self._connection, _WRITE, [*columns])
        return {(int(str(w)), int(str(s))): old for w, s, old in written}  # type: ignore[misc]


@contextmanager
def write_transaction(database: Database, bounds: Bounds) -> Iterator[Writer]:
    """Open a write transaction; it commits at the end of the block."""
    with database.writing() as connection:
        connection.execute(sa.select(*local_settings(bounds)))
        yield Writer(connection)
