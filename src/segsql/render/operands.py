"""Operand -> SQL: what a test reads, where the contact's own row has it."""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from segsql.catalog import ColumnType, InColumn, InJson, Place, SqlType, Tables
from segsql.plan.predicate import Activity, Reading, Stored
from segsql.plan.shape import Operand, SlottedRow, SlottedValue
from segsql.render import nodes
from segsql.render.readings import Json, Read, read_column, read_json
from segsql.render.rows import PIVOT, ROW, pivoted
from segsql.render.scope import CONTACT


def read(operand: Stored | SlottedValue, tables: Tables) -> Read:
    """Read an operand from the contact's own row."""
    if isinstance(operand, Stored):
        return _stored(operand.place, operand.reading)
    return read_json(*_custom_value(operand, tables), operand.reading)


def _custom_value(operand: SlottedValue, tables: Tables) -> tuple[exp.Expression, list[exp.Expression], ColumnType]:
    """The document of the custom values, the keys that lead to the operand's, and the document's type."""
    values = tables.contacts.custom_values
    assert isinstance(values, InJson), "values are found by a user's key where they are JSON"
    keys = [*(nodes.text(key) for key in values.path), nodes.parameter(operand.key)]
    return nodes.column(values.column, CONTACT), keys, values.type


def _stored(place: Place, reading: Reading) -> Read:
    column = nodes.column(place.column, CONTACT)
    match place:
        case InColumn():
            return read_column(column, place.type, reading)
        case InJson():
            return read_json(column, [nodes.text(key) for key in place.path], place.type, reading)
        case _:
            assert_never(place)


def stored_json(operand: Operand, tables: Tables) -> exp.Expression:
    """What is stored at the place of an operand as JSON, of whatever type; a literal NULL where it is the value."""
    match operand:
        case Activity():
            return exp.null()
        case SlottedValue():
            return Json(*_custom_value(operand, tables)).member()
        case SlottedRow():
            return _unread(read_pivoted(operand), nodes.column(pivoted(operand)[0].name, PIVOT))
        case Stored(place):
            column = nodes.column(place.column, CONTACT)
            if isinstance(place, InColumn):
                return _unread(read(operand, tables), column)
            return Json(column, [nodes.text(key) for key in place.path], place.type).member()
        case _:
            assert_never(operand)


def _unread(found: Read, column: exp.Expression) -> exp.Expression:
    """A column as JSON, unless it is read as it is: then it is NULL where its value is."""
    if found.only_if is None and isinstance(found.value, exp.Column):
        return exp.null()
    return nodes.call("to_jsonb", column)


def read_pivoted(operand: SlottedRow) -> Read:
    """Read a value that is a row of its own from the pass over them."""
    return _read_row(operand, [nodes.column(each.name, PIVOT) for each in pivoted(operand)])


def read_row(operand: SlottedRow) -> Read:
    """Read it from the row itself."""
    return _read_row(operand, [nodes.column(each.column, ROW) for each in operand.columns])


def _read_row(operand: SlottedRow, columns: list[exp.Expression]) -> Read:
    if operand.reading is Reading.ANY and len(columns) > 1:
        return Read(exp.Coalesce(this=_text(columns[0]), expressions=[_text(column) for column in columns[1:]]))
    return read_column(columns[0], operand.columns[0].type, operand.reading)


def _text(value: exp.Expression) -> exp.Expression:
    return nodes.cast(value, SqlType.TEXT)
