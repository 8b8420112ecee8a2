"""Whatever a definition comes in, and whatever else may come in its place (spec 3, 8)."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.process import Cli, Inside

HIGH_ENGAGEMENT = """
{
  "id": "clx_seg_high_engage_id",
  "name": "High-Engagement Users",
  "description": "Opened at least 3 campaigns in last 90 days",
  "matchType": "all",
  "filters": [
    {
      "field": "opens_count",
      "operator": "gte",
      "value": 3
    },
    {
      "field": "last_open_at",
      "operator": "within_days",
      "value": 90
    }
  ],
  "cachedCount": 1248,
  "lastCountedAt": "2026-01-20T14:00:00Z",
  "createdAt": "2026-01-05T11:00:00Z"
}
"""
CHURNED = """
    {
      "id": "clx_seg_churned_id",
      "name": "Churned Subscribers",
      "description": "No open in the last 180 days",
      "matchType": "all",
      "filters": [
        { "field": "last_open_at", "operator": "not_exists", "value": null }
      ],
      "cachedCount": 892,
      "lastCountedAt": "2026-04-20T14:00:00Z",
      "createdAt": "2026-02-10T09:00:00Z"
    }
"""
REQUEST = """{
"name": "Active Subscribers",
"filters": {
"condition": "AND",
"filters": [
{
"type": "field",
"field_id": 1,
"operator": "eq",
"value": "test@example.com"
}
]
}
}
"""
RESPONSE = """{
"data": {
"id": 1,
"name": "Active Subscribers",
"filters": {
"condition": "AND",
"filters": [
{
"type": "field",
"field_id": 1,
"operator": "eq",
"value": "test@example.com"
}
]
},
"contact_count": 0,
"created_at": "2026-04-09T02:20:00Z",
"updated_at": "2026-04-09T02:20:00Z"
}
}
"""
OBJECTS = {
    "flat": (HIGH_ENGAGEMENT, 0),
    "flat, in a list": (CHURNED, 12),
    "typed, as sent": (REQUEST, 0),
    "typed, as answered": (RESPONSE, 0),
    "typed, without its wrapping": (json.dumps(json.loads(RESPONSE)["data"]), 0),
    "with a byte order mark": ("\ufeff" + CHURNED, 12),
    "in one line with CRLF": (CHURNED.replace("\n", "\r\n"), 12),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_a_segment_object_as_it_stands(inside_world: Inside, tmp_path: Path, name: str) -> None:
    """In a file and on standard input, for every command that reads one."""
    text, count = OBJECTS[name]
    file = tmp_path / "segment.json"
    file.write_bytes(text.encode())
    for place, stdin in ((str(file), b""), ("-", text.encode())):
        assert inside_world.ok("count", "-w", "7", place, stdin=stdin).out == f"{count}\n"
        assert len(inside_world.ok("members", "-w", "7", place, stdin=stdin).csv) == count
        assert "SELECT" in inside_world.ok("preview", "-w", "7", place, stdin=stdin).out
        assert inside_world.ok("validate", "-w", "7", place, stdin=stdin).out == "The definition is valid.\n"
        assert inside_world.ok("validate", place, stdin=stdin).code == 0
        assert "SELECT" in inside_world.ok("preview", place, stdin=stdin).out


def test_a_file_through_the_real_command(world: Cli, tmp_path: Path) -> None:
    file = tmp_path / "-"
    file.write_text(CHURNED)
    assert world.ok("count", "-w", "7", str(file)).out == "12\n"
    assert world.ok("count", "-w", "7", "-", stdin=CHURNED).out == "12\n"


def condition(value: str) -> str:
    return f'{{"matchType": "all", "filters": [{{"field": "opens_count", "operator": "eq", "value": {value}}}]}}'


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n\t ",
    "NUL bytes": b"\0" * 1000,
    "every byte": bytes(range(256)) * 64,
    "a program": b"\x7fELF\x02\x01\x01" + bytes(1000),
    "UTF-16": condition("1").encode("utf-16"),
    "brackets": b"[" * 100_000,
    "closed brackets": b"[" * 100_000 + b"]" * 100_000,
    "braces": b'{"a":' * 100_000,
    "groups": b'{"matchType":"all","filters":[' * 5_000 + b"]}" * 5_000,
    "NaN": condition("NaN").encode(),
    "Infinity": condition("-Infinity").encode(),
    "an overflow": condition("1e999999").encode(),
    "a large exponent": condition("1e" + "9" * 1000).encode(),
    "a small exponent": condition("1e-" + "9" * 1000).encode(),
    "a million digits": condition("7" * 1_000_000).encode(),
    "a million decimals": condition("0." + "7" * 1_000_000).encode(),
    "a key that stands twice": b'{"matchType": "all", "matchType": "any", "filters": []}',
    "a key that stands a thousand times": b"{" + b",".join([b'"filters": []'] * 20_000) + b"}",
    "a NUL in a text": condition(r'"\u0000"').replace("opens_count", "email").encode(),
    "half a surrogate pair": condition(r'"\ud800"').replace("opens_count", "email").encode(),
    "an endless text": condition('"' + "x" * 3_000_000 + '"').replace("opens_count", "email").encode(),
    "an endless list": condition("[" + "1," * 1_000_000 + "1]").encode(),
    "many conditions": b'{"matchType":"all","filters":[' + b"{}," * 500_000 + b"{}]}",
    "many keys": json.dumps({str(number): 1 for number in range(200_000)}).encode(),
    "half a document": condition("1").encode()[:-1],
    "two documents": condition("1").encode() * 2,
    "a comment": b"// all\n" + condition("1").encode(),
    "a text": b'"matchType"',
    "a number": b"1",
    "null": b"null",
    "a list of segments": b'{"data": [' + CHURNED.encode() + b'], "pagination": {"page": 1}}',
    "terminal codes": condition(r'"\u001b[2J"').encode(),
    "both dialects": b'{"matchType": "all", "condition": "AND", "filters": [{}]}',
    "prototype": b'{"__proto__": {}, "constructor": 1}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_definition_ends_with_1_and_says_why(inside_world: Inside, name: str) -> None:
    for command in (("validate",), ("validate", "-w", "7"), ("count", "-w", "7"), ("preview",), ("members", "-w", "7")):
        done = inside_world(*command, "-", stdin=HOSTILE[name])
        assert done.code == 1, done
        assert done.out == ""
        assert "SEG" in done.err
        assert done.cpu < 1, f"{command}: {done.cpu}"
        assert len(done.err) < 20_000
        assert "\x1b" not in done.err
    found = inside_world("validate", "-", "--format", "json", stdin=HOSTILE[name])
    assert found.code == 1
    assert all(problem["code"].startswith("SEG") and problem["path"].startswith("$") for problem in found.json)


@pytest.mark.parametrize("name", ["nothing", "brackets", "braces", "groups", "every byte", "a million digits", "NaN"])
def test_the_worst_of_them_through_the_real_command(alone: Cli, name: str) -> None:
    """No deeper stack than the interpreter's own, and no longer than a second."""
    done = alone("validate", "-", stdin=HOSTILE[name])
    assert done.code == 1
    assert done.cpu < 1


