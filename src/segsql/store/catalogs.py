"""Reading workspaces' catalogs: what their filters may name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import Catalog, Distribution, Field, FieldType, Id, Tables, default_mapping, tables_of
from segsql.errors import UsageError
from segsql.store.distribution import distribution_of
from segsql.store.segments import direct_references
from segsql.store.tables import MAX_ID, contact_fields, definition_text, segments, tags, workspaces

_OF = sa.bindparam("workspace_ids", type_=postgresql.ARRAY(sa.BigInteger))

_WORKSPACES = sa.select(workspaces.c.id, workspaces.c.timezone).where(workspaces.c.id == sa.any_(_OF))

_FIELDS = (
    sa.select(
        contact_fields.c.workspace_id,
        contact_fields.c.id,
        contact_fields.c.key,
        contact_fields.c.name,
        contact_fields.c.type,
        contact_fields.c.source,
        contact_fields.c.options,
    )
    .where(contact_fields.c.workspace_id == sa.any_(_OF))
    .order_by(contact_fields.c.workspace_id, contact_fields.c.id)
)

_TAGS = (
    sa.select(tags.c.workspace_id, tags.c.id, tags.c.name)
    .where(tags.c.workspace_id == sa.any_(_OF))
    .order_by(tags.c.workspace_id, tags.c.id)
)

_DEFINITIONS = (
    sa.select(segments.c.workspace_id, segments.c.id, definition_text)
    .where(segments.c.workspace_id == sa.any_(_OF))
    .order_by(segments.c.workspace_id, segments.c.id)
)


def load_catalog(connection: sa.Connection, workspace_id: int, *, referred: Collection[int] | None = None) -> Catalog:
    """Read the workspace's time zone, fields, tags and segment definitions, in the connection's transaction.

    With `referred` of the definitions only those of these segments, and of what they refer to in turn: what one
    definition needs, however many others the workspace has. What lies on a Citus cluster is noticed here. Raises
    UsageError where there is no such workspace.
    """
    found = load_catalogs(connection, [workspace_id], referred=referred) if abs(workspace_id) <= MAX_ID else {}
    if workspace_id not in found:
        raise UsageError(f"There is no workspace {workspace_id}")
    return found[workspace_id]


def load_catalogs(
    connection: sa.Connection, workspace_ids: Iterable[int], *, referred: Collection[int] | None = None
) -> Mapping[int, Catalog]:
    """As `load_catalog` for many, in four statements; a workspace that does not exist is not in the result."""
    of = {"workspace_ids": list(workspace_ids)}
    tables = _tables(distribution_of(connection))
    fields = defaultdict[int, list[Field]](list)
    for workspace_id, id_, key, name, type_, source, options in connection.execute(_FIELDS, of).all():
        fields[workspace_id].append(_field(id_, key, name, type_, source, None if options is None else tuple(options)))
    named = defaultdict[int, dict[Id, str]](dict)
    for workspace_id, id_, name in connection.execute(_TAGS, of).all():
        named[workspace_id][id_] = name
    definitions = defaultdict[int, dict[Id, object]](dict)
    wanted = _DEFINITIONS if referred is None else _DEFINITIONS.where(_is_reached(referred))
    for workspace_id, id_, definition in connection.execute(wanted, of).all() if referred != () else ():
        definitions[workspace_id][id_] = definition
    return {
        workspace_id: Catalog(
            workspace_id=workspace_id,
            timezone=timezone,
            fields=tuple(fields[workspace_id]),
            tags=named[workspace_id],
            segments=definitions[workspace_id],
            tables=tables,
        )
        for workspace_id, timezone in connection.execute(_WORKSPACES, of).all()
    }


@cache
def _tables(distribution: Distribution) -> Tables:
    """The same object for all workspaces: what is kept of statements is looked up by it."""
    return tables_of(default_mapping(), distribution)


def _is_reached(referred: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether a segment is one of these, or one that they refer to, directly or by way of others."""
    starts = sa.cast([each for each in referred if abs(each) <= MAX_ID], postgresql.ARRAY(sa.BigInteger))
    reached = sa.select(sa.func.unnest(starts).label("id")).cte("reached", recursive=True)
    source = segments.alias("source")
    next_ = direct_references(source)
    reached = reached.union(
        sa.select(next_.c.other_id).select_from(
            reached.join(source, sa.and_(source.c.workspace_id == sa.any_(_OF), source.c.id == reached.c.id)).join(
                next_, sa.true()
            )
        )
    )
    return segments.c.id.in_(sa.select(reached.c.id))


@lru_cache(maxsize=1_000)
def _field(id_: int, key: str, name: str, type_: str, source: str | None, options: tuple[str, ...] | None) -> Field:
    """A declaration; those of the built-ins are the same in most workspaces."""
    return Field(id_, key, name, FieldType(type_), source, options)
