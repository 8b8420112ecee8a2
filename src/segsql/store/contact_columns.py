"""What is shown of a contact beside its own columns, wherever it lies: custom values, times of activity, tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import (
    ArrayType,
    EavTable,
    EventKind,
    Events,
    Id,
    InJson,
    RollupColumns,
    RollupTable,
    TagArray,
    TagRows,
    WorkspaceId,
)
from segsql.store.catalogs import declared_fields
from segsql.store.columns import ID_TYPES, Expression, Source, as_jsonb, literal
from segsql.store.schema import Schema

_NAMED = ("email", "first_name", "last_name", "country")
"""The built-ins that are shown among the custom values."""

_NOTHING = sa.cast(sa.literal_column("'{}'"), postgresql.JSONB)


def custom_values(connection: sa.Connection, schema: Schema, contacts: Source, workspace_id: WorkspaceId) -> Expression:
    """The contact's custom values, fields with a place of their own and named built-ins: a JSON object by key."""
    described = schema.mapping.contacts
    places = {name: place for name, place in described.builtins if name in _NAMED}
    places |= {field.key: field.place for field in schema.records.fields if field.place is not None}
    own = (part for key, place in places.items() for part in (literal(key), contacts.value(place)))
    built_in = sa.func.jsonb_build_object(*own, type_=postgresql.JSONB())
    match described.custom_values:
        case InJson() as place:
            document = as_jsonb(contacts.document(place))
            custom: Expression = sa.case((sa.func.jsonb_typeof(document) == "object", document), else_=_NOTHING)
        case EavTable() as table:
            custom = _eav_values(connection, schema, contacts, table, workspace_id)
        case None:
            return built_in
        case _:
            assert_never(described.custom_values)
    return custom.op("||", return_type=postgresql.JSONB())(built_in)


def _eav_values(
    connection: sa.Connection, schema: Schema, contacts: Source, table: EavTable, workspace_id: WorkspaceId
) -> Expression:
    """Of a contact's rows, each value as what it is, by the key of its field."""
    source = Source(table.relation)
    texts = (source.column(name, sa.Text()) for name in (table.value, table.text) if name is not None)
    typed = ((table.number, sa.Numeric()), (table.boolean, sa.Boolean()))
    others = (source.column(name, type_) for name, type_ in typed if name is not None)
    dates = (sa.cast(source.column(table.date.column, sa.Text()), sa.Text),) if table.date is not None else ()
    value = sa.func.coalesce(*(sa.func.to_jsonb(each) for each in (*texts, *others, *dates)))
    field = sa.cast(source.column(table.field, sa.Text()), sa.Text)
    keys = (
        {}
        if table.is_by_key
        else {str(each.id): each.key for each in declared_fields(connection, schema, workspace_id)}
    )
    key = sa.func.coalesce(sa.cast(keys, postgresql.JSONB).op("->>", return_type=sa.Text())(field), field)
    is_its = _is_of_contact(schema, source, table.workspace, table.contact, contacts)
    values = sa.select(sa.func.jsonb_object_agg(key, value)).where(is_its, field.is_not(None), *source.conditions)
    return sa.func.coalesce(values.correlate(contacts.table).scalar_subquery(), _NOTHING, type_=postgresql.JSONB())


def last_times(schema: Schema, contacts: Source) -> tuple[Expression, Expression]:
    """When the contact last opened and last clicked; null where it never did, or the database does not say."""
    return (
        _last_time(schema, contacts, "last_open_at", EventKind.OPEN),
        _last_time(schema, contacts, "last_click_at", EventKind.CLICK),
    )


def _last_time(schema: Schema, contacts: Source, name: str, kind: EventKind) -> Expression:
    activity = schema.mapping.activity
    if isinstance(activity, RollupColumns) and name in dict(activity.columns):
        return contacts.instant(dict(activity.columns)[name])
    if isinstance(activity, RollupTable) and name in dict(activity.columns):
        source = Source(activity.relation)
        at = source.instant(dict(activity.columns)[name])
        is_its = _is_of_contact(schema, source, activity.workspace, activity.contact, contacts)
        return _scalar(sa.select(at).where(is_its, *source.conditions), contacts)
    events = next((each for each in schema.mapping.events if each.kind is kind), None)
    return sa.null() if events is None else _last_event(schema, contacts, events)


