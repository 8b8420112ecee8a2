"""Finding stored segments: by the names that users give, by what is due, for lists (spec 7, 8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from segsql.errors import UsageError
from segsql.store.selection import Selection, Shard, ids, is_among, is_in
from segsql.store.tables import MAX_ID, contacts, representable, segments, workspaces

LONGEST = timedelta(days=700_000)
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
        query = query.where(is_in(selection.shard, row.workspace_id))
    if selection.retry is not None:
        query = query.where(is_among(selection.retry.keys))
    if selection.stale_for is not None:
        keys = wanted or (selection.retry.keys if selection.retry is not None else ())
        of = sorted({workspace_id for workspace_id, _ in keys}) or selection.workspace_ids
        query = query.where(is_stale(selection.stale_for, of, selection.shard))
    due: dict[int, list[int]] = {}
    for workspace_id, segment_id in connection.execute(query):
        due.setdefault(workspace_id, []).append(segment_id)
    return [DueWorkspace(workspace_id, tuple(segment_ids)) for workspace_id, segment_ids in due.items()]


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


def segment_names(connection: sa.Connection, workspace_id: int, segment_ids: Collection[int]) -> dict[int, str]:
    """What the workspace's segments with these ids are called."""
    row = segments.c
    query = sa.select(row.id, row.name).where(row.workspace_id == workspace_id, row.id == sa.any_(ids(segment_ids)))
    return {found.id: found.name for found in connection.execute(query)}


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
            is_stale(stale_for, (workspace_id,)),
        )
        .where(row.workspace_id == workspace_id)
        .order_by(row.id)
    )
    return [StoredSegment(*found) for found in connection.execute(query)]


def staleness(connection: sa.Connection, stale_for: timedelta, workspace_ids: Sequence[int]) -> Staleness:
    """The ages of counts in these workspaces, or in all. Raises UsageError for one that does not exist."""
    _check_workspaces(connection, workspace_ids)
    row = segments.c
    each = sa.select(representable(row.last_counted_at).label("at"), is_stale(stale_for, workspace_ids))
    if workspace_ids:
        each = each.where(row.workspace_id.in_(workspace_ids))
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


def is_stale(stale_for: timedelta, workspace_ids: Sequence[int], shard: Shard | None = None) -> sa.ColumnElement[bool]:
    """Never counted, counted too long ago or in the future, or edited since, or one it refers to edited since.

    Read from the server's clock, as the times are that it is compared with.
    """
    row = segments.c
    clock = sa.func.clock_timestamp()
    return sa.or_(
        row.last_counted_at.is_(None),
        row.last_counted_at < clock - min(stale_for, LONGEST),
        row.last_counted_at > clock,
        row.updated_at > row.last_counted_at,
        sa.tuple_(row.workspace_id, row.id).in_(_edited_by_reference(workspace_ids, shard)),
    ).label("is_stale")


def _edited_by_reference(workspace_ids: Sequence[int], shard: Shard | None) -> sa.Select[tuple[int, int]]:
    """The segments of which one that they refer to was edited since their count.

    They are gathered in arrays and taken apart again: the planner, which takes them for billions, would otherwise
    go through all of them for each segment of a fleet; so it hashes them.
    """
    refers = _references(workspace_ids, shard)
    own, other = segments.alias("own"), segments.alias("other")
    of_own = sa.and_(own.c.workspace_id == refers.c.workspace_id, own.c.id == refers.c.segment_id)
    of_other = sa.and_(other.c.workspace_id == refers.c.workspace_id, other.c.id == refers.c.other_id)
    gathered = (
        sa.select(
            sa.func.array_agg(own.c.workspace_id).label("workspace_ids"), sa.func.array_agg(own.c.id).label("ids")
        )
        .select_from(refers.join(own, of_own).join(other, of_other))
        .where(other.c.updated_at > own.c.last_counted_at)
        .where(*(_is_of(each.c.workspace_id, workspace_ids, shard) for each in (own, other)))
        .subquery()
    )
    pairs = sa.func.unnest(gathered.c.workspace_ids, gathered.c.ids).table_valued(
        sa.column("workspace_id", sa.BigInteger), sa.column("id", sa.BigInteger)
    )
    each = pairs.render_derived()
    return sa.select(each.c.workspace_id, each.c.id).select_from(gathered.join(each, sa.true()))


def _is_of(
    workspace_id: sa.ColumnElement[int], workspace_ids: Sequence[int], shard: Shard | None
) -> sa.ColumnElement[bool]:
    """Whether it is one of these workspaces, where some are named, and of the shard, where there is one.

    Said of each table: the planner would otherwise read all segments to ask about one workspace.
    """
    return sa.and_(
        workspace_id == sa.any_(ids(workspace_ids)) if workspace_ids else sa.true(),
        is_in(shard, workspace_id) if shard else sa.true(),
    )


def _references(workspace_ids: Sequence[int], shard: Shard | None) -> sa.CTE:
    """Every segment with those that it refers to, directly or by way of others; cycles end by themselves.

    Of these workspaces alone, where some are named, or of the shard's.
    """
    source = segments.alias("source")
    direct = direct_references(source)
    refers = (
        sa.select(source.c.workspace_id, source.c.id.label("segment_id"), direct.c.other_id)
        .select_from(source.join(direct, sa.true()))
        .where(_is_of(source.c.workspace_id, workspace_ids, shard))
        .cte("refers", recursive=True)
    )
    further = segments.alias("further")
    next_ = direct_references(further)
    return refers.union(
        sa.select(refers.c.workspace_id, refers.c.segment_id, next_.c.other_id)
        .select_from(
            refers.join(
                further,
                sa.and_(further.c.workspace_id == refers.c.workspace_id, further.c.id == refers.c.other_id),
            ).join(next_, sa.true())
        )
        .where(_is_of(further.c.workspace_id, workspace_ids, shard))
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
