"""Tables and the places of values: a column, or keys within JSON. They are written alike in every section."""

from __future__ import annotations

from segsql.catalog.fields import BUILTINS, READABLE
from segsql.catalog.mapping_file.section import Section, has_controls, is_name
from segsql.catalog.places import ColumnType, InColumn, InJson, Place, Relation
from segsql.catalog.types import FieldType
from segsql.errors import Code

INSTANT = (ColumnType.TIMESTAMPTZ, ColumnType.TIMESTAMP)

JSON = (ColumnType.JSONB, ColumnType.JSON)


def read_relation(section: Section) -> Relation:
    """The `table` of a section, with its `where`."""
    if "table" not in section:
        section.lacks("table", 'the name of a table or view: table = "…"')
    return relation_named(section, "table", _constants(section)) or Relation("")


def relation_named(section: Section, key: str, where: tuple[tuple[str, str | int | bool], ...] = ()) -> Relation | None:
    """The table or view under a key: its name, or `schema.name`; None where there is none."""
    written = section.text(key)
    if written is None:
        return None
    schema, dot, name = written.rpartition(".")
    if is_name(name) and (is_name(schema) if dot else True):
        return Relation(name, schema or None, where)
    section.expects(
        key,
        "the name of a table or view, or schema.name, each 63 bytes at most and without quotes",
        "A name that has a dot itself needs a view with another name",
    )
    return None


def _constants(section: Section) -> tuple[tuple[str, str | int | bool], ...]:
    where = section.section("where")
    if where is None:
        return ()
    constants: list[tuple[str, str | int | bool]] = []
    for column, value in where.values.items():
        if not is_name(column):
            where.refuse(Code.MAPPING_VALUE, column, f"{column!r} can't be the name of a column")
        elif not isinstance(value, str | int) or (isinstance(value, str) and has_controls(value)):
            takes = "a text on one line, a whole number, true or false"
            where.expects(column, takes, 'Write where = { owner_type = "Contact" }')
        else:
            constants.append((column, value))
    return tuple(constants)


def read_column(section: Section, key: str, types: tuple[ColumnType, ...]) -> InColumn | None:
    """A column: its name, or `{ column = …, type = …, null = false }`; None where there is none."""
    place = _place(section, key, types, takes_json=False)
    assert not isinstance(place, InJson)
    return place


def required_column(section: Section, key: str, types: tuple[ColumnType, ...]) -> InColumn:
    """As `read_column`, where there must be one."""
    if key not in section:
        section.lacks(key, f'the name of the column: {key} = "…"')
    return read_column(section, key, types) or InColumn(key, types[0])


def read_place(section: Section, key: str, types: tuple[ColumnType, ...]) -> Place | None:
    """A column, or `{ json = …, path = […] }`; None where there is none."""
    return _place(section, key, types, takes_json=True)


def _place(section: Section, key: str, types: tuple[ColumnType, ...], *, takes_json: bool) -> Place | None:
    if not isinstance(section.values.get(key), dict):
        name = section.name(key)
        return None if name is None else InColumn(name, types[0])
    written = section.section(key)
    assert written is not None
    if takes_json and "json" in written:
        return read_json(Section(written.values, written.path, written.problems, ("json", "path", "type")))
    keys = ("column", "type", "null", "json", "path") if takes_json else ("column", "type", "null")
    inner = Section(written.values, written.path, written.problems, keys)
    if "path" in inner and takes_json:
        inner.contradicts("path", f"{inner.at('path')} leads into a column of JSON", "Write json = … instead of column")
    column = inner.required_name("column")
    return InColumn(column, inner.choice("type", ColumnType, types[0], types), never_null=not inner.flag("null", True))


def read_json(section: Section) -> InJson:
    """A column of JSON, and the keys that lead to the value in it; none where it is the whole document."""
    column = section.required_name("json")
    return InJson(column, section.choice("type", ColumnType, ColumnType.JSONB, JSON), section.texts("path"))


def types_of_builtin(name: str) -> tuple[ColumnType, ...]:
    """What a column may be that holds a built-in; the first where the file names none."""
    builtin = BUILTINS[name]
    if builtin.is_count:
        return (ColumnType.NUMERIC,)
    return INSTANT if builtin.event and builtin.type is FieldType.DATE else READABLE[builtin.type]
