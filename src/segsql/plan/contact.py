"""A traced filter -> a plan of its own: what each node of it is for one contact, and the values that it looks at.

Nothing is folded away but what a single condition folds to, and what one contact has is looked up at once, however
many conditions ask for it: tags and events come from one grouped pass over the contact's own rows.
"""

from __future__ import annotations

from datetime import datetime

from segsql.catalog import SQL_TYPES, Catalog, Id, WorkspaceId
from segsql.plan import predicate as p
from segsql.plan import shape as s
from segsql.plan.bind import Binder, Reach
from segsql.plan.fold import fold
from segsql.plan.outline import ask
from segsql.plan.plan import Combined, ContactForm, Parameter, Plan, ShownFact, TagPass
from segsql.plan.strategy import AUTO, Choice, Forced, choose_for_scan
from segsql.plan.trace import Fact, OwnTags, Traced, TracedCondition, facts_of, nodes_of
from segsql.plan.values import Context, zone_of


def plan_contact(
    traced: Traced,
    catalog: Catalog,
    *,
    workspace_id: WorkspaceId,
    contact_id: Id,
    now: datetime,
    forced: Forced = AUTO,
) -> Plan:
    """Plan the statement for one contact of `workspace_id`, looked at from `now`.

    Its nodes are those of `nodes_of`, its facts those of `facts_in`, in their order. Forced strategies that look
    rows up contact by contact are grouped here, as in a shared scan.
    """
    tables = catalog.tables
    nodes = list(nodes_of(traced))
    asked = ask(p.And(tuple(node.predicate for node in nodes if isinstance(node, TracedCondition))))
    choice = choose_for_scan([asked.predicate], tables, forced)
    binder = Binder(asked, Reach(choice, tables, by_bits=False, codes={}))
    facts = tuple(_shown(fact, test, binder, choice) for fact, test in _asked_for(asked.tests).items())
    bound = tuple(_bound(node, binder, numbers) for node, numbers in zip(nodes, _members(nodes), strict=True))
    context = Context(now, zone_of(catalog))
    workspace = [] if workspace_id is None else [Parameter(SQL_TYPES[tables.ids.workspace], workspace_id)]
    contact = Parameter(SQL_TYPES[tables.ids.contact], contact_id)
    parameters = [
        *workspace,
        *(Parameter(source.type, source.make(asked.tests[source.test], context)) for source in binder.sources),
        contact,
    ]
    form = ContactForm(
        tables,
        bound,
        facts,
        TagPass(None) if choice.grouped else None,
        choice.activity,
        s.slot(1, workspace[0].type) if workspace else None,
        s.slot(len(parameters), contact.type),
    )
    return Plan(form, tuple(parameters), choice.strategies)


def facts_in(traced: Traced) -> tuple[Fact, ...]:
    """What the conditions of a tree are about, each once."""
    predicates = (node.predicate for node in nodes_of(traced) if isinstance(node, TracedCondition))
    return tuple(_asked_for(tuple(test for predicate in predicates for test in p.tests_of(predicate))))


def _asked_for(tests: tuple[p.Test, ...]) -> dict[Fact, p.Test]:
    """The facts that tests are about, each with the first of its tests."""
    found: dict[Fact, p.Test] = {}
    for test in tests:
        for fact in facts_of(test):
            found.setdefault(fact, test)
    return found


def _shown(fact: Fact, test: p.Test, binder: Binder, choice: Choice) -> ShownFact:
    match fact:
        case OwnTags():
            assert isinstance(test, p.TagTest), "no other test is about tags"
            return choice.tags[test]
        case p.UndeclaredValue() | p.RowValue():
            assert not isinstance(test, p.TagTest | p.HasRate | p.RateTest), "they are about built-ins"
            return binder.operand(test)
        case _:
            return fact


def _members(nodes: list[Traced]) -> list[tuple[int, ...]]:
    """The numbers of each node's members; a member's own members stand before the next one."""
    numbers: list[tuple[int, ...]] = [() for _ in nodes]

    def number(place: int) -> int:
        """Number what is below the node; gives the place behind it."""
        node, own, following = nodes[place], [], place + 1
        for _ in () if isinstance(node, TracedCondition) else node.members:
            own.append(following)
            following = number(following)
        numbers[place] = tuple(own)
        return following

    number(0)
    return numbers


def _bound(node: Traced, binder: Binder, members: tuple[int, ...]) -> s.Shape | bool | Combined:
    if not isinstance(node, TracedCondition):
        return Combined(node.quantifier, members)
    folded = fold(node.predicate)
    return folded.value if isinstance(folded, p.Constant) else binder.bind(folded, negated=False)
