"""Who one is in the database, on what server, and the settings that a session begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from segsql.store.database import DEFAULT_BOUNDS, Database, local_settings

Found = TypeVar("Found")

SETTINGS = (
    "default_transaction_read_only",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "work_mem",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "max_connections",
    "superuser_reserved_connections",
    "reserved_connections",
)

_SETTINGS = sa.text("SELECT name, setting, source FROM pg_settings WHERE name = ANY (CAST(:names AS text[]))")

_SESSION = sa.text("""
    SELECT
        quote_ident(r.rolname) AS role,
        quote_ident(d.datname) AS database,
        current_setting('server_version_num')::int / 10000 AS version,
        pg_is_in_recovery() AS is_standby,
        pg_encoding_to_char(d.encoding) AS encoding,
        r.rolconnlimit AS role_limit,
        d.datconnlimit AS database_limit,
        (SELECT sum(numbackends) FROM pg_stat_database)::int AS connected
    FROM pg_roles r
    CROSS JOIN pg_database d
    WHERE r.rolname = current_user AND d.datname = current_database()
""")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's value in its base unit (ms, kB), and where it comes from (`pg_settings.source`)."""

    value: str
    source: str = "default"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it begins, before a transaction has set anything for itself.

    `role` and `database` are quoted as SQL wants them. Limits on connections are -1 where there is none;
    `connected` is how many sessions the server has. `settings` has those of SETTINGS that this server knows.
    """

    role: str
    database: str
    version: int
    is_standby: bool
    encoding: str
    role_limit: int
    database_limit: int
    connected: int
    settings: Mapping[str, Setting]

    def number(self, name: str) -> int:
        """A setting that is a number; 0 where this server does not know it."""
        return int(self.settings[name].value) if name in self.settings else 0


def read_session(database: Database) -> Session:
    """Connect, and look. Raises what connecting raises."""
    with database.reading() as connection:
        rows = connection.execute(_SETTINGS, {"names": list(SETTINGS)}).all()
        settings = {name: Setting(value, source) for name, value, source in rows}
        connection.execute(sa.select(*local_settings(DEFAULT_BOUNDS)))
        row = connection.execute(_SESSION).one()
        return Session(
            role=row.role,
            database=row.database,
            version=row.version,
            is_standby=row.is_standby,
            encoding=row.encoding,
            role_limit=row.role_limit,
            database_limit=row.database_limit,
            connected=row.connected,
            settings=settings,
        )


def ask(database: Database, question: Callable[[sa.Connection], Found]) -> Found:
    """The answer to one question, in a read-only transaction of its own with all bounds."""
    with database.reading() as connection:
        connection.execute(sa.select(*local_settings(DEFAULT_BOUNDS)))
        return question(connection)
