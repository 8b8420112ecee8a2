"""Every command and option: in its help with its variable, and working through that variable (spec 8)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from segsql.cli.app import COMMANDS, app

if TYPE_CHECKING:
    from pathlib import Path

    from cli.process import Cli, Inside

PROMISED = {
    "demo": {"--contacts", "--dir"},
    "init": {"--print"},
    "recount": {
        *("-w", "-s", "--stale-for", "--shard", "--jobs", "--strategy", "--dry-run", "--statement-timeout", "--report"),
        *(
            "--now",
            "--strict",
            "--format",
            "--explain-plan",
            "--read-dsn",
            "--lock-timeout",
            "--patience",
            "--deadline",
        ),
        *("--grace", "--snapshot-limit", "--parallel-workers", "--work-mem", "--max-replica-lag", "--max-xmin-age"),
        *("--fail-if-locked", "--failed-in", "--metrics-textfile", "--pushgateway", "--log-format"),
        *("--hold-change", "--accept", "--keep-history"),
    },
    "worker": {
        *("--every", "--poll", "--once", "--listen", "--jobs", "--strategy", "--read-dsn", "--statement-timeout"),
        *("--lock-timeout", "--patience", "--snapshot-limit", "--grace", "--parallel-workers", "--work-mem"),
        *("--max-replica-lag", "--max-xmin-age", "--keep-history", "--log-format"),
    },
    "list": {"-w", "--format"},
    "count": {"-w", "-s", "--where", "--now", "--format"},
    "members": {"-w", "-s", "--where", "--now", "--format"},
    "preview": {
        *("-w", "-s", "--where", "--now", "--params", "--explain", "--analyze", "--strategy", "--statement-timeout"),
        "--format",
    },
    "validate": {"-w", "--where", "--format"},
    "convert": {"--from", "--to"},
    "check": {"-w", "--stale-for", "--jobs", "--parallel-workers", "--work-mem", "--format"},
    "serve": {"--host", "--port", "--connections", "--statement-timeout", "--preview-timeout", "--grace"},
}


def options(name: str) -> list[click.Option]:
    command = app.get_command(click.Context(app), name)
    assert command is not None
    return [one for one in command.params if isinstance(one, click.Option)]


def test_all_commands_are_there(alone: Cli) -> None:
    assert set(COMMANDS) >= set(PROMISED)
    done = alone.ok("--help")
    for name in COMMANDS:
        assert f"\n  {name} " in done.out
    assert "SEGSQL_DSN" in done.out
    assert "DATABASE_URL" in done.out
    assert alone.ok("-h").out == done.out
    assert alone.ok("--version").out.startswith("segsql, version ")


def test_help_starts_at_once(alone: Cli) -> None:
    assert alone.ok("--help").cpu < 1


@pytest.mark.parametrize("name", PROMISED)
def test_a_commands_help_has_every_option_with_its_variable(inside_alone: Inside, name: str) -> None:
    """SEGSQL_RECOUNT_JOBS is --jobs of recount: so for each, by its long name."""
    words = " ".join(inside_alone.ok(name, "--help").out.split())
    found = options(name)
    spelled = {spelling for one in found for spelling in (*one.opts, *one.secondary_opts)}
    assert spelled >= PROMISED[name]
    for one in found:
        long = next(spelling for spelling in one.opts if spelling.startswith("--"))
        assert long in words
        assert one.help, long
        variable = f"SEGSQL_{name.upper()}_{long.removeprefix('--').upper().replace('-', '_')}"
        assert f"env var: {variable};" in words or f"env var: {variable}]" in words, (long, variable)


COUNTED = ("count", "-w", "7", "-s", "71")
RECOUNT = ("recount", "-w", "7", "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "variable", "value", "expected"),
    [
        (("count", "-s", "clx_seven"), "SEGSQL_COUNT_WORKSPACE", "7", "12"),
        (("count", "-s", "clx_seven"), "SEGSQL_COUNT_WORKSPACE", "1", "There is no segment clx_seven in workspace 1"),
        (("count", "-w", "7"), "SEGSQL_COUNT_SEGMENT", "71", "12"),
        (COUNTED, "SEGSQL_COUNT_NOW", "2020-01-01T00:00:00Z", "12"),
        ((*COUNTED, "--format", "json"), "SEGSQL_COUNT_NOW", "2020-01-01T00:00:00Z", '"2020-01-01T00:00:00.000000Z"'),
        (COUNTED, "SEGSQL_COUNT_FORMAT", "json", '"count": 12'),
        (COUNTED, "SEGSQL_COUNT_STRATEGY", "tags=grouped", "12"),
        (("members", "-s", "71"), "SEGSQL_MEMBERS_WORKSPACE", "7", "id,email"),
        (("members", "-w", "7"), "SEGSQL_MEMBERS_SEGMENT", "71", "id,email"),
        (("members", "-w", "7", "-s", "71"), "SEGSQL_MEMBERS_FORMAT", "ndjson", '{"id": 1, '),
        (("members", "-w", "7", "-s", "71"), "SEGSQL_MEMBERS_NOW", "nonsense", "nonsense"),
        (RECOUNT, "SEGSQL_RECOUNT_STRATEGY", "tags=exists,activity=events_grouped", "counted"),
        (RECOUNT, "SEGSQL_RECOUNT_STRATEGY", "tags=exists,tags=grouped", "names tags twice"),
        (RECOUNT, "SEGSQL_RECOUNT_STRATEGY", "nonsense", "activity=events_exists"),
        (("members", "-w", "7", "-s", "73"), "SEGSQL_MEMBERS_STRATEGY", "tags=exists", "id,email"),
        (("list",), "SEGSQL_LIST_WORKSPACE", "7", "clx_seven"),
        (("list",), "SEGSQL_LIST_FORMAT", "json", '"timezone": "UTC"'),
        (("list",), "SEGSQL_LIST_STALE_FOR", "nonsense", "not a duration"),
        (("preview", "-s", "71"), "SEGSQL_PREVIEW_WORKSPACE", "7", "SELECT"),
        (("preview", "-w", "7"), "SEGSQL_PREVIEW_SEGMENT", "71", "SELECT"),
        (("preview", "-w", "7", "-s", "71"), "SEGSQL_PREVIEW_PARAMS", "numbered", "$1"),
        (("preview", "-w", "7", "-s", "71"), "SEGSQL_PREVIEW_EXPLAIN", "1", "(cost="),
        (("preview", "-w", "7", "-s", "71"), "SEGSQL_PREVIEW_ANALYZE", "1", "(actual time="),
        (("preview", "-w", "7", "-s", "71"), "SEGSQL_PREVIEW_NOW", "nonsense", "nonsense"),
        (("preview", "-w", "7", "-s", "73"), "SEGSQL_PREVIEW_STRATEGY", "tags=grouped", "GROUP BY"),
        (("preview", "-w", "7", "-s", "73"), "SEGSQL_PREVIEW_FORMAT", "json", '"strategies": ['),
        (("preview", "-w", "7"), "SEGSQL_PREVIEW_STATEMENT_TIMEOUT", "nonsense", "not a duration"),
        (("recount", "--dry-run"), "SEGSQL_RECOUNT_WORKSPACE", "7", "3 segments"),
        (("recount", "--dry-run"), "SEGSQL_RECOUNT_WORKSPACE", "7 99", "2 invalid"),
        (RECOUNT, "SEGSQL_RECOUNT_SEGMENT", "71 clx_seven 73", "2 segments"),
        (RECOUNT, "SEGSQL_RECOUNT_STALE_FOR", "100000d", "1 segments"),
        (RECOUNT, "SEGSQL_RECOUNT_JOBS", "0", "0 is not in the range"),
        (("recount", "-w", "99"), "SEGSQL_RECOUNT_DRY_RUN", "1", "counted"),
        (("recount", "-w", "99"), "SEGSQL_RECOUNT_NOW", "2020-01-01T00:00:00Z", "counted"),
        (RECOUNT, "SEGSQL_RECOUNT_STRATEGY", "tags=nonsense", "tags=exists"),
        (RECOUNT, "SEGSQL_RECOUNT_STATEMENT_TIMEOUT", "nonsense", "not a duration"),
        (RECOUNT, "SEGSQL_RECOUNT_STRICT", "1", "1 invalid"),
        (RECOUNT, "SEGSQL_RECOUNT_HOLD_CHANGE", "2.5", "1 held"),
        ((*RECOUNT, "--hold-change", "2.5"), "SEGSQL_RECOUNT_ACCEPT", "1", "2 counted, 1 invalid"),
        (RECOUNT, "SEGSQL_RECOUNT_KEEP_HISTORY", "nonsense", "not a duration such as 12h, 90d or 365d, nor none"),
        (RECOUNT, "SEGSQL_RECOUNT_EXPLAIN_PLAN", "1", "Nothing was counted"),
        (RECOUNT, "SEGSQL_RECOUNT_FORMAT", "json", '"run_id"'),
        (RECOUNT, "SEGSQL_RECOUNT_LOG_FORMAT", "json", '"event": "finished"'),
        (RECOUNT, "SEGSQL_RECOUNT_LOG_FORMAT", "nonsense", "'logfmt', 'json'"),
        (RECOUNT, "SEGSQL_RECOUNT_PUSHGATEWAY", "nonsense", "http://pushgateway:9091"),
        (RECOUNT, "SEGSQL_RECOUNT_METRICS_TEXTFILE", "/nonexistent/segsql.prom", "can't be written"),
        (("recount", "--dry-run"), "SEGSQL_RECOUNT_FAILED_IN", "/dev/null", "/dev/null is no run report"),
        (("validate", "-"), "SEGSQL_VALIDATE_WORKSPACE", "7", "The specified tag ID does not exist: 77"),
        (("validate", "-"), "SEGSQL_VALIDATE_FORMAT", "json", "["),
        (("init",), "SEGSQL_INIT_PRINT", "1", "CREATE TABLE segments"),
    ],
)
def test_an_option_as_a_variable(
    inside_world: Inside, arguments: tuple[str, ...], variable: str, value: str, expected: str
) -> None:
    definition = json.dumps({"matchType": "all", "filters": [{"field": "tags", "operator": "eq", "value": [77]}]})
    if "SEGSQL_RECOUNT_DRY_RUN" in variable or "SEGSQL_RECOUNT_NOW" in variable:
        arguments = ("recount", "-w", "7")
        expected = "2 counted, 1 invalid"
    if value == "7 99":
        expected = "1 invalid"
    done = inside_world(*arguments, env={variable: value}, stdin=definition)
    words = " ".join((done.out + done.err).split())
    assert expected in words, done
    if "SEGSQL_RECOUNT_DRY_RUN" in variable or "SEGSQL_RECOUNT_NOW" in variable:
        listed = {row["id"]: row["cached_count"] for row in inside_world.ok("list", "-w", "7", "--format", "json").json}
        assert listed == {71: None, 72: 4, 73: 9}, "nothing was written"


def test_the_report_as_a_variable(inside_world: Inside, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    inside_world.ok(*RECOUNT, env={"SEGSQL_RECOUNT_REPORT": str(file)})
    assert len(json.loads(file.read_text())["results"]) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("--nonsense",),
        ("count",),
        ("count", "-w", "7"),
        ("count", "-w", "x", "-s", "71"),
        ("count", "-w", "7", "-s", "71", "-"),
        ("count", "-"),
        ("count", "-w", "7", "-s", "71", "--format", "xml"),
        ("count", "-w", "7", "-s", "71", "--now", "yesterday"),
        ("count", "-w", "7", "-s", "71", "--now", "2026-01-01"),
        ("count", "-w", "7", "/nonexistent"),
        ("count", "-w", "7", "/"),
        ("count", "-w", "8", "-s", "71"),
        ("count", "-w", "7", "-s", "70"),
        ("count", "-w", "1", "-s", "clx_seven"),
        ("count", "-s", "1"),
        ("count", "-w", "8", "-"),
        ("count", "-w", str(2**80), "-s", "71"),
        ("count", "-w", str(-(2**80)), "-s", "71"),
        ("count", "-w", str(2**80), "-"),
        ("count", "-w", "7", "-s", "9" * 5_000),
        ("count", "-w", "9" * 5_000, "-s", "1"),
        ("members", "-w", "7"),
        ("members", "-w", "7", "-s", "71", "--format", "json"),
        ("preview",),
        ("preview", "-w", "7", "-s", "71", "-"),
        ("preview", "-", "--explain"),
        ("preview", "-w", "8"),
        ("preview", "-w", "8", "-"),
        ("preview", "-w", "7", "--params", "positional"),
        ("preview", "-s", "1"),
        ("validate",),
        ("validate", "-w", "8", "-"),
        ("validate", "/nonexistent"),
        ("list", "-w", "8"),
        ("list", "-w", str(2**80)),
        ("list", "--stale-for", "soon"),
        ("list", "--stale-for", "9" * 5_000 + "s"),
        ("recount", "-w", "8"),
        ("recount", "-w", "7", "-s", "70"),
        ("recount", "-s", "1"),
        ("recount", "-w", "7", "--jobs", "0"),
        ("recount", "-w", "7", "--jobs", "1000"),
        ("recount", "-w", "7", "--strategy", "tags=magic"),
        ("recount", "-w", "7", "--strategy", "activity=rollup=x"),
        ("recount", "-w", "7", "--strategy", "tags=exists,tags=exists"),
        ("recount", "-w", "7", "--strategy", "auto,tags=exists"),
        ("recount", "-w", "7", "--strategy", "tags=exists,"),
        ("recount", "-w", "7", "--strategy", ""),
        ("recount", "-w", "7", "--strategy", "tags=array"),
        ("count", "-w", "7", "-s", "71", "--strategy", "tags=array"),
        ("members", "-w", "7", "-s", "71", "--strategy", "tags=array,activity=rollup"),
        ("preview", "-w", "7", "--strategy", "tags=array"),
        ("preview", "-w", "7", "--strategy", "activity=events_exists"),
        ("recount", "-w", "7", "--stale-for", "-1h"),
        ("recount", "-w", "7", "--stale-for", ""),
        ("recount", "-w", "7", "--stale-for", "6"),
        ("recount", "-w", "7", "--statement-timeout", "99999999999999d"),
        ("recount", "-w", "7", "--statement-timeout", "100000000s", "--dry-run"),
        *(
            ("recount", "-w", "7", "--hold-change", value)
            for value in ("0", "0.0", "-1", "10%", "ten", "", "1e3", "NaN")
        ),
        *(("recount", "-w", "7", "--keep-history", value) for value in ("0", "0d", "", "no", "36501d", "-1d")),
        ("recount", "-w", "7", "--report", "/nonexistent/run.json"),
        ("recount", "-w", "7", "--report", "/"),
        ("recount", "--metrics-textfile", "/nonexistent/segsql.prom"),
        ("recount", "--metrics-textfile", "/tmp/segsql.prom", "--dry-run"),
        ("recount", "--pushgateway", "http://127.0.0.1:1", "--now", "2026-01-01T00:00:00Z"),
        ("recount", "--pushgateway", "pushgateway:9091"),
        ("recount", "--pushgateway", "ftp://pushgateway"),
        ("recount", "--pushgateway", "http://"),
        ("recount", "--pushgateway", "http://[::1"),
        ("recount", "--pushgateway", "http://host:port"),
        ("recount", "--log-format", "xml"),
        ("recount", "--failed-in", "/nonexistent/run.json"),
        ("recount", "--failed-in", "/"),
        ("recount", "--failed-in", "/dev/null"),
        ("recount", "-w", "7", "--explain-plan"),
        ("recount", "-w", "7", "--explain-plan", "--dry-run", "--report", "run.json"),
        ("recount", "-w", "8", "--explain-plan", "--dry-run"),
        ("recount", "surplus"),
    ],
    ids=lambda arguments: " ".join(arguments)[:60],
)
def test_wrong_usage_is_2(inside_world: Inside, arguments: tuple[str, ...]) -> None:
    """Said in a few lines, before anything is counted or written."""
    definition = b'{"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}'
    done = inside_world(*arguments, stdin=definition)
    assert done.code == 2, done
    assert done.err.strip()
    if arguments:
        assert done.out == ""


def test_arguments_that_are_no_text_are_2(world: Cli) -> None:
    """A shell passes any bytes on."""
    for script in (
        "segsql count -w 7 -s $'\\xff'",
        "segsql recount -s $'\\xff'",
        "segsql count -w $'\\xff' -s 1",
        "segsql list --format $'\\xff'",
        "segsql validate $'/nonexistent\\xff'",
    ):
        assert world.shell(script).code == 2, script


@pytest.mark.parametrize(
    "now", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
)
def test_the_ends_of_time(inside_world: Inside, now: str) -> None:
    for command in (("count", "-w", "7", "-s", "71"), ("recount", "-w", "7"), ("count", "-w", "1", "-s", "13")):
        for format_ in ("table", "json", "csv"):
            assert inside_world(*command, "--now", now, "--format", format_).code in {0, 2}
    assert inside_world("preview", "-w", "7", "-s", "71", "--now", now).code in {0, 2}
