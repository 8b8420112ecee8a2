"""Operand -> SQL: how a stored value is read without ever failing on what is stored (spec 4.2, 4.6).

A custom value that does not have its field's type is NULL here, which every positive test takes for false.
Reading text needs no such care, since nothing can fail on the way, so there the demand on the JSON type
stands beside the bare `fields ->> 'key'`: that expression is what an index is made on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlglot import exp

from segsql.catalog import SqlType, Tables
from segsql.plan.predicate import Column, CustomValue, Reading
from segsql.plan.shape import Operand, SlottedValue
from segsql.render import nodes
from segsql.render.scope import CONTACT

DAY_SHAPE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"


@dataclass(frozen=True, slots=True)
class Read:
    """SQL that reads an operand: a value, and a condition without which the value does not count."""

    value: exp.Expression
    only_if: exp.Expression | None = None

    @property
    def guarded(self) -> exp.Expression:
        """The value as one expression, NULL where it does not count."""
        return self.value if self.only_if is None else nodes.case(self.only_if, self.value)


def read(operand: Operand, tables: Tables) -> Read:
    """Read an operand from the contact's own row."""
    custom_values = nodes.column(tables.contacts.custom_values, CONTACT)
    match operand:
        case Column(builtin):
            return Read(nodes.column(builtin.name, CONTACT))
        case CustomValue(key, reading):
            return _json(custom_values, nodes.text(key), reading)
        case SlottedValue(slot, reading):
            return _json(custom_values, nodes.parameter(slot), reading)
        case _:
            assert_never(operand)


def stored_json(operand: CustomValue | SlottedValue, tables: Tables) -> exp.Expression:
    """What is stored under a custom value's key, of whatever JSON type; NULL where nothing is."""
    key = nodes.text(operand.key) if isinstance(operand, CustomValue) else nodes.parameter(operand.key)
    return exp.JSONExtract(this=nodes.column(tables.contacts.custom_values, CONTACT), expression=key)


def _json(custom_values: exp.Expression, key: exp.Expression, reading: Reading) -> Read:
    def member() -> exp.Expression:
        return exp.JSONExtract(this=custom_values.copy(), expression=key.copy())

    def text() -> exp.Expression:
        return exp.JSONExtractScalar(this=custom_values.copy(), expression=key.copy())

    def kind() -> exp.Expression:
        return nodes.call("jsonb_typeof", member())

    def is_kind(name: str) -> exp.Expression:
        return nodes.equal(kind(), nodes.text(name))

    match reading:
        case Reading.TEXT:
            scalars = [nodes.text(name) for name in ("string", "number", "boolean")]
            return Read(text(), exp.In(this=kind(), expressions=scalars))
        case Reading.STRING:
            return Read(text(), is_kind("string"))
        case Reading.NUMBER:
            return Read(nodes.case(is_kind("number"), nodes.cast(text(), SqlType.NUMERIC)))
        case Reading.BOOLEAN:
            return Read(nodes.case(is_kind("boolean"), nodes.cast(text(), SqlType.BOOLEAN)))
        case Reading.DAY:
            return Read(_days(text()), _has_shape(is_kind("string"), text(), f"^{DAY_SHAPE}$"))
        case Reading.DAY_PREFIX:
            ten = exp.Left(this=text(), expression=nodes.number(10))
            return Read(_days(ten), _has_shape(is_kind("string"), text(), f"^{DAY_SHAPE}"))
        case Reading.STRINGS:
            return Read(nodes.case(is_kind("array"), nodes.case(_strings_alone(member()), member())))
        case Reading.ANY:
            return Read(member(), exp.NEQ(this=kind(), expression=nodes.text("null")))
        case _:
            assert_never(reading)


def _days(value: exp.Expression) -> exp.Expression:
    """Days are ordered as text, byte by byte, whatever the database's collation."""
    return exp.Collate(this=exp.Paren(this=value), expression=nodes.name("C"))


def _has_shape(is_string: exp.Expression, text: exp.Expression, pattern: str) -> exp.Expression:
    return exp.And(this=is_string, expression=exp.RegexpLike(this=text, expression=nodes.text(pattern)))


def _strings_alone(array: exp.Expression) -> exp.Expression:
    """No member of the array is anything but a string; strict, or else `[["a"]]` would pass."""
    other = nodes.text('strict $[*] ? (@.type() != "string")')
    return exp.Not(this=nodes.call("jsonb_path_exists", array, other))
