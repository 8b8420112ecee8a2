"""The two ways to write a date in a definition (spec 4.3)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from segsql.filters.nodes import DateValue, Moment, WholeDay

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_RFC_3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def read_date(text: object) -> DateValue | None:
    """The date or instant that a text writes; None where it is neither `YYYY-MM-DD` nor RFC 3339."""
    if not isinstance(text, str):
        return None
    try:
        if day := _DAY.fullmatch(text):
            return WholeDay(date(*map(int, day.groups())))
        if moment := _RFC_3339.fullmatch(text):
            return Moment(_instant(moment))
    except ValueError:
        return None
    return None


def read_instant(text: str) -> datetime | None:
    """The instant that an RFC 3339 text writes, or None."""
    value = read_date(text)
    return value.at if isinstance(value, Moment) else None


def _instant(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, offset_hours, offset_minutes = found.groups()[6:]
    microsecond = int((fraction or "")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, microsecond, _offset(sign, offset_hours, offset_minutes))


def _offset(sign: str | None, hours: str, minutes: str) -> timezone:
    if sign is None:
        return UTC
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError("no such offset")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)
