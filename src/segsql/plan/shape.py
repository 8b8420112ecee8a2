"""The plan's tree: a predicate in negation normal form whose values are gone.

Where a value stood there is a `Slot`, the number and type of a parameter. Rendering sees this tree and
nothing else, so that SQL text cannot depend on a value; and the tree is hashable, so that it is the key
under which rendered text is kept (spec 6).

A complement stands on single tests alone. Under AND and OR a test that is unknown counts as false, which
is what a positive test means where there is no value; only `Complement` must say `IS NOT TRUE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from segsql.catalog import EventKind, InColumn, SqlType
from segsql.filters import Rate
from segsql.plan.predicate import Activity, Comparison, Reading, Stored, TagMode


class TagStrategy(StrEnum):
    """How a tag test is answered; each gives the same contacts (`strategy` explains when which is cheaper)."""

    EXISTS = "exists"
    """A look-up of the contact's own rows."""
    GROUPED = "grouped"
    """One pass over the rows, grouped by contact and joined once."""
    ARRAY = "array"
    """A column of the contact itself."""


class ActivityStrategy(StrEnum):
    """Where the tests of a statement find activity; each gives the same contacts where the rollup equals the events."""

    ROLLUP = "rollup"
    """The contact's row of the rollup, joined."""
    EVENTS_EXISTS = "events_exists"
    """A look-up of the contact's own events for each test."""
    EVENTS_GROUPED = "events_grouped"
    """One pass over the events, grouped by contact and joined once."""


class EavStrategy(StrEnum):
    """How a test of a custom value that is a row of its own is answered; each gives the same contacts."""

    EXISTS = "exists"
    """A look-up of the contact's own row."""
    PIVOTED = "pivoted"
    """One pass over the rows, grouped by contact with a column for each field, and joined once."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter: its number, from 1, and its type."""

    number: int
    type: SqlType


@cache
def slot(number: int, type_: SqlType) -> Slot:
    """A slot; equal ones are the same object, since every statement begins with the same few."""
    return Slot(number, type_)


@dataclass(frozen=True, slots=True)
class SlottedValue:
    """A custom value whose key is a parameter."""

    key: Slot
    reading: Reading


@dataclass(frozen=True, slots=True)
class SlottedRow:
    """A custom value that is a row of its own, of the field that a parameter names."""

    field: Slot
    columns: tuple[InColumn, ...]
    reading: Reading


Operand = Activity | Stored | SlottedValue | SlottedRow

Bounds = tuple[tuple[Comparison, Slot], ...]
"""Comparisons that all must hold, each with a parameter."""


class CodeKind(StrEnum):
    """What a code tells of a value."""

    BUCKET = "bucket"
    """How many of the parameter's values, which are in order, are not above it: enough for >= and <."""
    RANK = "rank"
    """Twice that, less one where the value is among them: enough for all five comparisons."""
    PLACE = "place"
    """Its place among the parameter's values, which are in no order."""


@dataclass(frozen=True, slots=True)
class Code:
    """A small number in place of a value: where it stands among all those that a scan compares it with.

    NULL where the value is; a PLACE also where the value is none of them.
    """

    of: Operand | Rate
    kind: CodeKind
    values: Slot


@dataclass(frozen=True, slots=True)
class Coded:
    """The code lies between bounds, as the value does."""

    code: Code
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class CodedAmong:
    """The code is among the numbers of the parameter."""

    code: Code
    places: Slot


@dataclass(frozen=True, slots=True)
class Once:
    """A test that several segments of a scan ask: its outcome is a column, computed once per contact."""

    test: Test


@dataclass(frozen=True, slots=True)
class Present:
    """The operand is not null."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Compared:
    """The operand compares so with the parameter; text that ignores case does so on both sides."""

    operand: Operand
    comparison: Comparison
    value: Slot


@dataclass(frozen=True, slots=True)
class AmongTexts:
    """The operand is among the texts of the parameter."""

    operand: Operand
    values: Slot


@dataclass(frozen=True, slots=True)
class AmongAnyCase:
    """The operand is, in any case, among the texts that `separator` separates in `joined`.

    They are one text and not an array because `lower()` takes a text: split after it, they need no subquery.
    """

    operand: Operand
    joined: Slot
    separator: Slot


@dataclass(frozen=True, slots=True)
class Matches:
    """The operand, in lower case, is LIKE the parameter in lower case."""

    operand: Operand
    pattern: Slot


@dataclass(frozen=True, slots=True)
class Between:
    """The operand lies between bounds; each bound is a comparison and a parameter, at least one is there."""

    operand: Operand
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class LastEvent:
    """The contact's last event of a kind lies between bounds; with none of them, there is one (`events_exists`)."""

    kind: EventKind
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class SameSet:
    """The operand is the same set of texts as the parameter."""

    operand: Operand
    texts: Slot


@dataclass(frozen=True, slots=True)
class SharesText:
    """The operand, a set of texts, has any of the parameter's."""

    operand: Operand
    texts: Slot


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The contact has a row of the operand's field for which the test is true; its operand is a `SlottedRow`."""

    test: Test


@dataclass(frozen=True, slots=True)
class Tagged:
    """The contact's tags relate so to the parameter's (no parameter for PRESENT)."""

    mode: TagMode
    tag_ids: Slot | None
    strategy: TagStrategy


@dataclass(frozen=True, slots=True)
class RateKnown:
    """Something was delivered."""

    rate: Rate


@dataclass(frozen=True, slots=True)
class RateCompared:
    """The rate compares so with the parameter, in percent."""

    rate: Rate
    comparison: Comparison
    percent: Slot


Test = (
    Present
    | Compared
    | AmongTexts
    | AmongAnyCase
    | Matches
    | Between
    | LastEvent
    | SameSet
    | SharesText
    | LookedUp
    | Tagged
    | RateKnown
    | RateCompared
    | Coded
    | CodedAmong
    | Once
)


@dataclass(frozen=True, slots=True)
class Complement:
    """True exactly where the test is not."""

    test: Test


@dataclass(frozen=True, slots=True)
class All:
    """Every member; two at least."""

    members: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any member; two at least."""

    members: tuple[Shape, ...]


Shape = Test | Complement | All | AnyOf


@dataclass(frozen=True)
class Condition:
    """A shape that is looked up often: its hash, for which all of it is walked through, is kept."""

    shape: Shape

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.shape)
