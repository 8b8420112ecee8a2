"""Shape -> SQL condition: one case for each test, over operands that a `Source` provides.

A statement for one segment reads operands where they lie; a shared scan reads each once per contact and
gives the tests its columns. The tests themselves are the same.
"""

from __future__ import annotations

from typing import Protocol, assert_never

from sqlglot import exp

from segsql.catalog import InColumn
from segsql.filters import Rate
from segsql.plan import shape as s
from segsql.plan.predicate import Comparison, Reading, Stored
from segsql.render import nodes
from segsql.render.readings import Read


class Source(Protocol):
    """Where the tests find what they read."""

    def read(self, operand: s.Operand) -> Read:
        """An operand's value."""

    def read_lower(self, operand: s.Operand) -> Read:
        """An operand's value in lower case."""

    def last_event(self, test: s.LastEvent) -> exp.Expression:
        """A test on the contact's last event of a kind."""

    def looked_up(self, test: s.LookedUp) -> exp.Expression:
        """A test of a row of custom values."""

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        """100 times the opens or clicks, capped at what was delivered; and that, NULL where it is 0 or unknown."""

    def percentage(self, rate: Rate) -> exp.Expression:
        """The rate in percent, as exact as its code needs it."""

    def tags(self, test: s.Tagged) -> exp.Expression:
        """A tag test."""

    def code(self, code: s.Code) -> exp.Expression:
        """A code."""

    def once(self, test: s.Once) -> exp.Expression:
        """The outcome of a test that stands several times."""


def condition(shape: s.Shape, source: Source) -> exp.Expression:
    """The shape as a condition: true where it matches, false or NULL where it does not.

    EXISTS and IS NOT NULL are never NULL, and PostgreSQL makes anti joins and index conditions only of their bare
    opposites.
    """
    match shape:
        case s.All(members):
            return nodes.all_of(_grouped(member, source) for member in members)
        case s.AnyOf(members):
            first, *rest = (_grouped(member, source) for member in members)
            for member in rest:
                first = exp.Or(this=first, expression=member)
            return first
        case s.Complement(test):
            positive = _test(test, source)
            if isinstance(positive, exp.Exists):
                return exp.Not(this=positive)
            if isinstance(positive, exp.Is):
                return exp.Is(this=positive.this, expression=positive.expression)
            return nodes.is_not(exp.Paren(this=positive), exp.true())
        case _:
            return _test(shape, source)


def _grouped(shape: s.Shape, source: Source) -> exp.Expression:
    inner = condition(shape, source)
    return exp.Paren(this=inner) if isinstance(inner, exp.And | exp.Or) else inner


def _test(test: s.Test, source: Source) -> exp.Expression:
    match test:
        case s.Present(operand):
            found = source.read(operand)
            if found.only_if is not None:
                return found.only_if
            return nodes.is_not(found.value, exp.null())
        case s.Compared(operand, comparison, slot):
            return _compared(operand, comparison, slot, source)
        case s.AmongTexts(operand, slot):
            found = source.read(operand)
            return _counted(nodes.equals_any(found.value, nodes.parameter(slot)), found)
        case s.AmongAnyCase(operand, joined, separator):
            found = source.read_lower(operand)
            lowered = exp.Lower(this=nodes.parameter(joined))
            texts = nodes.call("string_to_array", lowered, nodes.parameter(separator))
            return _counted(nodes.equals_any(found.value, texts), found)
        case s.Matches(operand, pattern):
            found = source.read_lower(operand)
            lowered = exp.Lower(this=nodes.parameter(pattern))
            return _counted(exp.Like(this=found.value, expression=lowered), found)
        case s.Between(operand, bounds):
            found = source.read(operand)
            compared = (
                nodes.compare(found.value.copy(), comparison, _bound(operand, slot)) for comparison, slot in bounds
            )
            return _counted(nodes.all_of(compared), found)
        case s.LastEvent():
            return source.last_event(test)
        case s.SameSet(operand, texts):
            found = source.read(operand)
            value, wanted = found.value, nodes.parameter(texts)
            if operand.reading is not Reading.TEXTS:
                wanted = nodes.call("to_jsonb", wanted)
            same = exp.And(
                this=exp.ArrayContainsAll(this=value, expression=wanted),
                expression=exp.ArrayContainsAll(this=wanted.copy(), expression=value.copy()),
            )
            return _counted(same, found)
        case s.SharesText(operand, texts):
            found = source.read(operand)
            kind = exp.ArrayOverlaps if operand.reading is Reading.TEXTS else exp.JSONBContainsAnyTopKeys
            return _counted(kind(this=found.value, expression=nodes.parameter(texts)), found)
        case s.LookedUp():
            return source.looked_up(test)
        case s.Tagged():
            return source.tags(test)
        case s.RateKnown(rate):
            _, delivered = source.rate_terms(rate)
            return nodes.is_not(delivered, exp.null())
        case s.RateCompared(rate, comparison, percent):
            return _rate(rate, comparison, percent, source)
        case s.Coded(code, bounds):
            number = source.code(code)
            return nodes.all_of(
                nodes.compare(number.copy(), comparison, nodes.parameter(slot)) for comparison, slot in bounds
            )
        case s.CodedAmong(code, places):
            return nodes.equals_any(source.code(code), nodes.parameter(places))
        case s.Once():
            return source.once(test)
        case _:
            assert_never(test)


def _compared(operand: s.Operand, comparison: Comparison, slot: s.Slot, source: Source) -> exp.Expression:
    if _ignores_case(operand):
        found, value = source.read_lower(operand), exp.Lower(this=nodes.parameter(slot))
        return _counted(nodes.compare(found.value, comparison, value), found)
    found = source.read(operand)
    return _counted(nodes.compare(found.value, comparison, nodes.parameter(slot)), found)


def code_of(code: s.Code, source: Source) -> exp.Expression:
    """Where the value stands among those of the parameter."""
    value = source.percentage(code.of) if isinstance(code.of, Rate) else source.read(code.of).guarded
    values = nodes.parameter(code.values)
    if code.kind is s.CodeKind.PLACE:
        return nodes.call("array_position", values, value)
    bucket = nodes.call("width_bucket", value, values)
    if code.kind is s.CodeKind.BUCKET:
        return bucket
    is_one = exp.If(this=nodes.equals_any(value.copy(), values.copy()), true=nodes.number(1))
    twice = exp.Mul(this=nodes.number(2), expression=bucket)
    return exp.Sub(this=twice, expression=exp.Case(ifs=[is_one], default=nodes.number(0)))


def _ignores_case(operand: s.Operand) -> bool:
    return isinstance(operand, Stored) and operand.ignore_case


def _bound(operand: s.Operand, slot: s.Slot) -> exp.Expression:
    """A parameter as the operand's own column holds such a value; what is joined is made the parameter's type."""
    match operand:
        case Stored(InColumn(type=type_)) | s.SlottedRow(columns=(InColumn(type=type_),)):
            return nodes.instant(slot, type_)
        case _:
            return nodes.parameter(slot)


def _rate(rate: Rate, comparison: Comparison, percent: s.Slot, source: Source) -> exp.Expression:
    """100 · actions against percent · delivered: exact, and NULL where nothing was delivered."""
    actions, delivered = source.rate_terms(rate)
    return nodes.compare(actions, comparison, exp.Mul(this=nodes.parameter(percent), expression=delivered))


def _counted(test: exp.Expression, found: Read) -> exp.Expression:
    """The test, together with the condition under which what it read counts."""
    return test if found.only_if is None else exp.And(this=test, expression=found.only_if)
