"""One contact: found by what people know of it, and looked at by a statement of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from segsql.errors import UsageError
from segsql.render import Statement
from segsql.store.database import run
from segsql.store.snapshots import Snapshot
from segsql.store.tables import MAX_ID, contacts

_ID = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class ContactRow:
    """What a statement for one contact gives (`render.contacts`): outcomes of nodes, values as JSON texts."""

    email: str | None
    is_deleted: bool
    is_member: bool
    nodes: tuple[bool, ...]
    facts: tuple[str | None, ...]
    stored: tuple[str | None, ...]


def find_contact(opened: Snapshot, workspace_id: int, name: str) -> int:
    """The id of a contact by its id or, of the living, by its e-mail address in any case. Raises UsageError."""
    where = f"in workspace {workspace_id}"
    if _ID.fullmatch(name):
        if abs(int(name)) > MAX_ID:
            raise UsageError(f"There is no contact {name} {where}")
        return int(name)
    row = contacts.c
    query = sa.select(row.id).where(
        row.workspace_id == workspace_id, sa.func.lower(row.email) == sa.func.lower(name), row.deleted_at.is_(None)
    )
    found = opened.connection.execute(query).scalars().first() if name.isprintable() else None
    if found is None:
        raise UsageError(
            f"No contact {where} has the e-mail address {name[:64]}",
            hint="An address finds the contacts that are not deleted; --contact takes an id too.",
        )
    return int(found)


def look_at(opened: Snapshot, statement: Statement) -> ContactRow | None:
    """Run a statement for one contact; None where there is no such contact."""
    match run(opened.connection, statement.numbered_sql, statement.arguments).fetchone():
        case None:
            return None
        case (str() | None as email, bool(deleted), bool(member), list(nodes), list(facts), list(stored)):
            return ContactRow(email, deleted, member, tuple(nodes), tuple(facts), tuple(stored))
        case row:
            raise AssertionError(f"a row of {len(row)} columns")
