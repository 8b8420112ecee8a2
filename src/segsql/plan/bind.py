"""Predicate -> Shape: negations go down to the tests, and a slot takes the place of every value.

What a test becomes depends on its kind, on how the statement reaches what it reads, and on which tests are equal:
those share their slots, and so their SQL. What is to be sent for a slot is told by its source.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, assert_never

from segsql.catalog import SqlType
from segsql.plan import predicate as p
from segsql.plan import shape as s
from segsql.plan import values
from segsql.plan.codes import CodeBook
from segsql.plan.outline import Asked
from segsql.plan.plan import Value
from segsql.plan.strategy import Choice
from segsql.plan.values import Context, Make

Comparison = p.Comparison
T = TypeVar("T", bound=p.Test)

WORKSPACE = 1
"""The slot of the workspace's id, in every statement."""

INSTANT_BOUNDS: Mapping[Comparison, tuple[tuple[Comparison, Callable[[p.DateTest, Context], Value]], ...]] = {
    Comparison.EQ: ((Comparison.GTE, values.begin), (Comparison.LT, values.end)),
    Comparison.GT: ((Comparison.GTE, values.end),),
    Comparison.GTE: ((Comparison.GTE, values.begin),),
    Comparison.LT: ((Comparison.LT, values.begin),),
    Comparison.LTE: ((Comparison.LT, values.end),),
}
"""An instant compared with a day, or with a microsecond taken as a very short one: the same SQL for both."""


@dataclass(frozen=True, slots=True)
class Source:
    """What fills a slot: `make` makes it of the test with this number.

    Tests share a slot that is made alike where `shared_by` says the same of them; without it the slot is the
    test's own.
    """

    type: SqlType
    test: int
    make: Make
    shared_by: Callable[[Any], Hashable] | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A shape (a bool where all folded), what became of each test, and the sources of the slots after WORKSPACE."""

    shape: s.Shape | bool
    tests: tuple[s.Test, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How the tests of a statement reach what they read.

    `by_bits`: grouped tags are bits; `codes`: the tests that compare codes in place of values, with their books.
    """

    choice: Choice
    tag_ids_type: SqlType
    by_bits: bool
    codes: Mapping[p.Test, CodeBook]


def bind(asked: Asked, reach: Reach) -> Bound:
    """Bind what a statement, or a part of one, asks."""
    if isinstance(asked.predicate, p.Constant):
        return Bound(asked.predicate.value, (), ())
    binder = Binder(asked, reach)
    shape = binder.bind(asked.predicate, negated=False)
    return Bound(shape, tuple(binder.bound[test] for test in asked.tests), tuple(binder.sources))


