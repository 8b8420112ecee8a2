"""What a mapping names of a database, each thing with the path of its key in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog.fields import READABLE
from segsql.catalog.mapping import (
    EavTable,
    Events,
    Mapping,
    RollupColumns,
    RollupTable,
    SegmentFiles,
    SegmentRecords,
)
from segsql.catalog.mapping_file.places import INSTANT, JSON, types_of_builtin
from segsql.catalog.mapping_file.records import OPTIONS
from segsql.catalog.places import Ids, IdType, InColumn, InJson, Place, Relation
from segsql.store import own_tables

INTEGER_ITSELF = "integer itself"
"""An integer and no narrower number: statements compare arrays of it."""

WHOLE = "whole number"
"""The type of a column that holds an integer of any width."""

WORD = "word"
"""The type of a column that holds texts or labels of an enumeration."""

TEXT = "text"


@dataclass(frozen=True, slots=True)
class WantedColumn:
    """A column and the type that the mapping says it has: of `ColumnType`, `ArrayType`, `IdType`, WHOLE or WORD.

    `id_key` is the key of `[ids]` that says the type; else `others` are the types that the file might say instead.
    With `never_null` the mapping promises that the column is never null. An enumeration must have all `words`. What
    `is_written` gets counts.
    """

    path: str
    name: str
    type: str
    id_key: str = ""
    others: tuple[str, ...] = ()
    never_null: bool = False
    words: tuple[str, ...] = ()
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class WantedRelation:
    """A table or view with its columns. No two rows that count are alike in all of `key`; empty: they may be.

    One that `is_own` is made by `segsql init`.
    """

    path: str
    relation: Relation
    columns: tuple[WantedColumn, ...] = ()
    key: tuple[str, ...] = ()
    is_own: bool = False


def wanted(mapping: Mapping) -> tuple[WantedRelation, ...]:
    """Everything that is named, in the order of docs/mapping.md; segsql's own tables as `segsql init` makes them."""
    return (
        *_workspaces(mapping),
        _contacts(mapping),
        *_eav(mapping),
        *_tags(mapping),
        *_rollup(mapping),
        *(_events(events, mapping.ids) for events in mapping.events),
        *_fields(mapping),
        *_segments(mapping),
        *_own(mapping),
    )


def _relation(
    path: str, relation: Relation, columns: Iterable[WantedColumn | None], key: Iterable[str | None] = ()
) -> WantedRelation:
    """The columns of `where` are of the type of their constants, and count towards the key."""
    constants = (WantedColumn(f"{path}.where.{name}", name, _type_of_constant(value)) for name, value in relation.where)
    named = tuple(dict.fromkeys(part for part in key if part is not None))
    return WantedRelation(
        path=path,
        relation=relation,
        columns=(*constants, *(column for column in columns if column is not None)),
        key=(*named, *(name for name, _ in relation.where)) if named else (),
    )


def _type_of_constant(value: str | int | bool) -> str:
    return "boolean" if isinstance(value, bool) else WHOLE if isinstance(value, int) else TEXT


def _id(path: str, name: str | None, kind: str, ids: Ids) -> WantedColumn | None:
    return None if name is None else WantedColumn(path, name, getattr(ids, kind), id_key=kind)


def _plain(path: str, name: str | None, type_: str) -> WantedColumn | None:
    return None if name is None else WantedColumn(path, name, type_)


def _place(path: str, place: Place | None, types: tuple[str, ...]) -> WantedColumn | None:
    """`types` are those that a column of its own may have."""
    match place:
        case None:
            return None
        case InColumn():
            return WantedColumn(path, place.column, place.type, others=types, never_null=place.never_null)
        case InJson():
            return WantedColumn(path, place.column, place.type, others=JSON)


