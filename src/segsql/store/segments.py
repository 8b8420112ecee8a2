"""Finding stored segments: by the names that users give, by what is due, for lists (spec 7, 8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from segsql.catalog import Id, IdType, WorkspaceId, in_order, read_id
from segsql.errors import UsageError
from segsql.store.columns import representable
from segsql.store.schema import Schema, schema_of
from segsql.store.selection import Key, Selection, is_among, is_in
from segsql.store.stale import is_stale


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment's row, without its definition."""

    workspace_id: WorkspaceId
    id: Id
    public_id: str | None
    name: str
    description: str | None
    cached_count: int | None
    last_counted_at: datetime | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class StoredWorkspace:
    """A workspace's row."""

    id: WorkspaceId
    name: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class DueWorkspace:
    """A workspace and those of its segments that are due, the oldest count first."""

    workspace_id: WorkspaceId
    segment_ids: tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class Staleness:
    """How old the counts of segments are.

    `stale` are those that a recount with `--stale-for` would count again, `never` those without a count. `newest`
    and `oldest` are ages of counts that are not in the future; None where there is none.
    """

    segments: int
    stale: int
    never: int
    newest: timedelta | None
    oldest: timedelta | None


def due_workspaces(connection: sa.Connection, selection: Selection) -> list[DueWorkspace]:
    """The selected segments that are due, by workspace, the workspace with the oldest count first.

    Raises UsageError for a workspace or segment that does not exist, and for a segment that the selection
    does not tell apart from another.
    """
    if selection.retry is not None and not selection.retry.keys:
        return []
    _check_workspaces(connection, selection.workspace_ids)
    wanted = [find_segment(connection, name, selection.workspace_ids) for name in selection.segments]
    schema = schema_of(connection)
    segments = schema.segments
    row = segments.c
    query = sa.select(row.workspace_id, row.id).order_by(
        sa.func.min(sa.func.coalesce(row.last_counted_at, sa.text("'-infinity'::timestamptz"))).over(
            partition_by=row.workspace_id
        ),
        row.workspace_id,
        row.last_counted_at.asc().nulls_first(),
        row.id,
    )
    if wanted:
        query = query.where(is_among(schema, segments, wanted))
    elif selection.workspace_ids:
        query = query.where(schema.is_of(row.workspace_id, selection.workspace_ids))
    if selection.shard is not None:
        query = query.where(is_in(schema, selection.shard, row.workspace_id))
    if selection.retry is not None:
        query = query.where(is_among(schema, segments, selection.retry.keys))
    if selection.stale_for is not None:
        keys = wanted or (selection.retry.keys if selection.retry is not None else ())
        of = in_order({workspace_id for workspace_id, _ in keys}) or selection.workspace_ids
        query = query.where(is_stale(schema, segments, selection.stale_for, of, selection.shard))
    due: dict[WorkspaceId, list[Id]] = {}
    for workspace_id, segment_id in connection.execute(query):
        due.setdefault(workspace_id, []).append(segment_id)
    return [DueWorkspace(workspace_id, tuple(segment_ids)) for workspace_id, segment_ids in due.items()]


def find_segment(connection: sa.Connection, name: str, workspace_ids: Sequence[WorkspaceId] = ()) -> Key:
    """The workspace and id of a segment by its id or public id. Raises UsageError.

    Where ids are numbers, digits are an id and never a public id.
    """
    schema = schema_of(connection)
    segments = schema.segments
    row = segments.c
    named = schema.has_workspaces and workspace_ids
    where = f" in workspace {', '.join(map(str, workspace_ids))}" if named else ""
    missing = UsageError(f"There is no segment {name[:64]}{where}", hint=_LIST if schema.has_workspaces else "")
    is_it = _is_called(schema, row, name)
    if is_it is None or not all(map(schema.can_be_workspace, workspace_ids)):
        raise missing
    query = sa.select(row.workspace_id, row.id).where(is_it).order_by(row.workspace_id).limit(3)
    if workspace_ids:
        query = query.where(schema.is_of(row.workspace_id, workspace_ids))
    found = [(workspace_id, segment_id) for workspace_id, segment_id in connection.execute(query)]
    match found:
        case [one]:
            return one
        case []:
            raise missing
        case _ if not schema.has_workspaces:
            raise UsageError(f"Several segments are called {name}, by their ids or public ids")
        case _:
            some = ", ".join(str(workspace_id) for workspace_id, _ in found)
            raise UsageError(f"Several workspaces have a segment {name}: {some}, …", hint="Say which one with -w ID.")


