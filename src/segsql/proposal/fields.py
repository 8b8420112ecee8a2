"""Guessing `[contacts.custom_values]`, `[fields]` and `[[field]]`: JSON, a table with a row a value, columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segsql.catalog import BUILTINS, FieldType
from segsql.catalog.fields import can_be_key
from segsql.proposal import names
from segsql.proposal.contacts import Key, place_of, place_of_value
from segsql.proposal.names import is_called, pick, snake
from segsql.proposal.scene import Scene, link
from segsql.proposal.toml import Part
from segsql.store.reflection import SeenColumn, SeenTable

TYPES = {
    FieldType.TEXT: (
        *("text", "string", "str", "varchar", "char", "textarea", "email", "url", "phone", "short_text", "long_text"),
        "single_line",
    ),
    FieldType.NUMBER: ("number", "numeric", "integer", "int", "decimal", "float", "double", "currency", "money"),
    FieldType.BOOLEAN: ("boolean", "bool", "checkbox", "toggle", "switch"),
    FieldType.DATE: ("date", "datetime", "date_time", "timestamp", "day"),
    FieldType.DROPDOWN_SINGLE: ("select", "dropdown", "choice", "enum", "radio", "single_select", "picklist", "option"),
    FieldType.DROPDOWN_MULTIPLE: ("multi_select", "multiselect", "multiple", "multi", "checkboxes", "tags", "list"),
    FieldType.COUNTRY: ("country", "country_code"),
}

FIELD_OF_COLUMN = {
    "text": FieldType.TEXT,
    "enum": FieldType.DROPDOWN_SINGLE,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "timestamp": FieldType.DATE,
    "timestamptz": FieldType.DATE,
    "text[]": FieldType.DROPDOWN_MULTIPLE,
} | dict.fromkeys(names.NUMBERS, FieldType.NUMBER)

_USUAL = {FieldType.DATE: "timestamptz", FieldType.DROPDOWN_SINGLE: "text"}

FEW, MANY = 5, 20
"""So few different texts in so many are choices."""


@dataclass(frozen=True, slots=True)
class Values:
    """A table with a row a custom value: its columns for contact and field, and the fields' table if there is one."""

    table: SeenTable
    contact: SeenColumn
    field: SeenColumn
    fields: SeenTable | None


def find_documents(contacts: SeenTable) -> SeenColumn | None:
    """The contacts' column of JSON with custom values: by its name, or the only one."""
    found = pick(contacts, names.CUSTOM_VALUES, names.JSON)
    objects = [column for column in contacts.columns if column.type in names.JSON and not _is_of_tags(column)]
    return found or (objects[0] if len(objects) == 1 else None)


def _is_of_tags(column: SeenColumn) -> bool:
    return is_called(column.name, names.TAG)


def find_values(scene: Scene) -> Values | None:
    """A table that has the contact, the field, and a value as text or in columns by type."""
    for table in scene.tables:
        contact = scene.contact_in(table)
        if contact is None or not (pick(table, names.VALUE, names.TEXTS) or _typed(table)):
            continue
        fields = next(
            (
                each
                for each in scene.tables
                if is_called(each.name, names.FIELD) and each != table and link(table, each)
            ),
            None,
        )
        field = link(table, fields) if fields else pick(table, ("field_id", "key", "field", "name"), names.KEYS)
        if field is not None:
            return Values(table, contact, field, fields)
    return None


def _typed(table: SeenTable) -> dict[str, SeenColumn]:
    types = {"text": names.TEXTS, "number": names.NUMBERS, "boolean": ("boolean",), "date": ("date", *names.TIMES)}
    found = {kind: pick(table, called, types[kind]) for kind, called in names.TYPED_VALUE.items()}
    return {kind: column for kind, column in found.items() if column is not None}


