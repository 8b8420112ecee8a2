"""Choose how tag tests reach their rows (spec 6): the plan's join strategies.

Tags lie in another table. Under AND, PostgreSQL turns EXISTS into a semi join and NOT EXISTS into an anti
join, so that a rare tag drives the query. Under OR neither is possible: an EXISTS there is a look-up per
contact, and one pass over the tags, grouped by contact and joined once, is cheaper however many conditions
share it. A shared scan reads every contact anyway, so it always takes the grouped pass.

Each EXISTS under one AND multiplies the planner's choices of join order: planning takes half a second at
about a hundred of them, a minute at three hundred. Beyond MAX_EXISTS the pass is grouped, forced or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from segsql.plan.predicate import And, Not, Or, Predicate, TagMode, TagTest
from segsql.plan.shape import TagStrategy

MAX_EXISTS = 24
"""Correlated EXISTS in one statement before planning them costs more than they save."""


MAX_BITS = 63
"""Bits of a bigint that are not its sign."""


@dataclass(frozen=True, slots=True)
class Forced:
    """Strategies that a user asks for; None leaves the choice to segsql."""

    tags: TagStrategy | None = None


AUTO = Forced()


def choose_tags(predicate: Predicate, forced: Forced = AUTO) -> Mapping[TagTest, TagStrategy]:
    """Give every tag test of a statement's predicate its strategy.

    A test that stands under an OR somewhere is grouped everywhere: the pass is paid once.
    """
    chosen: dict[TagTest, TagStrategy] = {}
    for test, is_conjunctive in _tag_tests(predicate, conjunctive=True, negated=False):
        wanted = forced.tags or (TagStrategy.EXISTS if is_conjunctive else TagStrategy.GROUPED)
        if chosen.get(test) is not TagStrategy.GROUPED:
            chosen[test] = wanted
    if sum(strategy is TagStrategy.EXISTS for strategy in chosen.values()) > MAX_EXISTS:
        return dict.fromkeys(chosen, TagStrategy.GROUPED)
    return chosen


def tag_bits(strategies: Mapping[TagTest, TagStrategy]) -> Mapping[int, int]:
    """A bit for each tag that grouped tests mention; none where bits can't tell.

    Testing bits costs a fraction of comparing arrays. They do not tell who has exactly some tags, or any at
    all, and there are 63 of them.
    """
    grouped = [test for test, strategy in strategies.items() if strategy is TagStrategy.GROUPED]
    mentioned = sorted({tag_id for test in grouped for tag_id in test.tag_ids})
    if len(mentioned) > MAX_BITS or any(test.mode not in (TagMode.ANY, TagMode.ALL) for test in grouped):
        return {}
    return {tag_id: 1 << place for place, tag_id in enumerate(mentioned)}


def _tag_tests(predicate: Predicate, *, conjunctive: bool, negated: bool) -> Iterator[tuple[TagTest, bool]]:
    """Every tag test, with whether only ANDs lie between it and the root once negations are pushed down."""
    match predicate:
        case TagTest():
            yield predicate, conjunctive
        case Not(member):
            yield from _tag_tests(member, conjunctive=conjunctive, negated=not negated)
        case And(members) | Or(members):
            joins = len(members) < 2 or isinstance(predicate, Or) == negated
            for member in members:
                yield from _tag_tests(member, conjunctive=conjunctive and joins, negated=negated)
        case _:
            return
