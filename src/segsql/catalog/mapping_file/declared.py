"""`[[field]]`: fields that the file itself declares, each with its place."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from segsql.catalog.fields import BUILTINS, READABLE, RESERVED_KEYS, Field, can_be_key, declaration_fault
from segsql.catalog.hints import did_you_mean
from segsql.catalog.ids import can_be_id
from segsql.catalog.mapping_file.places import read_place
from segsql.catalog.mapping_file.section import Section
from segsql.catalog.places import Id, Ids, IdType, InJson, Place
from segsql.catalog.types import FieldType
from segsql.errors import Code

FIELD_KEYS = ("id", "key", "name", "type", "options", "builtin", "place")

_UUID_EXAMPLE = "6f1e1f0e-8f43-4c55-9d0e-7d8c5d1f2a3b"


def read_declared(root: Section, ids: Ids, builtins: AbstractSet[str], *, has_custom_values: bool) -> tuple[Field, ...]:
    """The fields, in the file's order; `builtins` are the built-ins that the database has."""
    written = root.values.get("field", [])
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        root.expects("field", "tables", "Write [[field]], with its keys in the lines below, for each field")
        return ()
    fields = []
    ids_seen: set[Id] = set()
    keys_seen: set[str] = set()
    for number, values in enumerate(written):
        section = Section(values, f"field[{number}]", root.problems, FIELD_KEYS)
        field = _field(section, ids.field, builtins)
        if field.source is None and field.place is None and not has_custom_values:
            section.lacks("place", 'place = "…", the column that holds it; or add [contacts.custom_values]')
        if field.id in ids_seen:
            section.contradicts("id", f"Another field has the id {field.id!r}", "Give each field an id of its own")
        if field.key in keys_seen:
            section.contradicts("key", f"Another field has the key {field.key!r}", "Give each field a key of its own")
        ids_seen.add(field.id)
        keys_seen.add(field.key)
        fields.append(field)
    return tuple(fields)


def _field(section: Section, id_type: IdType, builtins: AbstractSet[str]) -> Field:
    key = _key(section, builtins)
    if "type" not in section:
        section.lacks("type", 'one of the seven field types: type = "TEXT"')
    type_ = section.choice("type", FieldType, FieldType.TEXT)
    place = read_place(section, "place", READABLE[type_])
    if isinstance(place, InJson) and not place.path and type_ is not FieldType.DROPDOWN_MULTIPLE:
        section.lacks("place.path", 'the keys that lead to the value: path = ["profile", "plan"]')
    field = Field(
        id=_id(section, id_type, key),
        key=key,
        name=section.text("name") or key,
        type=type_,
        source=_builtin(section, key, place, builtins),
        options=section.texts("options") if "options" in section else None,
        place=place,
    )
    if field.source in BUILTINS and (fault := declaration_fault(field)):
        section.refuse(Code.MAPPING_CONFLICT, "type", f"The field {key}: {fault}")
    return field


def _key(section: Section, builtins: AbstractSet[str]) -> str:
    key = section.text("key")
    if key is None:
        if "key" not in section:
            section.lacks("key", 'the key that filters name it by: key = "plan"')
        return f"unnamed_{section.path}"
    if not can_be_key(key):
        section.expects("key", f"a text that means nothing else: none of {', '.join(sorted(RESERVED_KEYS))}")
    elif key in builtins and section.values.get("builtin") != key:
        section.contradicts("key", f"The key {key} is kept for the built-in field", f'Write builtin = "{key}" too')
    return key


def _id(section: Section, id_type: IdType, key: str) -> Id:
    """The field's id, of the type that `ids.field` says; where that is text it is the key unless another is given."""
    value = section.values.get("id")
    is_number = id_type.is_number
    if value is None and not is_number:
        if id_type is IdType.UUID:
            section.lacks("id", f'id = "{_UUID_EXAMPLE}"')
        return key
    written = value.lower() if id_type is IdType.UUID and isinstance(value, str) else value
    if isinstance(written, int | str) and can_be_id(written, id_type):
        return written
    if value is None:
        section.lacks("id", 'a number of its own: id = 1; or field = "text" in [ids], where the key will do')
    else:
        section.expects("id", f"an id of the type that ids.field says: {id_type.value}")
    return key


def _builtin(section: Section, key: str, place: Place | None, builtins: AbstractSet[str]) -> str | None:
    source = section.text("builtin")
    if source is None:
        return None
    if source not in BUILTINS:
        hint = did_you_mean(source, BUILTINS) or f"Write one of {', '.join(BUILTINS)}"
        section.expects("builtin", "the name of a built-in field", hint)
    elif source not in builtins:
        hint = f"Say where {source} lies, in [contacts.builtins], [activity] or [events]"
        section.contradicts("builtin", f"The mapping has no place for {source}", hint)
    if place is not None:
        section.contradicts("place", f"The field {key} reads a built-in, which has its place", "Keep one of the two")
    return source
