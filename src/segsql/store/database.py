"""Connections and the transactions that segsql works in.

Nothing depends on session state: every setting is local to its transaction and statements are not prepared
under a name, so that a pooler in transaction mode may stand between (spec 7).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Lock

import psycopg
import sqlalchemy as sa
import stamina
from psycopg.pq import TransactionStatus
from sqlalchemy.pool import QueuePool

from segsql.catalog import Mapping as SchemaMapping
from segsql.catalog import WorkspaceId, default_mapping
from segsql.errors import ConfigurationError, DatabaseUnavailable
from segsql.store.connection import SLACK, Connection, connect
from segsql.store.failures import Phase, translated
from segsql.store.schema import OPTION, schema_for

logging.getLogger("psycopg").addHandler(logging.NullHandler())
"""What psycopg says about connections that are lost is for programs that ask to hear it; stderr has our words."""

CANCEL_SECONDS = 5.0
"""How long a request to cancel a statement may take."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a transaction's parts may take; every transaction has all of them."""

    statement: timedelta = timedelta(seconds=120)
    lock: timedelta = timedelta(seconds=2)
    idle: timedelta = timedelta(seconds=15)


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a program uses its connections.

    `patience` is how long an unreachable server is waited for, `answer_within` how long an answer of it.
    `settings` are PostgreSQL's, for every transaction. A `standby` is read up to what it has replayed.
    """

    patience: timedelta = timedelta()
    answer_within: timedelta = DEFAULT_BOUNDS.statement + SLACK
    settings: Mapping[str, str] = field(default_factory=dict)
    standby: bool = False


USUAL_MANNER = Manner()


class Database:
    """A database by its DSN, with connections that are kept and reused. Threads may share it.

    `mapping` says where everything lies in it; without one it is the default schema.
    """

    def __init__(
        self,
        dsn: str,
        *,
        connections: int = 1,
        manner: Manner = USUAL_MANNER,
        mapping: SchemaMapping | None = None,
    ) -> None:
        self.manner = manner
        self.schema = schema_for(mapping or default_mapping())
        self.left_behind: set[WorkspaceId] = set()
        """Workspaces whose lock a session of ours may still hold that was lost, and that the server does not miss."""
        self._hurried = Event()
        self._reading: set[Connection] = set()
        self._lock = Lock()
        self._search_path = ""
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect(dsn, manner.answer_within),
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            use_native_hstore=False,
            execution_options={OPTION: self.schema},
            hide_parameters=True,
        )

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    def hurry(self) -> None:
        """Wait no longer for a server that is unreachable: the program is about to end."""
        self._hurried.set()

    def cancel_reading(self) -> None:
        """Ask the server to cancel what runs in the reading transactions; may be called from another thread."""
        with self._lock:
            reading = tuple(self._reading)
        for connection in reading:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=CANCEL_SECONDS)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A repeatable-read, read-only transaction: one snapshot."""
        with self._connected() as connection:
            isolated = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with (
                translated(Phase.COUNT),
                isolated.begin(),
                self._known_as_reading(isolated),
                given_up_if_busy(isolated),
            ):
                yield isolated

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A read-committed transaction, committed at the end of the block."""
        with self._connected() as connection:
            isolated = connection.execution_options(isolation_level="READ COMMITTED")
            driver(isolated).read_only = None  # what the server says by default: reading may have set it
            with translated(Phase.WRITE), isolated.begin() as transaction, given_up_if_busy(isolated):
                yield isolated
                with translated(Phase.COMMIT):
                    transaction.commit()

    @contextmanager
    def client(self) -> Iterator[Connection]:
        """A connection for the block alone, closed at its end: as the server gives it, nothing is set.

        Its read-only transactions are the block's own affair.
        """
        with translated(Phase.CONNECT):
            taken = self._engine.raw_connection()
        with translated(), closing(taken):
            connection = taken.driver_connection
            assert isinstance(connection, Connection)
            taken.detach()
            connection.read_only = True
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection in no transaction, closed at the end of the block: its state must meet nobody else."""
        with self._connected() as connection, translated():
            isolated = connection.execution_options(isolation_level="AUTOCOMMIT")
            try:
                yield driver(isolated)
            finally:
                connection.invalidate()

    def settings(self, bounds: Bounds, name: str) -> list[sa.ColumnElement[str]]:
        """Calls that set up the transaction they are selected in.

        They bound it, pin the search path to the schemas that the first connection found, tell a DBA by
        `name` what the transaction is about, and make a row policy an error, not a smaller count. Dates are
        written as the driver reads them. A statement whose client is gone ends within a second.
        """
        settings = {
            "application_name": name,
            "DateStyle": "ISO",
            "IntervalStyle": "postgres",
            "TimeZone": "UTC",
            "search_path": self._search_path,
            "statement_timeout": _milliseconds(bounds.statement),
            "lock_timeout": _milliseconds(bounds.lock),
            "idle_in_transaction_session_timeout": _milliseconds(bounds.idle),
            "client_connection_check_interval": "1000",
            "row_security": "off",
            "jit": "off",
            **self.manner.settings,
        }
        return [sa.func.set_config(name, value, True) for name, value in settings.items()]

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """A connection; a server that can't be reached is tried again as long as patience lasts."""
        for attempt in stamina.retry_context(
            on=self._may_come_back,
            attempts=None if self.manner.patience else 1,
            timeout=self.manner.patience or None,
            wait_initial=0.2,
            wait_max=3.0,
        ):
            with attempt, translated(Phase.CONNECT):
                connection = self._engine.connect()
        with connection:
            if not self._search_path:
                with translated():
                    self._search_path = _search_path_of(connection)
                    connection.rollback()
            yield connection

    def _may_come_back(self, error: Exception) -> bool:
        return isinstance(error, DatabaseUnavailable) and not self._hurried.is_set()

    @contextmanager
    def _known_as_reading(self, connection: sa.Connection) -> Iterator[None]:
        inner = driver(connection)
        with self._lock:
            self._reading.add(inner)
        try:
            yield
        finally:
            with self._lock:
                self._reading.discard(inner)


