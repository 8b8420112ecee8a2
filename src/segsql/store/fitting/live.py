"""The tables and views that a mapping names, as the system's catalogs have them: one query for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from segsql.catalog.places import Relation

_RELATIONS = sa.text("""
    SELECT asked.number, c.oid::regclass::text AS name, c.relkind IN ('r', 'p', 'm') AS has_indexes,
        c.relkind = 'p' AS is_partitioned,
        coalesce((
            SELECT json_agg(json_build_array(a.attname, CASE
                WHEN t.typtype = 'e' THEN 'enum ' || format_type(t.oid, NULL)
                WHEN t.typtype = 'd' THEN format_type(t.typbasetype, NULL)
                ELSE format_type(t.oid, NULL) END,
                c.relkind IN ('r', 'p') AND NOT t.typnotnull AND (NOT a.attnotnull OR EXISTS (
                    SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated
                )),
                CASE
                    WHEN a.attgenerated <> '' OR a.attidentity = 'a' THEN false
                    WHEN c.relkind IN ('r', 'p') THEN true
                    ELSE pg_column_is_updatable(c.oid, a.attnum, true) OR other.is_updated END,
                (SELECT json_agg(e.enumlabel) FROM pg_enum e WHERE e.enumtypid = t.oid),
                (SELECT json_build_array(l.oid::regcollation::text, l.collisdeterministic)
                    FROM pg_collation l WHERE l.oid = a.attcollation)) ORDER BY a.attnum)
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ), '[]') AS columns,
        coalesce((
            SELECT json_agg((
                SELECT json_agg(a.attname)
                FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k (attnum)
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
            ))
            FROM pg_index i
            WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
        ), '[]') AS keys
    FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) WITH ORDINALITY AS asked (schema, name, number)
    JOIN pg_class c ON c.relname = asked.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN pg_namespace n ON n.oid = c.relnamespace
        AND CASE WHEN asked.schema IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = asked.schema END
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM pg_trigger g
            WHERE g.tgrelid = c.oid AND g.tgtype & 64 <> 0 AND g.tgtype & 16 <> 0 AND g.tgenabled <> 'D'
        ) OR EXISTS (
            SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '2' AND w.is_instead
        ) AS is_updated
    ) AS other
""")
"""Of a table no function asks whether a column can be written: it would wait for whoever has locked the table.

PostgreSQL calls a column of a view updatable only where rows can be deleted, too; here a rule or a trigger INSTEAD OF
UPDATE is enough (64: instead of, 16: update).
"""

_NAMES = sa.text("""
    SELECT n.nspname, c.relname, pg_table_is_visible(c.oid)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    ORDER BY n.nspname, c.relname
""")


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column with its type as PostgreSQL names it: of a domain the one below it, of an enumeration `enum NAME`.

    `is_nullable` is false of what only the author of a view can know. `is_writable`: an UPDATE can set it, privileges
    aside. `collation` is quoted; empty for what has none.
    """

    name: str
    type: str
    is_nullable: bool
    is_writable: bool
    labels: tuple[str, ...] = ()
    collation: str = ""
    is_deterministic: bool = True


@dataclass(frozen=True, slots=True)
class LiveRelation:
    """A table or view that is there; `name` is quoted, with its schema where search_path does not lead there.

    `keys` are the columns of each unique index that holds for all rows. `has_indexes` is false of views and foreign
    tables: nothing says whether their rows are unique. A partitioned table takes no index CONCURRENTLY.
    """

    name: str
    has_indexes: bool
    is_partitioned: bool
    columns: tuple[LiveColumn, ...]
    keys: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class LiveName:
    """The name of a table or view; `is_visible`: search_path leads to it."""

    schema: str
    name: str
    is_visible: bool

    def __str__(self) -> str:
        """As a mapping writes it."""
        return self.name if self.is_visible else f"{self.schema}.{self.name}"

    def is_within(self, schema: str | None) -> bool:
        """Whether a name that is written with this schema, or with none, is looked for where it lies."""
        return self.is_visible if schema is None else self.schema == schema


def read_relations(connection: sa.Connection, relations: Sequence[Relation]) -> list[LiveRelation | None]:
    """What there is for each of them; None where there is none of that name."""
    asked = {"schemas": [each.schema for each in relations], "names": [each.name for each in relations]}
    found: dict[int, LiveRelation] = {}
    for number, name, has_indexes, is_partitioned, columns, keys in connection.execute(_RELATIONS, asked):
        found[number] = LiveRelation(
            name,
            has_indexes,
            is_partitioned,
            tuple(
                LiveColumn(column, type_, can_be_null, is_writable, tuple(labels or ()), *(collation or ()))
                for column, type_, can_be_null, is_writable, labels, collation in columns
            ),
            tuple(frozenset(key) for key in keys),
        )
    return [found.get(number) for number in range(1, len(relations) + 1)]


def read_names(connection: sa.Connection) -> list[LiveName]:
    """The names of all tables and views."""
    return [LiveName(*row) for row in connection.execute(_NAMES)]


def quoted_name(name: str) -> str:
    """A name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'
