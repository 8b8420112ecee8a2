"""Indexes that do not exist: the planner is asked what it would do with them (the extension HypoPG)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from segsql.errors import SegsqlError
from segsql.store.database import run
from segsql.store.failures import QueryFailed, translated

_EXTENSIONS = sa.text("""
    SELECT e.extname, quote_ident(n.nspname)
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace
""")

HYPOPG = "hypopg"


def extensions_of(connection: sa.Connection) -> dict[str, str]:
    """The database's extensions, each with the schema that its functions are in, as SQL names it."""
    return {str(name): str(schema) for name, schema in connection.execute(_EXTENSIONS)}


@contextmanager
def hypothetical(connection: sa.Connection, schema: str, ddl: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    """Let the planner believe, for the block, that these indexes exist; gives the name that a plan shows for each.

    None for one that HypoPG can't pretend, as an index of another method than B-tree. They are this session's alone, no
    other notices them, and they are gone after the block. `schema` is that of the extension.
    """
    try:
        yield tuple(_pretended(connection, schema, each) for each in ddl)
    finally:
        with suppress(SegsqlError), translated():  # of a session that is gone, they are gone too
            run(connection, f"SELECT {schema}.hypopg_reset()", [])


def _pretended(connection: sa.Connection, schema: str, ddl: str) -> str | None:
    try:
        with translated(), connection.begin_nested():
            call = f"SELECT indexname FROM {schema}.hypopg_create_index($1)"  # noqa: S608  # quoted by the server
            row = run(connection, call, [ddl]).fetchone()
    except QueryFailed:
        return None
    return None if row is None else str(row[0])
