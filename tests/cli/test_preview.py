"""`preview`: the SQL before it runs, with a database and without one (spec 8)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import add_segment, add_workspace, flat
from segsql.plan import WORDS, Reason
from segsql.preview import findings

if TYPE_CHECKING:
    import psycopg

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
    (columns,) = (line for line in out.splitlines() if line.startswith("-- columns: "))
    for segment_id in (1, 2, 3, 5, 8, 13, 21, 2**40):
        assert f"= {segment_id}" in columns
        assert f"\n-- segment {segment_id} " in f"\n{out}"
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

    def told(definition: object, *options: str) -> list[str]:
        out = inside_world.ok("preview", "-w", "7", "-", *options, stdin=json.dumps(definition)).out
        return [line for line in out.partition("SELECT")[0].splitlines() if "=" in line and "text: " not in line]

    assert told(mixed) == [
        "-- strategies: tags=exists and grouped, activity=rollup",
        f"--   tags=exists, 1 test: {WORDS[Reason.UNDER_AND]}",
        f"--   tags=grouped, 1 test: {WORDS[Reason.UNDER_OR]}",
        f"--   activity=rollup, 1 test: {WORDS[Reason.ROLLUP]}",
    ]
    for forced in ("tags=grouped, activity=events_exists", "tags=exists, activity=events_grouped"):
        for params in ("named", "literal"):
            first, *rest = told(mixed, "--strategy", forced, "--params", params)
            assert first == f"-- strategies: {forced}"
            assert all(line.endswith(WORDS[Reason.FORCED]) for line in rest)
    assert told(flat("country", "eq", "DE")) == []
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


def test_the_filter_in_words(inside_world: Inside) -> None:
    out = inside_world.ok("preview", "-w", "7", "-s", "73").out
    assert out.startswith("-- segment 73 '")
    assert "': tagged tag\n--   text: " in out
    assert inside_world.ok("preview", "-", stdin=COUNTRY).out.startswith(
        "-- matches: country is DE\n--   text: country = 'DE'\n"
    )


def test_all_but_the_sql_is_a_comment(inside_world: Inside, world_dsn: str) -> None:
    """Whatever segments are called (71 has a line break in its name): the whole of it can be pasted."""
    for more in (("-s", "71"), ()):
        out = inside_world.ok("preview", "-w", "7", *more, "--params", "literal", "--analyze").out
        assert "-- plan\n" in out
        with connect(world_dsn) as connection:
            assert len(connection.execute(out.encode()).fetchall()) == 1


def test_json(inside_world: Inside) -> None:
    for more in ([], ["--explain"], ["--analyze"]):
        found = inside_world.ok("preview", "-w", "7", "-s", "73", "--format", "json", *more).json
        (segment,), (statement,) = found["segments"], found["statements"]
        assert (found["version"], found["workspace_id"], segment["segment_id"]) == (1, 7, 73)
        assert segment["words"] == "tagged tag"
        assert statement["parameters"][0] == {"name": "p1", "type": "bigint", "value": 7}
        if not more:
            assert statement["plan"] is None
            continue
        (explained,) = statement["plan"]["explain"]
        assert statement["plan"]["analyzed"] == ("Execution Time" in explained) == (more == ["--analyze"])
        assert explained["Settings"]["jit"] == "off"
    scan = inside_world.ok("preview", "-w", "7", "--format", "json").json
    assert {segment["segment_id"]: bool(segment["problems"]) for segment in scan["segments"]} == {
        71: False,
        72: True,
        73: False,
    }
    assert scan["statements"][0]["segment_ids"] == [71, 73]
    empty = inside_world.ok("preview", "-w", "99", "--format", "json").json
    assert (empty["segments"], empty["statements"]) == ([], [])


def test_warnings_in_every_format(inside: Inside, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real plan of a real table, of which the server knows how large it is."""
    add_workspace(db, 7, contacts=2_000)
    add_segment(db, 1, json.dumps(flat("first_name", "eq", "nobody")), workspace_id=7)
    db.execute("ANALYZE contacts")
    monkeypatch.setattr(findings, "LARGE", 2_000)
    told = "Reads all 2,000 rows of contacts and is estimated to keep 1 of them (0.1%)"
    asked = ("preview", "-w", "7", "-s", "1", "--explain")
    assert f"-- sequential_scan: Seq Scan on contacts c\n--   {told}.\n" in inside.ok(*asked).out
    (warning,) = inside.ok(*asked, "--format", "json").json["statements"][0]["plan"]["warnings"]
    assert (warning["code"], warning["path"], warning["message"]) == ("sequential_scan", "$.Plan.Plans[0]", told)
    assert f"<p>{told}.</p>" in inside.ok(*asked, "--format", "html").out
    db.execute("DELETE FROM contacts WHERE id > 10")
    db.execute("VACUUM ANALYZE contacts")
    assert "sequential_scan" not in inside.ok(*asked).out


def test_html(inside_world: Inside) -> None:
    """What a browser makes of the page is in tests/browser."""
    page = inside_world.ok("preview", "-w", "7", "-s", "71", "--analyze", "--format", "html").out
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1><bdi>a &#34;name&#34;, with\nall</bdi></h1>" in page
    assert page.count('class="node') == page.count("</h4>") > 1
    for more in (["-w", "7"], ["-w", "99"], ["-w", "7", "-"], ["-"]):
        assert inside_world.ok("preview", *more, "--format", "html", stdin=COUNTRY).out.endswith("</html>\n")


def test_a_plan_that_takes_too_long_is_given_up(inside_world: Inside, world_dsn: str) -> None:
    """--analyze runs the statement: within the limit, read only."""
    with connect(world_dsn) as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        done = inside_world("preview", "-w", "7", "-s", "73", "--analyze", "--statement-timeout", "1s")
        connection.execute("ROLLBACK")
    assert done.code == 1
    assert "statement timeout" in done.err
