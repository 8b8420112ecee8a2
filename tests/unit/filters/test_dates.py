"""The two ways to write a date, as a table (spec 4.3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from segsql.filters import Moment, WholeDay, read_date, read_instant


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2000-02-29", date(2000, 2, 29)),
    ],
)
def test_day(text: str, day: date) -> None:
    assert read_date(text) == WholeDay(day)
    assert read_instant(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T00:00:00Z", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01t00:00:00z", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01 00:00:00Z", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T23:59:59+00:00", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-01T00:00:00-00:00", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T00:00:00+05:45", datetime(2026, 2, 28, 18, 15, tzinfo=UTC)),
        ("2026-03-01T00:00:00-05:30", datetime(2026, 3, 1, 5, 30, tzinfo=UTC)),
        ("2026-03-01T00:00:00+23:59", datetime(2026, 2, 28, 0, 1, tzinfo=UTC)),
        ("2026-03-01T00:00:00-23:59", datetime(2026, 3, 1, 23, 59, tzinfo=UTC)),
        ("2026-03-01T00:00:00.5Z", datetime(2026, 3, 1, microsecond=500_000, tzinfo=UTC)),
        ("2026-03-01T00:00:00.000001Z", datetime(2026, 3, 1, microsecond=1, tzinfo=UTC)),
        ("2026-03-01T00:00:00.1234567Z", datetime(2026, 3, 1, microsecond=123_456, tzinfo=UTC)),
        ("2026-03-01T00:00:00.999999999999Z", datetime(2026, 3, 1, microsecond=999_999, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_moment(text: str, moment: datetime) -> None:
    assert read_date(text) == Moment(moment)
    assert read_instant(text) == moment


def test_a_moment_outside_the_years_in_utc_keeps_its_offset() -> None:
    assert read_date("0001-01-01T00:00:00+14:00") == Moment(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-03",
        "2026-3-1",
        "26-03-01",
        "02026-03-01",
        "2026/03/01",
        "20260301",
        "2026-W09-7",
        "2026-060",
        "0000-01-01",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        " 2026-03-01",
        "2026-03-01 ",
        "2026-03-01\n",
        "+2026-03-01",
        "-2026-03-01",
        "\u0662\u0660\u0662\u0666-03-01",
        "\uff12\uff10\uff12\uff16-03-01",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00.Z",
        "2026-03-01T00:00:00,5Z",
        "2026-03-01T00:00Z",
        "2026-03-01T00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T00:60:00Z",
        "2026-03-01T23:59:60Z",
        "2016-12-31T23:59:60Z",
        "2026-03-01T00:00:00+24:00",
        "2026-03-01T00:00:00+00:60",
        "2026-03-01T00:00:00+0100",
        "2026-03-01T00:00:00+01",
        "2026-03-01T00:00:00 Z",
        "2026-03-01  00:00:00Z",
        "2026-03-01_00:00:00Z",
        "2026-03-01T00:00:00Z\n",
        "2026-03-01T00:00:00ZZ",
        "2026-02-30T00:00:00Z",
        "2026-03-01T00:00:00+01:00:00",
        "2026-03-01T00:00:00Europe/Berlin",
        "2026-03-01T\u0660\u0660:00:00Z",
        "today",
        "now",
        "infinity",
        "-infinity",
        "epoch",
    ],
)
def test_neither(text: str) -> None:
    assert read_date(text) is None
    assert read_instant(text) is None


@pytest.mark.parametrize("value", [None, True, 20260301, 1.5, ["2026-03-01"], date(2026, 3, 1)])
def test_no_text(value: object) -> None:
    assert read_date(value) is None
