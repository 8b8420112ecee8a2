"""Predicate -> Plan: the third stage, for one segment.

Constants fold, strategies are chosen, values become parameters. All but the values is done once for an outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segsql.catalog import ARRAY_TYPES, SQL_TYPES, Catalog, Tables, WorkspaceId
from segsql.plan.bind import Reach, Source, bind, slots_before
from segsql.plan.fold import fold
from segsql.plan.kept import kept
from segsql.plan.outline import Asked, ask
from segsql.plan.plan import Output, Parameter, Plan, SegmentForm, TagPass
from segsql.plan.predicate import Predicate
from segsql.plan.reasons import Strategies
from segsql.plan.shape import slot
from segsql.plan.strategy import AUTO, MAX_BITS, Forced, choose, read_mentioned_alone
from segsql.plan.values import Context, mentioned, zone_of


def plan_segment(
    predicate: Predicate,
    catalog: Catalog,
    *,
    workspace_id: WorkspaceId,
    now: datetime,
    output: Output = Output.COUNT,
    forced: Forced = AUTO,
) -> Plan:
    """Plan a statement for one segment of `workspace_id`, looked at from `now`."""
    tables = catalog.tables
    asked = ask(fold(predicate))
    template = _template(asked, tables, output, forced, are_few=True)
    tags = mentioned([asked.tests[number] for number in template.mentioning])
    if len(tags) > MAX_BITS:
        template = _template(asked, tables, output, forced, are_few=False)
    context = Context(now, zone_of(catalog), tags)
    parameters = [] if workspace_id is None else [Parameter(SQL_TYPES[tables.ids.workspace], workspace_id)]
    parameters += [
        Parameter(source.type, source.make(asked.tests[source.test], context)) for source in template.sources
    ]
    if template.mentioning:
        parameters.append(Parameter(ARRAY_TYPES[tables.ids.tag], tags))
    return Plan(template.form, tuple(parameters), template.strategies)


@dataclass(frozen=True, slots=True)
class _Template:
    """A plan but for its values.

    The tags that the tests `mentioning` name are the last parameter, if there are such tests.
    """

    form: SegmentForm
    sources: tuple[Source, ...]
    mentioning: tuple[int, ...]
    strategies: Strategies


def _template(asked: Asked, tables: Tables, output: Output, forced: Forced, *, are_few: bool) -> _Template:
    """The template of an outline; `are_few` where bits are enough for the tags that it mentions."""

    def make() -> _Template:
        choice = choose(asked.predicate, tables, forced)
        grouped = choice.grouped
        is_restricted = read_mentioned_alone(grouped)
        reach = Reach(choice, tables, by_bits=is_restricted and are_few, codes={})
        bound = bind(asked, reach)
        numbers = {test: number for number, test in enumerate(asked.tests)}
        mentioning = tuple(numbers[test] for test in grouped) if is_restricted else ()
        last = slot(slots_before(tables) + len(bound.sources) + 1, ARRAY_TYPES[tables.ids.tag])
        tag_pass = TagPass(last if is_restricted else None, as_bits=reach.by_bits) if grouped else None
        workspace = None if tables.is_single_tenant else slot(1, SQL_TYPES[tables.ids.workspace])
        form = SegmentForm(tables, output, bound.shape, tag_pass, choice.activity, workspace)
        return _Template(form, bound.sources, mentioning, choice.strategies)

    return kept(make, _Template, asked.outline, tables, output, forced, are_few)