def _workspaces(mapping: Mapping) -> Iterator[WantedRelation]:
    records = mapping.records.workspaces
    if records is not None:
        columns = (
            _id("workspaces.id", records.id, "workspace", mapping.ids),
            _plain("workspaces.name", records.name, TEXT),
            _plain("workspaces.timezone", records.timezone_column, TEXT),
            _plain("workspaces.segment_limit", records.segment_limit, WHOLE),
        )
        yield _relation("workspaces", records.relation, columns, key=(records.id,))


def _contacts(mapping: Mapping) -> WantedRelation:
    """The contacts, with whatever else lies in columns of theirs."""
    contacts, ids = mapping.contacts, mapping.ids
    columns = [
        _id("contacts.workspace", contacts.workspace, "workspace", ids),
        _id("contacts.id", contacts.id, "contact", ids),
    ]
    if contacts.deleted is not None:
        type_ = "boolean" if contacts.deleted.when == "true" else ""
        columns.append(WantedColumn("contacts.deleted", contacts.deleted.column, type_))
    for name, place in contacts.builtins:
        columns.append(_place(f"contacts.builtins.{name}", place, types_of_builtin(name)))
    if isinstance(contacts.custom_values, InJson):
        columns.append(_place("contacts.custom_values", contacts.custom_values, JSON))
    if mapping.tag_array is not None:
        array = mapping.tag_array
        columns.append(WantedColumn("contact_tags.array", array.column, array.type, id_key="tag"))
    if isinstance(mapping.activity, RollupColumns):
        columns += _of_activity(mapping.activity)
    for number, field in enumerate(mapping.records.fields):
        columns.append(_place(f"field[{number}].place", field.place, READABLE[field.type]))
    return _relation("contacts", contacts.relation, columns, key=(contacts.workspace, contacts.id))


def _of_activity(activity: RollupTable | RollupColumns) -> list[WantedColumn | None]:
    return [_place(f"activity.{name}", column, types_of_builtin(name)) for name, column in activity.columns]


def _eav(mapping: Mapping) -> Iterator[WantedRelation]:
    values, path = mapping.contacts.custom_values, "contacts.custom_values"
    if isinstance(values, EavTable):
        ids = mapping.ids
        columns = (
            _id(f"{path}.workspace", values.workspace, "workspace", ids),
            _id(f"{path}.contact", values.contact, "contact", ids),
            _plain(f"{path}.field", values.field, TEXT)
            if values.is_by_key
            else _id(f"{path}.field", values.field, "field", ids),
            _plain(f"{path}.value", values.value, TEXT),
            _plain(f"{path}.text", values.text, TEXT),
            _plain(f"{path}.number", values.number, "numeric"),
            _plain(f"{path}.boolean", values.boolean, "boolean"),
            _place(f"{path}.date", values.date, ("date", *INSTANT)),
        )
        yield _relation(path, values.relation, columns, key=(values.workspace, values.contact, values.field))


def _tags(mapping: Mapping) -> Iterator[WantedRelation]:
    records, rows, ids = mapping.records.tags, mapping.tag_rows, mapping.ids
    if records is not None:
        columns = (
            _id("tags.workspace", records.workspace, "workspace", ids),
            _id("tags.id", records.id, "tag", ids),
            _plain("tags.name", records.name, TEXT),
        )
        yield _relation("tags", records.relation, columns, key=(records.workspace, records.id))
    if rows is not None:
        columns = (
            _id("contact_tags.workspace", rows.workspace, "workspace", ids),
            _id("contact_tags.contact", rows.contact, "contact", ids),
            WantedColumn(
                "contact_tags.tag",
                rows.tag,
                INTEGER_ITSELF if ids.tag is IdType.INTEGER else ids.tag,
                id_key="tag",
            ),
        )
        yield _relation("contact_tags", rows.relation, columns, key=(rows.workspace, rows.contact, rows.tag))


