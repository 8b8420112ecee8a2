"""What each literal of a definition says of the values of a contact, as sets of cells, value by value.

A literal says something of its own value, and often of others: who has an open rate has received a message, who has
a tag has tags, and `metadata.plan eq "pro"` is a text, so that `metadata.plan exists` too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import assert_never

from segsql.catalog import BUILTINS, Id
from segsql.filters import Rate
from segsql.lint import texts
from segsql.lint.cells import Bounds, Cells, Range, ordered
from segsql.lint.dates import Dated, dates
from segsql.lint.formulas import Literal
from segsql.lint.texts import Texts
from segsql.plan import predicate as p
from segsql.plan.values import Context

Subject = Hashable
"""A value of a contact that something is known of: an operand, a rate, whether it has a certain tag, and the like."""

Fact = tuple[Subject, int]
"""The cells in which a value is."""

FALSE, TRUE = 1, 2
"""The cells of what is or is not."""

MAX_ITEMS = 200
"""With more tags (or members of one set) than this in a definition, no more is known of those that a condition does
not name."""

TAGS = "tags"

_RECEIVED = p.NumberTest(p.Activity(BUILTINS["delivered_count"]), p.Comparison.GTE, Decimal(1))
"""What it takes to have a rate."""

_KINDS = {"string": 2, "number": 4, "boolean": 8, "array": 16, "object": 32}
"""The cells of what a custom value is in JSON; the first is that of null and of nothing at all."""

_READ: Mapping[p.Reading, tuple[str, ...]] = {
    p.Reading.TEXT: ("string", "number", "boolean"),
    p.Reading.STRING: ("string",),
    p.Reading.NUMBER: ("number",),
    p.Reading.BOOLEAN: ("boolean",),
    p.Reading.DAY: ("string",),
    p.Reading.DAY_PREFIX: ("string",),
    p.Reading.STRINGS: ("array",),
    p.Reading.ANY: tuple(_KINDS),
}
"""What a value has to be to be read so."""

_PARTLY = (p.Reading.DAY, p.Reading.DAY_PREFIX, p.Reading.STRINGS)
"""Of these not all can be read so."""


class Space:
    """The cells of all values that a definition's tests are about."""

    def __init__(self, tests: Iterable[p.Test], context: Context) -> None:
        found = dict.fromkeys(tests)
        if any(isinstance(test, p.HasRate | p.RateTest) for test in found):
            found[_RECEIVED] = None
        self._cells: dict[Subject, Cells] = {}
        self._items: dict[Subject, set[Id]] = defaultdict(set)
        self._parts: dict[p.Operand, list[p.TextMatches]] = defaultdict(list)
        self._facts: dict[Literal, tuple[Fact, ...]] = {}
        by_subject: dict[p.Operand | Rate, list[p.Test]] = defaultdict(list)
        for test in found:
            if isinstance(test, p.TagTest):
                self._items[TAGS].update(test.tag_ids)
            else:
                by_subject[p.subject(test)].append(test)
            if isinstance(test, p.SetEquals | p.SetOverlaps):
                self._items[test.operand].update(test.texts)
            if isinstance(test, p.TextMatches):
                self._parts[test.operand].append(test)
        for subject, own in by_subject.items():
            self._cells[subject] = _cells(subject, own, context)

    def full(self, subject: Subject) -> int:
        """All cells of a value; without what the tests tell apart, an endless number of them."""
        found = self._cells.get(subject)
        return -1 if found is None else found.full

    def facts(self, literal: Literal) -> tuple[Fact, ...]:
        """What the literal says."""
        found = self._facts.get(literal)
        if found is None:
            found = self._facts[literal] = tuple(self._say(literal))
        return found

    def _say(self, literal: Literal) -> Iterator[Fact]:
        test, holds = literal.test, literal.holds
        match test:
            case p.TagTest():
                yield from self._tags(test, holds=holds)
            case p.HasRate(rate) | p.RateTest(rate):
                yield self._own(rate, literal)
                if holds or isinstance(test, p.HasRate):
                    yield from self.facts(Literal(_RECEIVED, holds))
            case p.SetEquals(operand, members):
                yield from self._exactly(operand, members, holds=holds)
            case p.SetOverlaps(operand, (member,)):
                yield _item(operand, member, holds=holds)
                if holds:
                    yield from self._present(operand)
            case _:
                yield self._own(test.operand, literal)
                yield from _kind(test.operand, holds=holds, is_presence=isinstance(test, p.HasValue))
                if isinstance(test, p.TextMatches):
                    yield from self._part(test, holds=holds)
                if isinstance(test, p.HasValue) and not holds:
                    yield from self._none_of(test.operand)
                if isinstance(test, p.TextIn | p.TextEquals | p.WithinDays):
                    yield ("test", test), TRUE if holds else FALSE

    def _own(self, subject: p.Operand | Rate, literal: Literal) -> Fact:
        cells = self._cells[subject]
        test = literal.test
        if isinstance(test, p.HasValue | p.HasRate):
            return subject, cells.with_value() if literal.holds else cells.nothing
        unknown = cells.with_value(), cells.full
        true, false = cells.masks.get(test, unknown)
        return subject, true if literal.holds else false

    def _part(self, test: p.TextMatches, *, holds: bool) -> Iterator[Fact]:
        """The test itself, and what it says of the others on the same text."""
        yield _part(test), TRUE if holds else FALSE
        for other in self._parts[test.operand]:
            if holds and texts.implies(test, other):
                yield _part(other), TRUE
            if (holds and texts.excludes(test, other)) or (not holds and texts.implies(other, test)):
                yield _part(other), FALSE

    def _tags(self, test: p.TagTest, *, holds: bool) -> Iterator[Fact]:
        match test.mode:
            case p.TagMode.PRESENT:
                yield TAGS, TRUE if holds else FALSE
                if not holds:
                    yield from self._none_of(TAGS)
            case p.TagMode.EXACTLY:
                yield from self._exactly(TAGS, test.tag_ids, holds=holds)
            case _:
                (tag_id,) = test.tag_ids
                yield _item(TAGS, tag_id, holds=holds)
                if holds:
                    yield from self._present(TAGS)

    def _exactly(self, owner: Subject, items: Sequence[Id], *, holds: bool) -> Iterator[Fact]:
        """These and no others."""
        yield ("exactly", owner, tuple(items)), TRUE if holds else FALSE
        if not holds:
            return
        yield from self._present(owner)
        for item in items:
            yield _item(owner, item, holds=True)
        if len(self._items[owner]) <= MAX_ITEMS:
            for item in self._items[owner] - set(items):
                yield _item(owner, item, holds=False)

    def _present(self, owner: Subject) -> Iterator[Fact]:
        """There are tags, or a set."""
        if isinstance(owner, p.Activity | p.Stored | p.UndeclaredValue | p.RowValue):
            yield from self.facts(Literal(p.HasValue(owner), holds=True))
        else:
            yield TAGS, TRUE

    def _none_of(self, owner: Subject) -> Iterator[Fact]:
        if len(self._items[owner]) <= MAX_ITEMS:
            for item in self._items[owner]:
                yield _item(owner, item, holds=False)


