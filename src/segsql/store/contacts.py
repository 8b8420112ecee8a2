"""One contact: found by what people know of it, and looked at by a statement of its own."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from segsql.catalog import Id, IdType, WorkspaceId, read_id
from segsql.errors import UsageError
from segsql.render import Statement
from segsql.store.columns import Expression, Source
from segsql.store.database import run
from segsql.store.schema import schema_of
from segsql.store.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class ContactRow:
    """What a statement for one contact gives (`render.contacts`): outcomes of nodes, values as JSON texts."""

    email: str | None
    is_deleted: bool
    is_member: bool
    nodes: tuple[bool, ...]
    facts: tuple[str | None, ...]
    stored: tuple[str | None, ...]


def in_workspace(workspace_id: WorkspaceId) -> str:
    """Where something is, for a message; nothing where there is a single tenant."""
    return "" if workspace_id is None else f" in workspace {workspace_id}"


def find_contact(opened: Snapshot, workspace_id: WorkspaceId, name: str) -> Id:
    """The id of a contact by its id or, of the living, by its e-mail address in any case. Raises UsageError.

    Where ids are texts, one that a contact has comes before an address.
    """
    type_ = schema_of(opened.connection).ids.contact
    id_ = read_id(name, type_)
    if type_ is not IdType.TEXT and id_ is not None:
        return id_
    if type_.is_number and name.removeprefix("-").isdecimal():
        raise UsageError(f"There is no contact {name}{in_workspace(workspace_id)}")
    found = _looked_up(opened, workspace_id, name, id_) if name.isprintable() else None
    if found is None:
        what = "id or e-mail address" if type_ is IdType.TEXT else "e-mail address"
        raise UsageError(
            f"No contact{in_workspace(workspace_id)} has the {what} {name[:64]}",
            hint="An address finds the contacts that are not deleted; --contact takes an id too.",
        )
    return found


def _looked_up(opened: Snapshot, workspace_id: WorkspaceId, name: str, id_: Id | None) -> Id | None:
    schema = schema_of(opened.connection)
    contacts = schema.mapping.contacts
    source, places = Source(contacts.relation), dict(contacts.builtins)
    row = schema.contact_columns(source)

    def first(is_it: sa.ColumnElement[bool]) -> Id | None:
        query = sa.select(row["id"]).select_from(source.table).where(is_it, *source.conditions)
        if schema.has_workspaces:
            query = query.where(row["workspace_id"] == workspace_id)
        found: Id | None = opened.connection.execute(query).scalars().first()
        return found

    if id_ is not None and (found := first(row["id"] == id_)) is not None:
        return found
    if "email" not in places:
        return None
    email: Expression = source.value(places["email"])
    return first(sa.and_(sa.func.lower(email) == sa.func.lower(name), schema.is_living(row)))


def look_at(opened: Snapshot, statement: Statement) -> ContactRow | None:
    """Run a statement for one contact; None where there is no such contact."""
    match run(opened.connection, statement.numbered_sql, statement.arguments).fetchone():
        case None:
            return None
        case (str() | None as email, bool(deleted), bool(member), list(nodes), list(facts), list(stored)):
            return ContactRow(email, deleted, member, tuple(nodes), tuple(facts), tuple(stored))
        case row:
            raise AssertionError(f"a row of {len(row)} columns")
