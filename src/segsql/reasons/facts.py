"""JSON texts of the server -> what a contact has, as the condition beside it looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from segsql.catalog import BUILTINS, Id, IdType, can_be_id, in_order
from segsql.filters import MAX_LEVELS, Json, LastActivityTest, Rate, RateTest, TagsTest
from segsql.filters.decode import whole
from segsql.plan import Fact, OwnTags, TracedCondition
from segsql.plan.predicate import Activity, Reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as its field's type reads it; a time is one in the workspace's zone, in RFC 3339."""

    json: Json


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and nothing in its place."""


@dataclass(frozen=True, slots=True)
class Mistyped:
    """No value, as what is stored is not of the field's type."""

    stored: Json


@dataclass(frozen=True, slots=True)
class Rated:
    """What a rate is made of: messages opened (or clicked), as they are stored, and delivered."""

    rate: Rate
    actions: int | Decimal
    delivered: int | Decimal

    @property
    def percent(self) -> float | None:
        """The rate, its actions capped at what was delivered; None where that is nothing."""
        return float(100 * min(self.actions, self.delivered) / self.delivered) if self.delivered else None


@dataclass(frozen=True, slots=True)
class Times:
    """The contact's last open and last click, each as a `Value` has it; None where there was none."""

    last_open_at: str | None
    last_click_at: str | None


@dataclass(frozen=True, slots=True)
class TagList:
    """The contact's tags by id, those first that the condition names. A tag that the catalog lacks has no name."""

    tags: tuple[tuple[Id, str | None], ...]


Shown = Value | Missing | Mistyped | Rated | Times | TagList


@dataclass(frozen=True, slots=True)
class Facts:
    """The values of a statement for one contact, as JSON texts."""

    values: Mapping[Fact, str | None]
    stored: Mapping[Fact, str | None]
    zone: ZoneInfo
    tag_names: Mapping[Id, str]
    tag_type: IdType

    def shown(self, condition: TracedCondition) -> Shown:
        """What the contact has of what a condition is about."""
        match condition.node:
            case RateTest(_, rate):
                actions, delivered = (_count(self.values[fact]) for fact in condition.facts)
                return Rated(rate, actions, delivered)
            case LastActivityTest():
                times = {fact: self._time(fact) for fact in condition.facts}
                return Times(*(times.get(Activity(BUILTINS[name])) for name in ("last_open_at", "last_click_at")))
            case TagsTest(_, _, tag_ids):
                own = in_order(self._own_tags(self.values[_single(condition.facts)]))
                named_first = sorted(own, key=lambda id_: id_ not in tag_ids)
                return TagList(tuple((id_, self.tag_names.get(id_)) for id_ in named_first))
            case _:
                return self._value(_single(condition.facts))

    def _own_tags(self, text: str | None) -> Iterable[Id]:
        """The tags of an array, which may hold other things too where it is a column of jsonb."""
        found = json.loads(text or "[]")
        members = found if isinstance(found, list) else []
        return {id_ for id_ in members if can_be_id(id_, self.tag_type)}

    def _value(self, fact: Fact) -> Value | Missing | Mistyped:
        value, stored = self.values[fact], self.stored[fact]
        if value is None:
            return Missing() if stored is None else Mistyped(_decoded(stored))
        return Value(self._time(fact) if _is_time(fact) else _decoded(value))

    def _time(self, fact: Fact) -> str | None:
        """A time in the workspace's zone; one that Python has not stays as PostgreSQL writes it."""
        value = self.values[fact]
        if value is None:
            return None
        written = str(json.loads(value))
        try:
            return datetime.fromisoformat(written).astimezone(self.zone).isoformat()
        except (ValueError, OverflowError):
            return written


def _count(text: str | None) -> int | Decimal:
    """A count, which a column of others may hold with a fraction; one that is no number at all is 0."""
    number = Decimal(str(json.loads(text or "0", parse_float=Decimal)))
    if not number.is_finite():
        return 0
    integer = whole(number)
    return number if integer is None else integer


def _is_time(fact: Fact) -> bool:
    return not isinstance(fact, OwnTags) and fact.reading is Reading.INSTANT


def _single(facts: Sequence[T]) -> T:
    (fact,) = facts
    return fact


def _decoded(text: str) -> Json:
    """JSON with exact numbers; what is nested deeper than definitions may be stays a text."""
    try:
        decoded: Json = json.loads(text, parse_int=Decimal, parse_float=Decimal)
    except RecursionError:
        return text
    level: list[Json] = [decoded]
    for _ in range(MAX_LEVELS):
        level = [member for value in level for member in _members(value)]
    return text if level else decoded


def _members(value: Json) -> Iterable[Json]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()
