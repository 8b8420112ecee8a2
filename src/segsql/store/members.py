"""A segment's members as the API shows them: first all their ids, then the contacts of one page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
import sqlalchemy as sa

from segsql.catalog import Id, IdType, WorkspaceId
from segsql.render import Statement
from segsql.store.columns import Expression, Source, representable
from segsql.store.contact_columns import custom_values, last_times, tags_of
from segsql.store.database import driver
from segsql.store.schema import schema_of
from segsql.store.snapshots import Snapshot

_IDS = "SELECT string_agg({}, ''::bytea ORDER BY m.id) FROM ({}) AS m"
"""Some bytes an id, in one value: a million members are 8 MB and no million of Python's objects."""


@dataclass(frozen=True, slots=True)
class ShownContact:
    """A contact's row; `fields` is JSON text. Tags are (id, name), by id. None is what the database does not have."""

    id: Id
    status: str | None
    fields: str
    created_at: datetime | None
    updated_at: datetime | None
    last_opened_at: datetime | None
    last_clicked_at: datetime | None
    tags: tuple[tuple[Id, str], ...]


ID_BYTES: Mapping[IdType, int] = {IdType.BIGINT: 8, IdType.INTEGER: 8, IdType.UUID: 16}
"""How many bytes each id is packed into; as many as the longest has where they are texts."""

WIDTH_BYTES = 2
"""Before packed texts stands how many bytes each takes."""


@dataclass(frozen=True, slots=True)
class MemberIds:
    """All members at one instant: their ids in their order, packed so that each takes as many bytes."""

    packed: bytes
    at: datetime
    type: IdType

    @property
    def _start(self) -> int:
        return 0 if self.type in ID_BYTES else WIDTH_BYTES

    @property
    def _width(self) -> int:
        return ID_BYTES.get(self.type) or max(1, int.from_bytes(self.packed[:WIDTH_BYTES]))

    def page(self, offset: int, limit: int) -> Sequence[Id]:
        """Some of the ids."""
        first, width = self._start, self._width
        return unpacked(self.packed[first + offset * width : first + (offset + limit) * width], self.type, width)

    def __len__(self) -> int:
        return (len(self.packed) - self._start) // self._width


def unpacked(packed: bytes, type_: IdType, width: int) -> Sequence[Id]:
    """Ids from their bytes."""
    each = (packed[first : first + width] for first in range(0, len(packed), width))
    match type_:
        case IdType.BIGINT | IdType.INTEGER:
            return [int.from_bytes(part, signed=True) for part in each]
        case IdType.UUID:
            return [str(UUID(bytes=part)) for part in each]
        case IdType.TEXT:
            return [part.rstrip(b"\0").decode() for part in each]


def member_ids(opened: Snapshot, statement: Statement) -> MemberIds:
    """The ids of a members statement's rows."""
    type_ = schema_of(opened.connection).ids.contact
    if type_ is IdType.TEXT:
        texts = [str(id_).encode() for id_, _ in opened.members(statement)]
        width = max(map(len, texts), default=1)
        packed = width.to_bytes(WIDTH_BYTES) + b"".join(text.ljust(width, b"\0") for text in texts)
        return MemberIds(packed, opened.now, type_)
    cursor = psycopg.RawCursor(driver(opened.connection))
    send = "uuid_send(m.id)" if type_ is IdType.UUID else "int8send(m.id)"
    cursor.execute(_IDS.format(send, statement.numbered_sql).encode(), statement.arguments, binary=True)
    row = cursor.fetchone()
    return MemberIds(row[0] if row is not None and isinstance(row[0], bytes) else b"", opened.now, type_)


def shown_contacts(connection: sa.Connection, workspace_id: WorkspaceId, ids: Sequence[Id]) -> list[ShownContact]:
    """The contacts with these ids, by id; one that is deleted meanwhile is left out."""
    schema = schema_of(connection)
    source = Source(schema.mapping.contacts.relation)
    columns = schema.contact_columns(source)
    places = dict(schema.mapping.contacts.builtins)
    wanted = schema.array(ids, schema.ids.contact)

    def instant(name: str) -> Expression:
        return representable(source.value(places[name])) if name in places else sa.null()

    opened_at, clicked_at = last_times(schema, source)
    query = (
        sa.select(
            columns["id"],
            source.value(places["status"]) if "status" in places else sa.null(),
            sa.cast(custom_values(connection, schema, source, workspace_id), sa.Text),
            instant("created_at"),
            instant("updated_at"),
            representable(opened_at),
            representable(clicked_at),
        )
        .select_from(source.table)
        .where(columns["id"] == sa.any_(wanted), schema.is_living(columns), *source.conditions)
        .order_by(columns["id"])
    )
    if schema.has_workspaces:
        query = query.where(columns["workspace_id"] == workspace_id)
    found = connection.execute(query).all()
    tagged = defaultdict[Id, list[tuple[Id, str]]](list)
    tags = tags_of(schema, workspace_id, wanted)
    for contact_id, tag_id, name in connection.execute(tags).all() if tags is not None else ():
        tagged[contact_id].append((tag_id, name))
    return [
        ShownContact(id_, status, fields, created_at, updated_at, opened, clicked, tuple(tagged[id_]))
        for id_, status, fields, created_at, updated_at, opened, clicked in found
    ]
