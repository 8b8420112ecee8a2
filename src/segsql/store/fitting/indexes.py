"""The indexes that statements on a mapped database use, and which of them it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from segsql.catalog import Deletion, EavTable, Mapping, Relation, RollupTable, SegmentRecords
from segsql.catalog.index_name import index_name
from segsql.store.fitting.live import quoted_name


@dataclass(frozen=True, slots=True)
class WantedIndex:
    """An index that answers by all of `required` at once; `beside` may stand among them, for each has one value there.

    `columns` is how it is best made; `what` says what it is for. A `gin` one is of a single column.
    """

    what: str
    relation: Relation
    required: frozenset[str]
    beside: frozenset[str]
    columns: tuple[str, ...]
    method: str = "btree"
    nulls_of: str = ""
    """A column whose nulls are all that is asked for, so that an index may be of these rows alone."""

    @property
    def name(self) -> str:
        """What it would be called if no name were too long, taken or strange."""
        return "_".join(("segsql", self.relation.name, *self.columns))

    @property
    def keys(self) -> str:
        """What stands in its statement behind the table."""
        using = "" if self.method == "btree" else f"USING {self.method} "
        return f"{using}({', '.join(map(quoted_name, self.columns))})"


@dataclass(frozen=True, slots=True)
class LackingIndex:
    """An index that is not there, and the statement that makes it without blocking writers where that is possible."""

    table: str
    what: str
    sql: str


def wanted_indexes(mapping: Mapping) -> tuple[WantedIndex, ...]:
    """In the order of docs/mapping.md; not those that only some filters use, such as one on a field's column."""
    return (*_contacts(mapping), *_values(mapping), *_tags(mapping), *_activity(mapping), *_segments(mapping))


def _index(what: str, relation: Relation, workspace: str | None, *columns: str, required: int = 1) -> WantedIndex:
    """An index of the columns, after the workspace where there is one and what `where` says; the first are required."""
    beside = {name for name, _ in relation.where} | ({workspace} if workspace else set())
    lead = [*([workspace] if workspace else []), *(name for name, _ in relation.where)]
    unique = tuple(dict.fromkeys((*lead, *columns)))
    return WantedIndex(what, relation, frozenset(columns[:required]), frozenset(beside), unique)


def _contacts(mapping: Mapping) -> Iterator[WantedIndex]:
    contacts, array = mapping.contacts, mapping.tag_array
    nulls_of = contacts.deleted.column if contacts.deleted and contacts.deleted.when is Deletion.SET else ""
    key = tuple(column for column in (contacts.workspace, contacts.id) if column is not None)
    what = (
        "a workspace's contacts in the order of their ids"
        if contacts.workspace
        else "contacts in the order of their ids"
    )
    beside = frozenset(name for name, _ in contacts.relation.where)
    yield WantedIndex(what, contacts.relation, frozenset(key), beside, key, nulls_of=nulls_of)
    if array is not None:
        one = frozenset({array.column})
        yield WantedIndex("contacts of a tag", contacts.relation, one, frozenset(), (array.column,), "gin")


def _values(mapping: Mapping) -> Iterator[WantedIndex]:
    """By value it would be faster yet, where none is too long for an index: that is for whoever knows the values."""
    values = mapping.contacts.custom_values
    if isinstance(values, EavTable):
        of = values.relation, values.workspace
        yield _index("a contact's custom values", *of, values.contact, values.field, required=2)
        yield _index("a field's custom values", *of, values.field, values.contact)


def _tags(mapping: Mapping) -> Iterator[WantedIndex]:
    rows = mapping.tag_rows
    if rows is not None:
        of = rows.relation, rows.workspace
        yield _index("a contact's tags", *of, rows.contact, rows.tag)
        yield _index("contacts of a tag", *of, rows.tag, rows.contact)


