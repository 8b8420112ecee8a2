"""Finding stored segments: by the names that users give, by what is due, for lists (spec 7, 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from segsql.errors import UsageError
from segsql.store.tables import MAX_ID, contacts, representable, segments, workspaces

_LONGEST = timedelta(days=700_000)
"""What still leads from now to an instant that PostgreSQL has; longer is longer ago than any count."""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment's row, without its definition."""

    workspace_id: int
    id: int
    public_id: str
    name: str
    description: str | None
    cached_count: int | None
    last_counted_at: datetime | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class StoredWorkspace:
    """A workspace's row."""

    id: int
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class DueWorkspace:
    """A workspace and those of its segments that are due, the oldest count first."""

    workspace_id: int
    segment_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the workspaces, `number` (from 1) of `of`: those whose id hashes to it.

    Every workspace is in exactly one part, and stays in it whatever other workspaces come and go: parts need
    to know nothing of each other.
    """

    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which segments a run is about: all, or a shard's, or some workspaces', or some segments by id or public id."""

    workspace_ids: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
    stale_for: timedelta | None = None
    shard: Shard | None = None


def due_workspaces(connection: sa.Connection, selection: Selection) -> list[DueWorkspace]:
    """The selected segments that are due, by workspace, the workspace with the oldest count first.

    Raises UsageError for a workspace or segment that does not exist, and for a segment that the selection
    does not tell apart from another.
    """
    _check_workspaces(connection, selection.workspace_ids)
    wanted = [find_segment(connection, name, selection.workspace_ids) for name in selection.segments]
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
        query = query.where(sa.tuple_(row.workspace_id, row.id).in_(wanted))
    elif selection.workspace_ids:
        query = query.where(row.workspace_id.in_(selection.workspace_ids))
    if selection.shard is not None:
        query = query.where(_is_in(selection.shard, row.workspace_id))
    if selection.stale_for is not None:
        of = [workspace_id for workspace_id, _ in wanted] or selection.workspace_ids
        query = query.where(_is_stale(selection.stale_for, of, selection.shard))
    due: dict[int, list[int]] = {}
    for workspace_id, segment_id in connection.execute(query):
        due.setdefault(workspace_id, []).append(segment_id)
    return [DueWorkspace(workspace_id, tuple(ids)) for workspace_id, ids in due.items()]


def find_segment(connection: sa.Connection, name: str, workspace_ids: Sequence[int] = ()) -> tuple[int, int]:
    """The workspace and id of a segment by its id (digits) or public id. Raises UsageError."""
    row = segments.c
    where = f" in workspace {', '.join(map(str, workspace_ids))}" if workspace_ids else ""
    missing = UsageError(
        f"There is no segment {name[:64]}{where}", hint="segsql list -w ID shows a workspace's segments."
    )
    if not _can_be_sent(name) or any(abs(workspace_id) > MAX_ID for workspace_id in workspace_ids):
        raise missing
    is_it = row.id == int(name) if name.isascii() and name.isdigit() else row.public_id == name
    query = sa.select(row.workspace_id, row.id).where(is_it).order_by(row.workspace_id).limit(3)
    if workspace_ids:
        query = query.where(row.workspace_id.in_(workspace_ids))
    found = [(workspace_id, segment_id) for workspace_id, segment_id in connection.execute(query)]
    match found:
        case [one]:
            return one
        case []:
            raise missing
        case _:
            some = ", ".join(str(workspace_id) for workspace_id, _ in found)
            raise UsageError(f"Several workspaces have a segment {name}: {some}, …", hint="Say which one with -w ID.")


def _can_be_sent(name: str) -> bool:
    """Whether PostgreSQL takes the name in a look-up: no digits beyond bigint, no bytes that are no text."""
    if name.isascii() and name.isdigit():
        return len(name) <= len(str(MAX_ID)) and int(name) <= MAX_ID
    return name.isprintable()


def list_workspaces(connection: sa.Connection) -> list[StoredWorkspace]:
    """All workspaces, by id."""
    query = sa.select(workspaces.c.id, workspaces.c.name, workspaces.c.timezone).order_by(workspaces.c.id)
    return [StoredWorkspace(*row) for row in connection.execute(query)]


def list_segments(connection: sa.Connection, workspace_id: int, stale_for: timedelta) -> list[StoredSegment]:
    """A workspace's segments, by id. Raises UsageError where there is no such workspace."""
    _check_workspaces(connection, (workspace_id,))
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
            _is_stale(stale_for, (workspace_id,)),
        )
        .where(row.workspace_id == workspace_id)
        .order_by(row.id)
    )
    return [StoredSegment(*found) for found in connection.execute(query)]


