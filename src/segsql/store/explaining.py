"""What PostgreSQL says of a statement before it runs: its plan, and how large the tables of it are."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from segsql.errors import Code, InternalError
from segsql.render import Statement
from segsql.store.database import run
from segsql.store.schema import schema_of
from segsql.store.snapshots import Snapshot

_STORED_ROWS = sa.text("""
    SELECT DISTINCT ON (c.relname) c.relname, c.reltuples::bigint
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY(CAST(:names AS text[])) AND c.relkind IN ('r', 'm') AND c.reltuples >= 0
        AND (pg_table_is_visible(c.oid) OR n.nspname = ANY(CAST(:schemas AS text[])))
    ORDER BY c.relname, pg_table_is_visible(c.oid) DESC
""")


def explain(opened: Snapshot, statement: Statement, *, analyze: bool) -> dict[str, object]:
    """The plan as EXPLAIN (FORMAT JSON) gives it, with the settings that are not the server's own defaults.

    With `analyze` the statement runs, in the snapshot's read-only transaction and within its bounds.
    """
    options = "FORMAT JSON, SETTINGS, ANALYZE, BUFFERS" if analyze else "FORMAT JSON, SETTINGS"
    row = run(opened.connection, f"EXPLAIN ({options}) {statement.numbered_sql}", statement.arguments).fetchone()
    match row:
        case ([dict(plan)],) if "Plan" in plan:
            return plan
        case _:
            raise InternalError(Code.INTERNAL, f"EXPLAIN answered {str(row)[:200]}")


def stored_rows(opened: Snapshot, tables: Collection[str]) -> dict[str, int]:
    """About how many rows the tables have, of all workspaces; one that was never analyzed is not in the result."""
    described = schema_of(opened.connection).mapping
    holders = (described.contacts, described.tag_rows, described.contacts.custom_values, described.activity)
    relations = (getattr(each, "relation", None) for each in (*holders, *described.events))
    schemas = sorted({each.schema for each in relations if each is not None and each.schema is not None})
    rows = opened.connection.execute(_STORED_ROWS, {"names": sorted(tables), "schemas": schemas})
    return {str(name): int(number) for name, number in rows}