def _activity(mapping: Mapping) -> Iterator[WantedIndex]:
    activity = mapping.activity
    if isinstance(activity, RollupTable):
        yield _index("a contact's activity", activity.relation, activity.workspace, activity.contact)
    for events in mapping.events:
        of = events.relation, events.workspace
        kind = [events.kind_column] if events.kind_column else []
        columns = (events.contact, *kind, events.message, events.at.column)
        yield _index("a contact's events", *of, *columns, required=1 + len(kind))


def _segments(mapping: Mapping) -> Iterator[WantedIndex]:
    segments = mapping.records.segments
    if isinstance(segments, SegmentRecords):
        yield _index("a segment by its id", segments.relation, segments.workspace, segments.id)
        if segments.workspace is not None:
            yield _index("a workspace's segments", segments.relation, None, segments.workspace, segments.id)


_INDEXES = sa.text("""
    SELECT asked.number, c.oid::regclass::text AS name, c.relkind, am.amname AS method,
        (SELECT array_agg(a.attname ORDER BY k.number)
            FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, number)
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        ) AS columns,
        pg_get_expr(i.indpred, i.indrelid) AS predicate
    FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) WITH ORDINALITY AS asked (schema, name, number)
    JOIN pg_class c ON c.relname = asked.name AND c.relkind IN ('r', 'p', 'm')
    JOIN pg_namespace n ON n.oid = c.relnamespace
        AND CASE WHEN asked.schema IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = asked.schema END
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid
    LEFT JOIN pg_class x ON x.oid = i.indexrelid
    LEFT JOIN pg_am am ON am.oid = x.relam
""")
"""An index that is INVALID answers nothing; one on expressions has nulls among its columns."""


def lacking_indexes(connection: sa.Connection, mapping: Mapping) -> list[LackingIndex]:
    """The indexes that no index there can stand for. Views and foreign tables have none, and are passed over."""
    named = wanted_indexes(mapping)
    asked = {"schemas": [each.relation.schema for each in named], "names": [each.relation.name for each in named]}
    there: dict[int, list[sa.Row[tuple[object, ...]]]] = {}
    for row in connection.execute(_INDEXES, asked):
        there.setdefault(row.number, []).append(row)
    names = Counter(name for name, _, _ in {(each.name, each.relation, each.keys) for each in named})
    lacking = [
        _lacking(want, there[number], is_ambiguous=names[want.name] > 1)
        for number, want in enumerate(named, start=1)
        if number in there and not any(_serves(row, want) for row in there[number])
    ]
    return list({each.sql: each for each in lacking}.values())


def _serves(row: sa.Row[tuple[object, ...]], want: WantedIndex) -> bool:
    """Whether an index leads by the columns that are asked for, with nothing between them that is not fixed."""
    if row.columns is None or row.method != want.method:
        return False
    if row.predicate is not None and row.predicate not in (
        f"({want.nulls_of} IS NULL)",
        f'("{want.nulls_of}" IS NULL)',
    ):
        return False
    if want.method == "gin":
        return want.required <= set(row.columns)
    missing = set(want.required)
    for column in row.columns:
        if not missing:
            break
        if column not in missing | want.beside:
            return False
        missing.discard(column)
    return not missing


def _lacking(want: WantedIndex, rows: Sequence[sa.Row[tuple[object, ...]]], *, is_ambiguous: bool) -> LackingIndex:
    """A partitioned table takes no CONCURRENTLY. By a name that is there already IF NOT EXISTS would make nothing."""
    table, is_partitioned = str(rows[0].name), rows[0].relkind == "p"
    name = index_name(want.name, f"{table} {want.keys}", is_ambiguous=is_ambiguous)
    how = "" if is_partitioned else "CONCURRENTLY "
    sql = f"CREATE INDEX {how}IF NOT EXISTS {quoted_name(name)} ON {table} {want.keys};"
    return LackingIndex(table, want.what, f"{sql} /* partitioned: writes wait */" if is_partitioned else sql)


def quoted(relation: Relation) -> str:
    """The name of a table or view, as SQL wants it."""
    return ".".join(quoted_name(part) for part in (relation.schema, relation.name) if part is not None)
