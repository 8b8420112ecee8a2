"""Reading workspaces' catalogs: what their filters may name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import sqlalchemy as sa

from segsql.catalog import (
    Catalog,
    Field,
    FieldType,
    Id,
    Tables,
    WorkspaceId,
    can_be_id,
    can_be_key,
    is_builtins,
    tables_of,
)
from segsql.errors import UsageError
from segsql.store.distribution import distribution_of
from segsql.store.schema import Schema, schema_of
from segsql.store.stale import direct_references

Found = Mapping[WorkspaceId, dict[Id, object]]


def load_catalog(
    connection: sa.Connection, workspace_id: WorkspaceId, *, referred: Collection[Id] | None = None
) -> Catalog:
    """Read the workspace's time zone, fields, tags and segment definitions, in the connection's transaction.

    With `referred` of the definitions only those of these segments, and of what they refer to in turn: what one
    definition needs, however many others the workspace has. What lies on a Citus cluster is noticed here. Raises
    UsageError where there is no such workspace.
    """
    is_possible = schema_of(connection).can_be_workspace(workspace_id)
    found = load_catalogs(connection, [workspace_id], referred=referred) if is_possible else {}
    if workspace_id not in found:
        raise UsageError(f"There is no workspace {workspace_id}")
    return found[workspace_id]


def load_catalogs(
    connection: sa.Connection, workspace_ids: Iterable[WorkspaceId], *, referred: Collection[Id] | None = None
) -> Mapping[WorkspaceId, Catalog]:
    """As `load_catalog` for many, in four statements; a workspace that does not exist is not in the result."""
    schema, of = schema_of(connection), list(workspace_ids)
    tables = tables_of(schema.mapping, distribution_of(connection))
    fields = _fields(connection, schema, of)
    tags = _tags(connection, schema, of)
    definitions = {} if referred == () else _definitions(connection, schema, of, referred)
    return {
        workspace_id: Catalog(
            workspace_id=workspace_id,
            timezone=schema.records.timezone if timezone is None else timezone,
            fields=_usable(
                fields.get(None, []) + (fields.get(workspace_id, []) if workspace_id is not None else []), tables
            ),
            tags=None if tags is None else tags.get(None, {}) | tags.get(workspace_id, {}),
            segments=definitions.get(workspace_id, {}),
            tables=tables,
        )
        for workspace_id, timezone in connection.execute(schema.timezones(of)).all()
    }


def _fields(connection: sa.Connection, schema: Schema, of: list[WorkspaceId]) -> dict[WorkspaceId, list[Field]]:
    """The declared fields, by workspace; those of every workspace under None."""
    found = defaultdict[WorkspaceId, list[Field]](list)
    found[None] += schema.records.fields
    described, rows = schema.records.field_records, schema.fields
    if described is None or rows is None:
        return found
    row = rows.c
    query = sa.select(row.workspace_id, row.id, row.key, row.name, row.type, row.source, row.options)
    if described.workspace is not None:
        query = query.where(schema.is_of(row.workspace_id, of))
    types = dict(described.types)
    for workspace_id, id_, key, name, word, source, options in connection.execute(
        query.order_by(row.workspace_id, row.id)
    ).all():
        type_ = types.get(word, word)
        if type_ in _FIELD_TYPES and can_be_id(id_, schema.ids.field) and key is not None:
            found[workspace_id].append(_field(id_, key, name, type_, source, _options(options)))
    return found


_FIELD_TYPES = frozenset(FieldType)


def _usable(fields: Iterable[Field], tables: Tables) -> tuple[Field, ...]:
    """Those that filters can name: what one row of another program's table says must not stop a whole workspace.

    Passed over are keys that mean something else in filters (`tags`, the name of a built-in that there is), and of two
    with one id or key the later.
    """
    usable: list[Field] = []
    ids, keys = set[Id](), set[str]()
    for field in fields:
        is_free = can_be_key(field.key) and not is_builtins(field, tables)
        if is_free and field.id not in ids and field.key not in keys:
            usable.append(field)
            ids.add(field.id)
            keys.add(field.key)
    return tuple(usable)


def declared_fields(connection: sa.Connection, schema: Schema, workspace_id: WorkspaceId) -> list[Field]:
    """The fields that a workspace declares, and those of every workspace."""
    found = _fields(connection, schema, [workspace_id])
    return [*found.pop(None, []), *found.get(workspace_id, [])]


def _tags(connection: sa.Connection, schema: Schema, of: list[WorkspaceId]) -> dict[WorkspaceId, dict[Id, str]] | None:
    """The names of tags, by workspace; those of every workspace under None. None where nothing lists tags."""
    found = defaultdict[WorkspaceId, dict[Id, str]](dict)
    described, rows = schema.records.tags, schema.tags
    if described is None or rows is None:
        return None
    row = rows.c
    query = sa.select(row.workspace_id, row.id, row.name)
    if described.workspace is not None:
        query = query.where(schema.is_of(row.workspace_id, of))
    for workspace_id, id_, name in connection.execute(query.order_by(row.workspace_id, row.id)).all():
        found[workspace_id][id_] = name
    return found


def _definitions(
    connection: sa.Connection, schema: Schema, of: list[WorkspaceId], referred: Collection[Id] | None
) -> Found:
    """The definitions of segments, by workspace: JSON text, or, from a file, what it decodes to."""
    if (folder := schema.folder) is not None:
        return {workspace_id: {id_: one.definition for id_, one in folder.segments.items()} for workspace_id in of}
    segments = schema.segments
    row = segments.c
    query = sa.select(row.workspace_id, row.id, schema.definition_text(row)).order_by(row.workspace_id, row.id)
    query = query.where(schema.is_of(row.workspace_id, of))
    if referred is not None:
        query = query.where(_is_reached(schema, segments, of, referred))
    found = defaultdict[WorkspaceId, dict[Id, object]](dict)
    for workspace_id, id_, definition in connection.execute(query).all():
        found[workspace_id][id_] = "null" if definition is None else definition
    return found


def _is_reached(
    schema: Schema, segments: sa.FromClause, of: list[WorkspaceId], referred: Collection[Id]
) -> sa.ColumnElement[bool]:
    """Whether a segment is one of these, or one that they refer to, directly or by way of others."""
    starts = schema.array((each for each in referred if can_be_id(each, schema.ids.segment)), schema.ids.segment)
    reached = sa.select(sa.func.unnest(starts).label("id")).cte("reached", recursive=True)
    source = segments.alias("source")
    next_ = direct_references(schema, source)
    is_source = sa.and_(schema.is_of(source.c.workspace_id, of), source.c.id == reached.c.id)
    reached = reached.union(
        sa.select(next_.c.other_id).select_from(reached.join(source, is_source).join(next_, sa.true()))
    )
    return segments.c.id.in_(sa.select(reached.c.id))


def _options(stored: object) -> tuple[str, ...] | None:
    """The values allowed; whatever is no list of texts allows any."""
    if not isinstance(stored, list) or not all(isinstance(each, str) for each in stored):
        return None
    return tuple(stored)


@lru_cache(maxsize=1_000)
def _field(id_: Id, key: str, name: str, type_: str, source: str | None, options: tuple[str, ...] | None) -> Field:
    """A declaration; those of the built-ins are the same in most workspaces."""
    return Field(id_, key, name, FieldType(type_), source, options)
