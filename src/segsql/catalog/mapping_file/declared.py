"""`[[field]]`: fields that the file itself declares, each with its place."""

from __future__ import annotations

from segsql.catalog.fields import BUILTINS, FIELD_KEY, READABLE, RESERVED_KEYS, Field, declaration_fault
from segsql.catalog.hints import did_you_mean
from segsql.catalog.mapping_file.places import read_place
from segsql.catalog.mapping_file.section import Section
from segsql.catalog.places import Id, Ids, IdType, InJson, Place
from segsql.catalog.types import FieldType
from segsql.errors import Code

FIELD_KEYS = ("id", "key", "name", "type", "options", "builtin", "place")

_UUID_EXAMPLE = "6f1e1f0e-8f43-4c55-9d0e-7d8c5d1f2a3b"


def read_declared(root: Section, ids: Ids, *, has_custom_values: bool) -> tuple[Field, ...]:
    """The fields, in the file's order."""
    written = root.values.get("field", [])
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        root.expects("field", "tables", "Write [[field]], with its keys in the lines below, for each field")
        return ()
    fields = []
    ids_seen: set[Id] = set()
    keys_seen: set[str] = set()
    for number, values in enumerate(written):
        section = Section(values, f"field[{number}]", root.problems, FIELD_KEYS)
        field = _field(section, ids.field)
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


def _field(section: Section, id_type: IdType) -> Field:
    key = _key(section)
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
        source=_builtin(section, key, place),
        options=section.texts("options") if "options" in section else None,
        place=place,
    )
    if field.source in BUILTINS and (fault := declaration_fault(field)):
        section.refuse(Code.MAPPING_CONFLICT, "type", f"The field {key}: {fault}")
    return field


def _key(section: Section) -> str:
    key = section.text("key")
    if key is None:
        if "key" not in section:
            section.lacks("key", 'the key that filters name it by: key = "plan"')
        return f"unnamed_{section.path}"
    if not FIELD_KEY.fullmatch(key) or key in RESERVED_KEYS:
        section.expects("key", f"a-z, 0-9 and _, a letter first, and none of {', '.join(sorted(RESERVED_KEYS))}")
    elif key in BUILTINS and section.values.get("builtin") != key:
        section.contradicts("key", f"The key {key} is kept for the built-in field", f'Write builtin = "{key}" too')
    return key


def _id(section: Section, id_type: IdType, key: str) -> Id:
    """The field's id, of the type that `ids.field` says; where that is text it is the key unless another is given."""
    value = section.values.get("id")
    is_number = id_type in (IdType.BIGINT, IdType.INTEGER)
    if value is None and not is_number:
        if id_type is IdType.UUID:
            section.lacks("id", f'id = "{_UUID_EXAMPLE}"')
        return key
    if is_number and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not is_number and isinstance(value, str) and value and "\0" not in value:
        return value.lower() if id_type is IdType.UUID else value
    if value is None:
        section.lacks("id", 'a number of its own: id = 1; or field = "text" in [ids], where the key will do')
    else:
        section.expects("id", f"a {'whole number' if is_number else 'text'}: ids.field is {id_type.value}")
    return key


def _builtin(section: Section, key: str, place: Place | None) -> str | None:
    source = section.text("builtin")
    if source is None:
        return None
    if source not in BUILTINS:
        hint = did_you_mean(source, BUILTINS) or f"Write one of {', '.join(BUILTINS)}"
        section.expects("builtin", "the name of a built-in field", hint)
    if place is not None:
        section.contradicts("place", f"The field {key} reads a built-in, which has its place", "Keep one of the two")
    return source
