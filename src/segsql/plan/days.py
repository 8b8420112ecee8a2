"""Days and instants in a time zone: all zone arithmetic of segsql (spec 4.3).

A day lasts from the first instant whose wall clock shows that day or a later one to the first whose wall
clock shows one after it. So it does where a clock change skips midnight, repeats it, or skips the whole day
(Samoa had no 30 December 2011).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


class Infinity(StrEnum):
    """An instant or day outside what Python and PostgreSQL can both say, as PostgreSQL writes it."""

    PAST = "-infinity"
    FUTURE = "infinity"


Instant = datetime | Infinity
Day = date | Infinity

MICROSECOND = timedelta(microseconds=1)

_OF_THIS_MACHINE = ("localtime", "posixrules")
"""Files beside the zones that are no names of zones: what they hold differs from machine to machine."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int((datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds())
_LAST = int((datetime.max.replace(tzinfo=UTC) - _EPOCH).total_seconds())
_DAY = 86_400
_REACH = 26 * 3600
"""No clock is further than this from UTC, in seconds."""
_STEP = 1800
"""Clock changes are further apart than this, in seconds."""


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name, or None; never raises, whatever the name."""
    if name in _OF_THIS_MACHINE:
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


@lru_cache(maxsize=8192)
def start_of(day: date, zone: ZoneInfo) -> Instant:
    """The first instant whose wall clock in `zone` shows `day` or a later one."""
    midnight = (day - date(1970, 1, 1)).days * _DAY
    for begin, end, offset in _offsets(midnight - _REACH, midnight + _REACH, zone):
        start = max(begin, midnight - offset)
        if start < end:
            if not _FIRST <= start <= _LAST:
                return Infinity.PAST if start < _FIRST else Infinity.FUTURE
            return _EPOCH + timedelta(seconds=start)
    raise AssertionError(f"{day} never begins in {zone}")


def end_of(day: date, zone: ZoneInfo) -> Instant:
    """The first instant whose wall clock in `zone` shows a day after `day`."""
    return Infinity.FUTURE if day == date.max else start_of(day + timedelta(days=1), zone)


def local_day(moment: datetime, zone: ZoneInfo) -> Day:
    """The date that the wall clock in `zone` shows at an instant."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return Infinity.PAST if moment.year < 5000 else Infinity.FUTURE


def in_utc(moment: datetime) -> Instant:
    """An instant with any offset, in UTC."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return Infinity.PAST if moment.year < 5000 else Infinity.FUTURE


def after(instant: Instant) -> Instant:
    """The next microsecond, PostgreSQL's own step of time."""
    if isinstance(instant, Infinity):
        return instant
    try:
        return instant + MICROSECOND
    except OverflowError:
        return Infinity.FUTURE


def before_now(now: datetime, days: int) -> Instant:
    """`now` less that many times 24 hours."""
    try:
        return now.astimezone(UTC) - timedelta(days=days)
    except OverflowError:
        return Infinity.PAST


def last_day_begun_before(instant: Instant, zone: ZoneInfo, *, inclusive: bool) -> Day:
    """The latest day that began before an instant (`inclusive`: or at it)."""
    if isinstance(instant, Infinity):
        return instant
    shown = local_day(instant, zone)
    if isinstance(shown, Infinity):
        return shown
    try:
        day = shown + timedelta(days=2)
        while not _begun(start_of(day, zone), instant, inclusive=inclusive):
            day -= timedelta(days=1)
    except OverflowError:
        return Infinity.PAST if shown.year < 5000 else Infinity.FUTURE
    return day


def _begun(start: Instant, instant: datetime, *, inclusive: bool) -> bool:
    if isinstance(start, Infinity):
        return start is Infinity.PAST
    return start <= instant if inclusive else start < instant


def _offsets(begin: int, end: int, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """The stretches of [begin, end) with one offset each, all in seconds since 1970."""
    stretches: list[tuple[int, int, int]] = []
    since, offset = begin, _offset(begin, zone)
    for probe in range(begin + _STEP, end + _STEP, _STEP):
        later = _offset(probe, zone)
        if later != offset:
            change = _change(probe - _STEP, probe, offset, zone)
            stretches.append((since, change, offset))
            since, offset = change, later
    return [*stretches, (since, end + _STEP, offset)]


def _change(before: int, behind: int, offset: int, zone: ZoneInfo) -> int:
    """The second at which the offset is no longer `offset`, between one where it is and one where it is not."""
    while behind - before > 1:
        middle = (before + behind) // 2
        if _offset(middle, zone) == offset:
            before = middle
        else:
            behind = middle
    return behind


def _offset(second: int, zone: ZoneInfo) -> int:
    """The zone's offset from UTC; beyond Python's range, that of the nearest day within it."""
    within = min(max(second, _FIRST + 2 * _DAY), _LAST - 2 * _DAY)
    offset = (_EPOCH + timedelta(seconds=within)).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
