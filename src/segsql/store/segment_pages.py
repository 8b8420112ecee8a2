"""Stored segments as the API shows them, by id and in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.store.tables import MAX_ID, representable, segments, sendable


@dataclass(frozen=True, slots=True)
class ShownSegment:
    """A segment's row. `root` is what its definition's root says (AND, any, …), `filters` the JSON text of its list.

    Both are None where the stored definition has nothing of the kind: other programs write them.
    """

    id: int
    public_id: str
    name: str
    description: str | None
    root: str | None
    filters: str | None
    cached_count: int | None
    last_counted_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """Some of a workspace's segments by id, and how many there are in all."""

    segments: tuple[ShownSegment, ...]
    total: int


def _shown() -> tuple[sa.ColumnElement[Any], ...]:
    row = segments.c
    filters = row.definition["filters"]
    is_list = sa.func.jsonb_typeof(filters) == "array"
    return (
        row.id,
        row.public_id,
        row.name,
        row.description,
        sa.func.coalesce(row.definition["matchType"].astext, row.definition["condition"].astext),
        sa.case((is_list, sa.cast(filters, sa.Text))),
        row.cached_count,
        representable(row.last_counted_at),
        representable(row.created_at),
        representable(row.updated_at),
    )


SHOWN = _shown()
"""The columns of a ShownSegment."""


def segment_page(
    connection: sa.Connection, workspace_id: int, *, offset: int, limit: int, public_id: str | None = None
) -> SegmentPage:
    """A page of the workspace's segments, by id; with `public_id` of that one alone, if there is one."""
    if public_id is not None and not sendable(public_id):
        return SegmentPage((), 0)
    own = segments.c.workspace_id == workspace_id
    if public_id is not None:
        own = sa.and_(own, segments.c.public_id == public_id)
    total = connection.execute(sa.select(sa.func.count()).select_from(segments).where(own)).scalar_one()
    if offset >= total:
        return SegmentPage((), total)
    found = connection.execute(sa.select(*SHOWN).where(own).order_by(segments.c.id).offset(offset).limit(limit)).all()
    return SegmentPage(tuple(ShownSegment(*row) for row in found), total)


def shown_segment(connection: sa.Connection, workspace_id: int, segment_id: int) -> ShownSegment | None:
    """One of the workspace's segments, or None."""
    if abs(segment_id) > MAX_ID:
        return None
    query = sa.select(*SHOWN).where(segments.c.workspace_id == workspace_id, segments.c.id == segment_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else ShownSegment(*row)


def json_of(text: str) -> sa.ColumnElement[Any]:
    """A JSON text as PostgreSQL reads it: no driver rounds its numbers on the way."""
    return sa.cast(sa.literal(text, sa.Text), postgresql.JSONB)
