"""What a field, or a user's key, reads: by the place that the catalog's tables give it (docs/mapping.md)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from segsql.catalog import (
    BUILTINS,
    ColumnType,
    EavTable,
    Field,
    FieldType,
    InColumn,
    InJson,
    Place,
    Tables,
    declaration_fault,
    place_fault,
)
from segsql.plan.predicate import Activity, Operand, Reading, RowValue, Stored, UndeclaredValue

READINGS: Mapping[FieldType, Reading] = {
    FieldType.TEXT: Reading.TEXT,
    FieldType.NUMBER: Reading.NUMBER,
    FieldType.BOOLEAN: Reading.BOOLEAN,
    FieldType.DATE: Reading.DAY,
    FieldType.DROPDOWN_SINGLE: Reading.STRING,
    FieldType.DROPDOWN_MULTIPLE: Reading.STRINGS,
    FieldType.COUNTRY: Reading.STRING,
}
"""How a value of JSON, or one written as text, is read."""

_NATIVE: Mapping[ColumnType, Reading] = {
    ColumnType.DATE: Reading.DATE,
    ColumnType.TIMESTAMPTZ: Reading.INSTANT,
    ColumnType.TIMESTAMP: Reading.INSTANT,
    ColumnType.TEXT_ARRAY: Reading.TEXTS,
}
"""How a column is read whose type says it."""

_ACTIVITY: Mapping[str, Activity] = {
    name: Activity(builtin) for name, builtin in BUILTINS.items() if builtin.event is not None
}


@lru_cache(16_384)
def operand_of(field: Field, tables: Tables) -> Operand | str:
    """What a field reads; or what is wrong with its declaration, as a clause for a message."""
    return _fault(field, tables) or _operand(field, tables)


def _fault(field: Field, tables: Tables) -> str | None:
    """As `declaration_fault`, also where the database lacks what the field reads."""
    fault = declaration_fault(field)
    if fault is not None:
        return fault
    if field.source is not None:
        if not tables.has(BUILTINS[field.source]):
            return f"its source {field.source} is not in the database"
        place = tables.places.get(field.source)
        return None if place is None else place_fault(place, field.type)
    if field.place is not None:
        return None
    match tables.contacts.custom_values:
        case None:
            return "it has no place in the database"
        case EavTable() as rows if not _columns(rows, field.type):
            return f"the table of custom values has no column for {field.type}"
        case _:
            return None


def _operand(field: Field, tables: Tables) -> Operand:
    if field.source is not None:
        builtin = BUILTINS[field.source]
        if builtin.event is not None:
            return _ACTIVITY[field.source]
        return stored(tables.places[field.source], field.type, ignore_case=builtin.ignore_case)
    if field.place is not None:
        return stored(field.place, field.type)
    match tables.contacts.custom_values:
        case InJson(column, type_, path):
            return Stored(InJson(column, type_, (*path, field.key)), READINGS[field.type])
        case EavTable() as rows:
            columns = _columns(rows, field.type)
            return RowValue(field.key if rows.is_by_key else field.id, columns, _reading(columns[0].type, field.type))
        case None:
            raise AssertionError("a field without a place is faulty")


def undeclared(key: str, reading: Reading, tables: Tables) -> Operand | None:
    """What a user's key of the custom values reads; None where the database has none by key."""
    match tables.contacts.custom_values:
        case InJson():
            return UndeclaredValue(key, reading)
        case EavTable(is_by_key=True) as rows if columns := _columns_read_as(rows, reading):
            return RowValue(key, columns, reading)
        case _:
            return None


def stored(place: Place, type_: FieldType, *, ignore_case: bool = False) -> Stored:
    """A value of a type at a place of the contact's own row."""
    reading = _reading(place.type, type_) if isinstance(place, InColumn) else READINGS[type_]
    return Stored(place, reading, ignore_case)


def _reading(column: ColumnType, type_: FieldType) -> Reading:
    return _NATIVE.get(column, READINGS[type_])


def _columns(rows: EavTable, type_: FieldType) -> tuple[InColumn, ...]:
    """The column of a field's type, if there is one."""
    match type_:
        case FieldType.NUMBER:
            return _column(rows, rows.number, ColumnType.NUMERIC)
        case FieldType.BOOLEAN:
            return _column(rows, rows.boolean, ColumnType.BOOLEAN)
        case FieldType.DATE if rows.date is not None:
            return (rows.date,)
        case FieldType.DATE:
            return _column(rows, None, ColumnType.DATE)
        case _:
            return _column(rows, rows.text, ColumnType.TEXT)


def _column(rows: EavTable, typed: str | None, type_: ColumnType) -> tuple[InColumn, ...]:
    """The one column of text where all values are there, or else that of the type."""
    if rows.value is not None:
        return (InColumn(rows.value, ColumnType.TEXT),)
    return () if typed is None else (InColumn(typed, type_),)


def _columns_read_as(rows: EavTable, reading: Reading) -> tuple[InColumn, ...]:
    """The columns that an undeclared value is read from: by the type that the definition's value has (spec 4.6)."""
    match reading:
        case Reading.NUMBER:
            return _columns(rows, FieldType.NUMBER)
        case Reading.BOOLEAN:
            return _columns(rows, FieldType.BOOLEAN)
        case Reading.ANY:
            kinds = (FieldType.TEXT, FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATE)
            return tuple(dict.fromkeys(column for kind in kinds for column in _columns(rows, kind)))
        case _:
            return _columns(rows, FieldType.TEXT)
