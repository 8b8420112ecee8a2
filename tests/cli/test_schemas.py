"""Every command on databases as others made them, through their mappings; the evaluator knows what they should say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cli.process import Inside
from postgres.foreign import text_of
from postgres.products import filled
from properties import oracle
from properties.model import json_text
from properties.products import PRODUCTS
from properties.world import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from cli.process import Finished
    from properties.model import Definition, StoredSegment, Workspace
    from properties.products import Product

COUNTS = {
    "prisma": 'SELECT "id", "cachedCount", "lastCountedAt" AT TIME ZONE \'UTC\' FROM "Segment"',
    "rails": "SELECT id, contacts_count, counted_at AT TIME ZONE 'UTC' FROM segments",
    "newsletter": "SELECT id::text, subscriber_count, counted_at FROM segments",
}
"""Where the counts are that the products themselves show."""

AT = NOW.isoformat()


@dataclass
class Place:
    """A product's database, and commands on it with its mapping."""

    product: Product
    db: psycopg.Connection[Any]
    mapping: Path
    inside: Inside

    def __call__(self, *arguments: str, stdin: str = "") -> Finished:
        return self.inside("--mapping", str(self.mapping), *arguments, stdin=stdin)

    def ok(self, *arguments: str, stdin: str = "") -> Finished:
        done = self(*arguments, stdin=stdin)
        assert done.code == 0, done
        return done

    def of(self, workspace: Workspace) -> tuple[str, ...]:
        """How commands are told the workspace; a single tenant's they are not."""
        id_ = self.product.ids.workspace(workspace)
        return () if id_ is None else ("-w", str(id_))

    def segment(self, workspace: Workspace, segment: StoredSegment) -> Any:
        return self.product.ids.segment(workspace, segment.id)

    def written(self, definition: Definition, workspace: Workspace) -> str:
        """A definition as a user would write it there."""
        return json_text(self.product.translated(self.product.fitted(definition, workspace), workspace))


@pytest.fixture(params=PRODUCTS)
def place(request: pytest.FixtureRequest, server_dsn: str, worker: str, tmp_path: Path) -> Iterator[Place]:
    product = PRODUCTS[request.param]
    file = tmp_path / "segsql.toml"
    file.write_text(text_of(product.name), encoding="utf-8")
    with filled(product, server_dsn, f"segsql_{worker}_{product.name}", tmp_path / "segments") as made:
        yield Place(product, made.connection, file, Inside(made.dsn))


def test_what_commands_say_is_what_the_evaluator_says(place: Place) -> None:
    """One after another on one database: a recount, and then what it counted, looked at in each other way."""
    check_recount(place)
    for workspace in place.product.workspaces:
        for segment in workspace.segments[-2:]:
            check_reading(place, workspace, segment)
        check_a_definition_of_ones_own(place, workspace)
        check_the_list(place, workspace)
    check_ids_of_another_type(place)
    assert place.ok("check", "--format", "json").json


def check_recount(place: Place) -> None:
    """The counts are the evaluator's at the snapshot's time, and lie where the product shows them."""
    results = place.ok("recount", "--format", "json").json["results"]
    assert {each["status"] for each in results} == {"counted"}
    found = {(each["workspace_id"], each["segment_id"]): each for each in results}
    ids = place.product.ids
    expected = {}
    for workspace in place.product.workspaces:
        for segment in workspace.segments:
            each = found.pop((ids.workspace(workspace), ids.segment(workspace, segment.id)))
            at = datetime.fromisoformat(each["last_counted_at"])
            assert each["count"] == oracle.count(segment.definition, workspace, at)
            expected[each["segment_id"]] = (each["count"], at)
    assert not found
    if place.product.name in COUNTS:
        place.db.execute("SET datestyle = 'ISO'")
        stored = place.db.execute(COUNTS[place.product.name].encode()).fetchall()
        assert {id_: count for id_, count, _ in stored} == {id_: count for id_, (count, _) in expected.items()}
        assert all(abs(at - expected[id_][1]) < timedelta(milliseconds=1) for id_, _, at in stored)


def check_reading(place: Place, workspace: Workspace, segment: StoredSegment) -> None:
    """`count`, `members` and `preview` of a stored segment."""
    chosen = (*place.of(workspace), "-s", str(place.segment(workspace, segment)), "--now", AT)
    members = oracle.members(segment.definition, workspace, NOW)
    assert place.ok("count", *chosen).out == f"{len(members)}\n"
    ids = {place.product.ids.contact(workspace, id_): id_ for id_ in members}
    addresses = {contact.id: contact.email for contact in workspace.contacts}
    listed = place.ok("members", *chosen, "--format", "ndjson").ndjson
    assert {each["id"]: each["email"] for each in listed} == {id_: addresses[number] for id_, number in ids.items()}
    assert len(listed) == len(members)
    assert [each["id"] for each in place.ok("members", *chosen).csv] == [str(each["id"]) for each in listed]
    previewed = place.ok("preview", *chosen, "--params", "literal").out
    assert place.db.execute(previewed.encode()).fetchall() == [(len(members),)]
    assert "workspace_id" not in previewed


def check_a_definition_of_ones_own(place: Place, workspace: Workspace) -> None:
    """From standard input, with ids of the database's types."""
    (note,) = (each.id for each in workspace.fields if each.key == "note")
    some = sorted(workspace.tags)[:2]
    own: Definition = {
        "condition": "OR",
        "filters": [
            {"type": "field", "field_id": note, "operator": "contains", "value": "Ä"},
            {"type": "tags", "operator": "eq", "value": some},
            {"type": "segment", "operator": "in", "value": [workspace.segments[0].id]},
            {"type": "click_rate", "operator": "gt", "value": 70},
        ],
    }
    text = place.written(own, workspace)
    counted = place.ok("count", *place.of(workspace), "--now", AT, "-", stdin=text)
    assert counted.out == f"{oracle.count(own, workspace, NOW)}\n"
    assert place.ok("validate", *place.of(workspace), "-", stdin=text).out == "The definition is valid.\n"


def check_the_list(place: Place, workspace: Workspace) -> None:
    """The counts of the recount, and nothing that is stale or invalid."""
    listed = place.ok("list", *place.of(workspace), "--format", "json").json
    assert {each["id"] for each in listed} == {place.segment(workspace, each) for each in workspace.segments}
    assert not [each for each in listed if each["invalid"]]
    if place.product.name in COUNTS:
        assert not [each for each in listed if each["stale"] or each["cached_count"] is None]


def check_ids_of_another_type(place: Place) -> None:
    """A number is no id where ids are texts, and a text none where they are numbers."""
    workspace = place.product.workspaces[0]
    is_text = isinstance(place.product.ids.field(workspace, 1), str)
    for value, message in ((1 if is_text else "1", "valid field_id"), ("gone" if is_text else 9, "does not exist")):
        wrong = {"condition": "AND", "filters": [{"type": "field", "field_id": value, "operator": "exists"}]}
        done = place("validate", *place.of(workspace), "-", stdin=json.dumps(wrong))
        assert done.code == 1, done
        assert message in done.out + done.err
