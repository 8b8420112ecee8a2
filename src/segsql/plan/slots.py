"""The slots of a shape: replaced one by one, or numbered anew, so that equal shapes of two statements are equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from segsql.filters import Rate
from segsql.plan import shape as s

Replace = Callable[[s.Slot], s.Slot]


class Numbering:
    """Numbers slots from 1 as they come; slot n stands for `slots[n - 1]`."""

    def __init__(self) -> None:
        self._local: dict[s.Slot, s.Slot] = {}

    @property
    def slots(self) -> tuple[s.Slot, ...]:
        """The slots that came, in their order."""
        return tuple(self._local)

    def __call__(self, slot: s.Slot) -> s.Slot:
        found = self._local.get(slot)
        if found is None:
            found = self._local[slot] = s.slot(len(self._local) + 1, slot.type)
        return found


def map_test(test: s.Test, to: Replace) -> s.Test:
    """The test with every slot replaced."""
    match test:
        case s.Present(operand):
            return s.Present(map_operand(operand, to))
        case s.Compared(operand, comparison, value):
            return s.Compared(map_operand(operand, to), comparison, to(value))
        case s.AmongTexts(operand, values):
            return s.AmongTexts(map_operand(operand, to), to(values))
        case s.AmongAnyCase(operand, joined, separator):
            return s.AmongAnyCase(map_operand(operand, to), to(joined), to(separator))
        case s.Matches(operand, pattern):
            return s.Matches(map_operand(operand, to), to(pattern))
        case s.Between(operand, bounds):
            return s.Between(map_operand(operand, to), _map_bounds(bounds, to))
        case s.LastEvent(kind, bounds):
            return s.LastEvent(kind, _map_bounds(bounds, to))
        case s.SameSet(operand, texts):
            return s.SameSet(map_operand(operand, to), to(texts))
        case s.SharesText(operand, texts):
            return s.SharesText(map_operand(operand, to), to(texts))
        case s.LookedUp(inner):
            return s.LookedUp(map_test(inner, to))
        case s.Tagged(_, tag_ids):
            return test if tag_ids is None else replace(test, tag_ids=to(tag_ids))
        case s.RateKnown():
            return test
        case s.RateCompared(rate, comparison, percent):
            return s.RateCompared(rate, comparison, to(percent))
        case s.Coded(code, bounds):
            return s.Coded(map_code(code, to), _map_bounds(bounds, to))
        case s.CodedAmong(code, places):
            return s.CodedAmong(map_code(code, to), to(places))
        case s.Once(inner):
            return s.Once(map_test(inner, to))
        case _:
            assert_never(test)


def map_operand(operand: s.Operand, to: Replace) -> s.Operand:
    """The operand with its slot replaced, if its key or field is one."""
    match operand:
        case s.SlottedValue(key, reading):
            return s.SlottedValue(to(key), reading)
        case s.SlottedRow(field, columns, reading):
            return s.SlottedRow(to(field), columns, reading)
        case _:
            return operand


def map_code(code: s.Code, to: Replace) -> s.Code:
    """The code with every slot replaced."""
    of = code.of if isinstance(code.of, Rate) else map_operand(code.of, to)
    return s.Code(of, code.kind, to(code.values))


def _map_bounds(bounds: s.Bounds, to: Replace) -> s.Bounds:
    return tuple((comparison, to(slot)) for comparison, slot in bounds)
