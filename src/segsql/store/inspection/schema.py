"""What the catalogs say of the tables: which are there, what one may do with them, their indexes and policies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from segsql.catalog import SegmentFiles, default_mapping
from segsql.store import migrations
from segsql.store.fitting import LackingIndex, lacking_indexes, quoted, wanted
from segsql.store.inspection.needs import Need, name_of, needs, tables
from segsql.store.schema import schema_of

_ACCESS = sa.text("""
    SELECT n.need, c.oid::regclass::text AS name, c.relnamespace::regnamespace::text AS schema, n.column_name,
        quote_ident(n.column_name) AS quoted_column, a.attnum IS NOT NULL AS is_there,
        CASE WHEN n.column_name IS NULL THEN has_table_privilege(c.oid, n.privilege)
            ELSE has_column_privilege(c.oid, a.attnum, n.privilege) END AS is_granted
    FROM unnest(
        CAST(:needs AS int[]), CAST(:tables AS text[]), CAST(:privileges AS text[]), CAST(:columns AS text[])
    ) WITH ORDINALITY AS n (need, table_name, privilege, column_name, number)
    LEFT JOIN pg_class c ON c.oid = to_regclass(n.table_name)
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = n.column_name AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY n.number
""")

_CLOSED = sa.text("""
    SELECT n.oid::regnamespace::text
    FROM pg_namespace n
    WHERE n.nspname = ANY (CAST(:schemas AS text[])) AND NOT has_schema_privilege(n.oid, 'USAGE')
    ORDER BY n.nspname
""")

_HIDDEN = sa.text("""
    SELECT c.oid::regclass::text
    FROM unnest(CAST(:tables AS text[])) WITH ORDINALITY AS t (name, number)
    JOIN pg_class c ON c.oid = to_regclass(t.name)
    WHERE row_security_active(c.oid)
    ORDER BY t.number
""")

_LEDGER = sa.text("SELECT version, name FROM segsql_migrations ORDER BY version")

_INDEXES = sa.text("""
    SELECT c.relname AS name, c.oid::regclass::text AS quoted, i.indisvalid AS is_valid,
        EXISTS (
            SELECT FROM pg_locks l
            WHERE l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
                AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        ) AS is_busy
    FROM unnest(CAST(:tables AS text[])) AS t (name)
    JOIN pg_index i ON i.indrelid = to_regclass(t.name)
    JOIN pg_class c ON c.oid = i.indexrelid
    ORDER BY quoted
