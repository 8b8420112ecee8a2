"""Reading a workspace's catalog: what its filters may name."""

from __future__ import annotations

import sqlalchemy as sa

from segsql.catalog import Catalog, Field, FieldType, Tables
from segsql.errors import UsageError
from segsql.store.distribution import distribution_of
from segsql.store.tables import MAX_ID, contact_fields, definition_text, segments, tags, workspaces


def load_catalog(connection: sa.Connection, workspace_id: int) -> Catalog:
    """Read the workspace's time zone, fields, tags and segment definitions, in the connection's transaction.

    What lies on a Citus cluster is noticed here. Raises UsageError where there is no such workspace.
    """
    if abs(workspace_id) > MAX_ID:
        raise UsageError(f"There is no workspace {workspace_id}")
    timezone = connection.scalar(sa.select(workspaces.c.timezone).where(workspaces.c.id == workspace_id))
    if timezone is None:
        raise UsageError(f"There is no workspace {workspace_id}")
    return Catalog(
        workspace_id=workspace_id,
        timezone=timezone,
        fields=_fields(connection, workspace_id),
        tags={row.id: row.name for row in connection.execute(_tags(workspace_id))},
        segments={row.id: row.definition for row in connection.execute(_definitions(workspace_id))},
        tables=Tables(distribution=distribution_of(connection)),
    )


def _fields(connection: sa.Connection, workspace_id: int) -> tuple[Field, ...]:
    declared = contact_fields.c
    rows = connection.execute(
        sa.select(declared.id, declared.key, declared.name, declared.type, declared.source, declared.options)
        .where(declared.workspace_id == workspace_id)
        .order_by(declared.id)
    )
    return tuple(
        Field(row.id, row.key, row.name, FieldType(row.type), row.source, _options(row.options)) for row in rows
    )


def _options(options: list[str] | None) -> tuple[str, ...] | None:
    return None if options is None else tuple(options)


def _tags(workspace_id: int) -> sa.Select[int, str]:
    return sa.select(tags.c.id, tags.c.name).where(tags.c.workspace_id == workspace_id).order_by(tags.c.id)


def _definitions(workspace_id: int) -> sa.Select[int, str]:
    own = segments.c.workspace_id == workspace_id
    return sa.select(segments.c.id, definition_text).where(own).order_by(segments.c.id)
