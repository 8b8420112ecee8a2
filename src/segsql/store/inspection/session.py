"""Who one is in the database, on what server, and what a session there begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from psycopg.rows import class_row, dict_row

from segsql.catalog import SegmentFiles
from segsql.store.database import DEFAULT_BOUNDS, Database

Found = TypeVar("Found")

NAME = "segsql check"

SETTINGS = (
    "default_transaction_read_only",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "max_parallel_workers",
    "max_connections",
    "superuser_reserved_connections",
    "reserved_connections",
)

_SETTINGS = "SELECT name, setting AS value, source FROM pg_settings WHERE name = ANY (%s::text[])"

_SESSION = """
    SELECT
        quote_ident(r.rolname) AS role,
        quote_ident(d.datname) AS database,
        current_setting('server_version_num')::int / 10000 AS version,
        pg_is_in_recovery() AS is_standby,
        pg_encoding_to_char(d.encoding) AS encoding,
        cardinality(current_schemas(false)) > 0 AS has_schema,
        r.rolconnlimit AS role_limit,
        d.datconnlimit AS database_limit,
        (SELECT sum(numbackends) FROM pg_stat_database)::int AS connected
    FROM pg_roles r
    CROSS JOIN pg_database d
    WHERE r.rolname = current_user AND d.datname = current_database()
"""

_ELSEWHERE = """
    SELECT quote_ident(c.relname) AS table, quote_ident(n.nspname) AS schema,
        has_schema_privilege(n.oid, 'USAGE') AS is_usable
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname <> ALL (current_schemas(false))
    ORDER BY is_usable DESC, schema
    LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's value in its base unit (ms, kB), and where it comes from (`pg_settings.source`)."""

    name: str
    value: str
    source: str = "default"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A schema, quoted, that has the segments' table; search_path does not lead to it, or one may not use it."""

    table: str
    schema: str
    is_usable: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it begins, before a transaction has set anything for itself.

    `role` and `database` are quoted as SQL wants them. `has_schema`: search_path leads to one that may be used.
    Limits on connections are -1 where there is none; `connected` is how many sessions the server has. `settings`
    has those of SETTINGS that this server knows.
    """

    role: str
    database: str
    version: int
    is_standby: bool
    encoding: str
    has_schema: bool
    role_limit: int
    database_limit: int
    connected: int
    settings: Mapping[str, Setting]
    elsewhere: Elsewhere | None = None

    def number(self, name: str) -> int:
        """A setting that is a number; 0 where this server does not know it."""
        return int(self.settings[name].value) if name in self.settings else 0


def _landmark(database: Database) -> str:
    """A table by which the right schema is known."""
    records, contacts = database.schema.records, database.schema.mapping.contacts
    return contacts.relation.name if isinstance(records.segments, SegmentFiles) else records.segments.relation.name


def read_session(database: Database) -> Session:
    """Connect, and look. Raises what connecting raises."""
    with database.client() as connection, connection.transaction():
        settings = connection.cursor(row_factory=class_row(Setting)).execute(_SETTINGS, (list(SETTINGS),)).fetchall()
        session = connection.cursor(row_factory=dict_row).execute(_SESSION).fetchone()
        elsewhere = (
            connection.cursor(row_factory=class_row(Elsewhere)).execute(_ELSEWHERE, (_landmark(database),)).fetchone()
        )
    assert session is not None, "there is a row for the role and the database that one has"
    return Session(**session, settings={each.name: each for each in settings}, elsewhere=elsewhere)


def ask(database: Database, question: Callable[[sa.Connection], Found]) -> Found:
    """The answer to one question, in a read-only transaction of its own with all bounds."""
    with database.reading() as connection:
        connection.execute(sa.select(*database.settings(DEFAULT_BOUNDS, NAME)))
        return question(connection)