def _rollup(mapping: Mapping) -> Iterator[WantedRelation]:
    activity = mapping.activity
    if isinstance(activity, RollupTable):
        columns = (
            _id("activity.workspace", activity.workspace, "workspace", mapping.ids),
            _id("activity.contact", activity.contact, "contact", mapping.ids),
            *_of_activity(activity),
        )
        yield _relation("activity", activity.relation, columns, key=(activity.workspace, activity.contact))


def _events(events: Events, ids: Ids) -> WantedRelation:
    """What tells messages apart may be of any type."""
    path = "events" if events.kind_column else f"events.{events.kind}"
    columns = (
        _id(f"{path}.workspace", events.workspace, "workspace", ids),
        _id(f"{path}.contact", events.contact, "contact", ids),
        _plain(f"{path}.message", events.message, ""),
        _kind(path, events),
        _place(f"{path}.at", events.at, INSTANT),
    )
    return _relation(path, events.relation, columns)


def _kind(path: str, events: Events) -> WantedColumn | None:
    if events.kind_column is None:
        return None
    return WantedColumn(f"{path}.kind", events.kind_column, WORD, words=events.words)


def _fields(mapping: Mapping) -> Iterator[WantedRelation]:
    records = mapping.records.field_records
    if records is not None:
        columns = (
            _id("fields.workspace", records.workspace, "workspace", mapping.ids),
            _id("fields.id", records.id, "field", mapping.ids),
            _plain("fields.key", records.key, TEXT),
            _plain("fields.name", records.name, TEXT),
            _plain("fields.type", records.type, WORD),
            _plain("fields.source", records.source, TEXT),
            _place("fields.options", records.options, OPTIONS),
        )
        yield _relation("fields", records.relation, columns, key=(records.workspace, records.id))


def _written(path: str, place: InColumn) -> WantedColumn:
    return WantedColumn(path, place.column, place.type, others=INSTANT, never_null=place.never_null, is_written=True)


def _segments(mapping: Mapping) -> Iterator[WantedRelation]:
    records = mapping.records.segments
    match records:
        case SegmentFiles():
            if records.counts is not None:
                yield _own_table("segments.counts", records.counts, own_tables.file_counts(mapping, records.counts))
        case SegmentRecords():
            definition = records.definition
            columns = (
                _id("segments.workspace", records.workspace, "workspace", mapping.ids),
                _id("segments.id", records.id, "segment", mapping.ids),
                _plain("segments.public_id", records.public_id, TEXT),
                _plain("segments.name", records.name, TEXT),
                _plain("segments.description", records.description, TEXT),
                _plain("segments.match", definition.match, WORD),
                _place(f"segments.{'filters' if definition.match else 'definition'}", definition.column, JSON),
                WantedColumn("segments.count", records.count, WHOLE, is_written=True),
                _written("segments.counted_at", records.counted_at),
                _place("segments.created_at", records.created_at, INSTANT),
                _place("segments.updated_at", records.updated_at, INSTANT),
            )
            yield _relation("segments", records.relation, columns, key=(records.workspace, records.id))


def _own(mapping: Mapping) -> Iterator[WantedRelation]:
    for key, table_of in _OWN.items():
        relation = getattr(mapping.records.own, key)
        if relation is not None:
            yield _own_table(f"own.{key}", relation, table_of(mapping, relation))


_OWN: dict[str, Callable[[Mapping, Relation], sa.Table]] = {
    "segment_counts": own_tables.segment_counts,
    "api_keys": own_tables.api_keys,
    "idempotency_keys": own_tables.idempotency_keys,
    "member_lists": own_tables.member_lists,
}
"""By their keys in the file."""


def _own_table(path: str, relation: Relation, table: sa.Table) -> WantedRelation:
    """With PostgreSQL's names of types."""
    types = {each.name: each.type.compile(dialect=_DIALECT).lower() for each in table.columns}
    columns = tuple(WantedColumn(path, name, type_) for name, type_ in types.items())
    return WantedRelation(path, relation, columns, tuple(each.name for each in table.primary_key), is_own=True)


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