class Binder:
    """Binds predicates that are made of the tests of one `Asked`; equal tests share their slots.

    `bound` has what became of each test, `sources` those of the slots after WORKSPACE.
    """

    def __init__(self, asked: Asked, reach: Reach) -> None:
        self.bound: dict[p.Test, s.Test] = {}
        self.sources: list[Source] = []
        self._numbers = {test: number for number, test in enumerate(asked.tests)}
        self._reach = reach
        self._looks_events_up = reach.choice.activity is s.ActivityStrategy.EVENTS_EXISTS
        self._shared: dict[Hashable, s.Slot] = {}

    def bind(self, predicate: p.Predicate, *, negated: bool) -> s.Shape:
        """The predicate, or its complement, in negation normal form."""
        match predicate:
            case p.Not(member):
                return self.bind(member, negated=not negated)
            case p.And(members):
                return self._join(members, is_and=not negated, negated=negated)
            case p.Or(members):
                return self._join(members, is_and=negated, negated=negated)
            case p.Constant():
                raise AssertionError("a folded predicate holds no constant")
            case _:
                if predicate not in self.bound:
                    self.bound[predicate] = self._test(predicate)
                bound = self.bound[predicate]
                return s.Complement(bound) if negated else bound

    def _join(self, members: tuple[p.Predicate, ...], *, is_and: bool, negated: bool) -> s.Shape:
        kind = s.All if is_and else s.AnyOf
        joined: list[s.Shape] = []
        for member in members:
            shape = self.bind(member, negated=negated)
            if isinstance(shape, s.All | s.AnyOf) and isinstance(shape, kind):
                joined.extend(shape.members)
            else:
                joined.append(shape)
        return kind(tuple(joined))

    def _test(self, test: p.Test) -> s.Test:
        if test in self._reach.codes:
            assert not isinstance(test, p.TagTest | p.HasRate), "they compare nothing"
            return self._coded(test, self._reach.codes[test])
        match test:
            case p.HasValue(p.Column(builtin)) if builtin.event is not None and self._looks_events_up:
                return s.LastEvent(builtin.event, ())
            case p.HasValue():
                return s.Present(self.operand(test))
            case p.TextEquals():
                return self._compared(test, Comparison.EQ, SqlType.TEXT, values.text)
            case p.TextIn(p.Column(builtin) as column) if builtin.ignore_case:
                joined = self._slot(SqlType.TEXT, test, values.joined)
                return s.AmongAnyCase(column, joined, self._slot(SqlType.TEXT, test, values.separator))
            case p.TextIn():
                return s.AmongTexts(self.operand(test), self._slot(SqlType.TEXT_ARRAY, test, values.texts))
            case p.TextMatches():
                return s.Matches(self.operand(test), self._slot(SqlType.TEXT, test, values.pattern))
            case p.NumberTest(_, comparison):
                return self._compared(test, comparison, SqlType.NUMERIC, values.number)
            case p.BooleanTest():
                return self._compared(test, Comparison.EQ, SqlType.BOOLEAN, values.boolean)
            case p.DateTest(p.Column() as column, comparison):
                wanted = INSTANT_BOUNDS[comparison]
                bounds = tuple((bound, self._slot(SqlType.TIMESTAMPTZ, test, make)) for bound, make in wanted)
                return self._between(column, bounds)
            case p.DateTest(_, comparison):
                return self._compared(test, comparison, SqlType.TEXT, values.calendar_day)
            case p.WithinDays(p.Column() as column):
                begin = self._slot(SqlType.TIMESTAMPTZ, test, values.window_begin)
                now = self._slot(SqlType.TIMESTAMPTZ, test, values.now, _everything)
                return self._between(column, ((Comparison.GTE, begin), (Comparison.LTE, now)))
            case p.WithinDays():
                too_early = self._slot(SqlType.TEXT, test, values.day_before_window)
                latest = self._slot(SqlType.TEXT, test, values.last_day)
                bounds = (Comparison.GT, too_early), (Comparison.LTE, latest)
                return s.Between(self.operand(test), bounds)
            case p.SetEquals():
                return s.SameSet(self.operand(test), self._slot(SqlType.TEXT_ARRAY, test, values.texts))
            case p.SetOverlaps():
                return s.SharesText(self.operand(test), self._slot(SqlType.TEXT_ARRAY, test, values.texts))
            case p.TagTest(mode):
                return s.Tagged(mode, self._tag_ids(test), self._reach.choice.tags[test])
            case p.HasRate(rate):
                return s.RateKnown(rate)
            case p.RateTest(rate, comparison):
                return s.RateCompared(rate, comparison, self._slot(SqlType.NUMERIC, test, values.percent))
            case _:
                assert_never(test)

    def _coded(self, test: p.OnOperand | p.RateTest, book: CodeBook) -> s.Test:
        """A test in which codes of the book's kind stand for values."""
        of = test.rate if isinstance(test, p.RateTest) else self.operand(test)
        code = s.Code(of, book.kind, self._slot(book.type, test, values.book, p.subject))
        match test:
            case p.NumberTest(_, comparison) | p.DateTest(_, comparison) | p.RateTest(_, comparison):
                return s.Coded(code, ((comparison, self._slot(SqlType.INTEGER, test, values.place)),))
            case p.WithinDays():
                too_early = self._slot(SqlType.INTEGER, test, values.place)
                latest = self._slot(SqlType.INTEGER, test, values.second_place)
                return s.Coded(code, ((Comparison.GT, too_early), (Comparison.LTE, latest)))
            case p.TextIn():
                return s.CodedAmong(code, self._slot(SqlType.INTEGER_ARRAY, test, values.places))
            case _:
                return s.Coded(code, ((Comparison.EQ, self._slot(SqlType.INTEGER, test, values.place)),))

    def _tag_ids(self, test: p.TagTest) -> s.Slot | None:
        if test.mode is p.TagMode.PRESENT:
            return None
        if self._reach.by_bits and self._reach.choice.tags[test] is s.TagStrategy.GROUPED:
            return self._slot(SqlType.BIGINT, test, values.tag_bits)
        return self._slot(self._reach.tag_ids_type, test, values.tag_ids)

    def _compared(self, test: p.OnOperand, comparison: Comparison, type_: SqlType, make: Make) -> s.Compared:
        return s.Compared(self.operand(test), comparison, self._slot(type_, test, make))

    def _between(self, column: p.Column, bounds: s.Bounds) -> s.Test:
        """A time between bounds; that of the last event is not read where events are looked up, but asked for."""
        event = column.builtin.event
        if event is not None and self._looks_events_up:
            return s.LastEvent(event, bounds)
        return s.Between(column, bounds)

    def operand(self, test: p.OnOperand) -> s.Operand:
        """What a test reads."""
        match test.operand:
            case p.UndeclaredValue(_, reading):
                return s.SlottedValue(self._slot(SqlType.TEXT, test, values.key, values.key_of), reading)
            case operand:
                return operand

    def _slot(
        self,
        type_: SqlType,
        test: T,
        make: Callable[[T, Context], Value],
        shared_by: Callable[[T], Hashable] | None = None,
    ) -> s.Slot:
        """A new slot, or that of an earlier test which shares it."""
        identity = (make, shared_by(test)) if shared_by else None
        if identity in self._shared:
            return self._shared[identity]
        self.sources.append(Source(type_, self._numbers[test], make, shared_by))
        slot = s.slot(WORKSPACE + len(self.sources), type_)
        if identity is not None:
            self._shared[identity] = slot
        return slot


def _everything(_: p.Test) -> None:
    """What all tests of a statement share."""
