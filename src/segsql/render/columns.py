"""What a shared scan computes once per contact, and a source whose tests read such columns (spec 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlglot import exp

from segsql.catalog import Tables
from segsql.filters import Rate
from segsql.plan import TagStrategy
from segsql.plan import shape as s
from segsql.plan.slots import Replace, map_code, map_operand, map_test
from segsql.render import nodes
from segsql.render.readings import Read
from segsql.render.sources import InPlace
from segsql.render.tags import compare_tags, is_by_bits
from segsql.render.tests import code_of, condition

SCANNED = "x"


@dataclass(frozen=True, slots=True)
class Value:
    """An operand's value, in lower case where that is asked for; NULL where it does not count."""

    operand: s.Operand
    is_lower: bool = False


@dataclass(frozen=True, slots=True)
class RateActions:
    """100 times the opens or clicks, capped at what was delivered."""

    rate: Rate


@dataclass(frozen=True, slots=True)
class RateDelivered:
    """What was delivered, NULL where that is 0 or unknown."""

    rate: Rate


@dataclass(frozen=True, slots=True)
class Percentage:
    """The rate in percent."""

    rate: Rate


@dataclass(frozen=True, slots=True)
class ContactTags:
    """The contact's tags as one value; the test is any of those that read it so."""

    strategy: TagStrategy
    by_bits: bool


Stored = Value | RateActions | RateDelivered | Percentage | ContactTags
"""What is read from the tables."""

Computed = Stored | s.Code | s.Once
"""Codes and outcomes of tests are computed from stored values."""


class Columns:
    """Tests read the columns `x.c0`, `x.c1`, … of a derived table; the list of what each holds grows with them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._columns: dict[Computed, str] = {}

    @property
    def computed(self) -> tuple[Computed, ...]:
        """What the columns hold, in their order."""
        return tuple(self._columns)

    def read(self, operand: s.Operand) -> Read:
        return Read(self._column(Value(operand)))

    def read_lower(self, operand: s.Operand) -> Read:
        return Read(self._column(Value(operand, is_lower=True)))

    def last_event(self, test: s.LastEvent) -> exp.Expression:
        raise AssertionError(f"a shared scan looks no events up, and so has no {test}")

    def looked_up(self, test: s.LookedUp) -> exp.Expression:
        raise AssertionError(f"a shared scan looks no rows up, and so has no {test}")

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        return self._column(RateActions(rate)), self._column(RateDelivered(rate))

    def percentage(self, rate: Rate) -> exp.Expression:
        return self._column(Percentage(rate))

    def tags(self, test: s.Tagged) -> exp.Expression:
        return compare_tags(self._column(ContactTags(test.strategy, is_by_bits(test))), test, self._tables)

    def code(self, code: s.Code) -> exp.Expression:
        return self._column(code)

    def once(self, test: s.Once) -> exp.Expression:
        return self._column(test)

    def _column(self, computed: Computed) -> exp.Expression:
        alias = self._columns.setdefault(computed, f"c{len(self._columns)}")
        return nodes.column(alias, SCANNED)


def stored(column: Stored, source: InPlace) -> exp.Expression:
    """Read a stored value from the tables."""
    match column:
        case Value(operand, is_lower):
            return (source.read_lower(operand) if is_lower else source.read(operand)).guarded
        case RateActions(rate):
            return source.rate_terms(rate)[0]
        case RateDelivered(rate):
            return source.rate_terms(rate)[1]
        case Percentage(rate):
            return source.percentage(rate)
        case ContactTags(strategy, by_bits):
            return source.tags_of_contact(strategy, by_bits=by_bits)
        case _:
            assert_never(column)


def derived(column: s.Code | s.Once, source: Columns) -> exp.Expression:
    """Compute a code, or the outcome of a test, from columns of stored values."""
    match column:
        case s.Code():
            return code_of(column, source)
        case s.Once(test):
            return condition(test, source)
        case _:
            assert_never(column)


def map_computed(column: Computed, to: Replace) -> Computed:
    """The column with every slot replaced."""
    match column:
        case Value(s.SlottedValue() | s.SlottedRow() as operand, is_lower):
            return Value(map_operand(operand, to), is_lower)
        case s.Code():
            return map_code(column, to)
        case s.Once(test):
            return s.Once(map_test(test, to))
        case _:
            return column
