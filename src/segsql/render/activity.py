"""Activity -> SQL, by each strategy: the rollup, or the events looked up or grouped (spec 4.5, 6)."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from sqlglot import exp

from segsql.catalog import BUILTINS, Builtin, EventKind, Events, RollupColumns, RollupTable, Tables
from segsql.plan import ActivityStrategy
from segsql.plan.predicate import Comparison
from segsql.plan.shape import LastEvent, Slot
from segsql.plan.strategy import way_of
from segsql.render import nodes
from segsql.render.scope import CONTACT, LookUp, Scope, grouped_join, left_join, tied

ACTIVITY = "a"
EVENTS = "e"

_PAST = {Comparison.LT: Comparison.GTE, Comparison.LTE: Comparison.GT}
"""An upper bound, and how an event lies that is past it."""


def activity_joins(
    tables: Tables, strategy: ActivityStrategy | None, columns: Collection[Builtin], scope: Scope
) -> list[exp.Join]:
    """A row a contact with these columns at least, where it has activity: by each way that they are read."""
    wanted = [builtin for builtin in BUILTINS.values() if builtin in columns]
    rolled_up = [each for each in wanted if way_of(each, strategy, tables) is ActivityStrategy.ROLLUP]
    joins = []
    if rolled_up and isinstance(tables.activity, RollupTable):
        rollup = tables.activity
        own = scope.of(ACTIVITY, rollup.workspace, rollup.contact)
        on = [*tied(ACTIVITY, rollup, tables), *own, *nodes.constants(rollup.relation, ACTIVITY)]
        joins.append(left_join(nodes.table(rollup.relation, ACTIVITY), on))
    for alias, kinds in _passes(tables):
        grouped = [each for each in wanted if each not in rolled_up and each.event in kinds]
        if grouped:
            joins.append(_events_join(alias, tables, grouped, scope))
    return joins


def activity_column(builtin: Builtin, strategy: ActivityStrategy | None, tables: Tables) -> exp.Expression:
    """A column of the activity as its join has it, a time as timestamptz; NULL where there is none."""
    match way_of(builtin, strategy, tables):
        case ActivityStrategy.ROLLUP:
            place = tables.rolled_up[builtin.name]
            alias = CONTACT if isinstance(tables.activity, RollupColumns) else ACTIVITY
            column = nodes.as_instant(nodes.column(place.column, alias), place.type)
            if builtin.is_count and not place.never_null:
                return exp.Coalesce(this=column, expressions=[nodes.number(0)])
            return column
        case ActivityStrategy.EVENTS_GROUPED | ActivityStrategy.EVENTS_EXISTS:
            (alias,) = (alias for alias, kinds in _passes(tables) if builtin.event in kinds)
            column = nodes.column(builtin.name, alias)
            return column if builtin.is_count else nodes.as_instant(column, _events(builtin, tables).at.type)
        case other:
            assert_never(other)


def come_together(one: Builtin, other: Builtin, strategy: ActivityStrategy | None, tables: Tables) -> bool:
    """Whether two counts are columns of one row, so that both are NULL where one is."""
    match way_of(one, strategy, tables), way_of(other, strategy, tables):
        case ActivityStrategy.ROLLUP, ActivityStrategy.ROLLUP:
            return tables.rolled_up[one.name].never_null and tables.rolled_up[other.name].never_null
        case ActivityStrategy.EVENTS_GROUPED, ActivityStrategy.EVENTS_GROUPED:
            return any({one.event, other.event} <= {*kinds} for _, kinds in _passes(tables))
        case _:
            return False


def last_event(test: LastEvent, tables: Tables, workspace_id: Slot | None) -> exp.Expression:
    """An event lies within the bounds and, where there is an upper one, none past it: then the last one lies within.

    Without bounds it needs a time at all, as the last of the times is NULL where no event has one.
    """
    events = tables.events_of[test.kind]
    look_up = LookUp(EVENTS, events, tables, workspace_id)

    def at(bounds: list[tuple[Comparison, Slot]]) -> list[exp.Expression]:
        time = nodes.column(events.at.column, EVENTS)
        compared = (
            nodes.compare(time.copy(), comparison, nodes.instant(slot, events.at.type)) for comparison, slot in bounds
        )
        has_time = [] if bounds or events.at.never_null else [nodes.is_not(time, exp.null())]
        return [*_are_of_kind([events], EVENTS), *compared, *has_time]

    found: exp.Expression = look_up.exists(at(list(test.bounds)))
    for comparison, slot in test.bounds:
        if comparison in _PAST:
            past = look_up.exists(at([(_PAST[comparison], slot)]))
            found = exp.And(this=found, expression=exp.Not(this=past))
    return found


def messages(kind: EventKind, tables: Tables, workspace_id: Slot | None) -> exp.Expression:
    """How many messages have such an event of the contact; never NULL."""
    events = tables.events_of[kind]
    look_up = LookUp(EVENTS, events, tables, workspace_id)
    return look_up.value(_distinct_messages(events, EVENTS), _are_of_kind([events], EVENTS))


def _passes(tables: Tables) -> list[tuple[str, list[EventKind]]]:
    """The kinds of events that one pass over a table answers, with the alias of the pass."""
    by_table: dict[object, list[EventKind]] = {}
    for events in tables.events:
        key = events.relation, events.workspace, events.contact, events.kind_column
        by_table.setdefault(key if events.kind_column else events.kind, []).append(events.kind)
    aliases = [ACTIVITY, *(f"{ACTIVITY}{number}" for number in range(2, len(by_table) + 2))]
    of_activity = [builtin for builtin in BUILTINS.values() if builtin.event is not None]
    stands_beside_rollup = isinstance(tables.activity, RollupTable) and any(
        (each.name in tables.rolled_up) is not (each.event in tables.events_of) for each in of_activity
    )
    return list(zip(aliases[stands_beside_rollup:], by_table.values(), strict=False))


def _events_join(alias: str, tables: Tables, wanted: list[Builtin], scope: Scope) -> exp.Join:
    """One pass over the events of the kinds that the columns roll up."""
    kinds = [kind for kind in EventKind if kind in {builtin.event for builtin in wanted}]
    events = [tables.events_of[kind] for kind in kinds]
    values = [_rolled_up(builtin, _events(builtin, tables), alias) for builtin in wanted]
    return grouped_join(alias, events[0], tables, values, scope, _are_of_kind(events, alias, as_list=True))


def _rolled_up(builtin: Builtin, events: Events, alias: str) -> exp.Expression:
    """The column as the rollup has it."""
    aggregate: exp.Expression
    if builtin.is_count:
        aggregate = _distinct_messages(events, alias)
    else:
        aggregate = exp.Max(this=nodes.column(events.at.column, alias))
    if of_kind := _are_of_kind([events], alias):
        aggregate = exp.Filter(this=aggregate, expression=exp.Where(this=nodes.all_of(of_kind)))
    return exp.Alias(this=aggregate, alias=nodes.name(builtin.name))


def _distinct_messages(events: Events, alias: str) -> exp.Expression:
    return exp.Count(this=exp.Distinct(expressions=[nodes.column(events.message, alias)]), big_int=True)


def _are_of_kind(several: list[Events], alias: str, *, as_list: bool = False) -> list[exp.Expression]:
    """The events' words, those of kinds that one table holds; none are needed where it holds one kind alone."""
    if several[0].kind_column is None:
        return []
    column = nodes.column(several[0].kind_column, alias)
    words = [nodes.text(word) for events in several for word in events.words]
    if len(words) == 1 and not as_list:
        return [nodes.equal(column, words[0])]
    return [exp.In(this=column, expressions=words)]


def _events(builtin: Builtin, tables: Tables) -> Events:
    assert builtin.event is not None, "only columns of the activity are read from events"
    return tables.events_of[builtin.event]
