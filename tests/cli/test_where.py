"""`--where TEXT`: a filter as text, wherever a command takes a definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import add_workspace

if TYPE_CHECKING:
    from cli.process import Cli, Inside

EXAMPLE = "open_rate >= 50 and plan in ('pro','team') and not tags has any (1, 2) and last_open_at within 90 days"
THE_SAME = {
    "matchType": "all",
    "filters": [
        {"field": "open_rate", "operator": "gte", "value": 50},
        {"field": "plan", "operator": "in", "value": ["pro", "team"]},
        {"field": "tags", "operator": "not_contains", "value": [1, 2]},
        {"field": "last_open_at", "operator": "within_days", "value": 90},
    ],
}
NOW = ("--now", "2026-03-29T12:00:00Z")


def test_the_commands_of_the_issue(cli: Cli, dsn: str) -> None:
    with connect(dsn) as connection:
        add_workspace(connection, 42, contacts=4)
        connection.execute("SELECT declare_builtin_fields(42)")
        connection.execute("INSERT INTO contact_fields VALUES (42, 30, 'plan', 'Plan', 'TEXT')")
        connection.execute("INSERT INTO tags VALUES (42, 1, 'VIP'), (42, 2, 'Newsletter') ON CONFLICT DO NOTHING")
        connection.execute("""UPDATE contacts SET fields = '{"plan": "pro"}' WHERE workspace_id = 42""")
        connection.execute("DELETE FROM contact_tags WHERE workspace_id = 42")
        connection.execute("DELETE FROM contact_activity WHERE workspace_id = 42")
        connection.execute(
            "INSERT INTO contact_activity (workspace_id, contact_id, delivered_count, opens_count, last_open_at) "
            "SELECT 42, id, 4, row_number() OVER (ORDER BY id), '2026-03-01' FROM contacts WHERE workspace_id = 42"
        )
    command = f'segsql count -w 42 {" ".join(NOW)} --where "{EXAMPLE}"'
    assert cli.shell(command).out == "3\n"
    assert cli.ok("count", "-w", "42", *NOW, "-", stdin=json.dumps(THE_SAME)).out == "3\n"


@pytest.mark.parametrize("text", ["country = 'DE'", "not country = 'DE'", "typed: open_rate >= 1", "tags has any (1)"])
def test_every_command_takes_it(inside_world: Inside, text: str) -> None:
    count = int(inside_world.ok("count", "-w", "1", *NOW, "--where", text).out)
    assert len(inside_world.ok("members", "-w", "1", *NOW, "--where", text).csv) == count
    assert "SELECT" in inside_world.ok("preview", "-w", "1", "--where", text).out
    assert inside_world.ok("validate", "-w", "1", "--where", text).out == "The definition is valid.\n"
    member, *_ = inside_world.ok("members", "-w", "1", *NOW, "--where", text).csv
    why = inside_world.ok("why", "-w", "1", *NOW, "--contact", member["id"], "--where", text, "--format", "json")
    assert why.json["matches"] is True
    assert inside_world.ok("advise", "-w", "1", *NOW, "--where", text, "--format", "json").json["segments"] == 1
    explained = inside_world.ok("preview", "-w", "1", "--where", text, "--explain", "--format", "json")
    assert explained.json["advice"]["segments"] == 1
    assert inside_world.ok("count", "-w", "1", *NOW, env={"SEGSQL_COUNT_WHERE": text}).out == f"{count}\n"


@pytest.mark.parametrize("command", ["count", "members", "preview", "validate"])
def test_what_is_wrong_is_pointed_at(inside_world: Inside, command: str) -> None:
    for text, code, line, caret in (
        ("country = DE", "SEG121", "    country = DE", "              ^"),
        ("country in ('DE', 'XX')", "SEG209", "    country in ('DE', 'XX')", "               ^"),
        ("tags has any (99999)", "SEG202", "    tags has any (99999)", "                 ^"),
        ("country = 'DE' and emial exists", "SEG201", "    country = 'DE' and emial exists", " " * 23 + "^"),
    ):
        done = inside_world(command, "-w", "1", "--where", text)
        assert (done.code, done.out) == (1, "")
        assert code in done.err
        assert f"{line}\n{caret}\n" in done.err


def test_a_built_in_alone_needs_no_database(alone: Cli) -> None:
    assert alone.ok("validate", "--where", EXAMPLE).out == "The definition is valid.\n"
    assert "SELECT" in alone.ok("preview", "--where", "open_rate >= 50 and country in ('DE', 'AT')").out
    found = alone("validate", "--where", "open_rate gte 50", "--format", "json").json
    assert found == [
        {"code": "SEG122", "path": "column 11", "message": "There is no operator gte", "hint": "Did you mean >=?"}
    ]


def test_exactly_one_subject(inside_world: Inside) -> None:
    text = ("--where", "country = 'DE'")
    for arguments in (
        ("count", "-w", "1", "-s", "1", *text),
        ("count", "-w", "1", "-", *text),
        ("count", *text),
        ("count", "-w", "1"),
        ("members", "-w", "1", "-", *text),
        ("preview", "-w", "1", "-s", "1", *text),
        ("preview", "-", *text),
        ("validate", "-", *text),
        ("validate",),
    ):
        done = inside_world(*arguments, stdin=json.dumps(THE_SAME))
        assert done.code == 2, done
        assert done.err.startswith("segsql: "), done
        assert done.out == ""


def test_what_no_shell_should_pass_on(alone: Cli) -> None:
    """Bytes that are no UTF-8, and what would steer a terminal."""
    for text in (b"plan = '\xff'", b"plan = 'x' \x1b[2J", b"\xff\xfe", b"plan = '\xf0\x9f\x8e\x89' \xc3"):
        escaped = "".join(map(r"\x{:02x}".format, text))
        done = alone.shell(f"segsql validate --where $'{escaped}'")
        assert done.code == 1
        assert "SEG" in done.err
        assert "\x1b" not in done.err
