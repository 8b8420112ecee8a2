"""Choose how tests reach what lies in other tables (spec 6): the plan's join strategies for tags, activity, and custom
values that are rows of their own.

Every strategy gives the same counts. Which is the cheapest depends on where a test stands. The times are those
of counting one segment of 200,000 contacts with 400,000 tag rows and 8,000,000 events (benchmarks/README.md).

- `exists`, `events_exists`: under AND, PostgreSQL turns EXISTS into a semi join and NOT EXISTS into an anti
  join, so that a rare tag drives the query (40 ms, grouped 118 ms), and where another condition leaves few
  contacts, only their rows are looked up (1 % left: a window of opens 36 ms, grouped 1.3 s; a rate 47 ms,
  grouped 5.3 s). Even alone a look-up of events loses nothing (0.8 s, grouped 1.0 s; a rate 3.8 s both).
- `grouped`, `events_grouped`: under OR a look-up is one for each contact and test, and one pass over the rows,
  grouped by contact and joined once, is shared by all of them (an open or a click within 30 days: 1.6 s, looked
  up 2.2 s). A shared scan reads every contact anyway, so nothing is looked up there.
- `array`: a column of the contact needs no join at all, wherever the test stands (any of some 66 ms, with a GIN
  index 12 ms; exactly some 46 ms against 140 ms of either other), so it is taken wherever there is one.
- `rollup`: one row a contact in place of its events (11 to 160 ms where those take 0.4 to 10 s), so it is taken
  wherever there is one.
- `exists`, `pivoted` of custom values: as for tags, one pass with a column for each field that is asked for.

Each EXISTS under one AND multiplies the planner's choices of join order: planning takes half a second at
about a hundred of them, a minute at three hundred. Beyond MAX_EXISTS look-ups, of all kinds together, all are
grouped, forced or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from segsql.catalog import Builtin, EavTable, Tables
from segsql.errors import UsageError
from segsql.plan.plan import Strategies
from segsql.plan.predicate import (
    Activity,
    And,
    Comparison,
    Constant,
    DateTest,
    HasRate,
    HasValue,
    Not,
    NumberTest,
    Or,
    Predicate,
    RateTest,
    RowValue,
    TagMode,
    TagTest,
    Test,
    WithinDays,
    tests_of,
)
from segsql.plan.shape import ActivityStrategy, EavStrategy, TagStrategy

MAX_EXISTS = 24
"""Look-ups (correlated subqueries) in one statement before planning them costs more than they save."""

MAX_BITS = 63
"""Bits of a bigint that are not its sign."""


@dataclass(frozen=True, slots=True)
class Forced:
    """Strategies that a user asks for; None leaves the choice to segsql."""

    tags: TagStrategy | None = None
    activity: ActivityStrategy | None = None
    eav: EavStrategy | None = None

    @property
    def looks_up(self) -> bool:
        """Whether one of them looks rows up contact by contact, which no shared scan does."""
        by_rows = self.tags is TagStrategy.EXISTS or self.eav is EavStrategy.EXISTS
        return by_rows or self.activity is ActivityStrategy.EVENTS_EXISTS


AUTO = Forced()


@dataclass(frozen=True, slots=True)
class Choice:
    """The strategy of every tag test of a statement and of every test of a value that is a row, and the one that all
    its activity tests share, if it has any."""

    tags: Mapping[TagTest, TagStrategy]
    activity: ActivityStrategy | None
    eav: Mapping[Test, EavStrategy]

    @property
    def grouped(self) -> list[TagTest]:
        """The tests that one pass over the tags answers."""
        return [test for test, strategy in self.tags.items() if strategy is TagStrategy.GROUPED]

    @property
    def strategies(self) -> Strategies:
        """What is chosen, each strategy once."""
        tags, eav = set(self.tags.values()), set(self.eav.values())
        return Strategies(
            tuple(strategy for strategy in TagStrategy if strategy in tags),
            self.activity,
            tuple(strategy for strategy in EavStrategy if strategy in eav),
        )


def check_possible(forced: Forced, tables: Tables) -> None:
    """Raise UsageError where a forced strategy needs what the catalog does not have."""
    if forced.tags is TagStrategy.ARRAY and tables.tag_array is None:
        raise UsageError(
            "The strategy tags=array is not possible: the catalog names no column with a contact's tags",
            hint="Leave tags to auto, or force tags=exists or tags=grouped.",
        )
    if forced.tags not in (None, TagStrategy.ARRAY) and tables.tag_rows is None:
        raise UsageError(
            f"The strategy tags={forced.tags} is not possible: the catalog names no table of contacts' tags",
            hint="Leave tags to auto.",
        )
    if forced.eav is not None and not isinstance(tables.contacts.custom_values, EavTable):
        raise UsageError(
            f"The strategy eav={forced.eav} is not possible: the catalog names no table of custom values",
            hint="Leave eav to auto.",
        )
    if forced.activity is ActivityStrategy.ROLLUP and tables.activity is None:
        raise UsageError(
            "The strategy activity=rollup is not possible: the catalog names no rollup of the events",
            hint="Leave activity to auto, or force activity=events_exists or activity=events_grouped.",
        )
    if forced.activity not in (None, ActivityStrategy.ROLLUP) and not tables.events:
        raise UsageError(
            f"The strategy activity={forced.activity} is not possible: the catalog names no table of events",
            hint="Leave activity to auto, or force activity=rollup.",
        )


def choose(predicate: Predicate, tables: Tables, forced: Forced = AUTO) -> Choice:
    """Choose for a statement with this (folded) predicate alone."""
    found = tuple(_tests(predicate, conjunctive=True, negated=False))
    choice = Choice(_tags(found, tables, forced), _activity(found, tables, forced), _eav(found, forced))
    return choice if _look_ups(found, choice) <= MAX_EXISTS else _without_look_ups(choice)


def choose_for_scan(predicates: Iterable[Predicate], tables: Tables, forced: Forced = AUTO) -> Choice:
    """Choose for a shared scan of these (folded) predicates: it reads every contact and looks nothing up."""
    found = [_Found(test, conjunctive=False) for predicate in predicates for test in tests_of(predicate)]
    return _without_look_ups(
        Choice(_tags(found, tables, forced), _activity(found, tables, forced), _eav(found, forced))
    )


def read_mentioned_alone(grouped: Iterable[TagTest]) -> bool:
    """Whether grouped tests need no tags but those that they mention, which can then be bits, MAX_BITS at most.

    Testing bits costs a fraction of comparing arrays. Who has exactly some tags, or any at all, is told by all tags.
    """
    return all(test.mode in (TagMode.ANY, TagMode.ALL) for test in grouped)


@dataclass(frozen=True, slots=True)
class _Found:
    """A test, once for each time that it stands in the tree.

    `conjunctive` where only ANDs lie between it and the root once negations are pushed down.
    """

    test: Test
    conjunctive: bool


def _tags(found: Sequence[_Found], tables: Tables, forced: Forced) -> Mapping[TagTest, TagStrategy]:
    """A test that stands under an OR somewhere is grouped everywhere: the pass is paid once."""
    always = forced.tags or (None if tables.tag_array is None else TagStrategy.ARRAY)
    chosen: dict[TagTest, TagStrategy] = {}
    for each in found:
        if isinstance(each.test, TagTest) and chosen.get(each.test) is not TagStrategy.GROUPED:
            chosen[each.test] = always or (TagStrategy.EXISTS if each.conjunctive else TagStrategy.GROUPED)
    return chosen


def _eav(found: Sequence[_Found], forced: Forced) -> Mapping[Test, EavStrategy]:
    """As `_tags`: a test that stands under an OR somewhere is answered by the one pass everywhere."""
    chosen: dict[Test, EavStrategy] = {}
    for each in found:
        if _is_of_row(each.test) and chosen.get(each.test) is not EavStrategy.PIVOTED:
            chosen[each.test] = forced.eav or (EavStrategy.EXISTS if each.conjunctive else EavStrategy.PIVOTED)
    return chosen


def _is_of_row(test: Test) -> bool:
    return not isinstance(test, TagTest | HasRate | RateTest) and isinstance(test.operand, RowValue)


def way_of(builtin: Builtin, strategy: ActivityStrategy | None, tables: Tables) -> ActivityStrategy:
    """How a statement reaches a built-in of the activity: by its strategy, unless only the other way has it."""
    by_events = builtin.event in tables.events_of
    if strategy is None or strategy is ActivityStrategy.ROLLUP:
        return ActivityStrategy.ROLLUP if builtin.name in tables.rolled_up else ActivityStrategy.EVENTS_GROUPED
    return strategy if by_events else ActivityStrategy.ROLLUP


def _activity(found: Sequence[_Found], tables: Tables, forced: Forced) -> ActivityStrategy | None:
    """One for the whole statement: a pass over the events, once paid, answers every test."""
    reading = [each for each in found if _events_read(each.test)]
    if not reading:
        return None
    if forced.activity is not None:
        return forced.activity
    if tables.activity is not None:
        return ActivityStrategy.ROLLUP
    if all(each.conjunctive for each in reading):
        return ActivityStrategy.EVENTS_EXISTS
    return ActivityStrategy.EVENTS_GROUPED


def _look_ups(found: Sequence[_Found], choice: Choice) -> int:
    """The correlated subqueries of a statement; a test that stands twice has them twice."""
    tags = sum(isinstance(each.test, TagTest) and choice.tags[each.test] is TagStrategy.EXISTS for each in found)
    rows = sum(choice.eav.get(each.test) is EavStrategy.EXISTS for each in found)
    if choice.activity is not ActivityStrategy.EVENTS_EXISTS:
        return tags + rows
    return tags + rows + sum(_events_read(each.test) for each in found)


def _without_look_ups(choice: Choice) -> Choice:
    tags = {
        test: TagStrategy.GROUPED if strategy is TagStrategy.EXISTS else strategy
        for test, strategy in choice.tags.items()
    }
    eav = dict.fromkeys(choice.eav, EavStrategy.PIVOTED)
    if choice.activity is ActivityStrategy.EVENTS_EXISTS:
        return Choice(tags, ActivityStrategy.EVENTS_GROUPED, eav)
    return Choice(tags, choice.activity, eav)


def _events_read(test: Test) -> int:
    """How many look-ups of the contact's events the test is; 0 for a test that is not about activity.

    An upper bound on the last event is a second one: that there is none past it. A rate reads the messages
    opened (or clicked) and, twice, those delivered.
    """
    match test:
        case RateTest():
            return 3
        case HasRate():
            return 1
        case NumberTest(Activity()) | HasValue(Activity()):
            return 1
        case WithinDays(Activity()):
            return 2
        case DateTest(Activity(), comparison):
            return 1 if comparison in (Comparison.GT, Comparison.GTE) else 2
        case _:
            return 0


def _tests(predicate: Predicate, *, conjunctive: bool, negated: bool) -> Iterator[_Found]:
    match predicate:
        case Not(member):
            yield from _tests(member, conjunctive=conjunctive, negated=not negated)
        case And(members) | Or(members):
            joins = len(members) < 2 or isinstance(predicate, Or) == negated
            for member in members:
                yield from _tests(member, conjunctive=conjunctive and joins, negated=negated)
        case Constant():
            return
        case _:
            yield _Found(predicate, conjunctive)
