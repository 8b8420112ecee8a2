"""The write transaction: the workspace's lock, and the one statement that writes counts back (spec 7)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database, run
from segsql.store.failures import LOCK_NOT_AVAILABLE, Conflict, ConnectionLost, Phase, translated

_LOCK = """
SELECT id
FROM unnest($1::bigint[]) AS id
WHERE pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(' ', 'segsql recount', current_schema(), id::text), 0)
)
"""

_NEW = """ROWS FROM (
    unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]), jsonb_array_elements($5::jsonb)
) AS v (workspace_id, id, n, at, definition)"""
"""The definitions come as one JSON array of texts that are JSON as they stand: nothing has to be quoted."""

_WRITE = """
WITH v AS MATERIALIZED (
    SELECT *
    FROM {new}
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
JOIN {new} USING (workspace_id, id)
WHERE s.definition = v.definition
  AND (s.last_counted_at IS NULL OR s.last_counted_at < v.at OR s.last_counted_at > clock_timestamp())
"""
"""The same guard without a lock: of those that were not written, whose row somebody else holds."""

STAY_SECONDS = 0.1

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

    def __init__(self, connection: sa.Connection, left_behind: frozenset[int] = frozenset()) -> None:
        self.locked: frozenset[int] = frozenset()
        self._connection = connection
        self._left_behind = left_behind
        self._rested = time.monotonic()

    def lock(self, workspace_id: int) -> bool:
        """Take the workspace's lock until the transaction ends; False where another run has it."""
        return workspace_id in self.lock_all([workspace_id])

    def lock_all(self, workspace_ids: Iterable[int]) -> frozenset[int]:
        """Take the locks of those workspaces that no other run has, by id, and say which those are.

        What a lost session of this very run may have is done without: the guard is enough for the values to be right.
        """
        wanted = sorted(workspace_ids)
        self.locked |= frozenset(int(str(row[0])) for row in run(self._connection, _LOCK, [wanted]))
        self._rest()
        return self.locked | self._left_behind.intersection(wanted)

    def stay(self) -> None:
        """Say that the transaction is still wanted: its idle limit starts anew.

        Said again within a tenth of a second, it costs nothing.
        """
        if time.monotonic() - self._rested > STAY_SECONDS:
            self._rest()

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
            [count.count for count in counts],
            [count.at for count in counts],
            f"[{','.join(count.definition for count in counts)}]",
        ]
        try:
            with translated(Phase.WRITE), self._connection.begin_nested():
                return Written(self._keys(_WRITE.format(new=_NEW, skip_locked=""), columns))
        except Conflict as error:
            if error.sqlstate != LOCK_NOT_AVAILABLE:
                raise
        written = self._keys(_WRITE.format(new=_NEW, skip_locked="SKIP LOCKED"), columns)
        return Written(written, self._keys(_STILL_WANTED.format(new=_NEW), columns) - written)

    def _rest(self) -> None:
        """Without parameters: so it ends what the statement before left open, and gives back its snapshot."""
        self._connection.execute(sa.select(1))
        self._rested = time.monotonic()

    def _keys(self, sql: str, columns: list[object]) -> frozenset[Key]:
        rows = run(self._connection, sql, columns)
        return frozenset((int(str(row[0])), int(str(row[1]))) for row in rows)


@contextmanager
def write_transaction(database: Database, bounds: Bounds, name: str = APPLICATION_NAME) -> Iterator[Writer]:
    """Open a write transaction, which commits at the end of the block; `name` tells a DBA what it is for."""
    writer: Writer | None = None
    try:
        with database.writing() as connection:
            connection.execute(sa.select(*database.settings(bounds, name)))
            writer = Writer(connection, frozenset(database.left_behind))
            yield writer
    except ConnectionLost:
        if writer is not None:
            database.left_behind |= writer.locked
        raise
