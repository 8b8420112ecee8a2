"""What the tables hold, as far as a check is about it: statistics on them, workspaces and their time zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by

from segsql.catalog import EavTable, Mapping, RollupTable, WorkspaceId, default_mapping
from segsql.store import migrations
from segsql.store.inspection.needs import name_of
from segsql.store.schema import schema_of

_STATISTICS = sa.text("""
    SELECT
        c.oid::regclass::text AS name,
        CASE WHEN c.reltuples <> 0 THEN pg_relation_size(c.oid) ELSE 0 END AS bytes,
        CASE WHEN has_any_column_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
            THEN EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname)
        END AS has_any,
        extract(epoch FROM statement_timestamp() - greatest(t.last_analyze, t.last_autoanalyze))::float8 AS seconds,
        coalesce(t.n_live_tup, 0) AS rows,
        coalesce(t.n_mod_since_analyze, 0) AS changed
    FROM unnest(CAST(:tables AS text[])) WITH ORDINALITY AS asked (name, number)
    JOIN pg_class c ON c.oid = to_regclass(asked.name)
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables t ON t.relid = c.oid
    ORDER BY asked.number
""")

_EXTENDED = sa.text("SELECT stxname FROM pg_statistic_ext WHERE stxrelid = to_regclass(:table)")


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """What the planner knows of a table.

    `bytes` is 0 for one that is known to be empty. `has_any` None: this role may not know. `age` is the time
    since the last ANALYZE, None where the server has not noted one, and `changed` the rows since then, of `rows`
    that live: both as its counters have it.
    """

    name: str
    bytes: int
    has_any: bool | None
    age: timedelta | None
    rows: int
    changed: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics on the tables that are there, and the extended ones on them that are not."""

    tables: tuple[TableStatistics, ...]
    missing: tuple[migrations.Default, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone as workspaces name it: how many do, and one of them."""

    name: str
    workspaces: int
    example: WorkspaceId


def statistics(connection: sa.Connection) -> Statistics:
    """The statistics that plans are made by, of the tables that are there."""
    mapping = schema_of(connection).mapping
    rows = connection.execute(_STATISTICS, {"tables": list(dict.fromkeys(_counted_from(mapping)))}).all()
    missing = tuple(
        default
        for default in (migrations.default_statistics() if mapping == default_mapping() else ())
        if default.name not in set(connection.scalars(_EXTENDED, {"table": default.table}))
        and connection.scalar(sa.select(sa.func.to_regclass(default.table))) is not None
    )
    tables = tuple(
        TableStatistics(name, size, has_any, None if seconds is None else timedelta(seconds=seconds), alive, changed)
        for name, size, has_any, seconds, alive, changed in rows
    )
    return Statistics(tables, missing)


def _least(ids: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """`min`, which uuids have not."""
    return sa.func.array_agg(aggregate_order_by(ids, ids), type_=postgresql.ARRAY(ids.type))[1]


def _counted_from(mapping: Mapping) -> Iterator[str]:
    """The tables that statements are planned for."""
    yield name_of(mapping.contacts.relation)
    if isinstance(mapping.contacts.custom_values, EavTable):
        yield name_of(mapping.contacts.custom_values.relation)
    if mapping.tag_rows is not None:
        yield name_of(mapping.tag_rows.relation)
    if isinstance(mapping.activity, RollupTable):
        yield name_of(mapping.activity.relation)
    elif mapping.activity is None:
        yield from (name_of(events.relation) for events in mapping.events)


def zones(connection: sa.Connection, workspace_ids: Sequence[WorkspaceId]) -> list[Zone]:
    """The time zones of these workspaces, or of all."""
    schema = schema_of(connection)
    row = schema.workspaces.c
    query = sa.select(row.timezone, sa.func.count(), _least(row.id)).group_by(row.timezone)
    if workspace_ids:
        query = query.where(schema.is_of(row.id, workspace_ids))
    usual = schema.records.timezone
    return [
        Zone(usual if name is None else name, number, example)
        for name, number, example in connection.execute(query.order_by(_least(row.id)))
    ]


def workspaces_after(connection: sa.Connection, after: WorkspaceId, limit: int) -> list[WorkspaceId]:
    """The next ids of workspaces, in their order."""
    row = schema_of(connection).workspaces.c
    query = sa.select(row.id).order_by(row.id).limit(limit)
    if after is not None:
        query = query.where(row.id > after)
    return list(connection.scalars(query))
