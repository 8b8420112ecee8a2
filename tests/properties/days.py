"""Instants and days, done slowly and plainly: an instant is a count of microseconds since 1970 in UTC.

What lies outside Python's years 1 to 9999 is an infinity. A day's beginning is found by looking at the wall
clock through three days, not by asking what a local midnight is in UTC: midnights may be missing or double.
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Instant = int | float
"""Whole microseconds since 1970, or an infinity. (An int and an infinite float compare exactly.)"""

_SHAPE = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_RFC_3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)


def microseconds(moment: datetime) -> int:
    """Turn an aware time into its instant, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


_FIRST = microseconds(datetime.min.replace(tzinfo=UTC))
_LAST = microseconds(datetime.max.replace(tzinfo=UTC))


def has_date_shape(text: str) -> bool:
    """`YYYY-MM-DD`, ASCII digits, month 01 to 12, day 01 to 31, nothing before or behind; real or not."""
    return _SHAPE.fullmatch(text) is not None


def parse_rfc_3339(text: str) -> Instant:
    """The microsecond that a definition's time names."""
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise ValueError(f"neither a date nor RFC 3339: {text!r}")
    day, hour, minute, second, fraction, sign, offset_hour, offset_minute = found.groups()
    wall = _midnight(date.fromisoformat(day))
    wall += int(hour) * HOUR + int(minute) * 60 * SECOND + int(second) * SECOND
    wall += int((fraction or "")[:6].ljust(6, "0"))
    offset = int(offset_hour or 0) * HOUR + int(offset_minute or 0) * 60 * SECOND
    return _bounded(wall + offset if sign == "-" else wall - offset)


def day_of(instant: Instant, zone: str) -> str:
    """The date that the zone's wall clock shows, as text; one before or behind all where Python has none."""
    if instant == -math.inf:
        return ""
    if instant == math.inf:
        return "~"
    try:
        return (EPOCH + timedelta(microseconds=int(instant))).astimezone(ZoneInfo(zone)).date().isoformat()
    except OverflowError:
        return "" if instant < 0 else "~"


@cache
def day_begins(day: str, zone: str) -> Instant:
    """The first instant whose wall clock shows that day or a later one.

    Days that no calendar has, as 2026-02-30, begin with the next that it has; those of year 0 before all.
    """
    year, month, number = (int(part) for part in day.split("-"))
    if year == 0:
        return -math.inf
    if number > calendar.monthrange(year, month)[1]:
        last = date(year, month, calendar.monthrange(year, month)[1])
        return day_ends(last.isoformat(), zone)
    return _first_showing(_midnight(date(year, month, number)), zone)


@cache
def day_ends(day: str, zone: str) -> Instant:
    """The first instant whose wall clock shows a day after that (real) one."""
    return _first_showing(_midnight(date.fromisoformat(day)) + DAY, zone)


def _first_showing(wall: int, zone: str) -> Instant:
    """The first instant at which the wall clock shows `wall` or later.

    The offset is looked up each quarter of an hour for a day and a half on both sides (no zone is farther
    from UTC than 16 hours), each change found to the microsecond, and each stretch between changes asked.
    """
    start, stop = wall - 36 * HOUR, wall + 36 * HOUR
    began, offset = start, _offset(start, zone)
    for tick in range(start + HOUR // 4, stop + 1, HOUR // 4):
        now_offset = _offset(tick, zone)
        if now_offset == offset and tick != stop:
            continue
        ended = _change(tick - HOUR // 4, tick, zone) if now_offset != offset else tick
        if (first := max(began, wall - offset)) < ended:
            return _bounded(first)
        began, offset = ended, now_offset
    raise AssertionError(f"no instant in three days shows {wall} in {zone}")


def _change(before: int, after: int, zone: str) -> int:
    """The first instant of the new offset, given that the offset changes once in between."""
    old = _offset(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _offset(instant: int, zone: str) -> int:
    """The zone's distance from UTC; near the ends of Python's range that of two days inside."""
    inside = min(max(instant, _FIRST + 2 * DAY), _LAST - 2 * DAY)
    offset = (EPOCH + timedelta(microseconds=inside)).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def _midnight(day: date) -> int:
    """A day's midnight as if its wall clock were UTC."""
    return (day.toordinal() - EPOCH.toordinal()) * DAY


def _bounded(instant: int) -> Instant:
    if instant < _FIRST:
        return -math.inf
    return math.inf if instant > _LAST else instant
