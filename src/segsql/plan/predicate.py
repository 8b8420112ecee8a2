"""The filter resolved against a catalog: every name is known, every value has the type that its field asks for.

A negative operator is `Not` of its positive twin, so that each test here is positive: false where the contact
has no value (spec 4.1). Nothing after this stage can fail because of what a user wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from segsql.catalog import Builtin, ColumnType, FieldType, Id, InColumn, Place
from segsql.filters import DateValue, Rate


class Reading(StrEnum):
    """How a value is read; one that cannot be read so is no value (spec 4.2, 4.6)."""

    TEXT = "text"
    """A string; a JSON number or boolean as its text."""
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    """A string of the shape YYYY-MM-DD."""
    DAY_PREFIX = "day prefix"
    """The first ten characters of a string that begins with that shape."""
    DATE = "date"
    """A column of calendar dates."""
    INSTANT = "instant"
    """A column of times."""
    STRINGS = "strings"
    """A JSON array of strings alone, as a set."""
    TEXTS = "texts"
    """An SQL array of texts, as a set."""
    ANY = "any"
    """Whatever is not null."""


@dataclass(frozen=True, slots=True)
class Activity:
    """A built-in field of the contact's activity."""

    builtin: Builtin

    @property
    def reading(self) -> Reading:
        """A count, or the time of the last event."""
        return Reading.NUMBER if self.builtin.type is FieldType.NUMBER else Reading.INSTANT


@dataclass(frozen=True)
class Stored:
    """A value of the contact itself. Its place comes from the catalog and stands in the SQL.

    Looked up often, so its hash is kept.
    """

    place: Place
    reading: Reading
    ignore_case: bool = False

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.place, self.reading, self.ignore_case))


@dataclass(frozen=True, slots=True)
class UndeclaredValue:
    """`metadata.<key>` where custom values are JSON: the key is the user's, and a parameter."""

    key: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class RowValue:
    """A custom value that is a row of its own, of the field with this id (or key), which is a parameter.

    `columns` hold it by type; it is the first of them that is not null.
    """

    field: Id
    columns: tuple[InColumn, ...]
    reading: Reading


Operand = Activity | Stored | UndeclaredValue | RowValue


class Comparison(StrEnum):
    """A comparison of ordered values, as SQL writes it."""

    EQ = "="
    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="


class Part(StrEnum):
    """Which part of a text is looked at, in any case."""

    ANYWHERE = "contains"
    START = "starts_with"
    END = "ends_with"


class TagMode(StrEnum):
    """How a contact's tags must relate to the given ones (spec 4.4)."""

    ANY = "any"
    ALL = "all"
    EXACTLY = "exactly"
    PRESENT = "present"
    """At least one tag, whichever; no ids are given."""


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false for every contact."""

    value: bool


@dataclass(frozen=True, slots=True)
class HasValue:
    """There is a value, of the type that is asked for."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class TextIn:
    """The text is one of these (sorted, none twice)."""

    operand: Operand
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextEquals:
    """The text is this one."""

    operand: Operand
    text: str


@dataclass(frozen=True, slots=True)
class TextMatches:
    """The text has this one as a part, in any case; never empty."""

    operand: Operand
    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class NumberTest:
    """The number compares so, exactly."""

    operand: Operand
    comparison: Comparison
    number: Decimal


@dataclass(frozen=True, slots=True)
class BooleanTest:
    """The boolean is this one."""

    operand: Operand
    value: bool


@dataclass(frozen=True, slots=True)
class DateTest:
    """The date or instant compares so (spec 4.3)."""

    operand: Operand
    comparison: Comparison
    value: DateValue


@dataclass(frozen=True, slots=True)
class WithinDays:
    """The date or instant lies in the last `days` times 24 hours, `now` included."""

    operand: Operand
    days: int


@dataclass(frozen=True, slots=True)
class SetEquals:
    """The set of texts is this one."""

    operand: Operand
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetOverlaps:
    """The set of texts has any of these."""

    operand: Operand
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagTest:
    """The contact's tags relate so to `tag_ids` (sorted, none twice; empty for PRESENT alone)."""

    mode: TagMode
    tag_ids: tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class HasRate:
    """Something was delivered."""

    rate: Rate


@dataclass(frozen=True, slots=True)
class RateTest:
    """The rate compares so to `percent`, as an exact fraction."""

    rate: Rate
    comparison: Comparison
    percent: Decimal


OnOperand = (
    HasValue
    | TextIn
    | TextEquals
    | TextMatches
    | NumberTest
    | BooleanTest
    | DateTest
    | WithinDays
    | SetEquals
    | SetOverlaps
)
Test = OnOperand | TagTest | HasRate | RateTest


@dataclass(frozen=True, slots=True)
class Not:
    """The exact complement."""

    member: Predicate


@dataclass(frozen=True, slots=True)
class And:
    """Every member; true where there is none."""

    members: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any member; false where there is none."""

    members: tuple[Predicate, ...]


Predicate = Constant | Test | Not | And | Or


def subject(test: OnOperand | HasRate | RateTest) -> Operand | Rate:
    """What a test is about."""
    return test.rate if isinstance(test, HasRate | RateTest) else test.operand


def ignores_case(operand: Operand) -> bool:
    """Whether texts of the operand are compared in any case."""
    return isinstance(operand, Stored) and operand.ignore_case


def always_exists(operand: Operand) -> bool:
    """Whether every contact has a value: an activity count is 0 where there is none.

    What is not null may still be no value: a text that is no number, an array with a null in it.
    """
    match operand:
        case Activity(builtin):
            return builtin.is_count
        case Stored(InColumn(type=ColumnType.TEXT, never_null=True), reading):
            return reading in (Reading.TEXT, Reading.STRING)
        case Stored(InColumn(never_null=True), reading):
            return reading is not Reading.TEXTS
        case _:
            return False


def tests_of(predicate: Predicate) -> Iterator[Test]:
    """The tests of a tree, in order, each as often as it stands there."""
    match predicate:
        case Not(member):
            yield from tests_of(member)
        case And(members) | Or(members):
            for member in members:
                yield from tests_of(member)
        case Constant():
            return
        case _:
            yield predicate
