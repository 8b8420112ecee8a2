"""Predicate -> Plan: the third stage. Negations go down to the tests, constants fold, values become parameters.

Everything that depends on `now`, on the time zone or on a value happens here: what leaves is a form that
knows only the numbers of its parameters, and the list of them. Equal tests share their parameters, and so
their SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never
from zoneinfo import ZoneInfo

from segsql.catalog import Catalog, SqlType
from segsql.filters import Moment, Rate, WholeDay
from segsql.plan import days
from segsql.plan import predicate as p
from segsql.plan import shape as s
from segsql.plan.codes import Codable, CodeBook, Equal, Ordered
from segsql.plan.fold import fold
from segsql.plan.plan import IdRange, Output, Parameter, Plan, SegmentForm, TagPass, Value
from segsql.plan.strategy import AUTO, Choice, Forced, choose, tag_bits
from segsql.plan.texts import like_pattern, unused_character

Comparison = p.Comparison


def plan_segment(
    predicate: p.Predicate,
    catalog: Catalog,
    *,
    workspace_id: int,
    now: datetime,
    output: Output = Output.COUNT,
    forced: Forced = AUTO,
) -> Plan:
    """Plan a statement for one segment of `workspace_id`, looked at from `now`."""
    folded = fold(predicate)
    choice = choose(folded, catalog.tables, forced)
    binder = Binder(catalog, workspace_id, now, choice)
    where = binder.bind_folded(folded)
    form = SegmentForm(catalog.tables, output, where, binder.tag_pass(), choice.activity, binder.workspace)
    return Plan(form, binder.parameters, choice.strategies)


class Binder:
    """Binds the predicates of one statement."""

    def __init__(self, catalog: Catalog, workspace_id: int, now: datetime, choice: Choice) -> None:
        zone = days.find_zone(catalog.timezone)
        assert zone is not None, "resolve refuses unknown zones"
        self._zone: ZoneInfo = zone
        self._tables = catalog.tables
        self._now = now
        self._choice = choice
        self._parameters: list[Parameter] = []
        self._bits = tag_bits(choice.tags)
        self._bound: dict[p.Test, list[s.Test]] = {}
        self._keys: dict[str, s.Slot] = {}
        self._now_slot: s.Slot | None = None
        self._codes: Mapping[p.Operand | Rate, tuple[CodeBook, s.Code]] = {}
        self.workspace = self._slot(catalog.tables.workspace_id_type, workspace_id)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(self._parameters)

    def tag_pass(self) -> TagPass | None:
        """The pass over the tags that the statement's grouped tests share, if there are any."""
        grouped = [test for test, strategy in self._choice.tags.items() if strategy is s.TagStrategy.GROUPED]
        if not grouped:
            return None
        if self._bits:
            return TagPass(self._slot(self._tables.tag_ids_type, tuple(self._bits)), as_bits=True)
        if any(test.mode in (p.TagMode.EXACTLY, p.TagMode.PRESENT) for test in grouped):
            return TagPass(None)
        mentioned = {tag_id for test in grouped for tag_id in test.tag_ids}
        return TagPass(self._slot(self._tables.tag_ids_type, tuple(sorted(mentioned))))

    def ranges(self, split_ids: Sequence[int]) -> tuple[IdRange, ...]:
        """The ranges between the ids that split them."""
        cuts = [self._slot(self._tables.contact_id_type, split_id) for split_id in split_ids]
        return tuple(IdRange(lower, upper) for lower, upper in zip([None, *cuts], [*cuts, None], strict=True))

    def use_codes(self, books: Iterable[CodeBook]) -> None:
        """Compare codes in place of the values that these books hold, from now on."""
        codes = {}
        for book in books:
            of = book.of if isinstance(book.of, Rate) else self._operand(book.of)
            codes[book.of] = book, s.Code(of, book.kind, self._slot(book.type, book.values))
        self._codes = codes

    def codable(self, test: p.Test) -> Codable | None:
        """What a test compares its operand with, where a code can stand for it."""
        match test:
            case p.NumberTest(operand, comparison, number):
                return Ordered(operand, SqlType.NUMERIC_ARRAY, ((comparison, number),))
            case p.RateTest(rate, comparison, percent):
                return Ordered(rate, SqlType.NUMERIC_ARRAY, ((comparison, percent),))
            case p.DateTest(p.CustomValue() | p.UndeclaredValue() as operand, comparison, value):
                return Ordered(operand, SqlType.TEXT_ARRAY, ((comparison, _day_text(self._day(value))),))
            case p.WithinDays(p.CustomValue() | p.UndeclaredValue() as operand, number):
                return Ordered(operand, SqlType.TEXT_ARRAY, self._recent_days(number))
            case p.TextEquals(operand, text):
                return None if _ignores_case(operand) else Equal(operand, (text,), one=True)
            case p.TextIn(operand, texts):
                return None if _ignores_case(operand) else Equal(operand, texts, one=False)
            case _:
                return None

    def bind_folded(self, predicate: p.Predicate) -> s.Shape | bool:
        """A folded predicate; a bool where it is one for every contact."""
        return predicate.value if isinstance(predicate, p.Constant) else self._bind(predicate, negated=False)

    def _bind(self, predicate: p.Predicate, *, negated: bool) -> s.Shape:
        """The predicate, or its complement, in negation normal form."""
        match predicate:
            case p.Not(member):
                return self._bind(member, negated=not negated)
            case p.And(members):
                return self._join(members, is_and=not negated, negated=negated)
            case p.Or(members):
                return self._join(members, is_and=negated, negated=negated)
            case p.Constant():
                raise AssertionError("a folded predicate holds no constant")
            case _:
                bound = self._bound.setdefault(predicate, [])
                if not bound:
                    bound.append(self._bind_test(predicate))
                return s.Complement(bound[0]) if negated else bound[0]

    def _join(self, members: tuple[p.Predicate, ...], *, is_and: bool, negated: bool) -> s.Shape:
        kind = s.All if is_and else s.AnyOf
        joined: list[s.Shape] = []
        for member in members:
            shape = self._bind(member, negated=negated)
            if isinstance(shape, s.All | s.AnyOf) and isinstance(shape, kind):
                joined.extend(shape.members)
            else:
                joined.append(shape)
        return kind(tuple(joined))

    def _bind_test(self, test: p.Test) -> s.Test:
        if self._codes and (codable := self.codable(test)) and codable.of in self._codes:
            return self._bind_coded(codable)
        match test:
            case p.HasValue(p.Column(builtin)) if builtin.event is not None and self._looks_events_up:
                return s.LastEvent(builtin.event, ())
            case p.HasValue(operand):
                return s.Present(self._operand(operand))
            case p.TextEquals(operand, text):
                return self._compared(operand, Comparison.EQ, SqlType.TEXT, text)
            case p.TextIn(p.Column(builtin) as operand, texts) if builtin.ignore_case:
                separator = unused_character(texts)  # the last text twice, as splitting a single empty one gives none
                joined = self._slot(SqlType.TEXT, separator.join((*texts, texts[-1])))
                return s.AmongAnyCase(self._operand(operand), joined, self._slot(SqlType.TEXT, separator))
            case p.TextIn(operand, texts):
                return s.AmongTexts(self._operand(operand), self._slot(SqlType.TEXT_ARRAY, texts))
            case p.TextMatches(operand, part, text):
                return s.Matches(self._operand(operand), self._slot(SqlType.TEXT, like_pattern(part, text)))
            case p.NumberTest(operand, comparison, number):
                return self._compared(operand, comparison, SqlType.NUMERIC, number)
            case p.BooleanTest(operand, value):
                return self._compared(operand, Comparison.EQ, SqlType.BOOLEAN, value)
            case p.DateTest(p.Column() as operand, comparison, date_value):
                return self._instant(operand, comparison, date_value)
            case p.DateTest(operand, comparison, date_value):
                return self._compared(operand, comparison, SqlType.TEXT, _day_text(self._day(date_value)))
            case p.WithinDays(p.Column() as operand, number):
                begin = self._slot(SqlType.TIMESTAMPTZ, _instant_value(days.before_now(self._now, number)))
                return self._between(operand, ((Comparison.GTE, begin), (Comparison.LTE, self._now_parameter())))
            case p.WithinDays(operand, number):
                bounds = tuple((bound, self._slot(SqlType.TEXT, day)) for bound, day in self._recent_days(number))
                return s.Between(self._operand(operand), bounds)
            case p.SetEquals(operand, texts):
                return s.SameSet(self._operand(operand), self._slot(SqlType.TEXT_ARRAY, texts))
            case p.SetOverlaps(operand, texts):
                return s.SharesText(self._operand(operand), self._slot(SqlType.TEXT_ARRAY, texts))
            case p.TagTest(mode):
                return s.Tagged(mode, self._tag_ids(test), self._choice.tags[test])
            case p.HasRate(rate):
                return s.RateKnown(rate)
            case p.RateTest(rate, comparison, percent):
                return s.RateCompared(rate, comparison, self._slot(SqlType.NUMERIC, percent))
            case _:
                assert_never(test)

    def _bind_coded(self, codable: Codable) -> s.Test:
        book, code = self._codes[codable.of]
        match codable:
            case Ordered(_, _, bounds):
                return s.Coded(code, tuple((bound, self._position(book, value)) for bound, value in bounds))
            case Equal(_, (text,), one=True):
                return s.Coded(code, ((Comparison.EQ, self._position(book, text)),))
            case Equal(_, texts):
                places = tuple(book.position(text) for text in texts)
                return s.CodedAmong(code, self._slot(SqlType.INTEGER_ARRAY, places))
            case _:
                assert_never(codable)

    def _position(self, book: CodeBook, value: Decimal | str) -> s.Slot:
        return self._slot(SqlType.INTEGER, book.position(value))

    def _tag_ids(self, test: p.TagTest) -> s.Slot | None:
        if not test.tag_ids:
            return None
        if self._bits and self._choice.tags[test] is s.TagStrategy.GROUPED:
            return self._slot(SqlType.BIGINT, sum(self._bits[tag_id] for tag_id in test.tag_ids))
        return self._slot(self._tables.tag_ids_type, test.tag_ids)

    def _compared(self, operand: p.Operand, comparison: Comparison, type_: SqlType, value: Value) -> s.Compared:
        return s.Compared(self._operand(operand), comparison, self._slot(type_, value))

    def _instant(self, operand: p.Column, comparison: Comparison, value: WholeDay | Moment) -> s.Test:
        """An instant against a day, or against a microsecond taken as a very short day: the same SQL for both."""
        match value:
            case WholeDay(day):
                begin, end = days.start_of(day, self._zone), days.end_of(day, self._zone)
            case Moment(at):
                begin = days.in_utc(at)
                end = days.after(begin)
        wanted = {
            Comparison.EQ: ((Comparison.GTE, begin), (Comparison.LT, end)),
            Comparison.GT: ((Comparison.GTE, end),),
            Comparison.GTE: ((Comparison.GTE, begin),),
            Comparison.LT: ((Comparison.LT, begin),),
            Comparison.LTE: ((Comparison.LT, end),),
        }[comparison]
        bounds = ((bound, self._slot(SqlType.TIMESTAMPTZ, _instant_value(instant))) for bound, instant in wanted)
        return self._between(operand, tuple(bounds))

    def _between(self, operand: p.Column, bounds: tuple[tuple[Comparison, s.Slot], ...]) -> s.Test:
        """A time between bounds; that of the last event is not read where events are looked up, but asked for."""
        event = operand.builtin.event
        if event is not None and self._looks_events_up:
            return s.LastEvent(event, bounds)
        return s.Between(self._operand(operand), bounds)

    @property
    def _looks_events_up(self) -> bool:
        return self._choice.activity is s.ActivityStrategy.EVENTS_EXISTS

    def _day(self, value: WholeDay | Moment) -> days.Day:
        match value:
            case WholeDay(day):
                return day
            case Moment(at):
                return days.local_day(at, self._zone)

    def _recent_days(self, number: int) -> tuple[tuple[Comparison, str], ...]:
        """The bounds of stored days that begin within the window.

        The lower bound is the last real day that began too early, excluded: a stored day that no calendar
        has, such as 30 February, begins with the next real one.
        """
        begin = days.before_now(self._now, number)
        too_early = days.last_day_begun_before(begin, self._zone, inclusive=False)
        latest = days.last_day_begun_before(days.in_utc(self._now), self._zone, inclusive=True)
        return (Comparison.GT, _day_text(too_early)), (Comparison.LTE, _day_text(latest))

    def _operand(self, operand: p.Operand) -> s.Operand:
        match operand:
            case p.UndeclaredValue(key, reading):
                if key not in self._keys:
                    self._keys[key] = self._slot(SqlType.TEXT, key)
                return s.SlottedValue(self._keys[key], reading)
            case _:
                return operand

    def _now_parameter(self) -> s.Slot:
        if self._now_slot is None:
            self._now_slot = self._slot(SqlType.TIMESTAMPTZ, _instant_value(days.in_utc(self._now)))
        return self._now_slot

    def _slot(self, type_: SqlType, value: Value) -> s.Slot:
        self._parameters.append(Parameter(type_, value))
        return s.slot(len(self._parameters), type_)


def _ignores_case(operand: p.Operand) -> bool:
    return isinstance(operand, p.Column) and operand.builtin.ignore_case


def _day_text(day: days.Day) -> str:
    """A day as stored days are written; in their order `-infinity` is before and `infinity` after all of them."""
    return day.isoformat() if isinstance(day, date) else day.value


def _instant_value(instant: days.Instant) -> Value:
    return instant if isinstance(instant, datetime) else instant.value
