"""What a predicate asks apart from its values: the key under which everything is kept that they do not change.

Predicates have one outline where they differ in values alone, and in each the same values are equal. Values stay
with the tests: whoever keeps something under an outline keeps none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from operator import attrgetter

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
    """The outline in Polish notation: each node before its members."""

    def __init__(self) -> None:
        self.outline: list[Hashable] = []
        self.tests: list[p.Test] = []
        self.places: list[int] = []
        self._numbers: dict[Hashable, int] = {}
        self._keys: dict[Hashable, int] = {}

    def add(self, predicate: p.Predicate) -> None:
        match predicate:
            case p.And(members) | p.Or(members):
                self.outline.append((type(predicate), len(members)))
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
        """Add a test, by its kind and the number of those that are equal to it."""
        kind = self._kind(test)
        number = self._numbers.setdefault((kind, _VALUE[type(test)](test)), len(self.tests))
        if number == len(self.tests):
            self.tests.append(test)
        self.outline += (kind, number)
        self.places.append(number)

    def _kind(self, test: p.Test) -> Hashable:
        """All of a test but its value."""
        type_ = type(test)
        details = _DETAILS[type_](test)
        if isinstance(test, p.TagTest | p.HasRate | p.RateTest):
            return type_, details
        operand = test.operand
        if isinstance(operand, p.Activity | p.Stored):
            return type_, details, operand
        number = len(self._keys)
        if isinstance(operand, p.RowValue):
            return type_, details, operand.reading, operand.columns, self._keys.setdefault((operand.field,), number)
        return type_, details, operand.reading, self._keys.setdefault(operand.key, number)


def _nothing(_: p.Test) -> None:
    """What a test has not."""


_DETAILS: Mapping[type[p.Test], Callable[[p.Test], Hashable]] = {
    p.HasValue: _nothing,
    p.TextEquals: _nothing,
    p.TextIn: _nothing,
    p.TextMatches: attrgetter("part"),
    p.NumberTest: attrgetter("comparison"),
    p.BooleanTest: _nothing,
    p.DateTest: attrgetter("comparison"),
    p.WithinDays: _nothing,
    p.SetEquals: _nothing,
    p.SetOverlaps: _nothing,
    p.TagTest: attrgetter("mode"),
    p.HasRate: attrgetter("rate"),
    p.RateTest: attrgetter("rate", "comparison"),
}
"""What the SQL of a test depends on beside its operand."""

_VALUE: Mapping[type[p.Test], Callable[[p.Test], Hashable]] = {
    p.HasValue: _nothing,
    p.TextEquals: attrgetter("text"),
    p.TextIn: attrgetter("texts"),
    p.TextMatches: attrgetter("text"),
    p.NumberTest: attrgetter("number"),
    p.BooleanTest: attrgetter("value"),
    p.DateTest: attrgetter("value"),
    p.WithinDays: attrgetter("days"),
    p.SetEquals: attrgetter("texts"),
    p.SetOverlaps: attrgetter("texts"),
    p.TagTest: attrgetter("tag_ids"),
    p.HasRate: _nothing,
    p.RateTest: attrgetter("percent"),
}
"""All the rest of it."""
