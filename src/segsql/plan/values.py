"""Tests -> the values of parameters. All that depends on `now` or on the time zone is worked out here.

One function for each thing that a parameter can be; a shape says which of them fills each of its slots (`bind`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from segsql.catalog import Catalog, Id, SqlType, in_order
from segsql.filters import Moment, Rate, WholeDay
from segsql.plan import days
from segsql.plan import predicate as p
from segsql.plan.codes import Codable, CodeBook, Equal, Ordered
from segsql.plan.plan import Value
from segsql.plan.texts import like_pattern, unused_character

Comparison = p.Comparison

Make = Callable[[Any, "Context"], Value]
"""How a value is made of a test of the right kind."""


@dataclass(frozen=True, slots=True)
class Context:
    """What values depend on beside their tests.

    `mentioned` are the tags that the statement's grouped tests name, in order; `books` the codes that it compares
    in place of values.
    """

    now: datetime
    zone: ZoneInfo
    mentioned: tuple[Id, ...] = ()
    books: Mapping[p.Operand | Rate, CodeBook] = dataclass_field(default_factory=dict)


def zone_of(catalog: Catalog) -> ZoneInfo:
    """The workspace's time zone."""
    zone = days.find_zone(catalog.timezone)
    assert zone is not None, "resolve refuses unknown zones"
    return zone


def key(test: p.OnOperand, _: Context) -> Value:
    """The user's key of an undeclared custom value."""
    return key_of(test)


def key_of(test: p.OnOperand) -> str:
    """As `key`: what tests must have in common to share its slot."""
    assert isinstance(test.operand, p.UndeclaredValue), "the other keys are the catalog's"
    return test.operand.key


def field(test: p.OnOperand, _: Context) -> Value:
    """The field whose rows hold the value."""
    return field_of(test)


def field_of(test: p.OnOperand) -> Id:
    """As `field`: what tests must have in common to share its slot."""
    assert isinstance(test.operand, p.RowValue), "the other values are no rows"
    return test.operand.field


def text(test: p.TextEquals, _: Context) -> Value:
    """The text as it stands."""
    return test.text


def texts(test: p.TextIn | p.SetEquals | p.SetOverlaps, _: Context) -> Value:
    """Texts, sorted."""
    return test.texts


def separator(test: p.TextIn, _: Context) -> Value:
    """A character that is in none of the texts."""
    return unused_character(test.texts)


def joined(test: p.TextIn, _: Context) -> Value:
    """The texts as one, the last of them twice, as splitting a single empty one gives none."""
    return unused_character(test.texts).join((*test.texts, test.texts[-1]))


def pattern(test: p.TextMatches, _: Context) -> Value:
    """For LIKE: in the case that the text is written in."""
    return like_pattern(test.part, test.text)


def number(test: p.NumberTest, _: Context) -> Value:
    """A number, exactly."""
    return test.number


def boolean(test: p.BooleanTest, _: Context) -> Value:
    """True or false."""
    return test.value


def percent(test: p.RateTest, _: Context) -> Value:
    """A rate, from 0 to 100."""
    return test.percent


def now(_: p.Test, context: Context) -> Value:
    """The instant that the definition is looked at from, in UTC."""
    return _instant_value(days.in_utc(context.now))


def window_begin(test: p.WithinDays, context: Context) -> Value:
    """So many times 24 hours before that."""
    return _instant_value(days.before_now(context.now, test.days))


def day_before_window(test: p.WithinDays, context: Context) -> str:
    """The last real day that began too early, excluded: a day that no calendar has begins with the next real one."""
    begin = days.before_now(context.now, test.days)
    return _day_text(days.last_day_begun_before(begin, context.zone, inclusive=False))


def last_day(_: p.WithinDays, context: Context) -> str:
    """The latest day that has begun."""
    return _day_text(days.last_day_begun_before(days.in_utc(context.now), context.zone, inclusive=True))