def contact_count(connection: sa.Connection, workspace_id: int) -> int:
    """The workspace's living contacts."""
    living = sa.and_(contacts.c.workspace_id == workspace_id, contacts.c.deleted_at.is_(None))
    return connection.execute(sa.select(sa.func.count()).select_from(contacts).where(living)).scalar_one()


def _check_workspaces(connection: sa.Connection, workspace_ids: Sequence[int]) -> None:
    possible = [workspace_id for workspace_id in workspace_ids if abs(workspace_id) <= MAX_ID]
    query = sa.select(workspaces.c.id).where(workspaces.c.id.in_(possible))
    known = {row.id for row in connection.execute(query)}
    for workspace_id in workspace_ids:
        if workspace_id not in known:
            raise UsageError(f"There is no workspace {workspace_id}", hint="segsql list shows them all.")


def _is_in(shard: Shard, workspace_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a workspace is in the shard. The hash's sign is dropped: a remainder would keep it."""
    hashed = sa.func.hashint8extended(workspace_id, sa.cast(0, sa.BigInteger)).op("&")(sa.cast(MAX_ID, sa.BigInteger))
    return sa.func.mod(hashed, sa.cast(shard.of, sa.BigInteger)) == shard.number - 1


def _is_stale(stale_for: timedelta, workspace_ids: Sequence[int], shard: Shard | None = None) -> sa.ColumnElement[bool]:
    """Never counted, counted too long ago or in the future, or edited since, or one it refers to edited since.

    Read from the server's clock, as the times are that it is compared with.
    """
    row, other = segments.c, segments.alias("other")
    clock = sa.func.clock_timestamp()
    refers = _references(workspace_ids, shard)
    edited = (
        sa.select(sa.literal(1))
        .select_from(
            refers.join(other, sa.and_(other.c.workspace_id == refers.c.workspace_id, other.c.id == refers.c.other_id))
        )
        .where(
            refers.c.workspace_id == row.workspace_id,
            refers.c.segment_id == row.id,
            other.c.updated_at > row.last_counted_at,
        )
        .correlate(segments)
    )
    return sa.or_(
        row.last_counted_at.is_(None),
        row.last_counted_at < clock - min(stale_for, _LONGEST),
        row.last_counted_at > clock,
        row.updated_at > row.last_counted_at,
        edited.exists(),
    ).label("is_stale")


def _references(workspace_ids: Sequence[int], shard: Shard | None) -> sa.CTE:
    """Every segment with those that it refers to, directly or by way of others; cycles end by themselves.

    Of these workspaces alone, where some are named, or of the shard's.
    """
    source = segments.alias("source")
    direct = direct_references(source)
    refers = (
        sa.select(source.c.workspace_id, source.c.id.label("segment_id"), direct.c.other_id)
        .select_from(source.join(direct, sa.true()))
        .where(source.c.workspace_id.in_(workspace_ids) if workspace_ids else sa.true())
        .where(_is_in(shard, source.c.workspace_id) if shard else sa.true())
        .cte("refers", recursive=True)
    )
    further = segments.alias("further")
    next_ = direct_references(further)
    return refers.union(
        sa.select(refers.c.workspace_id, refers.c.segment_id, next_.c.other_id).select_from(
            refers.join(
                further,
                sa.and_(further.c.workspace_id == refers.c.workspace_id, further.c.id == refers.c.other_id),
            ).join(next_, sa.true())
        )
    )


_REFERENCES = '$.** ? (@.type == "segment").value[*]'


def direct_references(source: sa.FromClause) -> sa.FromClause:
    """The ids that a definition's segment conditions name; what is no id of a segment is passed over."""
    found = sa.func.jsonb_path_query(source.c.definition, sa.cast(_REFERENCES, sa.dialects.postgresql.JSONPATH))
    value = found.table_valued(sa.column("value", sa.dialects.postgresql.JSONB)).render_derived()
    text = value.c.value.op("#>>")(sa.literal_column("'{}'"))
    is_whole = sa.and_(sa.func.jsonb_typeof(value.c.value) == "number", text.op("~")("^[0-9]{1,19}([.]0+)?$"))
    number = sa.cast(sa.case((is_whole, text)), sa.Numeric)
    other_id = sa.cast(sa.case((number <= MAX_ID, number)), sa.BigInteger)
    return sa.select(other_id.label("other_id")).select_from(value).where(number <= MAX_ID).lateral()
