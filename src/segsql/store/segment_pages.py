"""Stored segments as the API shows them, by id and in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import Id, WorkspaceId, can_be_id
from segsql.store.columns import member, representable, sendable, text_of
from segsql.store.schema import Schema, schema_of


@dataclass(frozen=True, slots=True)
class ShownSegment:
    """A segment's row. `root` is what its definition's root says (AND, any, …), `filters` the JSON text of its list.

    Both are None where the stored definition has nothing of the kind: other programs write them.
    """

    id: Id
    public_id: str | None
    name: str
    description: str | None
    root: str | None
    filters: str | None
    cached_count: int | None
    last_counted_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """Some of a workspace's segments by id, and how many there are in all."""

    segments: tuple[ShownSegment, ...]
    total: int


def shown(schema: Schema, segments: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns of a ShownSegment."""
    row = segments.c
    definition = schema.definition_json(row)
    filters = member(definition, "filters")
    is_list = sa.func.jsonb_typeof(filters) == "array"
    return (
        row.id,
        row.public_id,
        row.name,
        row.description,
        sa.func.coalesce(text_of(definition, "matchType"), text_of(definition, "condition")),
        sa.case((is_list, sa.cast(filters, sa.Text))),
        row.cached_count,
        representable(row.last_counted_at),
        representable(row.created_at),
        representable(row.updated_at),
    )


def segment_page(
    connection: sa.Connection, workspace_id: WorkspaceId, *, offset: int, limit: int, public_id: str | None = None
) -> SegmentPage:
    """A page of the workspace's segments, by id; with `public_id` of that one alone, if there is one."""
    if public_id is not None and not sendable(public_id):
        return SegmentPage((), 0)
    schema = schema_of(connection)
    segments = schema.segments
    own = schema.is_of(segments.c.workspace_id, (workspace_id,))
    if public_id is not None:
        own = sa.and_(own, segments.c.public_id == public_id)
    total = connection.execute(sa.select(sa.func.count()).select_from(segments).where(own)).scalar_one()
    if offset >= total:
        return SegmentPage((), total)
    page = sa.select(*shown(schema, segments)).where(own).order_by(segments.c.id).offset(offset).limit(limit)
    found = connection.execute(page).all()
    return SegmentPage(tuple(ShownSegment(*row) for row in found), total)


def shown_segment(connection: sa.Connection, workspace_id: WorkspaceId, segment_id: Id) -> ShownSegment | None:
    """One of the workspace's segments, or None."""
    schema = schema_of(connection)
    if not can_be_id(segment_id, schema.ids.segment):
        return None
    segments = schema.segments
    own = schema.is_of(segments.c.workspace_id, (workspace_id,))
    query = sa.select(*shown(schema, segments)).where(own, segments.c.id == segment_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else ShownSegment(*row)


def json_of(text: str) -> sa.ColumnElement[Any]:
    """A JSON text as PostgreSQL reads it: no driver rounds its numbers on the way."""
    return sa.cast(sa.literal(text, sa.Text), postgresql.JSONB)
