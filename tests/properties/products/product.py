"""A database of somebody else's and what it holds of the world, with which ids, and how it is written there.

The loaders know the tables by themselves and not by their mapping, so that a mapping that is wrong shows. What a
database can't hold is not in its workspaces, which are what the evaluator sees.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from psycopg import sql

from properties.loading import events_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import psycopg

    from properties.model import Contact, Definition, FieldDecl, StoredSegment, Workspace
    from segsql.catalog import Id, WorkspaceId


@dataclass(frozen=True)
class Ids:
    """What each number of the world is there."""

    workspace: Callable[[Workspace], WorkspaceId]
    contact: Callable[[Workspace, int], Id]
    tag: Callable[[Workspace, int], Id]
    field: Callable[[Workspace, int], Id]
    segment: Callable[[Workspace, int], Id]


@dataclass(frozen=True)
class Product:
    """A schema of `postgres/schemas`. `load` writes the workspaces, and into the folder the segments that are files."""

    name: str
    workspaces: tuple[Workspace, ...]
    ids: Ids
    load: Callable[[psycopg.Connection[Any], Path], None]
    has_metadata: bool = True

    def fitted(self, definition: Definition, workspace: Workspace) -> Definition:
        """The definition with another condition in place of each that asks for what there is not."""
        return fitted(definition, workspace, has_metadata=self.has_metadata)

    def translated(self, definition: Definition, workspace: Workspace) -> Definition:
        """The definition with the ids that are the database's."""
        return translated(definition, workspace, self.ids)


def fitted(definition: Definition, workspace: Workspace, *, has_metadata: bool = True) -> Definition:
    """The definition with another condition in place of each that names what there is not."""
    if "filters" in definition:
        parts = [fitted(part, workspace, has_metadata=has_metadata) for part in definition["filters"]]
        return {**definition, "filters": parts}
    if definition.get("type") == "field":
        is_declared = any(each.id == definition["field_id"] for each in workspace.fields)
        return definition if is_declared else {"type": "open_rate", "operator": "gte", "value": 33}
    if definition.get("field", "").startswith("metadata.") and not has_metadata:
        return {"field": "first_name", "operator": "exists"}
    return definition


def fitted_segments(workspace: Workspace, *, has_metadata: bool = True) -> tuple[StoredSegment, ...]:
    """The workspace's segments, as far as they fit what is left of it."""
    return tuple(
        replace(one, definition=fitted(one.definition, workspace, has_metadata=has_metadata))
        for one in workspace.segments
    )


def translated(definition: Definition, workspace: Workspace, ids: Ids) -> Definition:
    """The definition with other ids."""
    if "filters" in definition:
        return {**definition, "filters": [translated(part, workspace, ids) for part in definition["filters"]]}
    match definition.get("type", definition.get("field")):
        case "field":
            return {**definition, "field_id": ids.field(workspace, definition["field_id"])}
        case "tags" if definition.get("value"):
            return {**definition, "value": [ids.tag(workspace, int(tag)) for tag in definition["value"]]}
        case "segment":
            return {**definition, "value": [ids.segment(workspace, int(one)) for one in definition["value"]]}
        case _:
            return definition


def with_fields(workspace: Workspace, keys: Sequence[str]) -> tuple[FieldDecl, ...]:
    """Those of the workspace's fields that have one of the keys."""
    return tuple(each for each in workspace.fields if each.key in keys)


MOST_MESSAGES = 8


def with_few_messages(contact: Contact) -> Contact:
    """Without the hundreds of messages that make rates odd: the default schema's tests have them."""
    activity = contact.activity
    if activity is None or activity.delivered_count <= MOST_MESSAGES:
        return contact
    few = replace(
        activity,
        delivered_count=MOST_MESSAGES,
        opens_count=min(3, activity.opens_count),
        clicks_count=min(5, activity.clicks_count),
    )
    return replace(contact, activity=few)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a contact's."""

    contact: Contact
    message: int
    kind: str
    at: datetime


def events(workspace: Workspace) -> Iterator[Event]:
    """Events whose rollup is the contacts' activity."""
    for contact in workspace.contacts:
        for message, kind, at in events_of(contact):
            yield Event(contact, message, kind, at)


def without_zone(moment: datetime | None) -> datetime | None:
    """An instant as a column without a zone holds it that is in UTC."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def cuid(what: str, *numbers: int) -> str:
    """A text that looks as random as ids do, always the same."""
    digits = int(sha256(f"{what} {numbers}".encode()).hexdigest(), 16)
    alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "c" + "".join(alphabet[digits // 36**place % 36] for place in range(24))


def uuid_of(what: str, number: int) -> str:
    """A uuid for each number, always the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{what} {number}"))


def insert(connection: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows into columns, named with spaces between; the values are what psycopg makes of them."""
    names = columns.split()
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cursor.copy(copy) as into:
        for row in rows:
            into.write_row(row)
