"""Activity -> SQL, by each strategy: a join of the rollup, or the events looked up or grouped (spec 4.5, 6)."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from segsql.catalog import BUILTINS, Builtin, EventKind, EventsTable, FieldType, Tables
from segsql.plan import ActivityStrategy
from segsql.plan.predicate import Comparison
from segsql.plan.shape import LastEvent, Slot
from segsql.render import nodes
from segsql.render.scope import LookUp, Scope, grouped_join, left_join, tied

ACTIVITY = "a"
EVENTS = "e"

_PAST = {Comparison.LT: Comparison.GTE, Comparison.LTE: Comparison.GT}
"""An upper bound, and how an event lies that is past it."""


def activity_join(
    tables: Tables, strategy: ActivityStrategy | None, columns: Collection[Builtin], scope: Scope
) -> exp.Join:
    """A row a contact with these columns at least, where it has activity."""
    if strategy is ActivityStrategy.EVENTS_GROUPED:
        return _events_join(tables, columns, scope)
    rollup = tables.activity
    assert rollup is not None, "a strategy is possible where it is chosen"
    on = [*tied(ACTIVITY, rollup, tables), *scope.of(ACTIVITY, rollup.workspace_id, rollup.contact_id)]
    return left_join(nodes.table(rollup.name, ACTIVITY), on)


def last_event(test: LastEvent, tables: Tables, workspace_id: Slot) -> exp.Expression:
    """An event lies within the bounds and, where there is an upper one, none past it: then the last one lies within."""
    events = _events(tables)
    look_up = LookUp(EVENTS, events, tables, workspace_id)

    def at(bounds: list[tuple[Comparison, Slot]]) -> list[exp.Expression]:
        time = nodes.column(events.occurred_at, EVENTS)
        compared = (nodes.compare(time.copy(), comparison, nodes.parameter(slot)) for comparison, slot in bounds)
        return [_is_kind(events, EVENTS, test.kind), *compared]

    found: exp.Expression = look_up.exists(at(list(test.bounds)))
    for comparison, slot in test.bounds:
        if comparison in _PAST:
            past = look_up.exists(at([(_PAST[comparison], slot)]))
            found = exp.And(this=found, expression=exp.Not(this=past))
    return found


def messages(kind: EventKind, tables: Tables, workspace_id: Slot) -> exp.Expression:
    """How many messages have such an event of the contact; never NULL."""
    events = _events(tables)
    return LookUp(EVENTS, events, tables, workspace_id).value(
        _distinct_messages(events, EVENTS), [_is_kind(events, EVENTS, kind)]
    )


def _events_join(tables: Tables, columns: Collection[Builtin], scope: Scope) -> exp.Join:
    """One pass over the events of the kinds that the columns roll up."""
    events = _events(tables)
    wanted = [builtin for builtin in BUILTINS.values() if builtin in columns]
    kinds = [nodes.text(kind) for kind in EventKind if kind in {builtin.event for builtin in wanted}]
    values = [_rolled_up(builtin, events) for builtin in wanted]
    of_kinds: exp.Expression = exp.In(this=nodes.column(events.kind, ACTIVITY), expressions=kinds)
    return grouped_join(ACTIVITY, events, tables, values, scope, [of_kinds])


def _rolled_up(builtin: Builtin, events: EventsTable) -> exp.Expression:
    """The column as the rollup has it."""
    assert builtin.event is not None, "only columns of the activity are read from it"
    if builtin.type is FieldType.NUMBER:
        aggregate = _distinct_messages(events, ACTIVITY)
    else:
        aggregate = exp.Max(this=nodes.column(events.occurred_at, ACTIVITY))
    of_kind = exp.Filter(this=aggregate, expression=exp.Where(this=_is_kind(events, ACTIVITY, builtin.event)))
    return exp.Alias(this=of_kind, alias=nodes.name(builtin.name))


def _distinct_messages(events: EventsTable, alias: str) -> exp.Expression:
    return exp.Count(this=exp.Distinct(expressions=[nodes.column(events.message_id, alias)]), big_int=True)


def _is_kind(events: EventsTable, alias: str, kind: EventKind) -> exp.Expression:
    return nodes.equal(nodes.column(events.kind, alias), nodes.text(kind))


def _events(tables: Tables) -> EventsTable:
    assert tables.events is not None, "a strategy is possible where it is chosen"
    return tables.events
