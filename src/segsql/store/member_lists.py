"""Lists of members that are kept while somebody pages through them (`sql/000008`).

Page N of a list of members would otherwise cost what all pages before it cost together. So the ids of all members
are read once, at one instant, and kept: page 10,000 is a slice of them, as page 2 is. They are kept in the database:
whichever process is asked for a page, it is one of the same list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import Id, WorkspaceId, can_be_id
from segsql.store.columns import AT, PACKED_WIDTHS
from segsql.store.member_ids import Kept, MemberIds, unpacked
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
    if not can_be_id(key.segment_id, schema.ids.segment):
        return None
    row, start = schema.member_lists.c, min(offset, MOST_IDS)
    query = sa.select(*_page_of(schema, row.ids, start, limit)).where(
        _is(schema, key),
        row.taken_at > sa.func.clock_timestamp() - KEPT_FOR,
        sa.exists().where(
            _is_of(schema, schema.segments, key),
            schema.definition_json(schema.segments.c) == row.definition,
        ),
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else MemberPage(unpacked(_kept(found[1]), schema.ids.contact), int(found[0]))


def keep_list(connection: sa.Connection, key: ListKey, members: MemberIds, definition: str) -> None:
    """Keep a list in place of an older one, while its segment is there; remove some that have outlived their time."""
    schema = schema_of(connection)
    lists, segments = schema.member_lists, schema.segments
    row = lists.c
    values = {
        **({"workspace_id": segments.c.workspace_id} if schema.has_workspaces else {}),
        "segment_id": segments.c.id,
        "reader": sa.literal(key.reader, sa.Text),
        "definition": json_of(definition),
        "taken_at": sa.literal(members.at, AT),
        "ids": sa.literal(members.kept, row.ids.type),
    }
    segment = sa.select(*values.values()).where(_is_of(schema, segments, key))
    if schema.is_default:
        segment = segment.with_for_update(read=True, key_share=True)
    insert = postgresql.insert(lists).from_select(list(values), segment, include_defaults=False)
    newer = {name: insert.excluded[name] for name in ("definition", "taken_at", "ids")}
    own = list(lists.primary_key.columns)
    connection.execute(
        insert.on_conflict_do_update(index_elements=own, set_=newer, where=row.taken_at < insert.excluded.taken_at)
    )
    outlived = row.taken_at < sa.func.clock_timestamp() - KEPT_FOR
    some = sa.select(*own).where(outlived).order_by(row.taken_at).limit(CLEARED_AT_ONCE)
    connection.execute(sa.delete(lists).where(sa.tuple_(*own).in_(some.with_for_update(skip_locked=True))))


def forget_list(connection: sa.Connection, key: ListKey) -> None:
    """Remove the list that is kept, if there is one."""
    schema = schema_of(connection)
    connection.execute(sa.delete(schema.member_lists).where(_is(schema, key)))


def _is(schema: Schema, key: ListKey) -> sa.ColumnElement[bool]:
    row = schema.member_lists.c
    is_its = schema.is_owned(row, key.workspace_id)
    return sa.and_(is_its, row.segment_id == key.segment_id, row.reader == key.reader)


def _is_of(schema: Schema, segments: sa.FromClause, key: ListKey) -> sa.ColumnElement[bool]:
    is_its = schema.is_of(segments.c.workspace_id, (key.workspace_id,))
    return sa.and_(is_its, segments.c.id == key.segment_id)


def _page_of(
    schema: Schema, ids: sa.ColumnElement[Any], start: int, limit: int
) -> tuple[sa.ColumnElement[int], sa.ColumnElement[Any]]:
    """How many ids a list has, and some of them as they are kept."""
    width = PACKED_WIDTHS.get(schema.ids.contact)
    if width is None:
        some = sa.type_coerce(ids, postgresql.ARRAY(sa.Text))[start + 1 : start + limit]
        return sa.func.cardinality(ids), some
    first, length = (sa.literal(number * width, sa.Integer) for number in (start, limit))
    return sa.func.octet_length(ids).op("/", return_type=sa.Integer())(width), sa.func.substring(ids, first + 1, length)


def _kept(found: object) -> Kept:
    assert isinstance(found, bytes | list), "ids are bytes or texts"
    return found
