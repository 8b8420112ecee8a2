"""What a text says, before it is known which dialect it belongs to: groups and conditions, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from segsql.catalog import Id, Operator
from segsql.filters.decode import Json
from segsql.filters.nodes import ActivityOperator, Dialect, Quantifier
from segsql.filters.text.source import Span


class Kind(Enum):
    """What a condition is about."""

    FIELD_ID = auto()
    KEY = auto()
    METADATA = auto()
    TAGS = auto()
    RATE = auto()
    LAST_ACTIVITY = auto()
    SEGMENT = auto()

    @property
    def dialect(self) -> Dialect | None:
        """The one dialect that has such conditions; None: both."""
        match self:
            case Kind.KEY | Kind.METADATA:
                return Dialect.FLAT
            case Kind.FIELD_ID | Kind.LAST_ACTIVITY | Kind.SEGMENT:
                return Dialect.TYPED
            case Kind.TAGS | Kind.RATE:
                return None


@dataclass(frozen=True, slots=True)
class Subject:
    """A field's id, or the name that a definition has for the kind: a key, `metadata.<key>`, `open_rate`."""

    kind: Kind
    name: Id
    span: Span


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and those in it where it is a list."""

    json: Json
    span: Span
    members: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """An operator, which may ask for every one of several tags, and its value; None where it takes none."""

    operator: Operator | ActivityOperator
    span: Span
    value: Value | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; `denied` where `not` stands before it."""

    subject: Subject
    test: Test
    span: Span
    denied: bool = False


@dataclass(frozen=True, slots=True)
class JsonCondition:
    """A condition that stands in the text as the JSON that a definition has for it."""

    json: dict[str, Json]
    dialect: Dialect | None
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """Members under one quantifier."""

    quantifier: Quantifier
    members: tuple[Part, ...]
    span: Span


Part = Group | Condition | JsonCondition


def deny(part: Part, span: Span) -> Part:
    """What `not` before a part makes of it.

    A condition may have a negative operator for it; a group that matches where any of its members does becomes one
    that matches where none does; anything else is put into such a group.
    """
    match part:
        case Condition(subject, test, _, denied=False):
            return Condition(subject, test, span, denied=True)
        case Group(Quantifier.ANY, members, _) | Group(Quantifier.ALL, (_,) as members, _):
            return Group(Quantifier.NONE, members, span)
        case _:
            return Group(Quantifier.NONE, (part,), span)
