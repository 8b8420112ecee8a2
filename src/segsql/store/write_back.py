"""The write transaction: the workspace's lock, and the one statement that writes counts back (spec 7)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database, run
from segsql.store.failures import LOCK_NOT_AVAILABLE, Conflict, ConnectionLost, Phase, translated
from segsql.store.write_sql import HELD, STILL_WANTED, THERE, WRITE, WRITE_WHAT_IS_FREE

_LOCK = """
SELECT id
FROM unnest($1::bigint[]) AS id
WHERE pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(' ', 'segsql recount', current_schema(), id::text), 0)
)
"""

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
class WriteRules:
    """How counts are written.

    One that differs from the stored count by more than `hold_change` percent of that is held back; None holds
    nothing. Changes stay in the history for `keep_history`; with zero none is noted, and those that are there go.
    """

    hold_change: Decimal | None = None
    keep_history: timedelta = timedelta(days=90)


DEFAULT_WRITE_RULES = WriteRules()


@dataclass(frozen=True, slots=True)
class Written:
    """Which counts were written, and which were not because another transaction kept the row locked.

    Those held back come with the count that is stored. Those that are `there` were stored already: an earlier try
    wrote them. What is in none of them was edited, deleted or counted later in the meantime.
    """

    keys: frozenset[Key] = frozenset()
    locked: frozenset[Key] = frozenset()
    held: Mapping[Key, int] = field(default_factory=dict)
    there: frozenset[Key] = frozenset()


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

    def write(self, counts: Sequence[NewCount], rules: WriteRules = DEFAULT_WRITE_RULES) -> Written:
        """Write counts, and what changed into the history.

        Rows that another transaction keeps locked are waited for as long as the lock limit allows; then all
        others are written without them.
        """
        if not counts:
            return Written()
        new = _columns(counts)
        arguments = [*new, rules.hold_change, rules.keep_history]
        try:
            with translated(Phase.WRITE), self._connection.begin_nested():
                written = self._written(WRITE, arguments)
        except Conflict as error:
            if error.sqlstate != LOCK_NOT_AVAILABLE:
                raise
            written = self._written(WRITE_WHAT_IS_FREE, arguments)
            wanted = self._keys(STILL_WANTED, new)
            written = replace(written, locked=wanted - written.keys - written.held.keys())
        if len(written.keys) + len(written.held) + len(written.locked) < len(counts):
            written = replace(written, there=self._keys(THERE, new) - written.keys)
        return written

    def _rest(self) -> None:
        """Without parameters: so it ends what the statement before left open, and gives back its snapshot."""
        self._connection.execute(sa.select(1))
        self._rested = time.monotonic()

    def _keys(self, sql: str, arguments: list[object]) -> frozenset[Key]:
        return frozenset(_key(row) for row in run(self._connection, sql, arguments))

    def _written(self, sql: str, arguments: list[object]) -> Written:
        rows = run(self._connection, sql, arguments).fetchall()
        return Written(
            keys=frozenset(_key(row) for row in rows if row[2] is None),
            held={_key(row): int(str(row[2])) for row in rows if row[2] is not None},
        )


def would_hold(connection: sa.Connection, counts: Sequence[NewCount], hold_change: Decimal) -> Mapping[Key, int]:
    """Those of the counts that `Writer.write` would hold back, with what is stored; for runs that write nothing."""
    rows = run(connection, HELD, [*_columns(counts), hold_change])
    return {_key(row): int(str(row[2])) for row in rows}


def _columns(counts: Sequence[NewCount]) -> list[object]:
    """The first five parameters of the statements in `write_sql`."""
    return [
        [count.workspace_id for count in counts],
        [count.segment_id for count in counts],
        [count.count for count in counts],
        [count.at for count in counts],
        f"[{','.join(count.definition for count in counts)}]",
    ]


def _key(row: Sequence[object]) -> Key:
    return int(str(row[0])), int(str(row[1]))


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
