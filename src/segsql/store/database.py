"""Connections and the transactions that segsql works in.

Nothing depends on session state: every setting is local to its transaction and statements are not prepared
under a name, so that a pooler in transaction mode may stand between (spec 7).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.pool import QueuePool

from segsql.store.failures import translated

APPLICATION_NAME = "segsql"

logging.getLogger("psycopg").addHandler(logging.NullHandler())
"""What psycopg says about connections that are lost is for programs that ask to hear it; stderr has our words."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a transaction's parts may take; every transaction has all of them."""

    statement: timedelta = timedelta(seconds=120)
    lock: timedelta = timedelta(seconds=2)
    idle: timedelta = timedelta(seconds=15)


DEFAULT_BOUNDS = Bounds()


class Database:
    """A database by its DSN, with connections that are kept and reused. Threads may share it."""

    def __init__(self, dsn: str, *, connections: int = 1) -> None:
        def connect() -> psycopg.Connection:
            return psycopg.connect(
                dsn,
                autocommit=False,
                prepare_threshold=None,
                fallback_application_name=APPLICATION_NAME,
                client_encoding="utf8",
                connect_timeout=10,
            )

        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=connect,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            use_native_hstore=False,
        )

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A repeatable-read, read-only transaction: one snapshot."""
        with translated(), self._engine.connect() as connection:
            isolated = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with isolated.begin(), given_up_if_busy(isolated):
                yield isolated

    @contextmanager
    def client(self) -> Iterator[psycopg.Connection]:
        """A connection for the block alone, closed at its end, whose read-only transactions are the block's affair."""
        with translated(), closing(self._engine.raw_connection()) as taken:
            connection = taken.driver_connection
            assert isinstance(connection, psycopg.Connection)
            taken.detach()
            connection.read_only = True
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A read-committed transaction, committed at the end of the block."""
        with translated(), self._engine.connect() as connection:
            isolated = connection.execution_options(isolation_level="READ COMMITTED")
            with isolated.begin(), given_up_if_busy(isolated):
                yield isolated


@contextmanager
def given_up_if_busy(connection: sa.Connection) -> Iterator[None]:
    """Close a connection whose statement was interrupted half-way: there is no rolling back on it."""
    try:
        yield
    except BaseException:
        if not connection.invalidated and driver(connection).info.transaction_status is TransactionStatus.ACTIVE:
            connection.invalidate()
        raise


def driver(connection: sa.Connection) -> psycopg.Connection:
    """The psycopg connection under a SQLAlchemy one, inside the same transaction."""
    inner = connection.connection.driver_connection
    assert isinstance(inner, psycopg.Connection)
    return inner


def run(connection: sa.Connection, sql: str, arguments: list[object]) -> psycopg.RawCursor[tuple[object, ...]]:
    """Run a statement with `$1`, `$2`, … parameters, planned for their values."""
    cursor = psycopg.RawCursor(driver(connection))
    cursor.execute(sql.encode(), arguments)
    return cursor


def local_settings(bounds: Bounds) -> list[sa.ColumnElement[str]]:
    """Calls that bound the transaction they are selected in, and make a row policy an error, not a smaller count.

    A statement whose client is gone ends within a second.
    """
    settings = {
        "statement_timeout": _milliseconds(bounds.statement),
        "lock_timeout": _milliseconds(bounds.lock),
        "idle_in_transaction_session_timeout": _milliseconds(bounds.idle),
        "client_connection_check_interval": "1000",
        "row_security": "off",
        "jit": "off",
    }
    return [sa.func.set_config(name, value, True) for name, value in settings.items()]


def _milliseconds(duration: timedelta) -> str:
    return str(max(1, round(duration.total_seconds() * 1000)))


def lower_knows_umlauts(connection: sa.Connection) -> bool:
    """Whether the database's `lower()` goes beyond ASCII, which texts that ignore case depend on (spec 4.2)."""
    return connection.scalar(sa.text("SELECT lower('Ä') = 'ä'")) is True
