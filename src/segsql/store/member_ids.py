"""All members of a segment at one instant: their ids, in the form in which they are kept (`member_lists`).

Numbers and uuids are packed, each in as many bytes: a million members are 8 MB (16 MB) and no million of Python's
objects, and a page of them is a slice. Texts, of whatever length, are an array.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from segsql.catalog import Id, IdType
from segsql.render import Statement
from segsql.store.columns import PACKED_WIDTHS
from segsql.store.database import driver
from segsql.store.schema import schema_of
from segsql.store.snapshots import Snapshot

_PACKED = "string_agg({}(m.id), ''::bytea ORDER BY m.id)"
_GATHERED: Mapping[IdType, str] = {
    IdType.BIGINT: _PACKED.format("int8send"),
    IdType.INTEGER: _PACKED.format("int8send"),
    IdType.UUID: _PACKED.format("uuid_send"),
    IdType.TEXT: "array_agg(m.id::text ORDER BY m.id)",
}

Kept = bytes | list[str]
"""Ids as they are kept."""


@dataclass(frozen=True, slots=True)
class MemberIds:
    """All members at one instant, in the order of their ids."""

    kept: Kept
    type: IdType
    at: datetime

    def page(self, offset: int, limit: int) -> Sequence[Id]:
        """Some of the ids."""
        width = PACKED_WIDTHS.get(self.type, 1)
        return unpacked(self.kept[offset * width : (offset + limit) * width], self.type)

    def __len__(self) -> int:
        return len(self.kept) // PACKED_WIDTHS.get(self.type, 1)


def member_ids(opened: Snapshot, statement: Statement) -> MemberIds:
    """The ids of a members statement's rows."""
    type_ = schema_of(opened.connection).ids.contact
    cursor = psycopg.RawCursor(driver(opened.connection))
    gathered = f"SELECT {_GATHERED[type_]} FROM ({statement.numbered_sql}) AS m"  # noqa: S608  # text of segsql's own
    cursor.execute(gathered.encode(), statement.arguments, binary=True)
    match cursor.fetchone():
        case (bytes() | list() as kept,):
            return MemberIds(kept, type_, opened.now)
        case _:
            return MemberIds(b"" if type_ in PACKED_WIDTHS else [], type_, opened.now)


def unpacked(kept: Kept, type_: IdType) -> Sequence[Id]:
    """Ids from the form in which they are kept."""
    if isinstance(kept, list):
        return kept
    if type_ is IdType.UUID:
        width = PACKED_WIDTHS[type_]
        return [str(UUID(bytes=kept[at : at + width])) for at in range(0, len(kept), width)]
    ids = array("q")
    ids.frombytes(kept)
    if sys.byteorder == "little":
        ids.byteswap()
    return ids
