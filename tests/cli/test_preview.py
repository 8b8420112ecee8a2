"""`preview`: the SQL before it runs, with a database and without one (spec 8)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import flat

if TYPE_CHECKING:
    from cli.process import Cli, Inside

COUNTRY = json.dumps(flat("country", "eq", "DE"))
TAGGED = json.dumps(flat("tags", "contains", [1, 2]))


def test_without_a_database_it_connects_to_nothing_and_says_what_it_does_not_know(alone: Cli) -> None:
    """`PGHOST` points nowhere here."""
    done = alone.ok("preview", "-", stdin=COUNTRY)
    assert 'FROM "contacts"' in done.out
    assert "'DE'" in done.out
    assert "built-in" in done.err
    assert "UTC" in done.err


def test_a_file_alone_knows_the_built_ins_alone(inside_alone: Inside) -> None:
    done = inside_alone("preview", "-", stdin=json.dumps(flat("birthday", "exists")))
    assert done.code == 1
    assert "SEG201" in done.err
    assert inside_alone("preview", "-w", "7", "-", stdin=COUNTRY).code == 69


@pytest.mark.parametrize("subject", [("-",), ("-w", "7", "-"), ("-w", "7", "-s", "71"), ("-w", "7")])
def test_parameters_in_three_ways(inside_world: Inside, subject: tuple[str, ...]) -> None:
    def shown(params: str) -> str:
        return inside_world.ok("preview", *subject, "--params", params, stdin=COUNTRY).out

    named, numbered, literal = shown("named"), shown("numbered"), shown("literal")
    assert "%(p1)s" in named
    assert "p1" in named.partition("-- parameters")[2]
    assert "$1" in numbered
    assert "%(" not in numbered
    assert "%(p1)s" not in literal
    assert "$1" not in literal
    assert named == inside_world.ok("preview", *subject, stdin=COUNTRY).out


def test_the_literal_text_runs_as_it_stands(inside_world: Inside, world_dsn: str) -> None:
    """Pasted into psql; it says that it is for eyes only."""
    text = inside_world.ok("preview", "-w", "7", "-s", "73", "--params", "literal").out
    assert text.lstrip().startswith("--")
    with connect(world_dsn) as connection:
        assert connection.execute(text.encode()).fetchall() == [(12,)]


def test_a_workspace_alone_shows_the_shared_scan(inside_world: Inside, world_dsn: str) -> None:
    out = inside_world.ok("preview", "-w", "1", "--params", "literal").out
    assert out.upper().count("FILTER") == 8
    for segment_id in (1, 2, 3, 5, 8, 13, 21, 2**40):
        assert f"= {segment_id}" in out.splitlines()[0]
    with connect(world_dsn) as connection:
        ((*counts,),) = connection.execute(out.encode()).fetchall()
    assert len(counts) == 8


def test_a_workspace_without_valid_segments(inside_world: Inside) -> None:
    done = inside_world.ok("preview", "-w", "99")
    assert done.out == ""
    assert "no valid segment" in done.err


@pytest.mark.parametrize("subject", [("-w", "7", "-"), ("-w", "7", "-s", "73"), ("-w", "7")])
def test_plans(inside_world: Inside, subject: tuple[str, ...]) -> None:
    plan = inside_world.ok("preview", *subject, "--explain", stdin=TAGGED).out
    assert "(cost=" in plan
    assert "(actual" not in plan
    analyzed = inside_world.ok("preview", *subject, "--analyze", stdin=TAGGED).out
    assert "(actual" in analyzed
    assert "Execution Time" in analyzed
    assert "(actual" in inside_world.ok("preview", *subject, "--explain", "--analyze", stdin=TAGGED).out


@pytest.mark.parametrize(
    "definition",
    [flat("country", "eq", "DE"), flat("status", "exists"), flat("status", "not_exists")],
    ids=["usual", "true", "false"],
)
@pytest.mark.parametrize(
    "more", [[], [{"field": "first_name", "operator": "eq", "value": "x"}]], ids=["alone", "beside"]
)
def test_what_folds_away_can_be_explained_and_counted(
    inside_world: Inside, definition: dict[str, list[object]], more: list[object]
) -> None:
    """A condition that a constant makes superfluous leaves no parameter without a type."""
    for match in ("all", "any"):
        for filters in ([*definition["filters"], *more], [*more, *definition["filters"]]):
            text = json.dumps({"matchType": match, "filters": filters})
            assert inside_world("count", "-w", "7", "-", stdin=text).code == 0, text
            assert inside_world("preview", "-w", "7", "-", "--explain", stdin=text).code == 0, text


def test_forced_strategies(inside_world: Inside) -> None:
    exists = inside_world.ok("preview", "-", "--strategy", "tags=exists", stdin=json.dumps(flat("tags", "exists"))).out
    grouped = inside_world.ok(
        "preview", "-", "--strategy", "tags=grouped", stdin=json.dumps(flat("tags", "exists"))
    ).out
    assert "EXISTS" in exists
    assert "EXISTS" not in grouped
    assert "GROUP BY" in grouped


def test_a_forced_strategy_holds_for_the_shared_scan(inside_world: Inside) -> None:
    """--strategy forces (spec 6), here as elsewhere, or says that it cannot."""
    auto = inside_world.ok("preview", "-w", "7").out
    forced = inside_world("preview", "-w", "7", "--strategy", "tags=exists")
    assert forced.out != auto or forced.code == 2 or "strategy" in forced.err


def test_the_strategies_stand_before_the_sql(inside_world: Inside) -> None:
    """Where a condition needs one, and all of them."""
    mixed = {
        "matchType": "all",
        "filters": [
            {"field": "tags", "operator": "contains", "value": [1]},
            {
                "matchType": "any",
                "filters": [
                    {"field": "tags", "operator": "contains", "value": [2]},
                    {"field": "opens_count", "operator": "gt", "value": 3},
                ],
            },
        ],
    }

    def first_line(definition: object, *options: str) -> str:
        return inside_world.ok("preview", "-w", "7", "-", *options, stdin=json.dumps(definition)).out.splitlines()[0]

    assert first_line(mixed) == "-- strategies: tags=exists and grouped, activity=rollup"
    for forced in ("tags=grouped, activity=events_exists", "tags=exists, activity=events_grouped"):
        for params in ("named", "literal"):
            assert first_line(mixed, "--strategy", forced, "--params", params) == f"-- strategies: {forced}"
    assert first_line(flat("country", "eq", "DE")) == "SELECT"
    scan = inside_world.ok("preview", "-w", "1", "--strategy", "activity=events_grouped").out
    assert "-- strategies: tags=grouped, activity=events_grouped\n" in scan
    assert 'FROM "email_events"' in scan


def test_a_shared_scan_looks_nothing_up(inside_world: Inside) -> None:
    for forced in ("tags=exists", "activity=events_exists"):
        done = inside_world("preview", "-w", "7", "--strategy", forced)
        assert done.code == 2
        assert "one by one" in done.err


def test_equal_input_gives_equal_bytes(inside_world: Inside) -> None:
    chosen = ("preview", "-w", "1", "--now", "2026-01-01T00:00:00Z")
    assert inside_world.ok(*chosen).out == inside_world.ok(*chosen).out
