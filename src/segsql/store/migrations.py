"""Bring a database to the newest schema: the numbered files of `sql/`, then `indexes.sql`.

Safe to run by many at once and behind a pooler in transaction mode: one advisory lock, held by a
transaction and so by no session. Whoever has it looks again at what is missing before doing it.

The lock is asked for and never waited for. Indexes are built CONCURRENTLY, which waits for every older
snapshot, and a statement that waits for a lock holds one: it would wait for the builder, and the builder
for it, where no deadlock detector sees it. For the same reason the builder's lock lies in a second
connection, whose transaction sits there without a snapshot. Builds never meet, so they can't deadlock
each other.

A builder that is killed loses the lock with its connection, while the server may still be building: the
next one waits until that is over and replaces what it left INVALID.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import LiteralString

import psycopg
from psycopg import errors
from psycopg.rows import class_row

from segsql.store.failures import Phase, translated

INDEXES = "indexes.sql"

_LOCK = 0x736567_73716C  # "segsql" in ASCII; advisory locks with one key
_POLL_SECONDS = 0.1
_FILE_NAME = re.compile(r"(\d{6})_\w+\.sql")
_CREATE_INDEX = re.compile(r"CREATE INDEX CONCURRENTLY IF NOT EXISTS (\w+) ON (\w+) [^;]+")

_NO_TIME_LIMIT: LiteralString = """
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""
_STATE: LiteralString = """
    SELECT i.indexrelid::regclass::text AS name,
           i.indisvalid AS valid,
           EXISTS (SELECT FROM pg_locks l
                   WHERE l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
                     AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           ) AS busy
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass(%s) AND c.relname = %s
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/`: it runs in one transaction and ends with its own insert into the ledger."""

    version: int
    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class _Index:
    name: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class _State:
    """What the server has under an index's name; busy: someone may be building it at this moment."""

    name: str
    valid: bool
    busy: bool


@cache
def migrations() -> tuple[Migration, ...]:
    """All numbered files, in the order in which they apply."""
    files = sorted((resources.files("segsql") / "sql").iterdir(), key=lambda file: file.name)
    return tuple(
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for file in files
        if (match := _FILE_NAME.fullmatch(file.name))
    )


def script() -> str:
    """Everything that `migrate` runs on an empty database, as one text for `psql -f` (not `-1`)."""
    files = [f"-- {m.name}\nBEGIN;\n{m.sql}COMMIT;\n" for m in migrations()]
    return "\n".join([*files, f"-- {INDEXES}\n{_index_text()}"])


def migrate(conninfo: str) -> tuple[str, ...]:
    """Apply what is missing and return the names of the files that had something to do, in order.

    Raises what psycopg raises, but for a connect that fails, which is translated; whatever was applied by then
    is complete and in the ledger.
    """
    with _connect(conninfo) as connection:
        applied = [m.name for m in migrations() if _apply(connection, m)]
        if not all((state := _state(connection, index)) and state.valid for index in _indexes()):
            with _connect(conninfo) as holder, _exclusive(holder):
                built = [_ensure(connection, index) for index in _indexes()]
            applied += [INDEXES] if any(built) else []
    return tuple(applied)


def _connect(conninfo: str) -> psycopg.Connection:
    with translated(Phase.CONNECT):
        return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)


@contextmanager
def _exclusive(connection: psycopg.Connection) -> Iterator[None]:
    """A transaction that has the lock, for as long as it needs; no snapshot until the body takes one."""
    while True:
        with connection.transaction():
            if connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone() == (True,):
                connection.execute(_NO_TIME_LIMIT)
                yield
                return
        time.sleep(_POLL_SECONDS)


def _apply(connection: psycopg.Connection, migration: Migration) -> bool:
    if _is_applied(connection, migration):
        return False
    with _exclusive(connection):
        if _is_applied(connection, migration):
            return False
        connection.execute(migration.sql.encode())
    return True


def _is_applied(connection: psycopg.Connection, migration: Migration) -> bool:
    if connection.execute("SELECT to_regclass('segsql_migrations')").fetchone() == (None,):
        return False
    query = "SELECT FROM segsql_migrations WHERE version = %s"
    return connection.execute(query, (migration.version,)).fetchone() is not None


def _index_text() -> str:
    return (resources.files("segsql") / "sql" / INDEXES).read_text("utf-8")


@cache
def _indexes() -> tuple[_Index, ...]:
    """The statements of `indexes.sql`; its comments, opt-in templates included, begin their lines."""
    code = "".join(line for line in _index_text().splitlines(keepends=True) if not line.startswith("--"))
    return tuple(_Index(found[1], found[2], found[0]) for found in _CREATE_INDEX.finditer(code))


def _ensure(connection: psycopg.Connection, index: _Index) -> bool:
    """Build the index unless it is there and valid; true if it had to be built.

    A build by hand may deadlock with ours; then it has gone on, and what is left of ours is INVALID.
    """
    built = False
    while (state := _state(connection, index)) is None or not state.valid:
        if state is not None and state.busy:
            time.sleep(_POLL_SECONDS)
        elif state is not None:
            with suppress(errors.DeadlockDetected):
                connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {state.name}".encode())
        elif built:
            raise errors.DuplicateTable(f"{index.name} exists already, but is no index of {index.table}")
        else:
            with suppress(errors.DeadlockDetected):
                connection.execute(index.sql.encode())
                built = True
    return built


def _state(connection: psycopg.Connection, index: _Index) -> _State | None:
    with connection.cursor(row_factory=class_row(_State)) as cursor:
        return cursor.execute(_STATE, (index.table, index.name)).fetchone()
