"""Contacts as the API shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segsql.catalog import Id, WorkspaceId
from segsql.store.columns import Expression, Source, representable
from segsql.store.contact_columns import custom_values, last_times, tags_of
from segsql.store.schema import schema_of


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
