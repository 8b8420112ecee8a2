"""Values for definitions, close to what a workspace stores: the value itself, or missed by a hair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from properties.days import has_date_shape
from properties.texts import number_text, simple_lower

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from properties.model import Activity, Contact, Workspace

ISO_COUNTRIES = ("DE", "US", "XK", "GB", "CL", "CU", "FR", "JP", "AX", "ZW")
"""A few of the 250 codes that a definition may name, the first six of them stored."""

LONGEST_TEXT = 1_024
MOST_DIGITS = 30
EXACT = Context(prec=1_000)
AWKWARD = "aA%_\\'\"äÄßσςΣİı \n$(é\u0301🎉"


@dataclass(frozen=True, slots=True)
class Stored:
    """What one place (a column, a key) holds in a workspace, by the kind of value it gives."""

    texts: tuple[str, ...]
    numbers: tuple[int | Decimal, ...]
    days: tuple[str, ...]
    instants: tuple[datetime, ...]
    lists: tuple[tuple[str, ...], ...]


@cache
def stored(workspace: Workspace, place: str) -> Stored:
    """Collect a column of contacts or activity, or (`$.key`) a key of `contacts.fields`, sorted by kind."""
    values = [_value(contact, place) for contact in workspace.contacts]
    numbers = [one for one in values if isinstance(one, int | Decimal) and not isinstance(one, bool)]
    texts = [one for one in values if isinstance(one, str)] or ["a"]
    spelled = [number_text(number) for number in numbers] + ["true", "false"]
    instants = [one for one in values if isinstance(one, datetime)]
    lists = [one for one in values if isinstance(one, list) and all(isinstance(item, str) for item in one)]
    return Stored(
        texts=_distinct(text for text in [*texts, *spelled] if len(text) <= LONGEST_TEXT),
        numbers=_distinct(number for number in numbers if fits(number)) or (0,),
        days=_distinct(text[:10] for text in texts if _is_real(text[:10])) or ("2026-03-29",),
        instants=_distinct(instants) or (datetime(2026, 3, 29, tzinfo=UTC),),
        lists=_distinct(tuple(one) for one in lists) or (("a",),),
    )


def _value(contact: Contact, place: str) -> object:
    if place.startswith("$."):
        return contact.fields.get(place.removeprefix("$."))
    holder: Contact | Activity | None = contact if hasattr(contact, place) else contact.activity
    return getattr(holder, place, None)


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _is_real(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return has_date_shape(text)


def fits(number: int | Decimal) -> bool:
    """Whether a definition may hold it: 30 digits on either side of the point."""
    before, _, behind = number_text(number).lstrip("-").partition(".")
    return len(before) <= MOST_DIGITS and len(behind) <= MOST_DIGITS


@st.composite
def texts(draw: st.DrawFn, pool: Sequence[str], *, empty: bool = True, part: bool = False) -> str:
    """A stored text, one that differs in case, a character or an escape, or (`part`) a piece of one."""
    text = draw(st.sampled_from(pool))
    start, stop = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    pieces = [text[start:stop], text[:stop], text[start:], text[start : start + 1]]
    changes = [
        text.swapcase(),
        text.upper(),
        text.lower(),
        simple_lower(text),
        f"{text} ",
        text[1:],
        text[:-1],
    ]
    changes += [text.replace("%", "_"), text.replace("\\", "\\\\"), text[:start] + "%" + text[stop:]]
    inserted = draw(st.text(AWKWARD, max_size=2))
    changes += [text[:start] + inserted + text[start:], inserted]
    kept = pieces + [piece.swapcase() for piece in pieces] if part else [text] * 4
    result = draw(st.sampled_from(kept + changes))[:LONGEST_TEXT]
    return result if result or empty else "a"


@st.composite
def numbers(draw: st.DrawFn, pool: Sequence[int | Decimal]) -> int | Decimal:
    """A stored number or a neighbour, written as an integer, with a fraction, or with an exponent."""
    base = Decimal(draw(st.sampled_from(pool)))
    steps = ("0", "0", "0", "1", "-1", "0.1", "0.5", "1E-30", "-1E-30")
    moved = EXACT.add(base, Decimal(draw(st.sampled_from(steps))))
    return draw(spelled(moved if fits(moved) else base))


@st.composite
def spelled(draw: st.DrawFn, number: Decimal) -> int | Decimal:
    """The same number in one of the ways that JSON has for it."""
    forms: list[int | Decimal] = [number]
    if number == number.to_integral_value():
        forms += [int(number), Decimal(f"{int(number)}.0"), EXACT.normalize(number)]
    return draw(st.sampled_from(forms))


def integers(low: int, high: int, favoured: Sequence[int]) -> st.SearchStrategy[int | Decimal]:
    """An integer in bounds, mostly one of the favoured; JSON may spell it with a zero fraction."""
    chosen = st.sampled_from([n for n in favoured if low <= n <= high] or [low]) | st.integers(low, high)
    return chosen.flatmap(lambda number: st.sampled_from([number, number, number, Decimal(f"{number}.0")]))


DAYS_AGO = (1, 7, 30, 90, 365, 36_500, 2, 6, 8, 29, 31, 364, 366)


@st.composite
def rates(draw: st.DrawFn, workspace: Workspace) -> int | Decimal:
    """Any number from 0 to 100, mostly at or beside the exact rate of somebody."""
    happened = [
        Decimal(100 * min(count, one.activity.delivered_count)) / one.activity.delivered_count
        for one in workspace.contacts
        if one.activity is not None and one.activity.delivered_count
        for count in (one.activity.opens_count, one.activity.clicks_count)
    ]
    rate = draw(st.sampled_from([*happened, Decimal(0), Decimal(100)]))
    steps = [Decimal(0), Decimal(0), Decimal("1E-26"), Decimal("-1E-26"), Decimal(1), Decimal(-1)]
    moved = EXACT.add(rate, draw(st.sampled_from(steps)))
    return draw(spelled(min(max(moved, Decimal(0)), Decimal(100))))


@st.composite
def dates(draw: st.DrawFn, found: Stored, zone_days: Sequence[str]) -> str:
    """A day or a time near a stored one, or one of the days on which the zone is odd."""
    if draw(st.booleans()):
        return draw(times(found, zone_days))
    seen = [moment.date().isoformat() for moment in found.instants]
    day = date.fromisoformat(draw(st.sampled_from([*found.days, *seen, *zone_days])))
    try:
        return (day + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, -1])))).isoformat()
    except OverflowError:
        return day.isoformat()


@st.composite
def times(draw: st.DrawFn, found: Stored, zone_days: Sequence[str]) -> str:
    """An RFC 3339 text of an instant at or beside a stored one, in any of its spellings."""
    midnights = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (*found.days, *zone_days)]
    moment = draw(st.sampled_from([*found.instants, *found.instants, *midnights]))
    step = timedelta(microseconds=draw(st.sampled_from([0, 0, 0, 1, -1, 999_999, 3_600_000_000])))
    minutes = draw(st.sampled_from([0, 0, 60, 120, 345, -210, -600, 840, -1439, 1439]))
    try:
        moment = (moment + step).astimezone(timezone(timedelta(minutes=minutes)))
    except OverflowError:
        minutes = 0
    wall = moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    fractions = [wall, f"{wall}9", f"{wall}000999"]
    if not moment.microsecond:
        fractions += [wall[:-7], f"{wall[:-7]}.0", f"{wall[:-7]}.0000009"]
    text = draw(st.sampled_from(fractions)).replace("T", draw(st.sampled_from(["T", "t", " "])))
    if minutes == 0:
        return text + draw(st.sampled_from(["Z", "z", "+00:00", "-00:00"]))
    return f"{text}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


@st.composite
def choices(draw: st.DrawFn, found: Stored, options: tuple[str, ...] | None, smallest: int) -> list[str]:
    """A list of texts, within the options where there are any; may repeat an item."""
    lists = [one for one in found.lists if options is None or set(one) <= set(options)]
    lists = [one for one in lists if len(one) >= smallest] or [(options or ("a",))[:1]]
    item = st.sampled_from(options) if options else texts([text for one in lists for text in one] or ["a"])
    return draw(st.sampled_from(lists).map(list) | st.lists(item, min_size=smallest, max_size=4))
