"""Guessing `[workspaces]` and `[contacts]`: built-ins, and where deleted contacts are told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from segsql.proposal import names
from segsql.proposal.names import pick, snake
from segsql.proposal.scene import Scene
from segsql.proposal.toml import Part, Value
from segsql.store.reflection import SeenColumn, SeenTable

BUILTINS = {
    "email": names.EMAIL,
    "first_name": names.FIRST_NAME,
    "last_name": names.LAST_NAME,
    "country": names.COUNTRY,
    "status": names.STATUS,
    "created_at": names.CREATED_AT,
    "updated_at": names.UPDATED_AT,
}

TIMES = ("created_at", "updated_at")

MAX_DEPTH = 2
"""Keys of JSON that lead to a value, at most."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class Key:
    """A key of JSON documents: what its values are, as the field types would call them, and some of the texts."""

    path: tuple[str, ...]
    types: set[str]
    texts: list[str]


def workspaces_part(scene: Scene) -> Part:
    """The tenants' table."""
    table = scene.workspaces
    part = Part("[workspaces]")
    if table is None:
        what = "the contacts have a column for it" if scene.workspace else "no column of the contacts names one"
        part.notes.append(f"Not found: a table of workspaces (tenants); {what}.")
        return part
    own = scene.id_of(table)
    part.add("table", table.written)
    part.add("id", own.name if own else "id")
    part.add("name", _name_of(pick(table, names.NAME, names.TEXTS)))
    part.add("timezone", _name_of(pick(table, names.TIMEZONE, names.TEXTS)))
    part.add("segment_limit", _name_of(pick(table, names.SEGMENT_LIMIT, names.WHOLES)))
    return part


def contacts_part(scene: Scene, why: str, why_workspace: str) -> Part:
    """The contacts' table and its key."""
    part = Part("[contacts]")
    part.add("table", scene.contacts.written, why)
    if scene.workspace is None:
        part.notes.append("No column names a workspace (tenant), so there is a single one; if one does: workspace = …")
    else:
        part.add("workspace", scene.workspace.name, why_workspace)
    part.add("id", scene.id.name)
    part.add("deleted", _deleted(scene.contacts))
    if _deleted(scene.contacts) is None:
        part.notes.append("No column says that a contact is deleted; if one does: deleted = { column = …, when = … }")
    return part


def _deleted(table: SeenTable) -> Value | None:
    found = pick(table, names.DELETED_AT, (*names.TIMES, "date"))
    if found is not None:
        return {"column": found.name, "when": "set"}
    found = pick(table, names.IS_DELETED, ("boolean",))
    return None if found is None else {"column": found.name, "when": "true"}


def builtins_part(scene: Scene, documents: SeenColumn | None, keys: list[Key]) -> tuple[Part, set[str]]:
    """The built-ins that contacts have as columns, else in their JSON; and the columns that were used."""
    part, used = Part("[contacts.builtins]"), set[str]()
    for builtin, called in BUILTINS.items():
        is_time = builtin in TIMES
        column = pick(scene.contacts, called, (*names.TIMES, "date") if is_time else names.WORDS, but=used)
        if column is not None:
            used.add(column.name)
            why = "" if snake(column.name) == builtin else "by its name and type"
            part.add(builtin, place_of_value(column, "timestamptz" if is_time else "text"), why)
            continue
        key = None if is_time or documents is None else _key_called(keys, called)
        if documents is not None and key is not None:
            json_type = {} if documents.type == "jsonb" else {"type": documents.type}
            part.add(
                builtin, {"json": documents.name, "path": list(key.path), **json_type}, "as sampled documents have it"
            )
            continue
        part.notes.append(f"Not found: {builtin}.{_unfit(scene.contacts, called)}")
    return part, used


def _unfit(table: SeenTable, called: tuple[str, ...]) -> str:
    other = pick(table, called)
    return "" if other is None else f" {other.name} is {other.type}: name a view that casts it."


def _key_called(keys: list[Key], called: tuple[str, ...]) -> Key | None:
    for name in called:
        for key in sorted(keys, key=lambda each: len(each.path)):
            if snake(key.path[-1]) == name and key.types <= {"TEXT"}:
                return key
    return None


def place_of(column: SeenColumn, usual: str) -> Value:
    """A column as the file names it; with its type, where that is not the one it has by default."""
    return column.name if column.type == usual else {"column": column.name, "type": column.type}


def place_of_value(column: SeenColumn, usual: str) -> Value:
    """As `place_of` for a value of contacts, with the promise that it is never null where that is one."""
    place = place_of(column, usual)
    if column.is_nullable:
        return place
    return {**(place if isinstance(place, Mapping) else {"column": column.name}), "null": False}


def keys_of(documents: tuple[object, ...]) -> list[Key]:
    """The keys that sampled documents have, those within objects too, in the order of their names."""
    found: dict[tuple[str, ...], Key] = {}
    for document in documents:
        for path, value in _leaves(document, ()):
            key = found.setdefault(path, Key(path, set(), []))
            key.types.add(_type_of(value))
            if isinstance(value, str):
                key.texts.append(value)
    return [found[path] for path in sorted(found)]


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and len(path) < MAX_DEPTH:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif path and value is not None:
        yield path, value


def _type_of(value: object) -> str:
    match value:
        case bool():
            return "BOOLEAN"
        case int() | float():
            return "NUMBER"
        case str():
            return "DATE" if _DATE.fullmatch(value) else "TEXT"
        case list() if all(isinstance(each, str) for each in value):
            return "DROPDOWN_MULTIPLE"
        case _:
            return ""


def _name_of(column: SeenColumn | None) -> str | None:
    return None if column is None else column.name