def _last_event(schema: Schema, contacts: Source, events: Events) -> Expression:
    source = Source(events.relation)
    is_its = _is_of_contact(schema, source, events.workspace, events.contact, contacts)
    query = sa.select(sa.func.max(source.instant(events.at))).where(is_its, *source.conditions)
    if events.kind_column is not None:
        kind = source.column(events.kind_column, sa.Text())
        query = query.where(sa.or_(*(kind == literal(word) for word in events.words)))
    return _scalar(query, contacts)


def _scalar(query: sa.Select[Any], contacts: Source) -> Expression:
    return query.correlate(contacts.table).scalar_subquery()


def _is_of_contact(
    schema: Schema, source: Source, workspace: str | None, contact: str, contacts: Source
) -> sa.ColumnElement[bool]:
    own = schema.contact_columns(contacts)
    is_its = source.column(contact, schema.type_of(schema.ids.contact)) == own["id"]
    if workspace is None or not schema.has_workspaces:
        return is_its
    return sa.and_(source.column(workspace, own["workspace_id"].type) == own["workspace_id"], is_its)


def tags_of(schema: Schema, workspace_id: WorkspaceId, wanted: sa.ColumnElement[Sequence[Id]]) -> sa.Select[Any] | None:
    """Contact, tag and the tag's name for each tag of these contacts; None where there are no tags."""
    described, mapped = schema.mapping, schema.tags
    if described.tag_rows is not None:
        has = _from_rows(schema, described.tag_rows, workspace_id, wanted)
    elif described.tag_array is not None:
        has = _from_array(schema, described.tag_array, workspace_id, wanted)
    else:
        return None
    of = has.subquery("has").c
    if mapped is None:
        return sa.select(of.contact_id, of.tag_id, sa.cast(of.tag_id, sa.Text)).order_by(of.contact_id, of.tag_id)
    query = sa.select(of.contact_id, of.tag_id, mapped.c.name).where(mapped.c.id == of.tag_id)
    if schema.has_workspaces and schema.records.tags is not None and schema.records.tags.workspace is not None:
        query = query.where(mapped.c.workspace_id == workspace_id)
    return query.order_by(of.contact_id, of.tag_id)


def _from_rows(
    schema: Schema, rows: TagRows, workspace_id: WorkspaceId, wanted: sa.ColumnElement[Sequence[Id]]
) -> sa.Select[Any]:
    source = Source(rows.relation)
    contact = source.column(rows.contact, schema.type_of(schema.ids.contact))
    tag = source.column(rows.tag, schema.type_of(schema.ids.tag))
    query = sa.select(contact.label("contact_id"), tag.label("tag_id")).where(
        contact == sa.any_(wanted), *source.conditions
    )
    if schema.has_workspaces and rows.workspace is not None:
        query = query.where(source.column(rows.workspace, schema.type_of(schema.ids.workspace)) == workspace_id)
    return query


def _from_array(
    schema: Schema, tags: TagArray, workspace_id: WorkspaceId, wanted: sa.ColumnElement[Sequence[Id]]
) -> sa.Select[Any]:
    source = Source(schema.mapping.contacts.relation)
    columns = schema.contact_columns(source)
    if tags.type is ArrayType.JSONB:
        document = source.column(tags.column, postgresql.JSONB())
        is_array = sa.func.jsonb_typeof(document) == "array"
        each = sa.func.jsonb_array_elements_text(sa.case((is_array, document)))
        tag: Expression = sa.cast(each.column_valued("tag"), schema.type_of(schema.ids.tag))
    else:
        array = source.column(tags.column, postgresql.ARRAY(ID_TYPES[schema.ids.tag]))
        tag = sa.type_coerce(sa.func.unnest(array).column_valued("tag"), schema.type_of(schema.ids.tag))
    query = sa.select(columns["id"].label("contact_id"), tag.label("tag_id")).distinct()
    query = query.where(columns["id"] == sa.any_(wanted), tag.is_not(None), *source.conditions)
    return query.where(columns["workspace_id"] == workspace_id) if schema.has_workspaces else query
