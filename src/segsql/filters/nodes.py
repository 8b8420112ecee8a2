"""The parsed definition: one tree for both dialects, each node knowing where it stood.

A `FieldTest` keeps its value, and an operator that there is not, as they were written: what they may be depends
on the field's type, which only the catalog knows. Everything else is fully typed here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from segsql.catalog import Id, Operator
from segsql.filters.decode import Json


class Dialect(StrEnum):
    """Which public document a definition follows (spec 3)."""

    FLAT = "flat"
    TYPED = "typed"


MAX_SHOWN_KEY = 80
"""A path shows no more of a key than this."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: the positions of it and of the groups about it, from 1, as they number it for people."""

    root: str = "$"
    """The path of the definition itself."""
    positions: tuple[int, ...] = ()

    def member(self, index: int) -> Place:
        """The place of `filters[index]` of the group that stands here."""
        return Place(self.root, (*self.positions, index + 1))

    @property
    def path(self) -> str:
        """The JSON path; spelled out only where there is something to say about the node."""
        return self.root + "".join(f".filters[{position - 1}]" for position in self.positions)

    def key(self, name: str) -> str:
        """The path of one key of the object that stands here."""
        if len(name) > MAX_SHOWN_KEY:
            name = f"{name[:MAX_SHOWN_KEY]}…"
        return f"{self.path}.{name}" if name.isidentifier() else f"{self.path}[{json.dumps(name, ensure_ascii=False)}]"

    @property
    def prefix(self) -> str:
        """What messages about this node begin with: `Filter #2.1: `; nothing for the root."""
        return f"Filter #{'.'.join(map(str, self.positions))}: " if self.positions else ""


@dataclass(frozen=True, slots=True)
class WholeDay:
    """A date-only value: the whole day in the workspace's time zone (spec 4.3)."""

    day: date


@dataclass(frozen=True, slots=True)
class Moment:
    """An RFC 3339 value, with its own offset, cut to microseconds (spec 4.3)."""

    at: datetime


DateValue = WholeDay | Moment


class Rate(StrEnum):
    """The two rates of a contact's activity, in percent of what was delivered (spec 4.5)."""

    OPEN = "open_rate"
    CLICK = "click_rate"


class ActivityOperator(StrEnum):
    """The operators of `last_activity`."""

    IS_AFTER = "is_after"
    IS_BEFORE = "is_before"
    WITHIN_LAST_DAYS = "within_last_days"


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A condition on a field, named by id (typed) or `by_key` (flat); not yet checked against its type.

    What is not written is null, which no operator takes for a value.
    """

    place: Place
    field: Id
    operator: Operator | Json
    value: Json
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class MetadataTest:
    """A condition on an undeclared custom value, read as the type of its own value (spec 4.6)."""

    place: Place
    key: str
    operator: Operator
    value: str | tuple[str, ...] | Decimal | bool | int | None


@dataclass(frozen=True, slots=True)
class TagsTest:
    """A condition on the contact's tags; no ids where the operator is `exists` or `not_exists`."""

    place: Place
    operator: Operator
    tag_ids: tuple[Id, ...]
    every: bool = False


@dataclass(frozen=True, slots=True)
class RateTest:
    """A condition on a rate; `percent` None where the operator is `exists` or `not_exists`."""

    place: Place
    rate: Rate
    operator: Operator
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class LastActivityTest:
    """A condition on the last open or click; the value is a number of days for `within_last_days`."""

    place: Place
    operator: ActivityOperator
    value: DateValue | int


@dataclass(frozen=True, slots=True)
class SegmentTest:
    """The contact is (or is not) in any of the segments."""

    place: Place
    negated: bool
    segment_ids: tuple[Id, ...]


class Quantifier(StrEnum):
    """How many of a group's members must match."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups under one quantifier."""

    place: Place
    quantifier: Quantifier
    members: tuple[Node, ...]


Node = Group | FieldTest | MetadataTest | TagsTest | RateTest | LastActivityTest | SegmentTest


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed definition."""

    dialect: Dialect
    root: Group
    size: int
    """Bytes of compact JSON: what counts against the limit, also where another segment refers to it."""
