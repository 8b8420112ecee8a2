"""Operand -> SQL: what a test reads, where the contact's own row has it."""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from segsql.catalog import InColumn, InJson, Place, SqlType, Tables
from segsql.plan.predicate import Reading, Stored
from segsql.plan.shape import SlottedRow, SlottedValue
from segsql.render import nodes
from segsql.render.readings import Read, read_column, read_json
from segsql.render.rows import PIVOT, ROW, pivoted
from segsql.render.scope import CONTACT


def read(operand: Stored | SlottedValue, tables: Tables) -> Read:
    """Read an operand from the contact's own row."""
    if isinstance(operand, Stored):
        return _stored(operand.place, operand.reading)
    values = tables.contacts.custom_values
    assert isinstance(values, InJson), "values are found by a user's key where they are JSON"
    keys = [*(nodes.text(key) for key in values.path), nodes.parameter(operand.key)]
    return read_json(nodes.column(values.column, CONTACT), keys, values.type, operand.reading)


def _stored(place: Place, reading: Reading) -> Read:
    column = nodes.column(place.column, CONTACT)
    match place:
        case InColumn():
            return read_column(column, place.type, reading)
        case InJson():
            return read_json(column, [nodes.text(key) for key in place.path], place.type, reading)
        case _:
            assert_never(place)


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
