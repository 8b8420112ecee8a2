"""What the compiler may know of a workspace of the world. The evaluator must not know this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segsql.catalog import Catalog, Field, FieldType, Id, Tables, default_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from properties.model import Workspace


def catalog_of(
    workspace: Workspace, more_segments: Mapping[Id, object] | None = None, tables: Tables | None = None
) -> Catalog:
    """The workspace's own fields, tags, zone and stored segments, and further segments by their ids."""
    stored: dict[Id, object] = {segment.id: segment.definition for segment in workspace.segments}
    return Catalog(
        workspace_id=workspace.id,
        timezone=workspace.timezone,
        fields=tuple(
            Field(one.id, one.key, one.name, FieldType(one.type), one.source, one.options) for one in workspace.fields
        ),
        tags=dict[Id, str](workspace.tags.items()),
        segments={**stored, **(more_segments or {})},
        tables=tables or default_tables(),
    )
