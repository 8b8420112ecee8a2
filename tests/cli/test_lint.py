"""`segsql lint` on a database: a workspace, one segment, a file; what is invalid; what the database does not say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

from cli.process import Inside
from postgres.test_recount_support import add_segment, add_workspace, flat, refers, tagged
from segsql.cli import linting

if TYPE_CHECKING:
    import psycopg

    from cli.process import Finished

CHURNED = {"matchType": "all", "filters": [{"field": "last_open_at", "operator": "not_exists", "value": None}]}
NEVER = {
    "matchType": "all",
    "filters": [
        {"field": "opens_count", "operator": "gt", "value": 5},
        {"field": "opens_count", "operator": "lt", "value": 3},
    ],
}


def codes(done: Finished) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = {}
    for row in done.json:
        found.setdefault(row["segment_id"], []).append(row["code"])
    return found


def seed(db: psycopg.Connection) -> None:
    """Segments of every kind; the tag 4 and the plan `team` are nobody's."""
    add_workspace(db, 1)
    db.execute("SELECT declare_builtin_fields(1)")
    db.execute("INSERT INTO tags (workspace_id, id, name) VALUES (1, 4, 'VIP')")
    db.execute(
        """INSERT INTO contact_fields (workspace_id, id, key, name, type, options)
        VALUES (1, 20, 'plan', 'Plan', 'DROPDOWN_SINGLE', '["free", "team"]')"""
    )
    db.execute("""UPDATE contacts SET fields = '{"plan": "free"}' WHERE id = 1""")
    add_segment(db, 1, CHURNED)
    db.execute("UPDATE segments SET name = 'Churned', description = 'No open in the last 180 days'")
    add_segment(db, 2, NEVER)
    add_segment(db, 3, {"matchType": "all", "filters": []})
    add_segment(db, 4, tagged(4))
    add_segment(db, 5, flat("plan", "in", ["team", "free"]))
    add_segment(db, 6, {"condition": "AND", "filters": [{"type": "tags", "operator": "contains", "value": [4]}]})
    add_segment(db, 7, refers(3))
    add_segment(db, 8, flat("opens_count", "gt", 2))


def test_a_workspace(db: psycopg.Connection, inside: Inside) -> None:
    """What is wrong with each segment; those that are invalid don't stop the others."""
    seed(db)
    done = inside("lint", "-w", "1", "--format", "json")
    assert done.code == 1
    assert codes(done) == {
        1: ["SEG405"],
        2: ["SEG401"],
        3: ["SEG103"],
        4: ["SEG404", "SEG406"],
        5: ["SEG407"],
        6: ["SEG404", "SEG406"],
        7: ["SEG205"],
    }
    assert [row["message"] for row in done.json if row["code"] == "SEG404"] == [
        "The same contacts as in segment 6 (S)",
        "The same contacts as in segment 4 (S)",
    ]
    assert {row["workspace_id"] for row in done.json} == {1}
    text = inside("lint", "-w", "1")
    assert text.code == 1
    assert "Segment 1: Churned\n  SEG405 $.filters[0]\n" in text.out
    assert text.out.endswith("9 findings in 7 of 8 definitions.\n")
    assert all(row["message"] in text.out and row["hint"] in text.out for row in done.json)


def test_one_segment(db: psycopg.Connection, inside: Inside) -> None:
    seed(db)
    assert codes(inside("lint", "-s", "4", "--format", "json")) == {4: ["SEG404", "SEG406"]}
    fine = inside.ok("lint", "-w", "1", "-s", "8")
    assert fine.out == "No findings in 1 definition.\n"
    assert inside.ok("lint", "-w", "1", "-s", "8", "--format", "json").json == []


def test_a_file(db: psycopg.Connection, inside: Inside, inside_alone: Inside) -> None:
    """In a workspace its segments are compared and the database asked; alone there is logic, and what the name says."""
    seed(db)
    other = {"name": "Six or more", "filters": {"condition": "AND", "filters": [
        {"type": "tags", "operator": "contains", "value": [4]},
        {"type": "tags", "operator": "contains", "value": [4, 1]},
    ]}}  # fmt: skip
    done = inside("lint", "-w", "1", "-", "--format", "json", stdin=json.dumps(other))
    assert codes(done) == {None: ["SEG406", "SEG403", "SEG406"]}
    assert [row["path"] for row in done.json] == ["$.filters.filters[0]", *["$.filters.filters[1]"] * 2]
    assert done.json[0]["name"] == "Six or more"
    same = inside("lint", "-w", "1", "-", "--format", "json", stdin=json.dumps(tagged(4)))
    assert same.json[0]["message"] == "The same contacts as in segments 4 (S) and 6 (S)"
    alone = inside_alone("lint", "-", "--format", "json", stdin=json.dumps(other))
    assert codes(alone) == {None: ["SEG403"]}
    assert "without a workspace" in alone.err
    churned = {**CHURNED, "name": "Churned", "description": "No open in the last 180 days"}
    assert codes(inside_alone("lint", "-", "--format", "json", stdin=json.dumps(churned))) == {None: ["SEG405"]}


def test_a_text(db: psycopg.Connection, inside: Inside, inside_alone: Inside) -> None:
    """Each finding points at its place in the text."""
    seed(db)
    text = "opens_count > 5 and opens_count > 3"
    for done in (inside("lint", "-w", "1", "--where", text), inside_alone("lint", "--where", text)):
        assert done.code == 1
        lines = done.out.splitlines()
        place = next(number for number, line in enumerate(lines) if line == f"    {text}")
        assert lines[place + 1] == " " * (4 + text.index("opens_count > 3")) + "^"
        assert lines[place - 2] == "  SEG403 column 21"


def test_names_of_a_workspace_that_is_not_given(inside_alone: Inside) -> None:
    done = inside_alone.ok("lint", "-", stdin=json.dumps(flat("plan", "eq", "pro")))
    assert "its logic was not looked at" in done.err
    wrong = inside_alone("lint", "-", stdin='{"matchType": "all", "filters": []}')
    assert wrong.code == 1
    assert "SEG103" in wrong.out
    assert inside_alone("lint", "-", stdin="no json").code == 1


def test_what_takes_too_long_is_left_out(db: psycopg.Connection, inside: Inside) -> None:
    """It says so, and everything else is looked at."""
    seed(db)
    add_segment(db, 9, tagged(1))
    db.execute("ALTER TABLE contact_tags RENAME TO slow")
    db.execute("CREATE VIEW contact_tags AS SELECT * FROM slow WHERE pg_sleep(60) IS NOT NULL")
    with patch.object(linting, "BOUNDS", replace(linting.BOUNDS, statement=timedelta(seconds=2))):
        done = inside("lint", "-w", "1", "--format", "json")
    assert "Not looked at: which tags contacts have" in done.err
    assert codes(done)[4] == ["SEG404"]
    assert codes(done)[5] == ["SEG407"]
