"""The plan of a statement: shape, strategies, parameters. The last stage that knows a value.

A `Plan` is a form and parameters: a `SegmentForm` answers for one segment, a `ScanForm` for many at once, a
`ContactForm` for one contact. Equal forms have equal SQL text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from segsql.catalog import Id, SqlType, Tables
from segsql.filters import Quantifier
from segsql.plan.reasons import Strategies
from segsql.plan.shape import ActivityStrategy, Condition, Operand, Shape, Slot, TagStrategy

Value = int | bool | Decimal | str | datetime | tuple[Id, ...] | tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a statement is sent with, and the PostgreSQL type that it is given there."""

    type: SqlType
    value: Value


class Output(StrEnum):
    """What a statement for one segment gives."""

    COUNT = "count"
    """One row with one number."""
    MEMBERS = "members"
    """`id, email` of each member, by id."""


@dataclass(frozen=True, slots=True)
class TagPass:
    """The one pass over the tags that all grouped tag tests of a statement share.

    `mentioned` restricts it to the tags that some test names; None where a test must know of all the
    contact's tags.
    """

    mentioned: Slot | None
    as_bits: bool = False
    """A contact's tags as one bit for each mentioned one, in their order, instead of as an array."""


@dataclass(frozen=True, slots=True)
class IdRange:
    """Contacts by id, from `lower` on and before `upper`; None is an open end."""

    lower: Slot | None = None
    upper: Slot | None = None


@dataclass(frozen=True, slots=True)
class OneId:
    """The contact with this id alone."""

    id: Slot


@dataclass(frozen=True)
class SegmentForm:
    """What the text of a statement for one segment depends on; `where` is a bool where all folded.

    `activity` is None where no test reads any, `workspace_id` where there is a single tenant. Text is looked up by it,
    so its hash is kept.
    """

    tables: Tables
    output: Output
    where: Shape | bool
    tag_pass: TagPass | None
    activity: ActivityStrategy | None
    workspace_id: Slot | None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.tables, self.output, self.where, self.tag_pass, self.activity, self.workspace_id))


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment's condition as it is in other scans too: its slot n is `slots[n - 1]` of this one."""

    condition: Condition
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class ScanForm:
    """What the text of a shared scan depends on: one condition for each segment, a bool where all of it folded.

    `ranges` cover all ids, none twice; each is a branch of the statement, and branches run in parallel.
    """

    tables: Tables
    ranges: tuple[IdRange, ...]
    segments: tuple[Placed | bool, ...]
    tag_pass: TagPass | None
    activity: ActivityStrategy | None
    workspace_id: Slot | None


@dataclass(frozen=True, slots=True)
class Combined:
    """A group of a traced filter: how many of the nodes with these numbers, from 0, must hold; one at least."""

    quantifier: Quantifier
    members: tuple[int, ...]


ShownFact = Operand | TagStrategy
"""A value of the contact; its tags are told by how they are reached."""


@dataclass(frozen=True, slots=True)
class ContactForm:
    """What the text of a statement for one contact depends on: the nodes of a filter, each before its members.

    A condition is a bool where it folded. `facts` are the values that the conditions are about.
    """

    tables: Tables
    nodes: tuple[Shape | bool | Combined, ...]
    facts: tuple[ShownFact, ...]
    tag_pass: TagPass | None
    activity: ActivityStrategy | None
    workspace_id: Slot | None
    contact_id: Slot


Form = SegmentForm | ScanForm | ContactForm


@dataclass(frozen=True, slots=True)
class Plan:
    """A form and the values of its slots: `parameters[n - 1]` is that of slot n."""

    form: Form
    parameters: tuple[Parameter, ...]
    strategies: Strategies
