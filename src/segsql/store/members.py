"""A segment's members as the API shows them: first all their ids, then the contacts of one page."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
import sqlalchemy as sa

from segsql.render import Statement
from segsql.store.database import driver
from segsql.store.snapshots import Snapshot
from segsql.store.tables import contact_activity, contact_tags, contacts, representable, tags

_IDS = "SELECT string_agg(int8send(m.id), ''::bytea ORDER BY m.id) FROM ({}) AS m"
"""Eight bytes an id, in one value: a million members are 8 MB and no million of Python's objects."""


ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class ShownContact:
    """A contact's row; `fields` is JSON text. Tags are (id, name), by id."""

    id: int
    status: str
    fields: str
    created_at: datetime
    updated_at: datetime
    last_opened_at: datetime | None
    last_clicked_at: datetime | None
    tags: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class MemberIds:
    """All members at one instant: their ids, ID_BYTES each and big-endian, in their order."""

    packed: bytes
    at: datetime

    def page(self, offset: int, limit: int) -> array[int]:
        """Some of the ids."""
        return unpacked(self.packed[offset * ID_BYTES : (offset + limit) * ID_BYTES])

    def __len__(self) -> int:
        return len(self.packed) // ID_BYTES


def unpacked(packed: bytes) -> array[int]:
    """Ids from their bytes."""
    ids = array("q")
    ids.frombytes(packed)
    if sys.byteorder == "little":
        ids.byteswap()
    return ids


def member_ids(opened: Snapshot, statement: Statement) -> MemberIds:
    """The ids of a members statement's rows."""
    cursor = psycopg.RawCursor(driver(opened.connection))
    cursor.execute(_IDS.format(statement.numbered_sql).encode(), statement.arguments, binary=True)
    row = cursor.fetchone()
    packed = row[0] if row is not None and isinstance(row[0], bytes) else b""
    return MemberIds(packed, opened.now)


def shown_contacts(connection: sa.Connection, workspace_id: int, ids: Sequence[int]) -> list[ShownContact]:
    """The contacts with these ids, by id; one that is deleted meanwhile is left out."""
    row, activity = contacts.c, contact_activity.c
    built_in = ("email", "first_name", "last_name", "country")
    own = sa.func.jsonb_build_object(*(part for name in built_in for part in (name, row[name])))
    wanted = sa.cast(list(ids), sa.ARRAY(sa.BigInteger))
    query = (
        sa.select(
            row.id,
            row.status,
            sa.cast(row.fields.op("||")(own), sa.Text),
            representable(row.created_at),
            representable(row.updated_at),
            representable(activity.last_open_at),
            representable(activity.last_click_at),
        )
        .select_from(
            contacts.outerjoin(
                contact_activity,
                sa.and_(
                    activity.workspace_id == row.workspace_id,
                    activity.contact_id == row.id,
                    activity.workspace_id == workspace_id,
                ),
            )
        )
        .where(row.workspace_id == workspace_id, row.id == sa.any_(wanted), row.deleted_at.is_(None))
        .order_by(row.id)
    )
    found = connection.execute(query).all()
    tagged = _tags(connection, workspace_id, wanted)
    return [
        ShownContact(id_, status, fields, created_at, updated_at, opened_at, clicked_at, tuple(tagged[id_]))
        for id_, status, fields, created_at, updated_at, opened_at, clicked_at in found
    ]


def _tags(
    connection: sa.Connection, workspace_id: int, wanted: sa.ColumnElement[Sequence[int]]
) -> defaultdict[int, list[tuple[int, str]]]:
    has = contact_tags.c
    query = (
        sa.select(has.contact_id, tags.c.id, tags.c.name)
        .select_from(contact_tags.join(tags, sa.and_(tags.c.workspace_id == has.workspace_id, tags.c.id == has.tag_id)))
        .where(has.workspace_id == workspace_id, tags.c.workspace_id == workspace_id, has.contact_id == sa.any_(wanted))
        .order_by(has.contact_id, tags.c.id)
    )
    tagged = defaultdict[int, list[tuple[int, str]]](list)
    for contact_id, tag_id, name in connection.execute(query):
        tagged[contact_id].append((tag_id, name))
    return tagged
