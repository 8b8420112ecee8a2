"""Creating, editing and deleting segments for the API.

A request's body is sent as it came, and PostgreSQL takes the definition out of it: what is stored is what was
written, to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import (
    ColumnType,
    Id,
    InColumn,
    SegmentFiles,
    SegmentRecords,
    WorkspaceId,
    can_be_id,
)
from segsql.errors import SegsqlError
from segsql.store.columns import COLUMN_TYPES, Expression, Source, constant, quoted
from segsql.store.failures import NOT_NULL_VIOLATION, QueryFailed, translated
from segsql.store.schema import Schema, schema_of
from segsql.store.segment_pages import ShownSegment, json_of, shown_segment


class NotMapped(SegsqlError):
    """The database, as the mapping describes it, has no place for what is to be stored."""


@dataclass(frozen=True, slots=True)
class _Target:
    """The table of segments that rows are changed in, as it is."""

    schema: Schema
    segments: SegmentRecords
    source: Source

    @property
    def table(self) -> sa.TableClause:
        return self.source.table

    @property
    def id(self) -> Expression:
        return self.source.column(self.segments.id, self.schema.type_of(self.schema.ids.segment))

    def owner(self, workspace_id: WorkspaceId) -> dict[str, object]:
        """The values by which the row is the workspace's, and one of the relation's."""
        own = {self.segments.workspace: workspace_id} if self.segments.workspace is not None else {}
        for name in own:
            self.source.column(name, self.schema.type_of(self.schema.workspace_id_type))
        return {**own, **{name: sa.literal_column(constant(value)) for name, value in self.segments.relation.where}}

    def is_owned(self, workspace_id: WorkspaceId) -> sa.ColumnElement[bool]:
        own = (self._is(name, value) for name, value in self.owner(workspace_id).items())
        return sa.and_(sa.true(), *own, *self.source.conditions)

    def _is(self, name: str, value: object) -> sa.ColumnElement[bool]:
        is_it: sa.ColumnElement[bool] = self.source.column(name, sa.Text()) == value
        return is_it

    def definition(self, body: str) -> dict[str, object]:
        """The values that store the member `filters` of the JSON text `body`. Raises NotMapped."""
        place, match = self.segments.definition.column, self.segments.definition.match
        if place.path or (match is not None and self.segments.definition.match_key != "condition"):
            raise NotMapped("Definitions of the typed dialect can't be stored here: the mapping has no place for them")
        column = self.source.column(place.column, COLUMN_TYPES[place.type])
        document = sa.func.jsonb_extract_path(json_of(body), "filters", type_=postgresql.JSONB())
        if match is None:
            return {place.column: sa.cast(document, column.type)}
        self.source.column(match, sa.Text())
        return {match: document["condition"].astext, place.column: sa.cast(document["filters"], column.type)}

    def now(self, *places: InColumn | None) -> dict[str, object]:
        """The time of a change; the triggers of the default schema set it by themselves."""
        if self.schema.is_default:
            return {}
        given = [place for place in places if place is not None]
        for place in given:
            self.source.instant(place)
        clock = sa.func.clock_timestamp()
        return {
            place.column: sa.func.timezone("UTC", clock) if place.type is ColumnType.TIMESTAMP else clock
            for place in given
        }


def _target(schema: Schema) -> _Target:
    segments = schema.records.segments
    if isinstance(segments, SegmentFiles):
        raise NotMapped("Segments are files here, which are edited where they lie")
    return _Target(schema, segments, Source(segments.relation))


def hold_workspace(connection: sa.Connection, workspace_id: WorkspaceId) -> bool:
    """Let nobody delete the workspace before this transaction has ended; False where somebody has."""
    schema = schema_of(connection)
    if schema.records.workspaces is None:
        return True
    one = sa.select(schema.workspaces.c.id).where(schema.workspaces.c.id == workspace_id)
    return connection.scalar(one.with_for_update(read=True, key_share=True)) is not None


def has_room(connection: sa.Connection, workspace_id: WorkspaceId) -> bool:
    """Whether the workspace's plan allows one more segment.

    Where the plan has a limit, whoever asks next waits until this transaction has ended: of many who ask for the
    last place, one gets it. Writers of contacts do not wait.
    """
    schema = schema_of(connection)
    described, workspaces = schema.records.workspaces, schema.workspaces
    if described is None or described.segment_limit is None:
        return True
    limit = sa.select(workspaces.c.segment_limit).where(workspaces.c.id == workspace_id)
    if connection.scalar(limit) is None:
        return True
    most = connection.scalar(limit.with_for_update(key_share=True))
    segments = schema.segments
    is_own = schema.is_of(segments.c.workspace_id, (workspace_id,))
    own = sa.select(sa.func.count()).select_from(segments).where(is_own)
    return most is None or connection.execute(own).scalar_one() < most


def lock_definitions(connection: sa.Connection, workspace_id: WorkspaceId) -> None:
    """Let no other edit of the workspace's definitions come between: two may not make a circle of references."""
    schema = schema_of(connection)
    if schema.records.workspaces is not None:
        one = sa.select(schema.workspaces.c.id).where(schema.workspaces.c.id == workspace_id)
        connection.execute(one.with_for_update(key_share=True))
        return
    name = f"segsql definitions {'' if workspace_id is None else workspace_id}"
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def add_segment(connection: sa.Connection, workspace_id: WorkspaceId, name: str, body: str) -> ShownSegment:
    """Store a segment; its definition is the member `filters` of the JSON text `body`.

    Raises NotMapped where that takes more than the mapping knows of: a column without a default, above all an id.
    """
    schema = schema_of(connection)
    target = _target(schema)
    segments = target.segments
    target.source.column(segments.name, sa.Text())
    values = target.owner(workspace_id) | {segments.name: name} | target.definition(body)
    values |= target.now(segments.created_at, segments.updated_at)
    insert = postgresql.insert(target.table).values(values).on_conflict_do_nothing().returning(target.id)
    try:
        with translated(), connection.begin_nested():
            while (id_ := connection.scalar(insert)) is None:
                _go_beyond(connection, target, workspace_id)
    except QueryFailed as error:
        if error.sqlstate != NOT_NULL_VIOLATION:
            raise
        raise NotMapped(f"Segments can't be created here: {error}") from error
    segment = shown_segment(connection, workspace_id, id_)
    assert segment is not None, "it was stored just now"
    return segment


