"""What indexes would change: asked of the planner, which HypoPG lets believe in them, or reasoned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segsql.catalog import Id
from segsql.render import Index, Statement
from segsql.store import Estimate, Snapshot, hypothetical

WORTH = 0.8
"""What a plan may cost of what it cost before, at most, for an index to be worth advising."""

WORTH_REASONED = 0.5
"""The same where the cost after is an estimate of ours, which is rough."""

PAGES_PER_CONTACT = 3.0
"""What a contact that an index finds costs to read, where nobody can be asked, in the planner's units: between a page
that it shares with others and one of its own (1 to 4)."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a segment's own count is estimated to cost before and after, in the planner's units (one page read is 1).

    `segment_id` None is a definition that is not stored.
    """

    segment_id: Id | None
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Own:
    """A segment with its own statement, and the indexes on tests that all its members satisfy, with their shares."""

    segment_id: Id | None
    statement: Statement
    shares: Mapping[Index, float]


Gains = dict[Index, list[Gain]]


def tried(opened: Snapshot, segments: Sequence[Own], indexes: Sequence[Index], schema: str) -> tuple[Gains, set[Index]]:
    """Let the planner choose among hypothetical indexes; gives the gains, and the indexes that it knowingly left.

    It is asked twice: with all of them, and with those alone that it took and gained from. What it left it did not
    know where the index is on an expression, of which there are no statistics before it exists.
    """
    before = [opened.estimate(each.statement) for each in segments]
    taken, possible = _gains(opened, segments, before, indexes, schema)
    kept = list(taken)
    left = {index for index in possible if index not in taken and not index.is_on_expression}
    return (_gains(opened, segments, before, kept, schema)[0] if kept else {}), left


def _gains(
    opened: Snapshot, segments: Sequence[Own], before: Sequence[Estimate], indexes: Sequence[Index], schema: str
) -> tuple[Gains, set[Index]]:
    gains: defaultdict[Index, list[Gain]] = defaultdict(list)
    with hypothetical(opened.connection, schema, [index.ddl(concurrently=False) for index in indexes]) as names:
        by_name = {name: index for name, index in zip(names, indexes, strict=True) if name is not None}
        for each, old in zip(segments, before, strict=True):
            new = opened.estimate(each.statement)
            for name in new.indexes & by_name.keys():
                if new.cost <= WORTH * old.cost:
                    gains[by_name[name]].append(Gain(each.segment_id, old.cost, new.cost))
    return dict(gains), set(by_name.values())


def reasoned(opened: Snapshot, segments: Sequence[Own], indexes: Sequence[Index], contacts: int) -> Gains:
    """Of each segment the most selective of these indexes drives its query, and finds as many contacts as the sample
    says. One that its plan reads already, under the name that is advised, gains nothing."""
    gains: defaultdict[Index, list[Gain]] = defaultdict(list)
    for each in segments:
        possible = [(each.shares[index], index.name, index) for index in indexes if index in each.shares]
        if not possible:
            continue
        share, _, index = min(possible, key=lambda found: found[:2])
        before, after = opened.estimate(each.statement), 1 + share * contacts * PAGES_PER_CONTACT
        if index.name not in before.indexes and after <= WORTH_REASONED * before.cost:
            gains[index].append(Gain(each.segment_id, before.cost, after))
    return dict(gains)
