"""`segsql recount --dry-run --explain-plan`: how each segment would be counted, why, and at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postgres.test_recount_support import EVERYONE, INVALID, add_segment, add_workspace, flat, stored, tagged

if TYPE_CHECKING:
    import psycopg

    from cli.process import Cli

EXPLAIN = ("recount", "--dry-run", "--explain-plan")
COLUMNS = [
    *("workspace_id", "contacts", "due", "rule"),
    *("segment_id", "counted_by", "own_cost", "scan_cost", "message"),
]


@pytest.fixture
def two(db: psycopg.Connection) -> psycopg.Connection:
    """A small workspace 1 with segments 1 to 3, one invalid, and a larger one, 2, with 1 to 8."""
    add_workspace(db, 1, contacts=10)
    add_segment(db, 1, EVERYONE, count=77)
    add_segment(db, 2, INVALID)
    add_segment(db, 3, tagged(1))
    add_workspace(db, 2, contacts=20_000)
    for number in range(1, 9):
        add_segment(db, number, flat("email", "contains", f"{number}@"), workspace_id=2)
    db.execute("ANALYZE")
    return db


def test_the_decision_and_its_costs(cli: Cli, two: psycopg.Connection) -> None:
    before = stored(two)
    rows = cli.ok(*EXPLAIN, "--format", "ndjson").ndjson
    assert all(list(row) == COLUMNS for row in rows)
    small, large = ([row for row in rows if row["workspace_id"] == number] for number in (1, 2))
    assert [(row["segment_id"], row["counted_by"]) for row in small] == [(1, "scan 1"), (2, "nothing"), (3, "scan 1")]
    assert {(row["contacts"], row["due"]) for row in small} == {(10, 3)}
    assert {row["rule"] for row in small} == {"fewer than 20,000 contacts: one scan for all"}
    assert "At least one filter is required" in small[1]["message"]
    assert small[1]["own_cost"] is small[1]["scan_cost"] is None
    assert small[0]["own_cost"] > 0
    assert small[0]["scan_cost"] == small[2]["scan_cost"] > 0
    assert {(row["contacts"], row["counted_by"]) for row in large} == {(20_000, "scan 1")}
    assert {row["rule"] for row in large} == {"7 due segments or more share a scan"}
    assert large[0]["scan_cost"] > large[0]["own_cost"] > small[0]["own_cost"]
    assert stored(two) == before, "nothing was counted"


def test_a_selection_and_a_strategy(cli: Cli, two: psycopg.Connection) -> None:
    few = cli.ok(*EXPLAIN, "-w", "2", *(part for number in range(1, 7) for part in ("-s", str(number)))).out
    assert "20,000 contacts, 6 due; fewer than 7 due segments: each by its own indexes." in few
    assert few.count("own statement") == 6
    (one,) = cli.ok(*EXPLAIN, "-w", "1", "-s", "3", "--format", "json").json
    assert (one["counted_by"], one["rule"]) == ("own statement", "one due segment: its own statement")
    forced = cli.ok(*EXPLAIN, "-w", "1", "--strategy", "tags=exists", "--format", "csv").csv
    assert [row["counted_by"] for row in forced] == ["own statement", "nothing", "own statement"]
    assert forced[0]["scan_cost"] == ""


def test_a_table_for_people(cli: Cli, two: psycopg.Connection) -> None:
    out = cli.ok(*EXPLAIN).out
    assert "Workspace 1: 10 contacts, 3 due; fewer than 20,000 contacts: one scan for all." in out
    assert "Workspace 2: 20,000 contacts, 8 due; 7 due segments or more share a scan." in out
    assert out.endswith("Costs are PostgreSQL's estimates: a rank, not a time. Nothing was counted.\n")
    two.execute("DELETE FROM segments")
    assert cli.ok(*EXPLAIN).out == "Nothing is due.\n"
    assert cli.ok(*EXPLAIN, "--format", "json").json == []


def test_without_a_dry_run_it_is_a_usage_error(cli: Cli, two: psycopg.Connection) -> None:
    before = stored(two)
    done = cli("recount", "--explain-plan")
    assert done.code == 2
    assert "give it with --dry-run" in done.err
    assert stored(two) == before
    assert cli.ok("recount", "--explain-plan", "--now", "2026-01-01T00:00:00Z", "--format", "ndjson").ndjson


def test_a_statement_that_cannot_be_planned_has_no_cost(cli: Cli, two: psycopg.Connection) -> None:
    """The others have theirs."""
    two.execute("CREATE FUNCTION broken() RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
    two.execute("ALTER TABLE contact_tags RENAME TO contact_tags_stored")
    two.execute("CREATE VIEW contact_tags AS SELECT * FROM contact_tags_stored WHERE workspace_id <> broken()")
    rows = cli.ok(*EXPLAIN, "-w", "1", "--format", "ndjson").ndjson
    assert rows[0]["own_cost"] > 0
    assert rows[2]["own_cost"] is rows[2]["scan_cost"] is None
