"""Databases as others made them, through their mappings: the same definitions, the same evaluator, the same members."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from postgres.products import Filled, filled
from postgres.test_properties import FIRST_DRAWN, every_condition, examples
from postgres.test_recount_support import one_at_a_time
from properties import oracle
from properties.model import Activity, json_text
from properties.products import PRODUCTS
from properties.strategies import complement, definitions, moments
from properties.world import NOW
from segsql.advice.candidates import candidates
from segsql.catalog import FieldType
from segsql.compiler import WorkspaceCompiler
from segsql.errors import UsageError
from segsql.filters import Rate
from segsql.lint import Choice, Facts, Linter
from segsql.plan import AUTO, ActivityStrategy, EavStrategy, Forced, Output, Resolver, TagStrategy, check_possible
from segsql.plan.operands import operand_of
from segsql.reasons import Question, Rated, TagList, as_json, why
from segsql.recount import CONNECTIONS_PER_JOB, Counted, Options, Run, Way
from segsql.render import Index
from segsql.store import DEFAULT_BOUNDS, Database, Selection, Snapshot, snapshot
from segsql.store.lint_facts import text_indexes, unused_choices, unused_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from properties.model import Contact, Definition, Workspace
    from segsql.catalog import Catalog, Id
    from segsql.reasons import Reason
    from segsql.render import Statement

DROPDOWNS = (FieldType.DROPDOWN_SINGLE, FieldType.DROPDOWN_MULTIPLE)

pytestmark = [pytest.mark.planner, pytest.mark.filterwarnings("ignore:Generating overly large repr")]


@pytest.fixture(scope="module", params=PRODUCTS)
def place(
    request: pytest.FixtureRequest, server_dsn: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """A database of each schema; nothing changes it but the counts of its segments."""
    product = PRODUCTS[request.param]
    folder = tmp_path_factory.mktemp(product.name) / "segments"
    with filled(product, server_dsn, f"segsql_{worker}_{product.name}", folder) as made:
        yield made


class Looking:
    """At one workspace of a filled database from one instant, with further segments."""

    def __init__(self, place: Filled, workspace: Workspace, now: datetime, drawn: Sequence[Definition]) -> None:
        self.place, self.workspace, self.now = place, workspace, now
        self.drawn = [place.product.fitted(each, workspace) for each in drawn]
        self.ids = [place.product.ids.segment(workspace, FIRST_DRAWN + number) for number in range(len(drawn))]
        known = place.catalogs[workspace]
        translated = (place.product.translated(each, workspace) for each in self.drawn)
        self.catalog = replace(known, segments={**known.segments, **dict(zip(self.ids, translated, strict=True))})

    def compiler(self, forced: Forced = AUTO) -> WorkspaceCompiler:
        return WorkspaceCompiler(self.catalog, workspace_id=self.catalog.workspace_id, now=self.now, strategy=forced)

    def expected(self, number: int = 0) -> set[Id]:
        """The evaluator's members of a definition that was drawn."""
        members = oracle.members(self.drawn[number], self.workspace, self.now)
        return {self.place.product.ids.contact(self.workspace, id_) for id_ in members}

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self.place.connection.execute(statement.sql.encode(), statement.params).fetchall()

    def members(self, statement: Statement) -> set[Id]:
        found = [(id_ if isinstance(id_, int) else str(id_)) for id_, _ in self.rows(statement)]
        assert len(found) == len(set(found)), statement.sql
        return set(found)


def forced_ways(catalog: Catalog) -> list[Forced]:
    """Every strategy that the schema allows, each once."""
    every = [Forced(tags=each) for each in TagStrategy]
    every += [Forced(activity=each) for each in ActivityStrategy]
    every += [Forced(eav=each) for each in EavStrategy]
    return [AUTO, *(each for each in every if _is_possible(each, catalog))]


def _is_possible(forced: Forced, catalog: Catalog) -> bool:
    try:
        check_possible(forced, catalog.tables)
    except UsageError:
        return False
    return True


@st.composite
def looks(draw: st.DrawFn, place: Filled, at_least: int = 1, at_most: int = 1) -> Looking:
    workspace = draw(st.sampled_from(place.product.workspaces))
    drawn = draw(st.lists(definitions(workspace), min_size=at_least, max_size=at_most))
    return Looking(place, workspace, draw(moments(workspace)), drawn)


def test_what_is_read_is_what_was_written(place: Filled) -> None:
    """The fields with their types, sources and options, the tags, the zone, the stored segments."""
    ids = place.product.ids
    for workspace, catalog in place.catalogs.items():
        assert catalog.workspace_id == ids.workspace(workspace)
        assert catalog.timezone == workspace.timezone
        assert {
            (each.id, each.key, each.name, each.type.value, each.source, each.options) for each in catalog.fields
        } == {
            (ids.field(workspace, each.id), each.key, each.name, each.type, each.source, each.options)
            for each in workspace.fields
        }
        if catalog.tags is not None:
            assert catalog.tags == {ids.tag(workspace, tag): name for tag, name in workspace.tags.items()}
        assert set(catalog.segments) == {ids.segment(workspace, each.id) for each in workspace.segments}


