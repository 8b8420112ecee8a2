"""Predicate -> Shape: negations go down to the tests, and a slot takes the place of every value.

What a test becomes depends on its kind, on how the statement reaches what it reads, and on which tests are equal:
those share their slots, and so their SQL. What is to be sent for a slot is told by its source.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, assert_never

from segsql.catalog import ARRAY_TYPES, SQL_TYPES, ArrayType, Builtin, EavTable, RollupColumns, SqlType, Tables
from segsql.plan import predicate as p
from segsql.plan import shape as s
from segsql.plan import values
from segsql.plan.codes import CodeBook
from segsql.plan.outline import Asked
from segsql.plan.plan import Value
from segsql.plan.strategy import Choice, way_of
from segsql.plan.values import Context, Make

Comparison = p.Comparison
T = TypeVar("T", bound=p.Test)

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
    """A shape (a bool where all folded), what became of each test, and the sources of its slots, in order."""

    shape: s.Shape | bool
    tests: tuple[s.Test, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How the tests of a statement reach what they read.

    `by_bits`: grouped tags are bits; `codes`: the tests that compare codes in place of values, with their books.
    """

    choice: Choice
    tables: Tables
    by_bits: bool
    codes: Mapping[p.Test, CodeBook]


def slots_before(tables: Tables) -> int:
    """How many slots are taken before those of tests: that of the workspace's id, where there is one."""
    return 0 if tables.is_single_tenant else 1


def bind(asked: Asked, reach: Reach) -> Bound:
    """Bind what a statement, or a part of one, asks."""
    if isinstance(asked.predicate, p.Constant):
        return Bound(asked.predicate.value, (), ())
    binder = Binder(asked, reach)
    shape = binder.bind(asked.predicate, negated=False)
    return Bound(shape, tuple(binder.bound[test] for test in asked.tests), tuple(binder.sources))


