"""Random definitions asked of random contacts: every node against the naive evaluator, the whole against `members`.

The world lies among rows that must not matter: workspaces with the same ids, deleted twins. What is shown of a
contact is what the world gave it, and every answer can be written as JSON and as text.
"""

from __future__ import annotations

import io
import json
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postgres.conftest import connect, database
from postgres.test_properties import EACH_ONCE, NOISE, Case, cases, examples, load_every_way
from properties import oracle
from properties.catalogs import catalog_of
from properties.model import Activity
from segsql.catalog import Id
from segsql.cli.reasons import print_answer
from segsql.compiler import WorkspaceCompiler
from segsql.errors import UsageError
from segsql.filters import parse
from segsql.plan import Output
from segsql.reasons import Missing, Mistyped, Question, Rated, TagList, Value, as_json, why
from segsql.store import DEFAULT_BOUNDS, Database, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.test_properties import Reach
    from properties.model import Contact, Definition
    from segsql.reasons import Answer, Reason, Shown
    from segsql.store import Snapshot

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

CONTACTS = 4
"""As many are asked about with each definition, at most."""


@pytest.fixture(scope="module")
def opened(server_dsn: str, template: str, worker: str) -> Iterator[Snapshot]:
    with database(server_dsn, f"segsql_{worker}_why", template) as dsn:
        with connect(dsn) as connection:
            load_every_way(connection)
            for statement in NOISE:
                connection.execute(statement.encode())
        with closing(Database(dsn)) as made, snapshot(made, DEFAULT_BOUNDS) as opened:
            yield opened


def answer(opened: Snapshot, case: Case, definition: Definition, contact_id: int, reach: Reach) -> Answer:
    catalog = catalog_of(case.workspace, tables=reach.tables)
    compiler = WorkspaceCompiler(catalog, workspace_id=case.workspace.id, now=case.now, strategy=reach.forced)
    traced = compiler.why_document(parse(definition), contact_id)
    return why(opened, catalog, traced, Question(case.workspace.id, None, contact_id, case.now))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Case, list[Contact]]:
    case = draw(cases())
    somebody = st.sampled_from(case.workspace.contacts or [None])
    drawn = draw(st.lists(somebody, min_size=1, max_size=CONTACTS, unique_by=id))
    return case, [contact for contact in drawn if contact is not None]


@examples(0.15)
@given(question=questions(), reach=st.sampled_from(EACH_ONCE))
def test_every_node_is_what_the_evaluator_says(
    opened: Snapshot, question: tuple[Case, list[Contact]], reach: Reach
) -> None:
    case, contacts = question
    (definition,) = case.definitions
    members = {id_ for id_, _ in opened.members(case.compiled(definition, Output.MEMBERS, reach))}
    for contact in contacts:
        found = answer(opened, case, definition, contact.id, reach)
        assert (found.email, found.is_deleted) == (contact.email, contact.deleted_at is not None)
        assert found.is_member == (contact.id in members)
        assert (found.reason is None) == found.is_deleted
        if found.reason is not None:
            Checked(case, contact).node(found.reason, definition)
        written = json.loads(json.dumps(as_json(found)))
        assert written["matches"] == found.is_member
        with redirect_stdout(io.StringIO()) as text:
            print_answer(found)
        assert text.getvalue().startswith("+" if found.is_member else "-")
    with pytest.raises(UsageError):
        answer(opened, case, definition, 3, reach)


@dataclass(frozen=True)
class Checked:
    """A contact's reasons beside the definition that they are about."""

    case: Case
    contact: Contact

    def matches(self, part: Definition) -> bool:
        return oracle.matches(part, self.contact, self.case.workspace, self.case.now)

    def node(self, reason: Reason, part: Definition) -> None:
        assert reason.holds == self.matches(part), (reason, part)
        if "filters" in part:
            for number, (member, below) in enumerate(zip(reason.members, part["filters"], strict=True)):
                assert member.path == f"{reason.path}.filters[{number}]"
                self.node(member, below)
        elif part.get("type") == "segment":
            stored: dict[Id, Definition] = {one.id: one.definition for one in self.case.workspace.segments}
            assert [member.segment_id for member in reason.members] == sorted(set(part["value"]))
            for member in reason.members:
                assert member.segment_id is not None
                assert member.path == "$"
                self.node(member, stored[member.segment_id])
        else:
            assert reason.shown is not None
            self.shown(reason.shown, part)

    def shown(self, shown: Shown, part: Definition) -> None:
        """A value is shown where there is one, and what is stored where that is no value."""
        name = part.get("field") or part["type"]
        has_value = self.matches({**part, "operator": "exists", "value": None}) if name != "last_activity" else True
        activity = self.contact.activity or Activity()
        match shown:
            case Rated(_, actions, delivered):
                happened = activity.opens_count if name == "open_rate" else activity.clicks_count
                assert (actions, delivered) == (happened, activity.delivered_count)
                assert (shown.percent is not None) == has_value
            case TagList(tags):
                assert {id_ for id_, _ in tags} == self.contact.tags
                assert {name for _, name in tags} <= set(self.case.workspace.tags.values())
            case Value(value):
                assert has_value
                if isinstance(value, str) and name in ("email", "status", "first_name"):
                    assert value == getattr(self.contact, name)
            case Mistyped(stored):
                assert not has_value or name.startswith("metadata.")
                assert stored in self.contact.fields.values()
            case Missing():
                assert not has_value
            case _:
                times = (shown.last_open_at, shown.last_click_at)
                assert [time is None for time in times] == [
                    time is None for time in (activity.last_open_at, activity.last_click_at)
                ]
