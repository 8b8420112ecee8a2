"""The cells of a date or an instant, from the instant of the lint on.

A window of days moves: what is said of a definition has to hold at every later instant too. Between the instants
at which an end of a window passes a date that is named the order of all of them stays the same, so it is enough to
look from each of these, and from just before and after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from segsql.lint.cells import Bounds, Cells, ordered, stacked
from segsql.plan import days, values
from segsql.plan import predicate as p
from segsql.plan.bind import INSTANT_BOUNDS
from segsql.plan.values import Context

Comparison = p.Comparison
Dated = p.DateTest | p.WithinDays

MAX_LOOKS = 100
"""With more instants than this to look from, windows are taken as conditions of which nothing is known."""

LATER = (timedelta(hours=36), timedelta(days=400))
"""Looks that are always taken, so that no clock change of this very hour is taken for a rule."""

_RANKS: Mapping[days.Infinity, int] = {days.Infinity.PAST: -1, days.Infinity.FUTURE: 1}


def dates(operand: p.Operand, tests: Sequence[Dated], context: Context) -> Cells:
    """The cells of the operand; those of windows are missing where there would be too many looks."""
    always = p.always_exists(operand)
    bounds_of = _instant_bounds if operand.reading is p.Reading.INSTANT else _day_bounds
    looks = _looks(tests, context)
    if looks is None:
        tests, looks = [test for test in tests if isinstance(test, p.DateTest)], [context.now]
    return stacked(
        ordered([(test, bounds_of(test, replace(context, now=look))) for test in tests], always=always)
        for look in looks
    )


def _looks(tests: Sequence[Dated], context: Context) -> list[datetime] | None:
    """The instants to look from; None where they are too many."""
    windows = {test.days for test in tests if isinstance(test, p.WithinDays)}
    now = context.now.astimezone(UTC)
    if not windows:
        return [now]
    looks = {now}
    for later in LATER:
        looks.update(_moved(now, later))
    named = [test for test in tests if isinstance(test, p.DateTest)]
    if len(named) * (len(windows) + 1) > MAX_LOOKS:
        return None
    for test in named:
        for end in (values.begin(test, context), values.end(test, context)):
            for window in {0} | windows:
                for step in (-days.MICROSECOND, timedelta(), days.MICROSECOND):
                    looks.update(_moved(end, timedelta(days=window) + step))
    coming = sorted(look for look in looks if look >= now)
    return coming if len(coming) <= MAX_LOOKS else None


def _moved(instant: object, by: timedelta) -> Iterator[datetime]:
    """The instant so much later, where Python has it."""
    if isinstance(instant, datetime):
        try:
            yield instant + by
        except OverflowError:
            return


def _instant_bounds(test: Dated, context: Context) -> Bounds:
    if isinstance(test, p.WithinDays):
        begin, end = values.window_begin(test, context), values.now(test, context)
        return ((Comparison.GTE, _ranked(begin)), (Comparison.LTE, _ranked(end)))
    return tuple((comparison, _ranked(make(test, context))) for comparison, make in INSTANT_BOUNDS[test.comparison])


def _day_bounds(test: Dated, context: Context) -> Bounds:
    """Days are texts, and in their order."""
    if isinstance(test, p.WithinDays):
        return (
            (Comparison.GT, values.day_before_window(test, context)),
            (Comparison.LTE, values.last_day(test, context)),
        )
    return ((test.comparison, values.calendar_day(test, context)),)


def _ranked(instant: object) -> tuple[int, datetime]:
    """An instant by which to sort: infinity has no other order."""
    if isinstance(instant, datetime):
        return (0, instant)
    return (_RANKS[days.Infinity(str(instant))], datetime.min.replace(tzinfo=UTC))
