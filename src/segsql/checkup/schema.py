"""Judging what the catalogs say of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from segsql.catalog import Distribution
from segsql.checkup.verdict import Verdict, fine, listed, problem, span, warning
from segsql.errors import Diagnostic
from segsql.store.inspection import (
    Access,
    Elsewhere,
    Indexes,
    Ledger,
    Privilege,
    SegmentRows,
    Statistics,
    TableStatistics,
)

ROOMY = 50
"""The fillfactor at which all updates of counts were HOT; at 85 three quarters, at 100 almost none (measured)."""

SMALL_BYTES = 2**20
"""A smaller table is planned well without statistics."""

CHANGED_PERCENT = 20
"""Autovacuum analyzes a table at 10 by default: with twice as much it is off, or does not keep up."""

CHANGED_ROWS = 1_000
"""Fewer changes than this are nothing."""

RECENT = timedelta(hours=1)
"""A younger ANALYZE is not old, whatever changed since: autovacuum follows, and an ANALYZE at the end of the
transaction that loads a table is noted as if the rows had come after it."""


def no_schema(elsewhere: Elsewhere | None, role: str) -> Verdict:
    """A search_path that leads nowhere: no table can be looked for."""
    return problem("search_path leads to no schema that is there and may be used", _way_to(elsewhere, role))


def tables(found: Sequence[Access], elsewhere: Elsewhere | None, role: str) -> Verdict:
    """Every table with every column that a recount uses, all in one schema."""
    absent = tuple(dict.fromkeys(access.need.table for access in found if access.name is None))
    if absent:
        where = f", but there is a table {elsewhere.table} in schema {elsewhere.schema}" if elsewhere else ""
        return problem(f"no table {listed(absent)}{where}", _way_to(elsewhere, role))
    columns = tuple(dict.fromkeys(f"{access.name}.{column}" for access in found for column in access.missing))
    if columns:
        return problem(f"no column {listed(columns)}", "Run: segsql init; a table made by other means needs it added.")
    schemas = sorted({str(access.schema) for access in found})
    if len(schemas) > 1:
        return warning(
            f"the tables come from several schemas: {', '.join(schemas)}",
            f"Set the search_path of {role} to the one that holds them all, or remove what lies there by mistake.",
        )
    return fine(f"all tables and columns, in schema {schemas[0]}")


def fit(found: Sequence[Diagnostic]) -> Verdict:
    """The mapping names what there is."""
    if not found:
        return fine("the mapping fits the tables and columns that are there")
    more = f" (and {len(found) - 1} more)" if found[1:] else ""
    return problem(f"{found[0].path}: {found[0].message}{more}", found[0].hint)


def _way_to(elsewhere: Elsewhere | None, role: str) -> str:
    if elsewhere is None:
        return "Run: segsql init"
    if not elsewhere.is_usable:
        return f"GRANT USAGE ON SCHEMA {elsewhere.schema} TO {role};"
    return f"ALTER ROLE {role} SET search_path = {elsewhere.schema};"


def closed_schemas(names: Sequence[str], role: str) -> Verdict:
    """Without USAGE on a schema nothing in it can be looked at."""
    return problem(
        f"{role} may not use schema {listed(names)}",
        " ".join(f"GRANT USAGE ON SCHEMA {name} TO {role};" for name in names),
    )


def privileges(found: Sequence[Access], role: str) -> Verdict:
    """Exactly what a recount uses, and the GRANT for what is not there."""
    there = [access for access in found if access.name is not None]
    denied = [access for access in there if not access.is_granted]
    if denied:
        what = tuple(dict.fromkeys(_privilege(access) for access in denied))
        return problem(f"{role} has no {listed(what)}", " ".join(f"GRANT {each} TO {role};" for each in what))
    if len(there) < len(found):
        return warning(f"{role} has what it needs on the tables that are there", "Look again after: segsql init")
    return fine(f"{role} may read what is counted and write counts")


def _privilege(access: Access) -> str:
    """As GRANT names it: writing is granted on columns, reading on the whole table."""
    need = access.need
    columns = f" ({', '.join(access.columns)})" if need.privilege is Privilege.UPDATE and need.columns else ""
    return f"{need.privilege}{columns} ON {access.name}"


def row_policies(hidden: Sequence[str], role: str) -> Verdict:
    """A policy that applies is an error of every count: it might hide rows."""
    if hidden:
        return problem(
            f"row-level security applies to {role} on {listed(hidden)}: counting fails rather than miss rows",
            f"ALTER ROLE {role} BYPASSRLS; -- as a superuser",
        )
    return fine("no row-level security applies")


def migrations(found: Ledger | None) -> Verdict:
    """All files of `sql/` are applied, and no newer ones."""
    if found is None:
        return warning(
            "no table segsql_migrations: nothing says which files of sql/ are applied",
            "Run: segsql init; where the tables were made by other means, compare them with sql/schema.sql.",
        )
    if found.pending:
        return problem(f"not applied: {listed(found.pending)}", "Run: segsql init")
    if found.unknown:
        return warning(f"applied by a newer segsql: {listed(found.unknown)}", "Upgrade segsql.")
    return fine("all applied")


def indexes(found: Indexes) -> Verdict:
    """What statements use is there, by default or by the mapping, and none is INVALID: that answers nothing."""
    if found.invalid:
        return warning(
            f"INVALID, left by a build that failed: {listed(found.invalid)}",
            f"segsql init replaces its own; others: DROP INDEX CONCURRENTLY {found.invalid[0]};",
        )
    if found.missing:
        return warning(
            f"missing: {listed(found.missing)}", "Run: segsql init; it builds them without blocking writers."
        )
    if found.lacking:
        return warning(
            f"lacking: {listed([f'{each.table} for {each.what}' for each in found.lacking])}",
            " ".join(each.sql for each in found.lacking),
        )
    if found.unfinished:
        return warning(
            f"not valid yet: {listed(found.unfinished)}; somebody may be building it now", "Look again when that ends."
        )
    return fine("all that statements use, none INVALID")


def hot_updates(found: SegmentRows | None) -> Verdict:
    """Writing a count changes its row in place: half of each page is free, and no index holds what changes."""
    if found is None:
        return warning("no table that counts are written to", "Run: segsql init")
    if found.indexes_on_counts:
        return warning(
            f"an index holds {' or '.join(found.changed)}: {listed(found.indexes_on_counts)}; "
            "each count written costs an entry in every index",
            f"DROP INDEX CONCURRENTLY {found.indexes_on_counts[0]};",
        )
    if found.fillfactor > ROOMY:
        return warning(
            f"{found.table} has fillfactor {found.fillfactor}: pages have no room for updates in place",
            f"ALTER TABLE {found.table} SET (fillfactor = {ROOMY}); then VACUUM FULL {found.table}; in a quiet hour",
        )
    return fine(f"fillfactor {found.fillfactor}, and no index on what a count changes")


def statistics(found: Statistics) -> Verdict:
    """The planner knows the tables, and as they are now."""
    if not found.tables:
        return warning("none of the tables is there", "Run: segsql init")
    if found.missing:
        return warning(
            f"missing: {listed([default.name for default in found.missing])}",
            " ".join(f"{default.sql}; ANALYZE {default.table};" for default in found.missing),
        )
    none = [table.name for table in found.tables if table.has_any is False and table.bytes >= SMALL_BYTES]
    if none:
        return warning(f"none on {listed(none)}", f"ANALYZE {', '.join(none)};")
    old = [table for table in found.tables if _is_outdated(table)]
    if old:
        what = ", ".join(f"{table.name} {_changed(table)} % changed since ANALYZE {_ago(table.age)}" for table in old)
        return warning(
            f"out of date: {what}", f"ANALYZE {', '.join(table.name for table in old)}; and see that autovacuum runs"
        )
    ages = ", ".join(f"{table.name} {_ago(table.age)}" for table in found.tables if table.age is not None)
    return fine(f"up to date; last ANALYZE: {ages}" if ages else "up to date; the server has noted no ANALYZE")


def _is_outdated(table: TableStatistics) -> bool:
    is_recent = table.age is not None and table.age < RECENT
    return not is_recent and table.changed > CHANGED_ROWS and _changed(table) >= CHANGED_PERCENT


def _changed(table: TableStatistics) -> int:
    return 100 * table.changed // max(1, table.rows)


def _ago(age: timedelta | None) -> str:
    return "at an unknown time" if age is None else f"{span(max(timedelta(), age))} ago"


def distribution(found: Distribution) -> Verdict:
    """On a Citus cluster the contacts are distributed by a column that counts can be sent by."""
    match found:
        case Distribution.NONE:
            return fine("one server, or a table that a cluster keeps whole")
        case Distribution.BY_WORKSPACE | Distribution.BY_CONTACT:
            return fine(f"a Citus cluster, distributed by {found.value}")
