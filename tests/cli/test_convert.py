"""`convert`: a filter from one form to another, as a command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.process import Cli, Inside

TEXT = "open_rate >= 50 and plan in ('pro', 'team') and not (email starts with 'a')"
DEFINITION = {
    "matchType": "all",
    "filters": [
        {"field": "open_rate", "operator": "gte", "value": 50},
        {"field": "plan", "operator": "in", "value": ["pro", "team"]},
        {"matchType": "none", "filters": [{"field": "email", "operator": "starts_with", "value": "a"}]},
    ],
}
QUERY = {
    "combinator": "and",
    "rules": [
        {"field": "open_rate", "operator": ">=", "value": 50},
        {"field": "plan", "operator": "in", "value": ["pro", "team"]},
        {"field": "email", "operator": "doesNotBeginWith", "value": "a"},
    ],
}
RULE = {
    "and": [
        {">=": [{"var": "open_rate"}, 50]},
        {"in": [{"var": "plan"}, ["pro", "team"]]},
        {"!": {"startsWith": [{"var": "email"}, "a"]}},
    ]
}
FORMS = {
    "segsql": json.dumps(DEFINITION),
    "text": TEXT,
    "react-query-builder": json.dumps(QUERY),
    "jsonlogic": json.dumps(RULE),
}


@pytest.mark.parametrize("source", FORMS)
@pytest.mark.parametrize("target", FORMS)
def test_every_form_to_every_form(inside_alone: Inside, tmp_path: Path, source: str, target: str) -> None:
    file = tmp_path / "filter"
    file.write_text(FORMS[source])
    printed = inside_alone.ok("convert", "--from", source, "--to", target, str(file)).out
    if target == "text":
        assert printed == f"{TEXT}\n"
    else:
        assert json.loads(printed) == json.loads(FORMS[target])


def test_through_the_real_command_and_on_to_another(alone: Cli) -> None:
    line = f'printf %s "{TEXT}" | segsql convert --from text --to jsonlogic - | segsql convert --from jsonlogic - '
    done = alone.shell(line + "| segsql validate -")
    assert (done.code, done.out) == (0, "The definition is valid.\n")


def test_a_segment_object_is_its_definition(inside_alone: Inside) -> None:
    segment = json.dumps({"id": "clx", "name": "Pros", **DEFINITION})
    assert json.loads(inside_alone.ok("convert", "-", stdin=segment).out) == DEFINITION


def test_what_is_wrong_ends_with_1_and_nothing_is_printed(inside_alone: Inside) -> None:
    for arguments, stdin, code in (
        ((), "", "SEG100"),
        ((), '{"matchType": "all", "filters": []}', "SEG103"),
        (("--from", "text"), "plan = pro", "SEG121"),
        (("--from", "jsonlogic"), '{"+": [1, 2]}', "SEG131"),
        (("--from", "react-query-builder"), "[]", "SEG130"),
        (("--from", "text", "--to", "jsonlogic"), "created_at within 5 days", "SEG131"),
    ):
        done = inside_alone("convert", *arguments, "-", stdin=stdin)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(code), done
    assert inside_alone("convert", "--from", "text", "-", stdin=b"\xff").err.startswith("SEG121")
    assert inside_alone("convert", "--from", "yaml", "-").code == 2


@pytest.mark.parametrize("form", ["segsql", "text", "react-query-builder", "jsonlogic"])
def test_hostile_input_is_refused_shortly(inside_alone: Inside, form: str) -> None:
    for stdin in (
        "[" * 1_000_000,
        '{"and":[' * 100_000,
        '{"combinator":"and","rules":[' + "{}," * 300_000 + "{}]}",
        '{"or":[' + "1," * 300_000 + "1]}",
        '{"combinator":"and","rules":[{"field":"a","operator":"in","value":"' + "1," * 400_000 + '"}]}',
        '{"in":[{"var":"a"},[' + "1," * 400_000 + "1]]}",
        " " * 3_000_000,
        "\0" * 1_000_000,
    ):
        done = inside_alone("convert", "--from", form, "-", stdin=stdin)
        assert (done.code, done.out) == (1, "")
        assert done.cpu < 2
        assert len(done.err) < 40_000