class Binder:
    """Binds predicates that are made of the tests of one `Asked`; equal tests share their slots.

    `bound` has what became of each test, `sources` those of the slots after `slots_before`.
    """

    def __init__(self, asked: Asked, reach: Reach) -> None:
        self.bound: dict[p.Test, s.Test] = {}
        self.sources: list[Source] = []
        self._numbers = {test: number for number, test in enumerate(asked.tests)}
        self._reach = reach
        self._slots_before = slots_before(reach.tables)
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
        if self._reach.choice.eav.get(test) is s.EavStrategy.EXISTS:
            return s.LookedUp(self._in_place(test))
        return self._in_place(test)

    def _in_place(self, test: p.Test) -> s.Test:
        match test:
            case p.HasValue(p.Activity(builtin)) if builtin.event is not None and self._is_looked_up(builtin):
                return s.LastEvent(builtin.event, ())
            case p.HasValue():
                return s.Present(self.operand(test))
            case p.TextEquals():
                return self._compared(test, Comparison.EQ, SqlType.TEXT, values.text)
            case p.TextIn(p.Stored(ignore_case=True) as stored):
                joined = self._slot(SqlType.TEXT, test, values.joined)
                return s.AmongAnyCase(stored, joined, self._slot(SqlType.TEXT, test, values.separator))
            case p.TextIn():
                return s.AmongTexts(self.operand(test), self._slot(SqlType.TEXT_ARRAY, test, values.texts))
            case p.TextMatches():
                return s.Matches(self.operand(test), self._slot(SqlType.TEXT, test, values.pattern))
            case p.NumberTest(_, comparison):
                return self._compared(test, comparison, SqlType.NUMERIC, values.number)
            case p.BooleanTest():
                return self._compared(test, Comparison.EQ, SqlType.BOOLEAN, values.boolean)
            case p.DateTest(operand, comparison) if operand.reading is p.Reading.INSTANT:
                wanted = INSTANT_BOUNDS[comparison]
                bounds = tuple((bound, self._slot(SqlType.TIMESTAMPTZ, test, make)) for bound, make in wanted)
                return self._between(test, bounds)
            case p.DateTest(operand, comparison):
                return self._compared(test, comparison, _day_type(operand), values.calendar_day)
            case p.WithinDays(operand) if operand.reading is p.Reading.INSTANT:
                begin = self._slot(SqlType.TIMESTAMPTZ, test, values.window_begin)
                now = self._slot(SqlType.TIMESTAMPTZ, test, values.now, _everything)
                return self._between(test, ((Comparison.GTE, begin), (Comparison.LTE, now)))
            case p.WithinDays(operand):
                too_early = self._slot(_day_type(operand), test, values.day_before_window)
                latest = self._slot(_day_type(operand), test, values.last_day)
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
        return self._slot(tag_ids_type(self._reach.tables, self._reach.choice.tags[test]), test, values.tag_ids)

    def _compared(self, test: p.OnOperand, comparison: Comparison, type_: SqlType, make: Make) -> s.Compared:
        return s.Compared(self.operand(test), comparison, self._slot(type_, test, make))

    def _between(self, test: p.DateTest | p.WithinDays, bounds: s.Bounds) -> s.Test:
        """A time between bounds; that of the last event is not read where events are looked up, but asked for."""
        match test.operand:
            case p.Activity(builtin) if builtin.event is not None and self._is_looked_up(builtin):
                return s.LastEvent(builtin.event, bounds)
            case _:
                return s.Between(self.operand(test), bounds)

    def _is_looked_up(self, builtin: Builtin) -> bool:
        way = way_of(builtin, self._reach.choice.activity, self._reach.tables)
        return way is s.ActivityStrategy.EVENTS_EXISTS

    def operand(self, test: p.OnOperand) -> s.Operand:
        """What a test reads."""
        match test.operand:
            case p.UndeclaredValue(_, reading):
                return s.SlottedValue(self._slot(SqlType.TEXT, test, values.key, values.key_of), reading)
            case p.RowValue(_, columns, reading):
                field = self._slot(field_type(self._reach.tables), test, values.field, values.field_of)
                return s.SlottedRow(field, columns, reading)
            case p.Activity(builtin) if found := self._of_contact(builtin):
                return found
            case operand:
                return operand

    def _of_contact(self, builtin: Builtin) -> p.Stored | None:
        """The time of the last event as the contact's own column, which an index may be on."""
        tables = self._reach.tables
        way = way_of(builtin, self._reach.choice.activity, tables)
        if builtin.is_count or way is not s.ActivityStrategy.ROLLUP or not isinstance(tables.activity, RollupColumns):
            return None
        return p.Stored(tables.rolled_up[builtin.name], p.Reading.INSTANT)

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
        slot = s.slot(self._slots_before + len(self.sources), type_)
        if identity is not None:
            self._shared[identity] = slot
        return slot


def tag_ids_type(tables: Tables, strategy: s.TagStrategy) -> SqlType:
    """The type of several tags' ids, as they are compared with what a contact's tags are read from."""
    array = tables.tag_array
    if strategy is not s.TagStrategy.ARRAY or array is None:
        return ARRAY_TYPES[tables.ids.tag]
    if array.type is not ArrayType.JSONB:
        return SqlType(array.type.value)
    return ARRAY_TYPES[tables.ids.tag] if tables.ids.tag.is_number else SqlType.TEXT_ARRAY


def field_type(tables: Tables) -> SqlType:
    """The type of what tells the fields of rows of custom values apart."""
    rows = tables.contacts.custom_values
    return SqlType.TEXT if isinstance(rows, EavTable) and rows.is_by_key else SQL_TYPES[tables.ids.field]


def _day_type(operand: p.Operand) -> SqlType:
    return SqlType.DATE if operand.reading is p.Reading.DATE else SqlType.TEXT


def _everything(_: p.Test) -> None:
    """What all tests of a statement share."""
