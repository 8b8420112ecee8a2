"""A filter beside its predicates, node by node: what `why` tells of each, before anything is folded or pushed down.

A predicate that is resolved and nothing more has its filter's form: each group is And, Or or Not of Or, with a member
for each of the filter's; a condition with a negative operator is Not of its positive twin; a condition on segments
is Or, or Not of it, of the predicates of those segments, by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from segsql.catalog import BUILTINS, Id, in_order
from segsql.filters import (
    FieldTest,
    Filter,
    Group,
    LastActivityTest,
    MetadataTest,
    Node,
    Quantifier,
    Rate,
    RateTest,
    SegmentTest,
    TagsTest,
)
from segsql.plan import predicate as p


class OwnTags(Enum):
    """All of the contact's tags."""

    OWN_TAGS = "tags"


OWN_TAGS = OwnTags.OWN_TAGS
DELIVERED = p.Activity(BUILTINS["delivered_count"])
ACTIONS = {Rate.OPEN: p.Activity(BUILTINS["opens_count"]), Rate.CLICK: p.Activity(BUILTINS["clicks_count"])}

Fact = p.Operand | OwnTags
"""Something of a contact that a condition is about."""


@dataclass(frozen=True, slots=True)
class TracedCondition:
    """A condition and its predicate."""

    node: FieldTest | MetadataTest | TagsTest | RateTest | LastActivityTest
    predicate: p.Predicate

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it is about, in its tests' order: of a rate the actions, then the deliveries."""
        return tuple(dict.fromkeys(fact for test in p.tests_of(self.predicate) for fact in facts_of(test)))


@dataclass(frozen=True, slots=True)
class TracedGroup:
    """A group with its members, or a condition on segments with the groups that those are.

    `segment_id` is that of the segment whose root the group is, where a condition refers to it.
    """

    node: Group | SegmentTest
    quantifier: Quantifier
    members: tuple[Traced, ...]
    segment_id: Id | None = None


Traced = TracedCondition | TracedGroup

Referred = Callable[[Id], tuple[Filter, p.Predicate]]
"""A segment's filter and predicate, by its id."""


def trace(filter_: Filter, predicate: p.Predicate, referred: Referred) -> TracedGroup:
    """Trace a filter with its predicate, as it was resolved; segments that it refers to stand in place."""
    return _group(filter_.root, predicate, referred)


def nodes_of(traced: Traced) -> Iterator[Traced]:
    """The nodes of a tree, each before its members."""
    yield traced
    if isinstance(traced, TracedGroup):
        for member in traced.members:
            yield from nodes_of(member)


def facts_of(test: p.Test) -> tuple[Fact, ...]:
    """What a test is about."""
    match test:
        case p.TagTest():
            return (OWN_TAGS,)
        case p.HasRate(rate) | p.RateTest(rate):
            return (ACTIONS[rate], DELIVERED)
        case _:
            return (test.operand,)


def _group(group: Group, predicate: p.Predicate, referred: Referred, segment_id: Id | None = None) -> TracedGroup:
    members = _members(group.quantifier, predicate)
    traced = tuple(_node(node, member, referred) for node, member in zip(group.members, members, strict=True))
    return TracedGroup(group, group.quantifier, traced, segment_id)


def _node(node: Node, predicate: p.Predicate, referred: Referred) -> Traced:
    match node:
        case Group():
            return _group(node, predicate, referred)
        case SegmentTest():
            return _segments(node, predicate, referred)
        case FieldTest() | MetadataTest() | TagsTest() | RateTest() | LastActivityTest():
            return TracedCondition(node, predicate)
        case _:
            assert_never(node)


def _segments(node: SegmentTest, predicate: p.Predicate, referred: Referred) -> TracedGroup:
    quantifier = Quantifier.NONE if node.negated else Quantifier.ANY
    roots: list[Traced] = []
    for segment_id, member in zip(in_order(node.segment_ids), _members(quantifier, predicate), strict=True):
        filter_, own = referred(segment_id)
        assert own == member, "a segment that is referred to stands in place as it is"
        roots.append(_group(filter_.root, member, referred, segment_id))
    return TracedGroup(node, quantifier, tuple(roots))


def _members(quantifier: Quantifier, predicate: p.Predicate) -> tuple[p.Predicate, ...]:
    """The members of a group's predicate."""
    match quantifier, predicate:
        case Quantifier.ALL, p.And(members):
            return members
        case Quantifier.ANY, p.Or(members):
            return members
        case Quantifier.NONE, p.Not(p.Or(members)):
            return members
        case _:
            raise AssertionError(f"a group of {quantifier} is resolved to a {type(predicate).__name__}")
