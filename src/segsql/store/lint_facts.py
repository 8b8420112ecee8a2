"""What `segsql lint` asks of a database: the titles of segments, what no contact has, what is indexed.

One statement each, in the transaction of the lint, bounded as it is. One that fails leaves the transaction as it was
and raises QueryFailed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import (
    ArrayType,
    ColumnType,
    DeletedBy,
    Deletion,
    EavTable,
    Id,
    InColumn,
    InJson,
    WorkspaceId,
    in_order,
)
from segsql.lint import Choice, IndexKey, Mentioned, TextIndex, Title
from segsql.plan.predicate import Reading, RowValue, Stored
from segsql.store.columns import Expression, Source, Type, as_jsonb, quoted
from segsql.store.database import given_up_if_busy
from segsql.store.failures import translated
from segsql.store.schema import Schema, schema_of
from segsql.store.snapshots import Snapshot

AT_ONCE = 200
"""Look-ups in one statement."""

_TEXT = sa.Text()

LARGE_BYTES = 8 * 1024 * 1024
"""A table smaller than this is read faster than an index is worth: PostgreSQL itself finds it too small for workers."""

_INDEXES = sa.text("""
    SELECT i.indexrelid::bigint, am.amname, pg_get_indexdef(i.indexrelid, k.number, false), o.opcname,
        coalesce(l.collname IN ('C', 'POSIX') OR (l.collname = 'default' AND (
            SELECT d.datcollate IN ('C', 'POSIX') OR d.datlocprovider = 'b'
            FROM pg_database d WHERE d.datname = current_database()
        )), false)
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am am ON am.oid = c.relam
    CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS k (number)
    JOIN pg_opclass o ON o.oid = i.indclass[k.number - 1]
    LEFT JOIN pg_collation l ON l.oid = i.indcollation[k.number - 1]
    WHERE i.indrelid = to_regclass(:contacts) AND i.indisvalid
        AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = ANY(CAST(:living AS text[])))
    ORDER BY i.indexrelid, k.number
""")

_IS_LARGE = sa.text("SELECT pg_relation_size(to_regclass(:contacts)) >= :bytes")


def segment_titles(connection: sa.Connection, workspace_id: WorkspaceId) -> Mapping[Id, Title]:
    """The names and descriptions of a workspace's segments."""
    schema = schema_of(connection)
    row = schema.segments.c
    query = sa.select(row.id, row.name, row.description).where(schema.is_of(row.workspace_id, (workspace_id,)))
    return {id_: Title(name, description or "") for id_, name, description in connection.execute(query)}


def unused_tags(opened: Snapshot, workspace_id: WorkspaceId, tag_ids: Collection[Id]) -> Mentioned:
    """Those of the tags that no living contact of the workspace has."""
    people = _People(schema_of(opened.connection), workspace_id)
    return Mentioned(tags=frozenset(_without(opened, in_order(tag_ids), people.with_tag)))


def unused_choices(opened: Snapshot, workspace_id: WorkspaceId, choices: Collection[Choice]) -> Mentioned:
    """Those of the dropdowns' values that no living contact of the workspace has.

    Of a value that is neither a text nor a list of texts it may be said that somebody has it.
    """
    people = _People(schema_of(opened.connection), workspace_id)
    return Mentioned(choices=frozenset(_without(opened, list(choices), people.with_choice)))


def text_indexes(opened: Snapshot) -> tuple[TextIndex, ...] | None:
    """The valid indexes on contacts that hold all living ones; None where the table is small."""
    contacts = schema_of(opened.connection).mapping.contacts
    named = {"contacts": quoted(contacts.relation.schema, contacts.relation.name)}
    ((is_large,),) = _ask(opened, _IS_LARGE.bindparams(bytes=LARGE_BYTES, **named))
    if not is_large:
        return None
    rows = _ask(opened, _INDEXES.bindparams(living=_living_as_written(contacts.deleted), **named))
    return tuple(
        TextIndex(method, tuple(IndexKey(*key) for _, _, *key in keys))
        for (_, method), keys in groupby(rows, key=lambda row: row[:2])
    )


def _living_as_written(deleted: DeletedBy | None) -> list[str]:
    """The condition on living contacts as PostgreSQL writes it, with the column's name in quotes and without."""
    if deleted is None:
        return []
    condition = "IS NULL" if deleted.when is Deletion.SET else "IS NOT TRUE"
    return [f"({name} {condition})" for name in (deleted.column, quoted(deleted.column))]


Asked = TypeVar("Asked")