def _search_path_of(connection: sa.Connection) -> str:
    """The schemas of the connection's search path that exist; temporary tables last, so that none hides another."""
    found = connection.scalar(_SCHEMAS)
    if found is None:
        raise ConfigurationError(
            "The search_path leads to no schema that exists",
            hint="Set search_path to the schema that holds the tables, or run: segsql init",
        )
    return f"{found}, pg_temp"


_SCHEMAS = sa.text("""
    SELECT string_agg(quote_ident(name), ', ' ORDER BY number)
    FROM unnest(current_schemas(false)) WITH ORDINALITY AS found (name, number)
""")


@contextmanager
def given_up_if_busy(connection: sa.Connection) -> Iterator[None]:
    """Close a connection whose statement was interrupted half-way: there is no rolling back on it."""
    try:
        yield
    except BaseException:
        if not connection.invalidated and driver(connection).info.transaction_status in _BEYOND_USE:
            connection.invalidate()
        raise


_BEYOND_USE = (TransactionStatus.ACTIVE, TransactionStatus.UNKNOWN)


def driver(connection: sa.Connection) -> Connection:
    """The psycopg connection under a SQLAlchemy one, inside the same transaction."""
    inner = connection.connection.driver_connection
    assert isinstance(inner, Connection)
    return inner


def run(connection: sa.Connection, sql: str, arguments: list[object]) -> psycopg.RawCursor[tuple[object, ...]]:
    """Run a statement with `$1`, `$2`, … parameters, planned for their values."""
    cursor = psycopg.RawCursor(driver(connection))
    cursor.execute(sql.encode(), arguments)
    return cursor


def _milliseconds(duration: timedelta) -> str:
    return str(max(1, round(duration.total_seconds() * 1000)))


def lower_knows_umlauts(connection: sa.Connection) -> bool:
    """Whether the database's `lower()` goes beyond ASCII, which texts that ignore case depend on (spec 4.2)."""
    return connection.scalar(sa.text("SELECT lower('Ä') = 'ä'")) is True
