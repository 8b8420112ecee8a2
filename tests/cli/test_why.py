"""`why`: a tick or a cross at each node of the filter, and what the contact has of it (docs/semantics.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.process import Inside
from golden.cases import Case
from golden.conftest import check
from postgres.conftest import connect, database
from postgres.test_recount_support import add_segment, add_workspace, flat, refers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from cli.process import Cli

__all__ = ["check"]

GOLDEN = Path(__file__).parent / "why"
NOW = "2026-03-01T12:00:00Z"

FIELDS = """INSERT INTO contact_fields (workspace_id, id, key, name, type, source, options) VALUES
    (1, 20, 'plan', 'Plan', 'DROPDOWN_SINGLE', NULL, '["free", "pro", "team"]'),
    (1, 21, 'score', 'Score', 'NUMBER', NULL, NULL),
    (1, 22, 'birthday', 'Birthday', 'DATE', NULL, NULL),
    (1, 23, 'interests', 'Interests', 'DROPDOWN_MULTIPLE', NULL, NULL),
    (1, 24, 'vip', 'VIP', 'BOOLEAN', NULL, NULL),
    (1, 25, 'city', 'City', 'TEXT', NULL, NULL)"""
CONTACTS = (
    """UPDATE contacts SET country = 'DE', email = 'Ada@Example.com', created_at = '2026-02-27 23:30Z', fields = '{
        "plan": "pro", "score": 12.50, "birthday": "1996-02-29", "interests": ["ski", "tea"], "vip": true,
        "city": "New\\nYork", "source": "ads", "level": 12345678901234567890.5}' WHERE workspace_id = 1 AND id = 1""",
    """UPDATE contacts SET email = NULL, created_at = 'infinity', fields = '{"plan": 17, "score": "12",
        "birthday": "soon", "interests": ["ski", 1], "vip": null, "city": {"name": "Bonn"}, "source": 3}'
        WHERE workspace_id = 1 AND id = 2""",
    "DELETE FROM contact_tags WHERE contact_id = 2 OR tag_id = 2",
    "UPDATE tags SET name = (ARRAY['VIP', 'Trial', E'Guest \\x1b[31m'])[id]",
    """INSERT INTO contact_activity VALUES (1, 1, 7, 3, 9, '2026-02-20 10:00Z', NULL)""",
    "UPDATE contacts SET deleted_at = '2026-01-02' WHERE workspace_id = 1 AND id = 3",
    "UPDATE contacts SET email = 'elsewhere@example.com', country = 'FR' WHERE workspace_id = 2 AND id = 1",
)
EVERY_KIND = {
    "condition": "AND",
    "filters": [
        {"type": "field", "field_id": 20, "operator": "in", "value": ["pro", "team"]},
        {"type": "field", "field_id": 21, "operator": "gte", "value": 12.5},
        {"type": "field", "field_id": 22, "operator": "lt", "value": "2000-01-01"},
        {"type": "field", "field_id": 23, "operator": "contains", "value": ["tea"]},
        {"type": "field", "field_id": 24, "operator": "eq", "value": True},
        {"type": "field", "field_id": 25, "operator": "not_contains", "value": "bonn"},
        {"type": "field", "field_id": 1, "operator": "eq", "value": "ada@example.COM"},
        {"type": "field", "field_id": 6, "operator": "eq", "value": "2026-02-28"},
        {"type": "field", "field_id": 5, "operator": "exists"},
        {
            "condition": "OR",
            "filters": [
                {"type": "open_rate", "operator": "gt", "value": 50},
                {"type": "click_rate", "operator": "eq", "value": 100},
                {"type": "field", "field_id": 11, "operator": "gt", "value": 2},
            ],
        },
        {
            "condition": "NOT",
            "filters": [
                {"type": "tags", "operator": "contains", "value": [2, 3], "match": "all"},
                {"type": "tags", "operator": "not_contains", "value": [3]},
            ],
        },
        {"type": "last_activity", "operator": "within_last_days", "value": 10},
        {"type": "segment", "operator": "not_in", "value": [12]},
        {"type": "segment", "operator": "in", "value": [13, 11]},
    ],
}
UNDECLARED = {
    "matchType": "any",
    "filters": [
        {"field": "metadata.source", "operator": "eq", "value": "ads"},
        {"field": "metadata.level", "operator": "exists"},
        {"field": "metadata.missing", "operator": "neq", "value": 5},
    ],
}


@pytest.fixture(scope="module")
def asked(server_dsn: str, template: str, worker: str) -> Iterator[Inside]:
    """Two workspaces with contacts of the same ids; nothing changes them."""
    with database(server_dsn, f"segsql_{worker}_why", template) as made:
        with connect(made) as connection:
            _fill(connection)
        yield Inside(made)