_BEYOND = """
    SELECT setval(number.generator, greatest(nextval(number.generator), max(s.{id})))
    FROM (SELECT pg_get_serial_sequence(:table, :column)::regclass AS generator) number
    JOIN {table} s ON {own}
    GROUP BY number.generator
"""


def _go_beyond(connection: sa.Connection, target: _Target, workspace_id: WorkspaceId) -> None:
    """Other programs may choose ids of their own: where the next number is taken, those beyond all of them are not.

    Raises NotMapped where no sequence gives the ids.
    """
    segments = target.segments
    table = quoted(segments.relation.schema, segments.relation.name)
    own = "true" if segments.workspace is None else f"s.{quoted(segments.workspace)} = :workspace_id"
    names = {"table": table, "column": segments.id}
    if connection.scalar(sa.text("SELECT pg_get_serial_sequence(:table, :column)"), names) is None:
        raise NotMapped("Segments can't be created here: another one has what the new one would be known by")
    beyond = _BEYOND.format(id=quoted(segments.id), table=table, own=own).replace("::regclass", "\\:\\:regclass")
    connection.execute(
        sa.text(beyond), {**names, **({} if segments.workspace is None else {"workspace_id": workspace_id})}
    )


def edit_segment(
    connection: sa.Connection, workspace_id: WorkspaceId, segment_id: Id, *, name: str | None, body: str | None
) -> ShownSegment | None:
    """Change a segment's name, or its definition to the member `filters` of `body`, or both; None: it is not there.

    The count and its time stay until there are new ones. Raises NotMapped as `add_segment` does.
    """
    schema = schema_of(connection)
    target = _target(schema)
    if not can_be_id(segment_id, schema.ids.segment):
        return None
    target.source.column(target.segments.name, sa.Text())
    values: dict[str, object] = {} if name is None else {target.segments.name: name}
    if body is not None:
        values |= target.definition(body) | target.now(target.segments.updated_at)
    one = sa.update(target.table).where(target.is_owned(workspace_id), target.id == segment_id).values(values)
    return shown_segment(connection, workspace_id, segment_id) if connection.execute(one).rowcount == 1 else None


def delete_segment(connection: sa.Connection, workspace_id: WorkspaceId, segment_id: Id) -> bool:
    """Delete a segment; False where it is not there. Raises NotMapped where it is a file."""
    schema = schema_of(connection)
    target = _target(schema)
    if not can_be_id(segment_id, schema.ids.segment):
        return False
    one = sa.delete(target.table).where(target.is_owned(workspace_id), target.id == segment_id)
    return connection.execute(one).rowcount == 1
