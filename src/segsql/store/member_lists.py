"""Lists of members that are kept while somebody pages through them (`sql/000008`).

Page N of a list of members would otherwise cost what all pages before it cost together. So the ids of all members
are read once, at one instant, and kept: page 10,000 is a slice of them, as page 2 is. They are kept in the database:
whichever process is asked for a page, it is one of the same list.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.store.members import ID_BYTES, MemberIds, unpacked
from segsql.store.segment_pages import json_of
from segsql.store.tables import MAX_ID, member_lists, segments

KEPT_FOR = timedelta(hours=1)
"""How long after its instant a list is of use."""

CLEARED_AT_ONCE = 10
"""How many outlived lists whoever keeps a new one removes at most, of whatever workspace."""

MOST_IDS = 2**27
"""More than fit into one value."""


@dataclass(frozen=True, slots=True)
class ListKey:
    """A segment, and who pages through its members: each API key has a list of its own."""

    workspace_id: int
    segment_id: int
    reader: str


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Some of a list's ids, and how many it has in all."""

    ids: array[int]
    total: int


def kept_page(connection: sa.Connection, key: ListKey, *, offset: int, limit: int) -> MemberPage | None:
    """A page of the list that is kept; None where there is none of the segment as it is now."""
    if key.segment_id > MAX_ID:
        return None
    row, start = member_lists.c, min(offset, MOST_IDS)
    bytes_from, bytes_for = (sa.literal(number * ID_BYTES, sa.Integer) for number in (start, limit))
    query = sa.select(
        sa.func.octet_length(row.ids) / ID_BYTES, sa.func.substring(row.ids, bytes_from + 1, bytes_for)
    ).where(
        _is(key),
        row.taken_at > sa.func.clock_timestamp() - KEPT_FOR,
        sa.exists().where(
            segments.c.workspace_id == key.workspace_id,
            segments.c.id == key.segment_id,
            segments.c.definition == row.definition,
        ),
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else MemberPage(unpacked(bytes(found[1])), int(found[0]))


def keep_list(connection: sa.Connection, key: ListKey, members: MemberIds, definition: str) -> None:
    """Keep a list in place of an older one, while its segment is there; remove some that have outlived their time."""
    row = member_lists.c
    segment = sa.select(
        segments.c.workspace_id,
        segments.c.id,
        sa.literal(key.reader, sa.Text),
        json_of(definition),
        sa.literal(members.at, sa.DateTime(timezone=True)),
        sa.literal(members.packed, sa.LargeBinary),
    ).where(segments.c.workspace_id == key.workspace_id, segments.c.id == key.segment_id)
    columns = ["workspace_id", "segment_id", "reader", "definition", "taken_at", "ids"]
    insert = postgresql.insert(member_lists).from_select(
        columns, segment.with_for_update(read=True, key_share=True), include_defaults=False
    )
    newer = {name: insert.excluded[name] for name in ("definition", "taken_at", "ids")}
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=columns[:3], set_=newer, where=row.taken_at < insert.excluded.taken_at
        )
    )
    outlived = row.taken_at < sa.func.clock_timestamp() - KEPT_FOR
    keys = (row.workspace_id, row.segment_id, row.reader)
    some = sa.select(*keys).where(outlived).order_by(row.taken_at).limit(CLEARED_AT_ONCE)
    connection.execute(sa.delete(member_lists).where(sa.tuple_(*keys).in_(some.with_for_update(skip_locked=True))))


def forget_list(connection: sa.Connection, key: ListKey) -> None:
    """Remove the list that is kept, if there is one."""
    connection.execute(sa.delete(member_lists).where(_is(key)))


def _is(key: ListKey) -> sa.ColumnElement[bool]:
    row = member_lists.c
    return sa.and_(row.workspace_id == key.workspace_id, row.segment_id == key.segment_id, row.reader == key.reader)