@examples(0.08)
@given(data=st.data())
def test_the_members_are_the_evaluators(place: Filled, data: st.DataObject) -> None:
    """With every strategy that the schema allows; and the count is their number."""
    look = data.draw(looks(place))
    expected = look.expected()
    event("trivial" if len(expected) in {0, len(look.workspace.living)} else "some are members")
    for forced in forced_ways(look.catalog):
        compiler = look.compiler(forced)
        statement = compiler.segment(look.ids[0], Output.MEMBERS)
        assert look.members(statement) == expected, (json_text(look.drawn[0]), statement.literal_sql())
        assert look.rows(compiler.segment(look.ids[0])) == [(len(expected),)], json_text(look.drawn[0])


@examples(0.04)
@given(data=st.data())
def test_a_shared_scan_counts_the_same(place: Filled, data: st.DataObject) -> None:
    """Whole, and cut in ranges of ids, whatever type they are of."""
    look = data.draw(looks(place, 2, 8))
    expected = tuple(len(look.expected(number)) for number in range(len(look.drawn)))
    compiler = look.compiler()
    for cuts in ([], place.cuts(look.workspace)):
        statement = compiler.scan(look.ids, cuts).statement
        assert look.rows(statement) == [expected], statement.literal_sql()


@examples(0.04)
@given(data=st.data())
def test_a_tree_and_its_complement_make_the_workspace(place: Filled, data: st.DataObject) -> None:
    look = data.draw(looks(place))
    forced = data.draw(st.sampled_from(forced_ways(look.catalog)))
    other = Looking(place, look.workspace, look.now, [complement(look.drawn[0])])
    inside, outside = (one.members(one.compiler(forced).segment(one.ids[0], Output.MEMBERS)) for one in (look, other))
    assert not inside & outside
    ids = place.product.ids
    assert inside | outside == {ids.contact(look.workspace, contact.id) for contact in look.workspace.living}


@pytest.fixture(scope="module")
def opened(place: Filled) -> Iterator[Snapshot]:
    with closing(Database(place.dsn, mapping=place.mapping)) as made, snapshot(made, DEFAULT_BOUNDS) as found:
        yield found


@examples(0.04)
@given(data=st.data())
def test_each_node_is_what_the_evaluator_says(place: Filled, opened: Snapshot, data: st.DataObject) -> None:
    """Of random contacts, deleted ones too; and what they have can be written."""
    look = data.draw(looks(place))
    workspace, contacts = look.workspace, look.workspace.contacts
    for contact in data.draw(st.lists(st.sampled_from(contacts), max_size=4, unique_by=id)) if contacts else ():
        id_ = place.product.ids.contact(workspace, contact.id)
        question = Question(look.catalog.workspace_id, look.ids[0], id_, look.now)
        found = why(opened, look.catalog, look.compiler().why_segment(look.ids[0], id_), question)
        assert (found.email, found.is_deleted) == (contact.email, contact not in workspace.living)
        assert found.is_member == (id_ in look.expected())
        assert (found.reason is None) == found.is_deleted
        if found.reason is not None:
            check_node(found.reason, look.drawn[0], contact, look)
        json.dumps(as_json(found))


def check_node(reason: Reason, part: Definition, contact: Contact, look: Looking) -> None:
    workspace = look.workspace
    assert reason.holds == oracle.matches(part, contact, workspace, look.now), (reason, part)
    if "filters" in part:
        for member, below in zip(reason.members, part["filters"], strict=True):
            check_node(member, below, contact, look)
    elif part.get("type") == "segment":
        stored = {look.place.product.ids.segment(workspace, each.id): each.definition for each in workspace.segments}
        for member in reason.members:
            assert member.segment_id is not None
            check_node(member, stored[member.segment_id], contact, look)
    elif isinstance(reason.shown, TagList):
        ids = look.place.product.ids
        assert {id_ for id_, _ in reason.shown.tags} == {ids.tag(workspace, tag) for tag in contact.tags}
    elif isinstance(reason.shown, Rated):
        activity = contact.activity or Activity()
        happened = activity.opens_count if reason.shown.rate is Rate.OPEN else activity.clicks_count
        assert (reason.shown.actions, reason.shown.delivered) == (happened, activity.delivered_count)


def test_what_nobody_has(place: Filled, opened: Snapshot) -> None:
    """The tags and the options of dropdowns that no living contact has, as lint asks for them."""
    for workspace, catalog in place.catalogs.items():
        ids, id_ = place.product.ids, catalog.workspace_id
        tags = {ids.tag(workspace, tag): oracle.count(_alone(_tagged(tag)), workspace, NOW) for tag in workspace.tags}
        assert unused_tags(opened, id_, tags).tags == {tag for tag, count in tags.items() if not count}
        choices = {}
        for field in catalog.fields:
            for text in (*(field.options or ()), "nobody's") if field.type in DROPDOWNS else ():
                operand = operand_of(field, catalog.tables)
                assert not isinstance(operand, str), operand
                operator = "eq" if field.type is FieldType.DROPDOWN_SINGLE else "contains"
                condition = {"field": field.key, "operator": operator, "value": text}
                choices[Choice(field.key, operand, text)] = oracle.count(_alone(condition), workspace, NOW)
        unused = unused_choices(opened, id_, choices).choices
        assert unused <= {choice for choice, count in choices.items() if not count}
        assert {choice for choice in choices if choice.text == "nobody's"} <= unused


