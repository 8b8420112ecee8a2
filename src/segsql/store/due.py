"""What there is to do for one who counts all the time: looks that are cheap enough to be taken often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from segsql.catalog import Id, WorkspaceId
from segsql.store.schema import schema_of
from segsql.store.stale import LONGEST, is_stale


@dataclass(frozen=True, slots=True)
class DueWork:
    """A workspace with due segments; `is_new` where some of them are new or edited, and not merely counted long ago."""

    workspace_id: WorkspaceId
    is_new: bool


@dataclass(frozen=True, slots=True)
class DueSegment:
    """A due segment. Its `revision` is another after each edit; `is_old` where its count is old, whatever else."""

    workspace_id: WorkspaceId
    id: Id
    revision: str
    is_old: bool


def due_work(connection: sa.Connection, stale_for: timedelta) -> list[DueWork]:
    """All workspaces with due segments, the one with the oldest count first.

    Reads `segments` once, and no definitions: that a segment is due because another one that it refers to was
    edited is not seen here. That other one is, and `due_segments` of its workspace then sees both.
    """
    schema = schema_of(connection)
    row = schema.segments.c
    clock = sa.select(sa.func.clock_timestamp()).scalar_subquery()
    is_new = sa.or_(row.last_counted_at.is_(None), schema.is_edited(row.updated_at, row.last_counted_at))
    is_old = sa.or_(row.last_counted_at < clock - min(stale_for, LONGEST), row.last_counted_at > clock)
    oldest = sa.func.min(sa.func.coalesce(row.last_counted_at, sa.text("'-infinity'::timestamptz")))
    query = (
        sa.select(row.workspace_id, sa.func.bool_or(is_new))
        .where(sa.or_(is_new, is_old))
        .group_by(row.workspace_id)
        .order_by(oldest, row.workspace_id)
    )
    return [DueWork(*found) for found in connection.execute(query)]


def due_segments(
    connection: sa.Connection, workspace_ids: Sequence[WorkspaceId], stale_for: timedelta
) -> list[DueSegment]:
    """The due segments of these workspaces, of those that exist; by workspace, the oldest count first."""
    schema = schema_of(connection)
    segments = schema.segments
    row = segments.c
    is_old = row.last_counted_at < sa.func.clock_timestamp() - min(stale_for, LONGEST)
    query = (
        sa.select(row.workspace_id, row.id, schema.revision(row), sa.func.coalesce(is_old, sa.false()))
        .where(schema.is_of(row.workspace_id, workspace_ids), is_stale(schema, segments, stale_for, workspace_ids))
        .order_by(row.workspace_id, row.last_counted_at.asc().nulls_first(), row.id)
    )
    return [DueSegment(*found) for found in connection.execute(query)]
