"""docs/filters.md: every example in it is what the program does."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from segsql.cli.app import app
from segsql.cli.output import print_diagnostics
from segsql.errors import InvalidDefinition
from segsql.filters import Filter, decode, parse
from segsql.filters.encode import encode
from segsql.filters.text import parse_text, words
from segsql.filters.text.vocabulary import RESERVED

PAGE = (Path(__file__).parents[4] / "docs" / "filters.md").read_text()
THREE = {"a": "x = 1", "b": "y = 2", "c": "z = 3"}


def rows(heading: str) -> list[tuple[str, str]]:
    """The cells of the table under a heading that begins so."""
    table = PAGE.split(f"| text | {heading}", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(.*)` \| `(.*)` \|$", table, re.MULTILINE)


def filter_of(text: str) -> Filter:
    parsed = parse_text(text).parsed
    assert parsed.problems == ()
    assert parsed.filter is not None
    return replace(parsed.filter, size=0)


@pytest.mark.parametrize(("text", "condition"), rows("definition |"))
def test_conditions(text: str, condition: str) -> None:
    found = parse_text(text)
    root = ("condition", "AND") if '"type"' in condition else ("matchType", "all")
    assert found.definition == {root[0]: root[1], "filters": [decode(condition)]}
    assert found.parsed.filter is not None
    assert words(found.parsed.filter) == text


@pytest.mark.parametrize(("text", "other"), rows("is the same as"))
def test_other_spellings(text: str, other: str) -> None:
    assert filter_of(text) == filter_of(other)
    assert words(filter_of(text)) == other


@pytest.mark.parametrize(("text", "definition"), rows("definition, with"))
def test_groups(text: str, definition: str) -> None:
    for letter, condition in THREE.items():
        json = encode(parse_text(condition).definition["filters"][0])  # type: ignore[index]
        text = re.sub(rf"\b{letter}\b", condition, text)
        definition = re.sub(rf"\b{letter}\b", lambda _, json=json: json, definition)  # type: ignore[misc]
    assert parse_text(text).definition == decode(definition)
    assert words(filter_of(text)) == text
    parsed = parse(definition)
    assert parsed.filter is not None
    assert words(parsed.filter) == text


def test_the_first_command_takes_its_filter() -> None:
    command = shlex.split(re.findall(r"```sh\n(.*?)\n```", PAGE)[0])
    text = command[command.index("--where") + 1]
    assert words(filter_of(text)) == text.replace("('pro','team')", "('pro', 'team')")


@pytest.mark.parametrize(("command", "output"), re.findall(r"```console\n\$ (.*?)\n(.*?)```", PAGE, re.DOTALL))
def test_sessions(command: str, output: str) -> None:
    given, _, rest = command.rpartition(" | ")
    stdin = shlex.split(given)[1] if given else ""
    result = CliRunner().invoke(app, shlex.split(rest)[1:], input=stdin, standalone_mode=False)
    if isinstance(result.exception, InvalidDefinition):
        printed = CliRunner().invoke(_told(result.exception)).output
    else:
        printed = result.output.partition("looked up.\n")[2]
    assert printed == output


def _told(error: InvalidDefinition) -> click.Command:
    return click.Command("told", callback=lambda: print_diagnostics(error.diagnostics))


def test_the_grammar_names_every_reserved_word() -> None:
    assert f"`{' '.join(sorted(RESERVED))}`" in PAGE
