"""`[contacts]`, with its built-ins and custom values, and `[contact_tags]`."""

from __future__ import annotations

from segsql.catalog.fields import BUILTINS
from segsql.catalog.mapping import ArrayType, Contacts, DeletedBy, Deletion, EavTable, TagArray, TagRows
from segsql.catalog.mapping_file.places import (
    read_column,
    read_json,
    read_place,
    read_relation,
    types_of_builtin,
)
from segsql.catalog.mapping_file.section import Section
from segsql.catalog.places import ColumnType, Ids, IdType, InJson, Place
from segsql.errors import Code

BUILTINS_OF_CONTACT = tuple(name for name, builtin in BUILTINS.items() if builtin.event is None)

CONTACTS_KEYS = ("table", "where", "workspace", "id", "deleted", "builtins", "custom_values")

JSON_KEYS = ("json", "path", "type")

EAV_KEYS = ("table", "where", "workspace", "contact", "field", "by", "value", "text", "number", "boolean", "date")

ROWS_KEYS = ("table", "where", "workspace", "contact", "tag")

TYPED = ("text", "number", "boolean", "date")

_ARRAY_OF = {
    IdType.BIGINT: ArrayType.BIGINT,
    IdType.INTEGER: ArrayType.INTEGER,
    IdType.UUID: ArrayType.UUID,
    IdType.TEXT: ArrayType.TEXT,
}


def read_contacts(root: Section) -> Contacts:
    """The contacts themselves."""
    section = root.section("contacts", CONTACTS_KEYS)
    if section is None:
        if "contacts" not in root:
            root.lacks("contacts", '[contacts] with table = "…" and id = "…"')
        section = Section({"table": "contacts", "id": "id"}, "contacts", root.problems)
    return Contacts(
        relation=read_relation(section),
        workspace=section.name("workspace"),
        id=section.required_name("id"),
        deleted=_deleted(section),
        builtins=_builtins(section),
        custom_values=_custom_values(section),
    )


def _deleted(contacts: Section) -> DeletedBy | None:
    section = contacts.section("deleted", ("column", "when"))
    if section is None:
        return None
    if "when" not in section:
        section.lacks("when", 'when = "set" where the column is not null for a deleted contact, or when = "true"')
    return DeletedBy(section.required_name("column"), section.choice("when", Deletion, Deletion.SET))


def _builtins(contacts: Section) -> tuple[tuple[str, Place], ...]:
    section = contacts.section("builtins", BUILTINS_OF_CONTACT)
    if section is None:
        return ()
    places = {name: read_place(section, name, types_of_builtin(name)) for name in BUILTINS_OF_CONTACT}
    for name, place in places.items():
        if isinstance(place, InJson) and not place.path:
            section.lacks(f"{name}.path", 'the keys that lead to the value: path = ["profile", "country"]')
    return tuple((name, place) for name, place in places.items() if place is not None)


def _custom_values(contacts: Section) -> InJson | EavTable | None:
    section = contacts.section("custom_values")
    if section is None:
        return None
    if "json" in section:
        return read_json(Section(section.values, section.path, section.problems, JSON_KEYS))
    if "table" not in section:
        section.refuse(
            Code.MAPPING_MISSING,
            "json",
            f"{section.path} names neither a column of JSON nor a table",
            'Write json = "…" for a column of the contact, or table = "…" for a table with a row a value',
        )
        return None
    return _eav(Section(section.values, section.path, section.problems, EAV_KEYS))


def _eav(section: Section) -> EavTable:
    if "value" in section:
        for typed in TYPED:
            if typed in section:
                section.contradicts(typed, f"{section.at(typed)} and {section.at('value')} exclude each other")
    elif not any(typed in section for typed in TYPED):
        section.lacks("value", 'value = "…" for one column of text, or text, number, boolean and date by their types')
    return EavTable(
        relation=read_relation(section),
        workspace=section.name("workspace"),
        contact=section.required_name("contact"),
        field=section.required_name("field"),
        is_by_key=_by(section),
        value=section.name("value"),
        text=section.name("text"),
        number=section.name("number"),
        boolean=section.name("boolean"),
        date=read_column(section, "date", (ColumnType.DATE, ColumnType.TIMESTAMPTZ, ColumnType.TIMESTAMP)),
    )


def _by(section: Section) -> bool:
    by = section.values.get("by", "id")
    if by not in ("id", "key"):
        section.expects("by", "id or key: what the column of the field holds", 'Write by = "id" or by = "key"')
    return by == "key"


def read_contact_tags(root: Section, ids: Ids) -> tuple[TagRows | None, TagArray | None]:
    """The tags of contacts: rows of a join table, an array, or both."""
    section = root.section("contact_tags", (*ROWS_KEYS, "array", "type"))
    if section is None:
        return None, None
    if "table" not in section and "array" not in section:
        section.lacks("table", 'table = "…" for a join table, or array = "…" for a column of the contact')
    rows = None
    if "table" in section:
        rows = TagRows(
            relation=read_relation(section),
            workspace=section.name("workspace"),
            contact=section.required_name("contact"),
            tag=section.required_name("tag"),
        )
    return rows, _array(section, ids)


def _array(section: Section, ids: Ids) -> TagArray | None:
    if "array" not in section:
        if "type" in section and "table" in section:
            section.lacks("array", 'array = "…", whose type that is, or leave type out')
        return None
    if "table" not in section and (strays := [key for key in ROWS_KEYS[1:] if key in section]):
        section.lacks("table", f'table = "…", whose columns {", ".join(strays)} are, or leave them out')
    fitting = _ARRAY_OF[ids.tag]
    type_ = section.choice("type", ArrayType, fitting)
    if type_ not in (fitting, ArrayType.JSONB):
        section.contradicts(
            "type",
            f"{section.at('type')} is {type_.value}, and ids.tag is {ids.tag.value}",
            f'Write tag = "{_element(type_)}" in [ids], or type = "{fitting.value}"',
        )
    if type_ is ArrayType.JSONB and ids.tag is IdType.UUID:
        section.contradicts("type", "An array of JSON holds texts or numbers", 'Write tag = "text" in [ids]')
    return TagArray(section.required_name("array"), type_)


def _element(type_: ArrayType) -> str:
    return type_.value.removesuffix("[]")