def test_a_hundred_megabytes_of_spaces(alone: Cli) -> None:
    """No more is read than a definition may have, and whoever writes is not waited for."""
    with subprocess.Popen(
        ("sh", "-c", "head -c 100000000 /dev/zero | tr '\\0' ' '"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as spaces:
        assert spaces.stdout is not None
        done = alone("validate", "-", stdin=spaces.stdout)
        spaces.stdout.close()
        spaces.wait(10)
    assert done.code == 1
    assert "SEG304" in done.err
    assert done.cpu < 2, "with what head and tr took"


def test_validating_starts_at_once(alone: Cli) -> None:
    done = alone.ok("validate", "-", stdin=CHURNED)
    assert done.cpu < 1


def test_all_problems_in_every_format(inside_world: Inside) -> None:
    """Each with code, path and message; never only the first."""
    definition: dict[str, Any] = {
        "condition": "AND",
        "filters": [
            {"type": "field", "operator": "eq", "value": 1},
            {"type": "tags", "operator": "contains", "value": []},
            {"type": "open_rate", "operator": "gte", "value": 101},
            {"condition": "OR", "filters": []},
        ],
    }
    expected = [
        "Filter #1: Please provide a valid field_id",
        "Filter #2: Tags filter value must be an array of tag IDs.",
        "Filter #3: Value must be between 0 and 100",
        "Filter #4: At least one filter is required",
    ]
    for workspace in ((), ("-w", "7")):
        found = {
            format_: inside_world("validate", *workspace, "-", "--format", format_, stdin=json.dumps(definition))
            for format_ in ("table", "json", "ndjson", "csv")
        }
        assert {done.code for done in found.values()} == {1}
        assert [problem["message"] for problem in found["json"].json] == expected
        assert [set(problem) for problem in found["json"].json] == [{"code", "path", "message", "hint"}] * 4
        assert found["ndjson"].ndjson == found["json"].json
        assert [problem["message"] for problem in found["csv"].csv] == expected
        assert all(message in found["table"].err for message in expected)
        assert ("without a workspace" in found["table"].err) is not bool(workspace)


def test_names_need_a_workspace(inside_world: Inside) -> None:
    """Without one they are not looked up, and it says so; with one a likely name is offered."""
    definition = json.dumps({"matchType": "all", "filters": [{"field": "emial", "operator": "exists"}]})
    assert "not looked up" in inside_world.ok("validate", "-", stdin=definition).err
    done = inside_world("validate", "-w", "7", "-", stdin=definition)
    assert done.code == 1
    assert "did you mean" in done.err.lower()
    assert "email" in done.err


@pytest.mark.parametrize("command", ["count", "members", "preview", "validate"])
def test_all_problems_of_a_file_whatever_the_command(inside_world: Inside, command: str) -> None:
    text = '{"matchType": "all", "filters": [{"field": 1}, {"field": "email", "operator": "gt", "value": 1}]}'
    done = inside_world(command, "-w", "7", "-", stdin=text)
    assert done.code == 1
    assert "Filter #1: " in done.err
    assert "Filter #2: " in done.err


def test_a_stored_segment_that_is_invalid_is_1(inside_world: Inside) -> None:
    for command in ("count", "members", "preview"):
        done = inside_world(command, "-w", "7", "-s", "72")
        assert done.code == 1
        assert "SEG101" in done.err
