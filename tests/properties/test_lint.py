"""What lint says of a definition's logic, against the naive evaluator: no finding may be wrong for any contact.

The definitions ask little of a few values, so that their conditions contradict, imply and repeat each other.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from properties import oracle
from properties.catalogs import catalog_of
from properties.model import json_text
from properties.strategies import closely_related, definitions, moments, shuffled
from properties.world import WORLD
from segsql.filters import Parsed, Place, parse
from segsql.lint.logic import Reasoned, Superfluous, reason
from segsql.lint.normal import fingerprint
from segsql.lint.placed import Placed, placed
from segsql.plan import Predicate, Resolver
from segsql.plan.fold import fold
from segsql.plan.predicate import Constant
from segsql.plan.values import Context, zone_of

if TYPE_CHECKING:
    from properties.model import Definition, Workspace

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

EXAMPLES = int(os.environ.get("SEGSQL_EXAMPLES", "500"))

LATER = (timedelta(0), timedelta(days=1), timedelta(days=40), timedelta(days=4000))


def examples(share: float) -> settings:
    return settings(
        max_examples=max(1, int(EXAMPLES * share)),
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


@dataclass(frozen=True, repr=False)
class Case:
    """A definition of a workspace, and the instant to look at it from."""

    workspace: Workspace
    now: datetime
    definition: Definition

    def __repr__(self) -> str:
        """Without the workspace's thousands of values."""
        return f"{self.workspace}, {self.now!r}\n{json_text(self.definition)}"

    def tree(self, definition: Definition) -> Placed:
        parsed = parse(json_text(definition))
        assert parsed.filter is not None
        return placed(parsed.filter.root, self.predicate(parsed), catalog_of(self.workspace).tables)

    def predicate(self, parsed: Parsed) -> Predicate:
        predicate = Resolver(catalog_of(self.workspace)).resolve(parsed).predicate
        assert predicate is not None
        return predicate

    @property
    def context(self) -> Context:
        return Context(self.now, zone_of(catalog_of(self.workspace)))

    def reasoned(self) -> Reasoned:
        return reason(self.tree(self.definition), self.context)

    def fingerprint(self, definition: Definition) -> bytes:
        return fingerprint(self.tree(definition).formula, self.context)

    def members(self, definition: Definition, later: timedelta = timedelta()) -> list[int]:
        return oracle.members(definition, self.workspace, self.now + later)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    workspace = draw(st.sampled_from(WORLD.workspaces))
    definition = draw(st.one_of([closely_related(workspace)] * 3 + [definitions(workspace)]))
    return Case(workspace, draw(moments(workspace)), definition)


def without(definition: Definition, gone: set[tuple[int, ...]], at: tuple[int, ...] = ()) -> Definition:
    """The definition without the nodes at these places; an empty group is an AND or an OR of nothing."""
    if "filters" not in definition:
        return definition
    kept = [
        without(part, gone, (*at, number))
        for number, part in enumerate(definition["filters"], start=1)
        if (*at, number) not in gone
    ]
    return {**definition, "filters": kept}


def places(node: Placed) -> set[tuple[int, ...]]:
    return {node.node.place.positions}.union(*map(places, node.members))


@examples(0.4)
@given(cases())
def test_findings_are_right_for_every_contact(case: Case) -> None:
    """At the instant of the lint and later: constant definitions count nobody or all, and what is said to add nothing
    can be removed, each by itself and all of it at once."""
    found = case.reasoned()
    event(f"constant {found.constant}")
    event(f"flaws {min(len(found.flaws), 3)}")
    everyone = [contact.id for contact in case.workspace.living]
    gone = places(case.tree(case.definition)) - places(found.rest)
    removable = {flaw.side.placed.node.place.positions for flaw in found.flaws if isinstance(flaw, Superfluous)}
    smaller = [without(case.definition, one) for one in (gone, *({place} for place in removable))]
    folded = fold(case.predicate(parse(json_text(case.definition))))
    if isinstance(folded, Constant):
        assert found.constant is folded.value, "the compiler has noticed it, too"
    for later in LATER:
        members = case.members(case.definition, later)
        if found.constant is not None:
            assert members == (everyone if found.constant else []), later
        for other in smaller:
            assert case.members(other, later) == members, (later, other)


@examples(0.2)
@given(cases())
def test_reasons_are_enough(case: Case) -> None:
    """No contact is on a node's impossible side while all that is named as the reason holds."""
    for flaw in case.reasoned().flaws:
        if flaw.reasons:
            sides = [(at(case.definition, each.placed.node.place), each.holds) for each in (flaw.side, *flaw.reasons)]
            assert not [
                contact.id
                for contact in case.workspace.living
                if all(oracle.matches(part, contact, case.workspace, case.now) is holds for part, holds in sides)
            ]


def at(definition: Definition, place: Place) -> Definition:
    for position in place.positions:
        definition = definition["filters"][position - 1]
    return definition


@examples(0.2)
@given(cases(), st.integers(0, 1_000))
def test_the_same_in_other_words_has_the_same_fingerprint(case: Case, seed: int) -> None:
    random = Random(seed)
    other = respelled(shuffled(case.definition, random), random)
    assert case.fingerprint(other) == case.fingerprint(case.definition)
    assert case.members(other) == case.members(case.definition)


def respelled(part: Definition, random: Random) -> Definition:
    """With other spellings, more groups around what stands there, and lists in another order."""
    if "filters" in part:
        key, every, none = ("matchType", "all", "none") if "matchType" in part else ("condition", "AND", "NOT")
        return {
            **part,
            "filters": [wrapped(respelled(one, random), key, every, none, random) for one in part["filters"]],
        }
    respelt = dict(part)
    if isinstance(part.get("value"), list):
        respelt["value"] = random.sample(part["value"], len(part["value"]))
    if part["operator"] in {"ne", "neq"} and ("field" in part or part["type"] == "field"):
        respelt["operator"] = random.choice(["ne", "neq"])
    return respelt


def wrapped(part: Definition, key: str, every: str, none: str, random: Random) -> Definition:
    match random.randrange(4):
        case 0:
            return {key: every, "filters": [part]}
        case 1:
            return {key: none, "filters": [{key: none, "filters": [part]}]}
        case _:
            return part


@examples(0.06)
@given(st.data())
def test_equal_fingerprints_have_the_same_members(data: st.DataObject) -> None:
    workspace = data.draw(st.sampled_from(WORLD.workspaces))
    drawn = data.draw(st.lists(closely_related(workspace, most=2), min_size=10, max_size=20))
    case = Case(workspace, data.draw(moments(workspace)), drawn[0])
    by_print: dict[bytes, Definition] = {}
    for definition in drawn:
        first = by_print.setdefault(case.fingerprint(definition), definition)
        event("the same in other words" if first != definition else "new")
        assert case.members(first) == case.members(definition)
