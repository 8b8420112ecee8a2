"""Days in zones whose clocks skip or repeat midnights, skip a whole day, or reach the ends of time (spec 4.3)."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties.days import EPOCH, day_begins, day_ends
from segsql.plan import days
from segsql.plan.days import Infinity


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "begin", "end"),
    [
        ("UTC", "2026-03-01", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("Asia/Kathmandu", "2026-03-01", "2026-02-28T18:15", "2026-03-01T18:15"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),
        # midnight is skipped: the day begins at 01:00, which is when the day before ends
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00", "2026-03-29T21:00"),
        ("Asia/Beirut", "2026-03-28", "2026-03-27T22:00", "2026-03-28T22:00"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30", "1919-04-01T04:00"),  # skipped from 23:30 on
        # midnight is repeated: the day begins at the first one
        ("America/Havana", "2025-11-02", "2025-11-02T04:00", "2025-11-03T05:00"),
        # the clock goes back across midnight: from 00:01 of the 7th to 23:01 of the 6th
        ("America/St_Johns", "2010-11-06", "2010-11-06T02:30", "2010-11-07T02:30"),
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30", "2010-11-08T03:30"),
        # the 30th does not exist: nothing lies within it
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", "2011-12-31T10:00"),
        # local mean time, with seconds
        ("Europe/Berlin", "1890-01-01", "1889-12-31T23:06:32", "1890-01-01T23:06:32"),
        # Kwajalein crossed the date line: it had no 21 August
        ("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00", "1993-08-21T12:00"),
    ],
)
def test_day(zone: str, day: str, begin: str, end: str) -> None:
    found = date.fromisoformat(day), ZoneInfo(zone)
    assert (days.start_of(*found), days.end_of(*found)) == (utc(begin), utc(end))


@pytest.mark.parametrize(
    ("zone", "day", "begin", "end"),
    [
        ("UTC", "0001-01-01", utc("0001-01-01T00:00"), utc("0001-01-02T00:00")),
        ("UTC", "9999-12-31", utc("9999-12-31T00:00"), Infinity.FUTURE),
        ("Pacific/Kiritimati", "0001-01-01", utc("0001-01-01T10:29:20"), utc("0001-01-02T10:29:20")),
        ("Europe/Berlin", "0001-01-01", Infinity.PAST, utc("0001-01-01T23:06:32")),
        ("America/New_York", "9999-12-31", utc("9999-12-31T05:00"), Infinity.FUTURE),
        ("Pacific/Kiritimati", "9999-12-31", utc("9999-12-30T10:00"), Infinity.FUTURE),
    ],
)
def test_day_at_the_ends(zone: str, day: str, begin: days.Instant, end: days.Instant) -> None:
    found = date.fromisoformat(day), ZoneInfo(zone)
    assert (days.start_of(*found), days.end_of(*found)) == (begin, end)


ZONES = (
    "Asia/Beirut",
    "America/Havana",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "Africa/Monrovia",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Manila",
    "Etc/GMT+12",
    "Pacific/Kiritimati",
    "Africa/El_Aaiun",
    "Asia/Pyongyang",
    "America/Scoresbysund",
    "Asia/Tehran",
)


@settings(deadline=None, max_examples=300)
@given(
    st.dates(date(1840, 1, 1), date(2090, 1, 1)) | st.dates(date(1, 1, 1), date(9999, 12, 30)), st.sampled_from(ZONES)
)
def test_day_agrees_with_a_slow_look_at_the_wall_clock(day: date, zone: str) -> None:
    def plain(instant: days.Instant) -> float:
        if isinstance(instant, Infinity):
            return -math.inf if instant is Infinity.PAST else math.inf
        return (instant - EPOCH) // timedelta(microseconds=1)

    assert plain(days.start_of(day, ZoneInfo(zone))) == day_begins(day.isoformat(), zone)
    assert plain(days.end_of(day, ZoneInfo(zone))) == day_ends(day.isoformat(), zone)


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other(zone: str) -> None:
    """No instant is between two days, none in both."""
    for number in range(0, 60 * 366, 61):
        day = date(1965, 1, 1) + timedelta(days=number)
        assert days.end_of(day, ZoneInfo(zone)) == days.start_of(day + timedelta(days=1), ZoneInfo(zone))


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "UTC", "Etc/GMT+12", "Pacific/Kiritimati", "America/Argentina/Buenos_Aires"]
)
def test_known_zone(name: str) -> None:
    zone = days.find_zone(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe/Berlinn",
        "Mars/Olympus",
        "nonsense",
        "America",
        "Europe/",
        "/etc/localtime",
        "../UTC",
        "Europe/../UTC",
        "UTC\0",
        "\ud800",
        "ÄÖ",
        "a" * 300,
        "tzdata.zi",
        "zone.tab",
        "+01:00",
        " UTC",
        ".",
        "__init__.py",
    ],
)
def test_unknown_zone(name: str) -> None:
    assert days.find_zone(name) is None


def test_local_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert days.local_day(utc("2026-03-01T22:59:59.999999"), berlin) == date(2026, 3, 1)
    assert days.local_day(utc("2026-03-01T23:00"), berlin) == date(2026, 3, 2)
    assert days.local_day(utc("9999-12-31T23:30"), berlin) is Infinity.FUTURE
    assert days.local_day(utc("0001-01-01T00:30"), ZoneInfo("America/New_York")) is Infinity.PAST


def test_in_utc() -> None:
    ahead, behind = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))
    assert days.in_utc(datetime(2026, 3, 1, tzinfo=ahead)) == utc("2026-02-28T10:00")
    assert days.in_utc(datetime(1, 1, 1, tzinfo=ahead)) is Infinity.PAST
    assert days.in_utc(datetime(9999, 12, 31, 23, tzinfo=behind)) is Infinity.FUTURE


def test_after() -> None:
    assert days.after(utc("2026-03-01T00:00")) == utc("2026-03-01T00:00:00.000001")
    assert days.after(utc("9999-12-31T23:59:59.999999")) is Infinity.FUTURE
    assert days.after(Infinity.PAST) is Infinity.PAST


def test_before_now() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 29, 12, tzinfo=berlin)
    assert days.before_now(now, 1) == utc("2026-03-28T10:00"), "24 hours, whatever the wall clock did"
    assert days.before_now(utc("0050-01-01T00:00"), 36_500) is Infinity.PAST


@pytest.mark.parametrize(
    ("zone", "instant", "begun_before", "begun_by"),
    [
        ("UTC", "2026-03-01T00:00", "2026-02-28", "2026-03-01"),
        ("UTC", "2026-03-01T00:00:00.000001", "2026-03-01", "2026-03-01"),
        ("Asia/Beirut", "2026-03-28T22:00", "2026-03-28", "2026-03-29"),
        ("America/Havana", "2025-11-02T04:30", "2025-11-02", "2025-11-02"),
        ("America/St_Johns", "2010-11-07T02:45", "2010-11-07", "2010-11-07"),
        ("Pacific/Apia", "2011-12-30T10:00", "2011-12-29", "2011-12-31"),
        ("Pacific/Apia", "2011-12-30T09:59:59", "2011-12-29", "2011-12-29"),
    ],
)
def test_last_day_begun(zone: str, instant: str, begun_before: str, begun_by: str) -> None:
    def last(*, inclusive: bool) -> str:
        return str(days.last_day_begun_before(utc(instant), ZoneInfo(zone), inclusive=inclusive))

    assert (last(inclusive=False), last(inclusive=True)) == (begun_before, begun_by)


@pytest.mark.parametrize("infinity", Infinity)
def test_last_day_begun_before_an_infinity(infinity: Infinity) -> None:
    assert days.last_day_begun_before(infinity, ZoneInfo("UTC"), inclusive=True) is infinity


@settings(deadline=None, max_examples=200)
@given(st.integers(-2_200_000_000_000_000, 4_100_000_000_000_000), st.sampled_from(ZONES), st.booleans())
def test_last_day_begun_is_the_last(moment: int, zone: str, inclusive: bool) -> None:
    instant = EPOCH + timedelta(microseconds=moment)
    last = days.last_day_begun_before(instant, ZoneInfo(zone), inclusive=inclusive)
    assert isinstance(last, date)

    def has_begun(day: date) -> bool:
        start = days.start_of(day, ZoneInfo(zone))
        assert isinstance(start, datetime)
        return start <= instant if inclusive else start < instant

    assert has_begun(last)
    assert not any(has_begun(last + timedelta(days=number)) for number in (1, 2, 3))