def _tagged(tag: int) -> Definition:
    return {"field": "tags", "operator": "contains", "value": [tag]}


def test_advised_indexes_can_be_made(place: Filled) -> None:
    """Of conditions of all kinds on all fields, whatever the columns are called."""
    indexes = set[Index]()
    for workspace in place.product.workspaces:
        some = (*TEXTS, *islice(every_condition(workspace), None, None, 7))
        look = Looking(place, workspace, NOW, [place.product.fitted(_alone(each), workspace) for each in some])
        resolver = Resolver(look.catalog)
        predicates = [found for id_ in look.ids if (found := resolver.resolve_segment(id_).predicate) is not None]
        indexes.update(candidates(predicates, look.catalog.tables))
    assert indexes
    with place.connection.transaction(force_rollback=True):
        place.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for index in indexes:
            place.connection.execute(index.ddl(concurrently=False).encode())


def test_an_index_that_lint_names_serves(place: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is there nothing is found any more."""
    monkeypatch.setattr("segsql.store.lint_facts.LARGE_BYTES", 0)
    workspace = place.product.workspaces[0]
    look = Looking(place, workspace, NOW, [place.product.fitted(_alone(each), workspace) for each in TEXTS])

    def hints() -> list[str]:
        with closing(Database(place.dsn, mapping=place.mapping)) as made, snapshot(made, DEFAULT_BOUNDS) as opened:
            facts = Facts(indexes=text_indexes(opened))
        linter = Linter(look.catalog, NOW, {})
        found = (each for id_ in look.ids for each in linter.lint(linter.stored(id_), facts))
        return [each.hint for each in found if each.code == "SEG408"]

    before = hints()
    place.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for hint in before:
        ddl = hint.partition(": ")[2].removesuffix(".").removesuffix(", with the extension pg_trgm")
        place.connection.execute(ddl.replace(" CONCURRENTLY", "").encode())
    assert hints() == []


TEXTS: tuple[Definition, ...] = (
    {"field": "first_name", "operator": "eq", "value": "A"},
    {"field": "email", "operator": "starts_with", "value": "a"},
    {"field": "note", "operator": "contains", "value": "abc"},
    {"field": "note", "operator": "eq", "value": "abc"},
)


def test_every_operator_on_stored_values(place: Filled) -> None:
    """Each field with each value that it stores, hits and near misses: one in eleven, and so all kinds of them."""
    workspace = place.product.workspaces[0]
    drawn = [_alone(condition) for condition in islice(every_condition(workspace), None, None, 11)]
    look = Looking(place, workspace, NOW, drawn)
    compiler = look.compiler()
    number_of = {id_: number for number, id_ in enumerate(look.ids)}
    for chunk in compiler.chunks(look.ids):
        (counts,) = look.rows(compiler.scan(chunk).statement)
        numbers = [number_of[id_] for id_ in chunk]
        wrong = [n for n, count in zip(numbers, counts, strict=True) if count != len(look.expected(n))]
        assert not [(drawn[n], len(look.expected(n))) for n in wrong]


def _alone(condition: Definition) -> Definition:
    key, word = ("condition", "AND") if "type" in condition else ("matchType", "all")
    return {key: word, "filters": [condition]}


@pytest.mark.parametrize("way", ["single", "shared", "in branches", "together"])
def test_a_recount_of_every_way_writes_the_evaluators_counts(
    place: Filled, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one, in a shared scan, in one cut in ranges of ids, and many small workspaces at once."""
    if way == "in branches":
        monkeypatch.setattr("segsql.store.snapshots.SPLIT_FROM", 50)
        monkeypatch.setattr("segsql.recount.batch.SMALL", 50)
    in_parallel, run_in_parallel = list[Snapshot](), Snapshot.run_branches_in_parallel

    def noted(snapshot: Snapshot) -> None:
        in_parallel.append(snapshot)
        run_in_parallel(snapshot)

    monkeypatch.setattr(Snapshot, "run_branches_in_parallel", noted)
    if way != "together":
        one_at_a_time(monkeypatch)
    demanded = {"single": Way.SINGLE, "shared": Way.SHARED, "in branches": Way.SHARED}.get(way)
    with closing(Database(place.dsn, connections=CONNECTIONS_PER_JOB, mapping=place.mapping)) as database:
        done = Run(database, Selection(), Options(way=demanded), jobs=1).report(lambda _: None)
    assert bool(in_parallel) == (way == "in branches")
    found = {(result.workspace_id, result.segment_id): result for result in done.results}
    ids = place.product.ids
    for workspace in place.product.workspaces:
        for segment in workspace.segments:
            result = found.pop((ids.workspace(workspace), ids.segment(workspace, segment.id)))
            assert isinstance(result.outcome, Counted), result
            assert result.outcome.count == oracle.count(segment.definition, workspace, result.outcome.at)
    assert not found
