"""The write transaction: the workspace's lock, and the one statement that writes counts back (spec 7)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from segsql.catalog import Id, WorkspaceId, in_order
from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database, run
from segsql.store.failures import (
    LOCK_NOT_AVAILABLE,
    Conflict,
    ConnectionLost,
    Phase,
    QueryFailed,
    translated,
)
from segsql.store.schema import Schema, schema_of
from segsql.store.selection import Key
from segsql.store.write_sql import WriteSql, write_sql

_LOCK = """
SELECT id
FROM unnest($1::{type}[]) AS id
WHERE pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(' ', 'segsql recount', current_schema(), id::text), 0)
)
"""

STAY_SECONDS = 0.1

_OF_A_ROW = ("22", "23", "44", "P0")
"""Classes of SQLSTATE that one row may be to blame for: its column holds no such count, a check or trigger refuses."""


@dataclass(frozen=True, slots=True)
class NewCount:
    """A count to write: how many, of which definition (its JSON text), at which instant."""

    workspace_id: WorkspaceId
    segment_id: Id
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

    Those held back come with the count that is stored, those `refused` with why their column can't hold the count.
    Those that are `there` were stored already: an earlier try wrote them. What is in none of them was edited, deleted
    or counted later in the meantime.
    """

    keys: frozenset[Key] = frozenset()
    locked: frozenset[Key] = frozenset()
    held: Mapping[Key, int] = field(default_factory=dict)
    there: frozenset[Key] = frozenset()
    refused: Mapping[Key, QueryFailed] = field(default_factory=dict)

    def __or__(self, other: Written) -> Written:
        """Both."""
        return Written(
            self.keys | other.keys,
            self.locked | other.locked,
            {**self.held, **other.held},
            self.there | other.there,
            {**self.refused, **other.refused},
        )


class Writer:
    """An open write transaction, which holds no snapshot between its statements."""

    def __init__(self, connection: sa.Connection, left_behind: frozenset[WorkspaceId] = frozenset()) -> None:
        self.locked: frozenset[WorkspaceId] = frozenset()
        self._connection = connection
        self._schema = schema_of(connection)
        self._left_behind = left_behind
        self._rested = time.monotonic()

    def lock(self, workspace_id: WorkspaceId) -> bool:
        """Take the workspace's lock until the transaction ends; False where another run has it."""
        return workspace_id in self.lock_all([workspace_id])

    def lock_all(self, workspace_ids: Iterable[WorkspaceId]) -> frozenset[WorkspaceId]:
        """Take the locks of those workspaces that no other run has, by id, and say which those are.

        What a lost session of this very run may have is done without: the guard is enough for the values to be right.
        """
        wanted = in_order(workspace_ids)
        sql = _LOCK.format(type=self._schema.workspace_id_type.value)
        self.locked |= frozenset(workspace_of(row[0]) for row in run(self._connection, sql, [wanted]))
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
        sql = write_sql(self._schema)
        if sql is None:
            return Written(frozenset((count.workspace_id, count.segment_id) for count in counts))
        counts = as_stored(self._schema, counts)
        new = _columns(sql, counts)
        arguments = [*new, rules.hold_change, *([rules.keep_history] if sql.has_history else [])]
        try:
            with translated(Phase.WRITE), self._connection.begin_nested():
                if sql.prepare is not None:
                    run(self._connection, sql.prepare, new)
                written = self._written(sql.write, arguments)
        except Conflict as error:
            if error.sqlstate != LOCK_NOT_AVAILABLE:
                raise
            written = self._written(sql.write_what_is_free, arguments)
            wanted = self._keys(sql.still_wanted, new)
            written = replace(written, locked=wanted - written.keys - written.held.keys())
        except QueryFailed as error:
            if not (error.sqlstate or "").startswith(_OF_A_ROW):
                raise
            return self._without_what_is_refused(counts, rules, error)
        if len(written.keys) + len(written.held) + len(written.locked) < len(counts):
            written = replace(written, there=self._keys(sql.there, new) - written.keys)
        return written

    def _without_what_is_refused(self, counts: Sequence[NewCount], rules: WriteRules, error: QueryFailed) -> Written:
        """Some count is not to be written, whatever is tried: it alone is left out."""
        if len(counts) == 1:
            return Written(refused={(counts[0].workspace_id, counts[0].segment_id): error})
        middle = len(counts) // 2
        return self.write(counts[:middle], rules) | self.write(counts[middle:], rules)

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
    schema = schema_of(connection)
    sql, counts = write_sql(schema), as_stored(schema, counts)
    rows = run(connection, sql.held, [*_columns(sql, counts), hold_change]) if sql and counts else ()
    return {_key(row): int(str(row[2])) for row in rows}


def as_stored(schema: Schema, counts: Sequence[NewCount]) -> Sequence[NewCount]:
    """The counts as they are written: those of files that are as they were, with fingerprints for definitions."""
    if (folder := schema.folder) is None:
        return counts
    return [
        replace(count, definition=folder.fingerprints[one.id])
        for count in counts
        if (one := folder.segments.get(str(count.segment_id))) is not None and str(one.definition) == count.definition
    ]


def _columns(sql: WriteSql, counts: Sequence[NewCount]) -> list[object]:
    """The first five parameters of the statements in `write_sql`."""
    definitions = [count.definition for count in counts]
    return [
        [count.workspace_id for count in counts],
        [count.segment_id for count in counts],
        [count.count for count in counts],
        [count.at for count in counts],
        f"[{','.join(definitions)}]" if sql.has_json else definitions,
    ]


def _key(row: Sequence[object]) -> Key:
    workspace_id, segment_id = workspace_of(row[0]), workspace_of(row[1])
    assert segment_id is not None
    return workspace_id, segment_id


def workspace_of(value: object) -> WorkspaceId:
    """An id as a driver reads it, which is a number, a text or null."""
    assert value is None or isinstance(value, int | str)
    return value


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