def _cells(subject: p.Operand | Rate, tests: Sequence[p.Test], context: Context) -> Cells:
    """The cells of one value, by what kind of tests there are on it."""
    compared: list[tuple[p.Test, Bounds]] = []
    dated: list[Dated] = []
    texts_: list[Texts] = []
    for test in tests:
        match test:
            case p.RateTest(_, comparison, value) | p.NumberTest(_, comparison, value):
                compared.append((test, ((comparison, value),)))
            case p.BooleanTest(_, value):
                compared.append((test, ((p.Comparison.EQ, value),)))
            case p.DateTest() | p.WithinDays():
                dated.append(test)
            case p.TextEquals() | p.TextIn() | p.TextMatches():
                texts_.append(test)
            case p.HasValue() | p.HasRate() | p.SetEquals() | p.SetOverlaps() | p.TagTest():
                pass
            case _:
                assert_never(test)
    if isinstance(subject, Rate):
        return ordered(compared, range_=Range(Decimal(0), Decimal(100)))
    always = p.always_exists(subject)
    if dated:
        return dates(subject, dated, context)
    if texts_:
        return texts.texts(texts_, always=always, any_case=p.ignores_case(subject))
    return ordered(compared, always=always, range_=_range(subject))


def _range(subject: p.Operand) -> Range | None:
    """Numbers of the activity are counts."""
    if isinstance(subject, p.Activity):
        return Range(low=Decimal(0), whole=True)
    return Range(low=False, high=True, whole=True) if subject.reading is p.Reading.BOOLEAN else None


def _kind(operand: p.Operand, *, holds: bool, is_presence: bool = False) -> Iterator[Fact]:
    """What a custom value is in JSON, if it can be read so; or is not, if it has no value."""
    if not isinstance(operand, p.UndeclaredValue):
        return
    mask = sum(_KINDS[kind] for kind in _READ[operand.reading])
    if holds:
        yield ("kind", operand.key), mask
    elif is_presence and operand.reading not in _PARTLY:
        yield ("kind", operand.key), ~mask


def _item(owner: Subject, item: Id, *, holds: bool) -> Fact:
    return ("item", owner, item), TRUE if holds else FALSE


def _part(test: p.TextMatches) -> Subject:
    return "part", test.operand, test.part, texts.key(test.text)