def _without(
    opened: Snapshot, asked: Sequence[Asked], somebody: Callable[[Asked], sa.ColumnElement[bool]]
) -> Iterator[Asked]:
    """Those of which nobody is found: a look-up each, which ends with the first contact; not a join of all."""
    for begin in range(0, len(asked), AT_ONCE):
        some = asked[begin : begin + AT_ONCE]
        ((*are_there,),) = _ask(opened, sa.select(*map(somebody, some)))
        yield from (each for each, is_there in zip(some, are_there, strict=True) if not is_there)


class _People:
    """Conditions that some living contact of a workspace satisfies."""

    def __init__(self, schema: Schema, workspace_id: WorkspaceId) -> None:
        self._schema = schema
        self._workspace_id = workspace_id

    def with_tag(self, tag_id: Id) -> sa.ColumnElement[bool]:
        """Somebody has the tag."""
        described, contacts = self._schema.mapping, self._contacts()
        if described.tag_rows is not None:
            rows = Source(described.tag_rows.relation)
            tag = rows.column(described.tag_rows.tag, self._schema.type_of(self._schema.ids.tag))
            owned = self._owned(rows, described.tag_rows.workspace, described.tag_rows.contact, contacts)
            return self._some(contacts, tag == tag_id, *owned)
        assert described.tag_array is not None, "a filter that names tags compiles where there are some"
        array = described.tag_array
        if array.type is ArrayType.JSONB:
            tags = contacts.column(array.column, postgresql.JSONB())
            return self._some(contacts, tags.op("@>", is_comparison=True)(sa.cast([tag_id], postgresql.JSONB)))
        id_type = self._schema.type_of(self._schema.ids.tag)
        tags = contacts.column(array.column, postgresql.ARRAY(id_type))
        return self._some(contacts, sa.literal(tag_id, id_type) == sa.any_(tags))

    def with_choice(self, choice: Choice) -> sa.ColumnElement[bool]:
        """Somebody has the value."""
        contacts, text = self._contacts(), choice.text
        values = self._schema.mapping.contacts.custom_values
        match choice.operand:
            case Stored(InColumn(column, ColumnType.TEXT_ARRAY)):
                array = contacts.column(column, postgresql.ARRAY(sa.Text))
                return self._some(contacts, sa.literal(text, sa.Text) == sa.any_(array))
            case Stored(InColumn(column)):
                return self._some(contacts, _says(contacts.column(column, sa.Text()), choice))
            case Stored(InJson() as place):
                document = as_jsonb(contacts.document(place))
                return self._some(contacts, document.op("?", is_comparison=True)(text))
            case RowValue(field, (InColumn(column), *_)) if isinstance(values, EavTable):
                rows = Source(values.relation)
                of_field = rows.column(values.field, _TEXT if values.is_by_key else self._field_type()) == field
                owned = self._owned(rows, values.workspace, values.contact, contacts)
                return self._some(contacts, of_field, _says(rows.column(column, _TEXT), choice), *owned)
            case _:
                raise AssertionError("a dropdown is stored, or a row")

    def _field_type(self) -> Type:
        return self._schema.type_of(self._schema.ids.field)

    def _contacts(self) -> Source:
        return Source(self._schema.mapping.contacts.relation)

    def _owned(
        self, rows: Source, workspace: str | None, contact: str, contacts: Source
    ) -> Iterator[sa.ColumnElement[bool]]:
        """The rows are the contact's."""
        own = self._schema.contact_columns(contacts)
        yield rows.column(contact, own["id"].type) == own["id"]
        if workspace is not None and self._schema.has_workspaces:
            of = rows.column(workspace, own["workspace_id"].type)
            yield of == own["workspace_id"]
            yield of == self._workspace_id
        yield from rows.conditions

    def _some(self, contacts: Source, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        own = self._schema.contact_columns(contacts)
        is_its = [own["workspace_id"] == self._workspace_id] if self._schema.has_workspaces else []
        return sa.exists().where(*is_its, self._schema.is_living(own), *contacts.conditions, *conditions)


def _says(column: Expression, choice: Choice) -> sa.ColumnElement[bool]:
    """The text is the choice, or written as JSON a list that may have it."""
    is_it: sa.ColumnElement[bool] = column == choice.text
    if choice.operand.reading is not Reading.STRINGS:
        return is_it
    member, escape = json.dumps(choice.text, ensure_ascii=False), "\\"
    return sa.or_(is_it, sa.func.strpos(column, member) > 0, sa.func.strpos(column, escape) > 0)


def _ask(opened: Snapshot, query: sa.Executable) -> list[tuple[Any, ...]]:
    connection = opened.connection
    with translated(), connection.begin_nested(), given_up_if_busy(connection):
        return [tuple(row) for row in connection.execute(query)]
