"""What one value can be, as the bits of a number: one for each case that the tests of a definition tell apart.

`score gt 3` and `score lt 5` cut all numbers into below 3, 3, between, 5 and above 5; with "no value" these are
six cells, and a test is the set of cells in which it is true. What holds of sets of cells holds of all values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from segsql.plan.predicate import Comparison, Test

NOTHING = 1
"""The cell of contacts that have no value: the first of each value's cells."""

Bounds = Sequence[tuple[Comparison, Any]]
"""Comparisons of an ordered value that must all hold."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one value: all that are possible, those without a value, and for each test where it may be true and
    where it may be false; where that is not known exactly, more cells than these."""

    full: int
    nothing: int = NOTHING
    masks: Mapping[Test, tuple[int, int]] = field(default_factory=dict)

    def with_value(self, mask: int | None = None) -> int:
        """The cells of the mask (or all) that have a value."""
        return (self.full if mask is None else mask) & self.full & ~self.nothing


@dataclass(frozen=True, slots=True)
class Range:
    """What an ordered value is known to be: never below `low`, never above `high`, `whole` numbers alone."""

    low: Any = None
    high: Any = None
    whole: bool = False


def ordered(tests: Sequence[tuple[Test, Bounds]], *, always: bool = False, range_: Range | None = None) -> Cells:
    """The cells of a value that has an order: each value that is named, what lies between them, and nothing."""
    known = range_ or Range()
    named = {value for _, bounds in tests for _, value in bounds}
    ends = {end for end in (known.low, known.high) if end is not None}
    values = sorted(named | ends)
    places = {value: place for place, value in enumerate(values)}
    line = (1 << (2 * len(values) + 2)) - 2

    def mask(comparison: Comparison, value: object) -> int:
        point = 1 << (2 * places[value] + 2)
        below = point - 2
        match comparison:
            case Comparison.EQ:
                return point
            case Comparison.LT:
                return below
            case Comparison.LTE:
                return below | point
            case Comparison.GT:
                return line & ~(below | point)
            case Comparison.GTE:
                return line & ~below

    possible = line
    if known.low is not None:
        possible &= mask(Comparison.GTE, known.low)
    if known.high is not None:
        possible &= mask(Comparison.LTE, known.high)
    if known.whole:
        possible &= ~_without_whole_numbers(values)
    full = possible if always else possible | NOTHING
    masks = {}
    for test, bounds in tests:
        true = possible
        for comparison, value in bounds:
            true &= mask(comparison, value)
        masks[test] = (true, full & ~true)
    return Cells(full, NOTHING & full, masks)


def _without_whole_numbers(values: Sequence[Decimal]) -> int:
    """The cells, of single numbers and between two, in which there is no whole number."""
    empty = 0
    for place, value in enumerate(values):
        below = math.floor(value)
        if value != below:
            empty |= 1 << (2 * place + 2)
        if place + 1 < len(values) and below + 1 >= values[place + 1]:
            empty |= 1 << (2 * place + 3)
    return empty


def stacked(layers: Iterable[Cells]) -> Cells:
    """The cells of a value in several situations at once: what is ruled out must be so in each of them."""
    full = nothing = shift = 0
    masks: dict[Test, tuple[int, int]] = {}
    for layer in layers:
        full |= layer.full << shift
        nothing |= layer.nothing << shift
        for test, (true, false) in layer.masks.items():
            before = masks.get(test, (0, 0))
            masks[test] = (before[0] | true << shift, before[1] | false << shift)
        shift += layer.full.bit_length()
    return Cells(full, nothing, masks)