def segment_names(connection: sa.Connection, workspace_id: WorkspaceId, segment_ids: Collection[Id]) -> dict[Id, str]:
    """What the workspace's segments with these ids are called."""
    schema = schema_of(connection)
    row = schema.segments.c
    wanted = schema.array(segment_ids, schema.ids.segment)
    query = sa.select(row.id, row.name).where(
        schema.is_of(row.workspace_id, (workspace_id,)), row.id == sa.any_(wanted)
    )
    return {found.id: found.name for found in connection.execute(query)}


_LIST = "segsql list -w ID shows a workspace's segments."


def _is_called(schema: Schema, segment: Any, name: str) -> sa.ColumnElement[bool] | None:
    """Whether a segment has this id or public id; None where nothing may be asked for that is called so."""
    id_ = read_id(name, schema.ids.segment)
    is_number = schema.ids.segment in (IdType.BIGINT, IdType.INTEGER)
    if is_number and name.isascii() and name.isdigit():
        return None if id_ is None else segment["id"] == id_
    if not name.isprintable():
        return None
    is_public: sa.ColumnElement[bool] = segment["public_id"] == name
    return is_public if id_ is None or is_number else sa.or_(segment["id"] == id_, is_public)


def list_workspaces(connection: sa.Connection) -> list[StoredWorkspace]:
    """All workspaces, by id; a single tenant is one without an id."""
    schema = schema_of(connection)
    rows = schema.workspaces.c
    usual = schema.records.timezone
    found = connection.execute(sa.select(rows.id, rows.name, rows.timezone).order_by(rows.id))
    return [StoredWorkspace(id_, name, usual if timezone is None else timezone) for id_, name, timezone in found]


def list_segments(connection: sa.Connection, workspace_id: WorkspaceId, stale_for: timedelta) -> list[StoredSegment]:
    """A workspace's segments, by id. Raises UsageError where there is no such workspace."""
    _check_workspaces(connection, (workspace_id,))
    schema = schema_of(connection)
    segments = schema.segments
    row = segments.c
    query = (
        sa.select(
            row.workspace_id,
            row.id,
            row.public_id,
            row.name,
            row.description,
            row.cached_count,
            representable(row.last_counted_at),
            is_stale(schema, segments, stale_for, (workspace_id,)),
        )
        .where(schema.is_of(row.workspace_id, (workspace_id,)))
        .order_by(row.id)
    )
    return [StoredSegment(*found) for found in connection.execute(query)]


def staleness(connection: sa.Connection, stale_for: timedelta, workspace_ids: Sequence[WorkspaceId]) -> Staleness:
    """The ages of counts in these workspaces, or in all. Raises UsageError for one that does not exist."""
    _check_workspaces(connection, workspace_ids)
    schema = schema_of(connection)
    segments = schema.segments
    row = segments.c
    each = sa.select(
        representable(row.last_counted_at).label("at"), is_stale(schema, segments, stale_for, workspace_ids)
    )
    if workspace_ids:
        each = each.where(schema.is_of(row.workspace_id, workspace_ids))
    of = each.subquery().c
    clock = sa.func.statement_timestamp()
    past = of.at <= clock
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(of.is_stale),
        sa.func.count().filter(of.at.is_(None)),
        sa.extract("epoch", clock - sa.func.max(of.at).filter(past)),
        sa.extract("epoch", clock - sa.func.min(of.at).filter(past)),
    )
    number, stale, never, *seconds = connection.execute(query).one()
    newest, oldest = (None if age is None else timedelta(seconds=float(age)) for age in seconds)
    return Staleness(number, stale, never, newest, oldest)


def contact_count(connection: sa.Connection, workspace_id: WorkspaceId) -> int:
    """The workspace's living contacts."""
    schema = schema_of(connection)
    contacts = schema.contacts
    own = sa.select(sa.func.count()).select_from(contacts).where(schema.is_living(contacts.c))
    if schema.has_workspaces:
        own = own.where(contacts.c.workspace_id == workspace_id)
    return connection.execute(own).scalar_one()


def _check_workspaces(connection: sa.Connection, workspace_ids: Sequence[WorkspaceId]) -> None:
    if not workspace_ids:
        return
    schema = schema_of(connection)
    possible = [workspace_id for workspace_id in workspace_ids if schema.can_be_workspace(workspace_id)]
    known = {row[0] for row in connection.execute(schema.existing(possible))}
    for workspace_id in workspace_ids:
        if workspace_id not in known:
            raise UsageError(f"There is no workspace {workspace_id}", hint="segsql list shows them all.")
