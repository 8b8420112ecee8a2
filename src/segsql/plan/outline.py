"""What a predicate asks apart from its values: the key under which everything is kept that they do not change.

Predicates have one outline where they differ in values alone, and in each the same values are equal. Values stay
with the tests: whoever keeps something under an outline keeps none of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import assert_never

from segsql.plan import predicate as p

Outline = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A folded predicate, its outline, and its tests, in the order in which each stands first.

    `places` has the number of a test, from 0, for each time that one stands in the predicate.
    """

    predicate: p.Predicate
    outline: Outline
    tests: tuple[p.Test, ...]
    places: tuple[int, ...]


def ask(predicate: p.Predicate) -> Asked:
    """Tell a folded predicate's outline from its tests."""
    walk = _Walk()
    walk.add(predicate)
    return Asked(predicate, tuple(walk.outline), tuple(walk.tests), tuple(walk.places))


class _Walk:
    """The outline in Polish notation: each node before its members, each test with its kind where it stands first."""

    def __init__(self) -> None:
        self.outline: list[Hashable] = []
        self.tests: dict[p.Test, int] = {}
        self.places: list[int] = []
        self._keys: dict[str, int] = {}

    def add(self, predicate: p.Predicate) -> None:
        match predicate:
            case p.And(members) | p.Or(members):
                self.outline += (type(predicate), len(members))
                for member in members:
                    self.add(member)
            case p.Not(member):
                self.outline.append(p.Not)
                self.add(member)
            case p.Constant():
                self.outline.append(predicate)
            case _:
                self._test(predicate)

    def _test(self, test: p.Test) -> None:
        new = len(self.tests)
        number = self.tests.setdefault(test, new)
        if number == new:
            self.outline += (type(test), self._kind(test))
        self.outline.append(number)
        self.places.append(number)

    def _kind(self, test: p.Test) -> Hashable:
        """All of a test but its value."""
        match test:
            case p.NumberTest(operand, comparison) | p.DateTest(operand, comparison):
                return self._operand(operand), comparison
            case p.TextEquals(operand) | p.TextIn(operand) | p.WithinDays(operand) | p.HasValue(operand):
                return self._operand(operand)
            case p.TagTest(mode):
                return mode
            case p.BooleanTest(operand) | p.SetOverlaps(operand) | p.SetEquals(operand):
                return self._operand(operand)
            case p.TextMatches(operand, part):
                return self._operand(operand), part
            case p.RateTest(rate, comparison):
                return rate, comparison
            case p.HasRate(rate):
                return rate
            case _:
                assert_never(test)

    def _operand(self, operand: p.Operand) -> Hashable:
        """The operand; in place of a key that is the user's, its number."""
        if isinstance(operand, p.UndeclaredValue):
            return operand.reading, self._keys.setdefault(operand.key, len(self._keys))
        return operand
