"""What the two writers share: the walk over a filter, and what neither of the forms can say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from segsql.catalog import PRESENCE_OPERATORS, Operator
from segsql.errors import Code, InvalidDefinition
from segsql.filters.conditions import METADATA_PREFIX
from segsql.filters.decode import Json
from segsql.filters.nodes import (
    FieldTest,
    Filter,
    Group,
    LastActivityTest,
    MetadataTest,
    Node,
    Quantifier,
    RateTest,
    SegmentTest,
    TagsTest,
)
from segsql.filters.problems import Problems, in_document_order

Object = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Said:
    """A condition by the name that a flat definition has for its subject; `every` of several values, or any."""

    field: str
    operator: Operator
    value: Json
    every: bool = False


class Inexpressible(Exception):
    """A condition that the form has no words for, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Writer(ABC):
    """Writes filters in one form."""

    def __init__(self) -> None:
        self._problems = Problems()

    def write(self, filter_: Filter) -> Object:
        """The whole filter. Raises InvalidDefinition with everything in it that the form can't say."""
        written = self.group(filter_.root)
        if self._problems.found:
            raise InvalidDefinition(in_document_order(self._problems.found))
        return written

    @abstractmethod
    def joined(self, quantifier: Quantifier, members: list[Json]) -> Object:
        """Members under a quantifier."""

    @abstractmethod
    def condition(self, said: Said) -> Object:
        """One condition. Raises Inexpressible."""

    def group(self, group: Group) -> Object:
        """A group, without those of its members that the form can't say."""
        members: list[Json] = [member for node in group.members if (member := self._node(node)) is not None]
        return self.joined(group.quantifier, members)

    def _node(self, node: Node) -> Json:
        if isinstance(node, Group):
            return self.group(node)
        try:
            return self.condition(said(node))
        except Inexpressible as error:
            self._problems.add(Code.NOT_EXPRESSIBLE, node.place, "", str(error), hint=error.hint)
            return None


def said(node: FieldTest | MetadataTest | TagsTest | RateTest | LastActivityTest | SegmentTest) -> Said:
    """The condition as both forms look at it. Raises Inexpressible."""
    match node:
        case FieldTest(_, str(name), Operator() as operator, value, by_key=True):
            return Said(name, operator, _sound(operator, value))
        case FieldTest(_, str(name), operator, by_key=True):
            raise Inexpressible(f"The condition on {name} has no operator that there is")
        case FieldTest(_, field_id):
            hint = "Write the definition in the flat dialect, which names fields by their keys"
            raise Inexpressible(f"The field is named by its id, {field_id}", hint)
        case MetadataTest(_, key, operator, value):
            return Said(METADATA_PREFIX + key, operator, [*value] if isinstance(value, tuple) else value)
        case TagsTest(_, operator, tag_ids, every):
            return Said("tags", operator, [*tag_ids], every)
        case RateTest(_, rate, operator, percent):
            return Said(rate.value, operator, percent)
        case LastActivityTest():
            hint = "Write conditions on last_open_at and last_click_at, joined by or"
            raise Inexpressible("There is no last_activity", hint)
        case SegmentTest():
            raise Inexpressible("There are no references to segments", "Write the conditions of those segments")


def _sound(operator: Operator, value: Json) -> Json:
    """The value, where it is one that a condition of some type can have."""
    if (value is None) != (operator in PRESENCE_OPERATORS):
        raise Inexpressible(f"{operator} takes {'a' if value is None else 'no'} value")
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value)):
        raise Inexpressible("The condition's value is an object, or a list that holds more than single values")
    if operator in (Operator.IN, Operator.NOT_IN) and not isinstance(value, list):
        raise Inexpressible(f"{operator} takes a list")
    return value


def values(said_: Said) -> Sequence[Json]:
    """The values of a condition that has a list of them."""
    assert isinstance(said_.value, list), "the caller has looked"
    return said_.value
