"""Databases of other forms: the same definitions, the same evaluator, the tables that a mapping names."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postgres.conftest import connect, database
from postgres.test_properties import every_condition, examples
from properties import oracle
from properties.filling import fill
from properties.forms import FORMS
from properties.model import json_text
from properties.strategies import definitions, moments
from properties.world import NOW, WORLD
from segsql.compiler import WorkspaceCompiler
from segsql.errors import UsageError
from segsql.plan import AUTO, ActivityStrategy, EavStrategy, Forced, Output, TagStrategy, check_possible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import psycopg

    from properties.elsewhere import Form
    from properties.model import Definition, Workspace
    from segsql.catalog import Id
    from segsql.render import Statement

pytestmark = pytest.mark.planner

FIRST_DRAWN = 1_000


def workspaces(form: Form) -> Sequence[Workspace]:
    """Two that share their ids and a third; where there is a single tenant, the one of them."""
    return WORLD.workspaces[:1] if form.tables.is_single_tenant else WORLD.workspaces[:3]


def strategies(form: Form) -> list[Forced]:
    """All that the form can do, each once."""
    forced = [AUTO, *(Forced(tags=each) for each in TagStrategy), *(Forced(activity=each) for each in ActivityStrategy)]
    return [each for each in (*forced, *(Forced(eav=each) for each in EavStrategy)) if _is_possible(each, form)]


def _is_possible(forced: Forced, form: Form) -> bool:
    try:
        check_possible(forced, form.tables)
    except UsageError:
        return False
    return True


@dataclass(frozen=True)
class Place:
    """A database of one form."""

    form: Form
    connection: psycopg.Connection[Any]

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement.sql.encode(), statement.params).fetchall()

    def ids(self, statement: Statement) -> list[Id]:
        return sorted((id_ if isinstance(id_, int) else str(id_) for id_, _ in self.rows(statement)), key=str)

    def expected(self, definition: Definition, workspace: Workspace, now: datetime) -> list[Id]:
        """The evaluator's members, by their ids here."""
        of_form = self.form.workspace(workspace)
        fitted = self.form.fitted(definition, workspace)
        members = oracle.members(fitted, of_form, now)
        return sorted((self.form.keys.contact(workspace, id_) for id_ in members), key=str)

    def compiler(
        self, workspace: Workspace, drawn: Sequence[Definition], now: datetime, forced: Forced = AUTO
    ) -> tuple[WorkspaceCompiler, list[Id]]:
        """A compiler that has the definitions as segments, and their ids."""
        more = {FIRST_DRAWN + n: self.form.fitted(one, workspace) for n, one in enumerate(drawn)}
        catalog = self.form.catalog(self.form.workspace(workspace), more)
        compiler = WorkspaceCompiler(catalog, workspace_id=catalog.workspace_id, now=now, strategy=forced)
        return compiler, [self.form.keys.segment(id_) for id_ in more]


@pytest.fixture(scope="module", params=FORMS)
def place(request: pytest.FixtureRequest, server_dsn: str, worker: str) -> Iterator[Place]:
    """A database that holds the world in the form, and nothing else of ours; nothing changes it."""
    form = FORMS[request.param]
    with database(server_dsn, f"segsql_{worker}_{form.name}") as dsn, connect(dsn) as connection:
        fill(form, workspaces(form), connection, _collation(connection))
        yield Place(form, connection)


def _collation(connection: psycopg.Connection[Any]) -> str:
    """One that has another order than bytes, where the server knows it."""
    known = connection.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'").fetchone()
    return "und-x-icu" if known else ""


@examples(0.04)
@given(data=st.data())
def test_the_members_are_the_evaluators(place: Place, data: st.DataObject) -> None:
    """With every strategy that the form has."""
    workspace = data.draw(st.sampled_from(workspaces(place.form)))
    definition, now = data.draw(definitions(workspace)), data.draw(moments(workspace))
    expected = place.expected(definition, workspace, now)
    for forced in strategies(place.form):
        compiler, (id_,) = place.compiler(workspace, [definition], now, forced)
        statement = compiler.segment(id_, Output.MEMBERS)
        assert place.ids(statement) == expected, (json_text(definition), statement.literal_sql())
        assert place.rows(compiler.segment(id_)) == [(len(expected),)]


@examples(0.06)
@given(data=st.data())
def test_a_shared_scan_counts_the_same(place: Place, data: st.DataObject) -> None:
    """Whole, and cut in ranges of ids."""
    workspace = data.draw(st.sampled_from(workspaces(place.form)))
    drawn = data.draw(st.lists(definitions(workspace), min_size=2, max_size=8))
    expected = tuple(len(place.expected(definition, workspace, NOW)) for definition in drawn)
    in_order = [row[0] for row in _contact_ids(place, workspace)]
    for cuts in ([], in_order[20:90:30]):
        compiler, ids = place.compiler(workspace, drawn, NOW)
        statement = compiler.scan(ids, cuts).statement
        assert place.rows(statement) == [expected], statement.literal_sql()


def _contact_ids(place: Place, workspace: Workspace) -> list[tuple[Any, ...]]:
    everybody = {"matchType": "all", "filters": [{"matchType": "any", "filters": [
        {"field": "email", "operator": "exists"}, {"field": "email", "operator": "not_exists"}]}]}  # fmt: skip
    compiler, (id_,) = place.compiler(workspace, [everybody], NOW)
    return [
        (id_ if isinstance(id_, int) else str(id_),) for id_, _ in place.rows(compiler.segment(id_, Output.MEMBERS))
    ]


def test_every_operator_on_stored_values(place: Place) -> None:
    """By the thousand and not at random: edges that a draw seldom hits. In the scan, and some in place."""
    workspace = workspaces(place.form)[0]
    turn = [*FORMS].index(place.form.name)
    drawn = [_alone(condition) for condition in islice(every_condition(workspace), turn, None, 7)]
    compiler, ids = place.compiler(workspace, drawn, NOW)
    expected = dict(zip(ids, (place.expected(one, workspace, NOW) for one in drawn), strict=True))
    by_id = dict(zip(ids, drawn, strict=True))
    for chunk in compiler.chunks(ids):
        (counts,) = place.rows(compiler.scan(chunk).statement)
        wrong = [id_ for id_, count in zip(chunk, counts, strict=True) if count != len(expected[id_])]
        assert not [by_id[id_] for id_ in wrong]
    for id_ in ids[::40]:
        assert place.ids(compiler.segment(id_, Output.MEMBERS)) == expected[id_], by_id[id_]


def _alone(condition: Definition) -> Definition:
    key, word = ("condition", "AND") if "type" in condition else ("matchType", "all")
    return {key: word, "filters": [condition]}