def values_part(scene: Scene, documents: SeenColumn | None, values: Values | None, declaring: SeenTable | None) -> Part:
    """Where a declared field lies that has no place of its own; `declaring` is the table of fields."""
    part = Part("[contacts.custom_values]")
    if values is not None:
        part.add("table", values.table.written, "a row has a contact, a field and a value")
        part.add("workspace", scene.workspace_in(values.table))
        part.add("contact", values.contact.name)
        part.add("field", values.field.name)
        if values.fields is None and values.field.type == "text":
            part.add("by", "key")
        typed = _typed(values.table)
        if value := None if typed else pick(values.table, names.VALUE, names.TEXTS):
            part.add("value", value.name)
        for kind, column in typed.items():
            part.add(kind, place_of(column, "date") if kind == "date" else column.name)
        if documents is not None:
            part.notes.append(f"Custom values may lie in {documents.name} too: only one of the two can be mapped.")
    elif documents is not None:
        part.add("json", documents.name)
        if documents.type == "json":
            part.add("type", "json")
    else:
        part.notes.append("Not found: custom values, in a column of JSON or in a table with a row a value.")
        if declaring is not None:
            part.notes.append(f"{declaring.written} declares fields; there is no [fields], as none could be read.")
    return part


def find_fields(scene: Scene, values: Values | None) -> SeenTable | None:
    """The table that declares fields: that of the values, else one that is called so and has a type."""
    if values is not None and values.fields is not None:
        return values.fields
    return next(
        (each for each in scene.called(names.FIELD) if pick(each, names.TYPE) and pick(each, names.KEY, names.TEXTS)),
        None,
    )


def fields_parts(scene: Scene, table: SeenTable, used: set[str]) -> list[Part]:
    """`[fields]`, with `types` where the words are not ours."""
    part = Part("[fields]")
    key, type_ = pick(table, names.KEY, names.TEXTS), pick(table, names.TYPE)
    name, source = pick(table, names.LABEL, names.TEXTS), pick(table, names.SOURCE, names.TEXTS)
    options = pick(table, names.OPTIONS, (*names.JSON, "text[]"))
    own = scene.id_of(table)
    part.add("table", table.written)
    part.add("workspace", scene.workspace_in(table))
    part.add("id", own.name if own else "id")
    part.add("key", key.name if key else "key")
    part.add("name", name.name if name else "name")
    part.add("type", type_.name if type_ else "type")
    part.add("source", source.name if source else None, "names a built-in, or is null" if source else "")
    part.add("options", place_of(options, "jsonb") if options else None)
    words = (type_.words or scene.samples.words(table, type_.name)) if type_ else ()
    if not words:
        part.notes.append("No word for a type was seen; where they are not ours (TEXT, NUMBER, …) add [fields.types].")
    if unused := [column.name for column in _values_of(scene, used)]:
        part.notes.append(f"Nothing reads {', '.join(unused)} of the contacts: each may be a [[field]] with its place.")
    return [part, _types_part(words)] if set(words) - set(FieldType) else [part]


def _types_part(words: Sequence[str]) -> Part:
    part = Part("[fields.types]")
    for word in words:
        type_ = next((ours for ours, theirs in TYPES.items() if snake(word) in theirs), None)
        part.add(word, str(type_ or FieldType.TEXT), "" if type_ else "a guess: the word says little")
    return part


def field_parts(scene: Scene, keys: Sequence[Key], used: set[str]) -> list[Part]:
    """A `[[field]]` for each key of sampled documents, and for each column of contacts that is nothing else."""
    parts = []
    taken = set(BUILTINS)
    for key in keys:
        name = key.path[0]
        if len(key.path) == 1 and name not in taken and can_be_key(name):
            taken.add(name)
            parts.append(_declared(name, _type_of(key), ""))
    for column in _values_of(scene, used):
        name, type_ = snake(column.name), FIELD_OF_COLUMN[column.type]
        if name not in taken and can_be_key(name):
            taken.add(name)
            part = _declared(name, type_, "a column that is nothing else")
            usual = _USUAL.get(type_, column.type)
            part.add("place", place_of_value(column, usual))
            parts.append(part)
    return parts


def _values_of(scene: Scene, used: set[str]) -> list[SeenColumn]:
    """The contacts' columns that nothing else is made of, and that could be fields."""
    return [each for each in scene.contacts.columns if each.name not in used and each.type in FIELD_OF_COLUMN]


def _declared(name: str, type_: FieldType, why: str) -> Part:
    part = Part("[[field]]")
    part.add("key", name, why)
    part.add("type", type_.value)
    return part


def _type_of(key: Key) -> FieldType:
    """The one type that all values have, else text; few different texts in many are choices."""
    types = key.types - {""}
    if len(types) != 1:
        return FieldType.TEXT
    (type_,) = types
    if type_ == "TEXT" and len(key.texts) >= MANY and len(set(key.texts)) <= FEW:
        return FieldType.DROPDOWN_SINGLE
    return FieldType(type_)