def _fill(db: psycopg.Connection) -> None:
    add_workspace(db, 1, contacts=3, timezone="Europe/Berlin")
    add_workspace(db, 2, contacts=4)
    db.execute("SELECT declare_builtin_fields(1), declare_builtin_fields(2)")
    for statement in (FIELDS, *CONTACTS):
        db.execute(statement.encode())
    add_segment(db, 10, EVERY_KIND)
    add_segment(db, 11, UNDECLARED)
    add_segment(db, 12, flat("country", "eq", "FR"))
    add_segment(db, 13, refers(12, operator="not_in"))
    add_segment(db, 14, flat("tags", "contains", [77]))
    add_segment(db, 20, flat("country", "eq", "FR"), workspace_id=2)
    db.execute("UPDATE segments SET name = 'Only France' WHERE id = 12")


@pytest.mark.parametrize("suffix", ["txt", "json"])
@pytest.mark.parametrize("contact", [1, 2, 3])
def test_golden(asked: Inside, check: Callable[[Case, str], None], contact: int, suffix: str) -> None:
    format_ = "json" if suffix == "json" else "table"
    done = asked.ok("why", "-w", "1", "-s", "10", "--contact", f"{contact}", "--now", NOW, "--format", format_)
    path = GOLDEN / f"contact-{contact}.{suffix}"
    check(Case(path.name, path, path), done.out)
    assert done.err == ""


def test_nothing_is_left_over() -> None:
    names = {f"contact-{contact}.{suffix}" for contact in (1, 2, 3) for suffix in ("json", "txt")}
    assert {path.name for path in GOLDEN.iterdir()} == names


def test_a_definition_in_a_file(asked: Inside) -> None:
    done = asked.ok("why", "-w", "1", "-", "--contact", "1", stdin=json.dumps(UNDECLARED))
    assert done.out.startswith("✓ Contact 1 (Ada@Example.com) matches the definition.\n")
    found = asked.ok("why", "-w", "1", "-", "--contact", "2", "--format", "json", stdin=json.dumps(UNDECLARED)).json
    assert (found["segment_id"], found["matches"]) == (None, True)
    assert [one["matches"] for one in found["filter"]["filters"]] == [False, False, True]


def test_without_boxes_it_is_drawn_in_ascii(cli: Cli, asked: Inside) -> None:
    ascii_ = type(cli)(asked.dsn).ok("why", "-s", "13", "--contact", "1", env={"PYTHONIOENCODING": "ascii"})
    assert ascii_.out.splitlines()[3:] == [
        "+ all of",
        "`- + segment not in (12 /* Only France */)",
        "   `- - segment 12: all of",
        "      `- - country = 'FR'                    'DE'",
    ]


@pytest.mark.parametrize("address", ["ada@example.com", "ADA@EXAMPLE.COM"])
def test_an_address_in_any_case(asked: Inside, address: str) -> None:
    assert asked.ok("why", "-s", "11", "--contact", address).out.startswith("✓ Contact 1 (Ada@Example.com) is in")


@pytest.mark.parametrize(
    ("contact", "message"),
    [
        ("4", "There is no contact 4 in workspace 1"),  # the other workspace has one
        ("-1", "There is no contact -1 in workspace 1"),
        ("9223372036854775808", "There is no contact 9223372036854775808 in workspace 1"),
        ("elsewhere@example.com", "No contact in workspace 1 has the e-mail address elsewhere@example.com"),
        ("user3@example.com", "No contact in workspace 1 has the e-mail address user3@example.com"),  # it is deleted
        ("", "No contact in workspace 1 has the e-mail address"),
    ],
)
def test_an_unknown_contact_is_a_usage_error(asked: Inside, contact: str, message: str) -> None:
    done = asked("why", "-w", "1", "-s", "11", "--contact", contact)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_the_same_id_in_another_workspace_is_another_contact(asked: Inside) -> None:
    assert "✗ country = 'FR'   'DE'" in asked.ok("why", "-w", "1", "-s", "12", "--contact", "1").out
    assert "✓ country = 'FR'   'FR'" in asked.ok("why", "-w", "2", "-s", "20", "--contact", "1").out


def test_a_segment_that_is_invalid_says_so(asked: Inside) -> None:
    done = asked("why", "-w", "1", "-s", "14", "--contact", "1")
    assert (done.code, done.out) == (1, "")
    assert "The specified tag ID does not exist: 77" in done.err


@pytest.mark.parametrize("strategy", ["tags=exists", "tags=grouped", "activity=events_exists"])
def test_strategies(asked: Inside, strategy: str) -> None:
    """There are no events here: by them nothing was opened."""

    def outcome(*more: str) -> Any:
        return asked.ok("why", "-s", "10", "--contact", "1", "--now", NOW, "--format", "json", *more).json

    found, usual = outcome("--strategy", strategy), outcome()
    assert (found == usual) == strategy.startswith("tags")
    assert found["matches"] == strategy.startswith("tags")
