"""What PostgreSQL says of a statement before it runs: its plan, and how large the tables of it are."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from segsql.errors import Code, InternalError
from segsql.render import Statement
from segsql.store.database import run
from segsql.store.snapshots import Snapshot

_STORED_ROWS = sa.text("""
    SELECT wanted.name, c.reltuples::bigint
    FROM unnest(CAST(:names AS text[])) AS wanted (name)
    JOIN pg_catalog.pg_class c ON c.oid = to_regclass(quote_ident(wanted.name))
    WHERE c.reltuples >= 0
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
    rows = opened.connection.execute(_STORED_ROWS, {"names": sorted(tables)})
    return {str(name): int(number) for name, number in rows}
