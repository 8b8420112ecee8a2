"""Lists of members that are kept while somebody pages through them (`sql/000008`).

Page N of a list of members would otherwise cost what all pages before it cost together. So the ids of all members
are read once, at one instant, and kept: page 10,000 is a slice of them, as page 2 is. They are kept in the database:
whichever process is asked for a page, it is one of the same list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import Id, SegmentFiles, WorkspaceId, can_be_id
from segsql.store.columns import AT, Expression
from segsql.store.members import ID_BYTES, WIDTH_BYTES, MemberIds, unpacked
from segsql.store.schema import Schema, schema_of
from segsql.store.segment_pages import json_of

KEPT_FOR = timedelta(hours=1)
"""How long after its instant a list is of use."""

CLEARED_AT_ONCE = 10
"""How many outlived lists whoever keeps a new one removes at most, of whatever workspace."""

MOST_IDS = 2**27
"""More than fit into one value."""


@dataclass(frozen=True, slots=True)
class ListKey:
    """A segment, and who pages through its members: each API key has a list of its own."""

    workspace_id: WorkspaceId
    segment_id: Id
    reader: str


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Some of a list's ids, and how many it has in all."""

    ids: Sequence[Id]
    total: int


def kept_page(connection: sa.Connection, key: ListKey, *, offset: int, limit: int) -> MemberPage | None:
    """A page of the list that is kept; None where there is none of the segment as it is now."""
    schema = schema_of(connection)
    lists = _lists(schema)
    if lists is None or not can_be_id(key.segment_id, schema.ids.segment):
        return None
    row, start, segments = lists.c, min(offset, MOST_IDS), schema.segments
    type_ = schema.ids.contact
    first: Expression
    width: Expression
    if type_ in ID_BYTES:
        first, width = sa.literal(0, sa.Integer), sa.literal(ID_BYTES[type_], sa.Integer)
    else:
        first = sa.literal(WIDTH_BYTES, sa.Integer)
        width = sa.func.get_byte(row.ids, 0) * 256 + sa.func.get_byte(row.ids, 1)
    query = sa.select(
        (sa.func.octet_length(row.ids) - first) / width,
        width,
        sa.func.substring(row.ids, first + start * width + 1, limit * width),
    ).where(
        _is(schema, lists, key),
        row.taken_at > sa.func.clock_timestamp() - KEPT_FOR,
        sa.exists().where(
            schema.is_of(segments.c.workspace_id, (key.workspace_id,)),
            segments.c.id == key.segment_id,
            schema.definition_json(segments.c) == row.definition,
        ),
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else MemberPage(unpacked(bytes(found[2]), type_, int(found[1])), int(found[0]))


def keep_list(connection: sa.Connection, key: ListKey, members: MemberIds, definition: str) -> None:
    """Keep a list in place of an older one, while its segment is there; remove some that have outlived their time.

    Nothing is kept where the mapping has no table for it, or definitions are files.
    """
    schema = schema_of(connection)
    lists, segments = _lists(schema), schema.segments
    if lists is None:
        return
    row = lists.c
    owner = {"workspace_id": segments.c.workspace_id} if schema.has_workspaces else {}
    values = {
        **owner,
        "segment_id": segments.c.id,
        "reader": sa.literal(key.reader, sa.Text),
        "definition": json_of(definition),
        "taken_at": sa.literal(members.at, AT),
        "ids": sa.literal(members.packed, sa.LargeBinary),
    }
    segment = sa.select(*values.values()).where(
        schema.is_of(segments.c.workspace_id, (key.workspace_id,)), segments.c.id == key.segment_id
    )
    insert = postgresql.insert(lists).from_select(
        [*values], segment.with_for_update(read=True, key_share=True), include_defaults=False
    )
    newer = {name: insert.excluded[name] for name in ("definition", "taken_at", "ids")}
    keys = tuple(lists.primary_key)
    connection.execute(
        insert.on_conflict_do_update(index_elements=[*keys], set_=newer, where=row.taken_at < insert.excluded.taken_at)
    )
    outlived = row.taken_at < sa.func.clock_timestamp() - KEPT_FOR
    some = sa.select(*keys).where(outlived).order_by(row.taken_at).limit(CLEARED_AT_ONCE)
    connection.execute(sa.delete(lists).where(sa.tuple_(*keys).in_(some.with_for_update(skip_locked=True))))


def forget_list(connection: sa.Connection, key: ListKey) -> None:
    """Remove the list that is kept, if there is one."""
    schema = schema_of(connection)
    lists = _lists(schema)
    if lists is not None:
        connection.execute(sa.delete(lists).where(_is(schema, lists, key)))


def _lists(schema: Schema) -> sa.Table | None:
    return None if isinstance(schema.records.segments, SegmentFiles) else schema.member_lists


def _is(schema: Schema, lists: sa.Table, key: ListKey) -> sa.ColumnElement[bool]:
    row = lists.c
    is_readers = sa.and_(row.segment_id == key.segment_id, row.reader == key.reader)
    return sa.and_(schema.is_owned(row, key.workspace_id), is_readers)