""")

_SEGMENT_ROWS = sa.text("""
    SELECT
        c.oid::regclass::text AS name,
        coalesce(
            (SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100
        ) AS fillfactor,
        coalesce((
            SELECT array_agg(DISTINCT i.indexrelid::regclass::text)
            FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = ANY (CAST(:changed AS text[]))
            WHERE i.indrelid = c.oid AND (a.attnum = ANY (i.indkey) OR EXISTS (
                SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum
            ))
        ), '{}') AS indexes_on_counts
    FROM pg_class c
    WHERE c.oid = to_regclass(:segments) AND c.relkind IN ('r', 'p')
""")
"""An index depends on a column also by way of its expressions and its predicate."""


@dataclass(frozen=True, slots=True)
class Access:
    """What there is for one need.

    `name` is the table's, quoted and with its schema where search_path does not lead there; None where there
    is no such table. `columns` are the need's, quoted where SQL wants that. `is_granted` is about those that are there.
    """

    need: Need
    name: str | None
    schema: str | None
    columns: tuple[str, ...]
    missing: tuple[str, ...]
    is_granted: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """Names of migrations: those that this program has and the database has not, and the other way round."""

    pending: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """Default indexes that are not there; and, of all on the mapping's tables, those that a failed build left INVALID.

    An INVALID one that somebody may be building at this moment is in `unfinished`. `lacking` are those that
    statements use and that no index of a mapped database stands for.
    """

    missing: tuple[str, ...]
    invalid: tuple[str, ...]
    unfinished: tuple[str, ...]
    lacking: tuple[LackingIndex, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentRows:
    """What decides whether writing a count is a HOT update: the fillfactor in percent, and indexes on what changes."""

    fillfactor: int
    indexes_on_counts: tuple[str, ...]
    table: str
    changed: tuple[str, ...]


def accesses(connection: sa.Connection) -> list[Access]:
    """For each need whether its table and columns are there and may be used."""
    wanted_of = needs(schema_of(connection).mapping)
    asked = [(number, need, column) for number, need in enumerate(wanted_of) for column in need.columns or (None,)]
    rows = connection.execute(
        _ACCESS,
        {
            "needs": [number for number, _, _ in asked],
            "tables": [need.table for _, need, _ in asked],
            "privileges": [need.privilege.value for _, need, _ in asked],
            "columns": [column for _, _, column in asked],
        },
    ).all()
    found = []
    for number, group in groupby(rows, key=lambda row: row.need):
        of = list(group)
        missing = tuple(row.column_name for row in of if row.column_name and not row.is_there)
        found.append(
            Access(
                need=wanted_of[number],
                name=of[0].name,
                schema=of[0].schema,
                columns=tuple(row.quoted_column for row in of if row.column_name),
                missing=missing,
                is_granted=all(row.is_granted for row in of if row.column_name not in missing),
            )
        )
    return found


def closed_schemas(connection: sa.Connection) -> tuple[str, ...]:
    """Schemas, quoted, that the mapping names and that this role may not use."""
    named = {each.relation.schema for each in wanted(schema_of(connection).mapping)}
    return tuple(connection.scalars(_CLOSED, {"schemas": [name for name in named if name is not None]}))


def hidden_tables(connection: sa.Connection) -> tuple[str, ...]:
    """Tables, quoted, of which row-level security may hide rows from this role."""
    return tuple(connection.scalars(_HIDDEN, {"tables": list(tables(schema_of(connection).mapping))}))


def ledger(connection: sa.Connection) -> Ledger | None:
    """What is applied, against what this program has; None where there is no ledger."""
    if connection.scalar(sa.select(sa.func.to_regclass("segsql_migrations"))) is None:
        return None
    applied = {row.version: row.name for row in connection.execute(_LEDGER)}
    known = {migration.version: migration.name for migration in migrations.migrations()}
    return Ledger(
        pending=tuple(name for version, name in known.items() if version not in applied),
        unknown=tuple(name for version, name in applied.items() if version not in known),
    )


def indexes(connection: sa.Connection) -> Indexes:
    """The state of the indexes on the tables that are there; the default schema's own are known by their names."""
    mapping = schema_of(connection).mapping
    relations = dict.fromkeys(each.relation for each in wanted(mapping))
    rows = connection.execute(_INDEXES, {"tables": [quoted(each) for each in relations]}).all()
    there = {row.name for row in rows}
    is_default = mapping == default_mapping()
    return Indexes(
        missing=tuple(index.name for index in migrations.default_indexes() if is_default and index.name not in there),
        invalid=tuple(row.quoted for row in rows if not row.is_valid and not row.is_busy),
        unfinished=tuple(row.quoted for row in rows if not row.is_valid and row.is_busy),
        lacking=() if is_default else tuple(lacking_indexes(connection, mapping)),
    )


def segment_rows(connection: sa.Connection) -> SegmentRows | None:
    """How the rows that counts are written to are kept; None where there is no such table."""
    segments = schema_of(connection).records.segments
    if isinstance(segments, SegmentFiles):
        relation, changed = segments.counts, ("count", "counted_at")
    else:
        relation, changed = segments.relation, (segments.count, segments.counted_at.column)
    if relation is None:
        return None
    row = connection.execute(_SEGMENT_ROWS, {"segments": name_of(relation), "changed": [*changed]}).one_or_none()
    return SegmentRows(row.fillfactor, tuple(row.indexes_on_counts), row.name, changed) if row else None