def begin(test: p.DateTest, context: Context) -> Value:
    """The first instant of a day, or of a microsecond taken as a very short day."""
    match test.value:
        case WholeDay(day):
            return _instant_value(days.start_of(day, context.zone))
        case Moment(at):
            return _instant_value(days.in_utc(at))


def end(test: p.DateTest, context: Context) -> Value:
    """The first instant after it."""
    match test.value:
        case WholeDay(day):
            return _instant_value(days.end_of(day, context.zone))
        case Moment(at):
            return _instant_value(days.after(days.in_utc(at)))


def calendar_day(test: p.DateTest, context: Context) -> str:
    """The day, of an instant the one that the workspace's clocks show."""
    match test.value:
        case WholeDay(day):
            return _day_text(day)
        case Moment(at):
            return _day_text(days.local_day(at, context.zone))


def tag_ids(test: p.TagTest, _: Context) -> Value:
    """Tags, sorted."""
    return test.tag_ids


def tag_bits(test: p.TagTest, context: Context) -> Value:
    """The tags as bits: that of each is its place among all that the statement mentions."""
    return sum(1 << context.mentioned.index(tag_id) for tag_id in test.tag_ids)


_WRITTEN_DAYS = (p.Reading.DAY, p.Reading.DAY_PREFIX)
"""Days that are compared as texts; those of a column of dates are as cheap to compare as codes."""


def codable(test: p.Test, context: Context) -> Codable | None:
    """What a test compares its operand with, where a code can stand for it."""
    match test:
        case p.NumberTest(operand, comparison, value):
            return Ordered(operand, SqlType.NUMERIC_ARRAY, ((comparison, value),))
        case p.RateTest(rate, comparison, value):
            return Ordered(rate, SqlType.NUMERIC_ARRAY, ((comparison, value),))
        case p.DateTest(operand, comparison) if operand.reading in _WRITTEN_DAYS:
            return Ordered(operand, SqlType.TEXT_ARRAY, ((comparison, calendar_day(test, context)),))
        case p.WithinDays(operand) if operand.reading in _WRITTEN_DAYS:
            window = (Comparison.GT, day_before_window(test, context)), (Comparison.LTE, last_day(test, context))
            return Ordered(operand, SqlType.TEXT_ARRAY, window)
        case p.TextEquals(operand, value):
            return None if p.ignores_case(operand) else Equal(operand, (value,), one=True)
        case p.TextIn(operand, values):
            return None if p.ignores_case(operand) else Equal(operand, values, one=False)
        case _:
            return None


def book(test: p.Test, context: Context) -> Value:
    """The values that the test's operand is compared with, all of them."""
    return _book_of(test, context)[0].values


def place(test: p.Test, context: Context) -> Value:
    """Where the (first) value of the test is among them."""
    return _places(test, context)[0]


def second_place(test: p.Test, context: Context) -> Value:
    """As `place` for the upper end of a window."""
    return _places(test, context)[1]


def places(test: p.TextIn, context: Context) -> Value:
    """As `place` for each of its texts."""
    return _places(test, context)


def _places(test: p.Test, context: Context) -> tuple[int, ...]:
    found, given = _book_of(test, context)
    compared = given.texts if isinstance(given, Equal) else [value for _, value in given.bounds]
    return tuple([found.position(value) for value in compared])


def _book_of(test: p.Test, context: Context) -> tuple[CodeBook, Codable]:
    given = codable(test, context)
    assert given is not None, "other tests have no codes"
    return context.books[given.of], given


def mentioned(tests: Iterable[p.Test]) -> tuple[Id, ...]:
    """The tags that tests name, each once, in order."""
    return tuple(in_order({tag_id for test in tests if isinstance(test, p.TagTest) for tag_id in test.tag_ids}))


def _day_text(day: days.Day) -> str:
    """A day as stored days are written; in their order `-infinity` is before and `infinity` after all of them."""
    return day.isoformat() if isinstance(day, date) else day.value


def _instant_value(instant: days.Instant) -> Value:
    return instant if isinstance(instant, datetime) else instant.value
