"""A filter's text reads back as the same filter, and no text whatsoever is met with a traceback."""

from __future__ import annotations

import string
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from properties.model import json_text
from properties.strategies import definitions
from properties.world import WORLD
from segsql.catalog import Id, Operator
from segsql.errors import InvalidDefinition
from segsql.filters import Filter, Group, Names, Node, parse
from segsql.filters.text import node_words, parse_text, words

if TYPE_CHECKING:
    from properties.model import Definition, Workspace

WORKSPACES = st.sampled_from(WORLD.workspaces)

AWKWARD = st.text(
    st.sampled_from([*"'\"\\/*-:,()e \t\n\r\x1b\x7f\u202e\u2028é🎉", *string.ascii_letters])
    | st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    max_size=12,
)
NUMBERS = st.integers(-(10**29), 10**29) | st.decimals(-(10**20), 10**20, allow_nan=False, places=9)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | AWKWARD,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(AWKWARD, inside, max_size=2),
    max_leaves=6,
)
OPERATORS = st.sampled_from(
    [*Operator, "neq", "matches", "", "is_after", None, 5, ["eq"]],
)
KEYS = AWKWARD | st.sampled_from(
    ["plan", "and", "Not", "any", "typed", "e", "json", "metadata", "segment", "field", "last_activity", "true", "über"]
)


def like_the_name(key: str) -> str:
    return key if key not in {"", "tags", "open_rate", "click_rate"} else "plan"


FLAT_TEST = st.fixed_dictionaries(
    {"field": (KEYS | AWKWARD.map("metadata.{}".format)).map(like_the_name)},
    optional={"operator": OPERATORS, "value": JSON},
)
TYPED_TEST = st.fixed_dictionaries(
    {"type": st.just("field"), "field_id": st.integers() | st.just(Decimal("30.0"))},
    optional={"operator": OPERATORS, "value": JSON},
)


def groups(test: st.SearchStrategy[Definition], key: str, *, negated: str) -> st.SearchStrategy[Definition]:
    either = ("AND", "OR") if key == "condition" else ("all", "any")

    def group(inside: st.SearchStrategy[Any], quantifiers: tuple[str, ...]) -> st.SearchStrategy[Definition]:
        members = st.lists(inside, min_size=1, max_size=3)
        return st.fixed_dictionaries({key: st.sampled_from(quantifiers), "filters": members})

    return group(st.recursive(test, lambda inside: group(inside, (*either, negated)), max_leaves=6), either)


UNRESOLVED = groups(FLAT_TEST, "matchType", negated="none") | groups(TYPED_TEST, "condition", negated="NOT")
"""Definitions of the right shape, whatever the catalog would say of them."""


def parsed(definition: Definition) -> Filter | None:
    """The filter of a definition that has no problems; the size of its JSON is no part of what it says."""
    result = parse(json_text(definition))
    return replace(result.filter, size=0) if result.filter is not None and not result.problems else None


def read(text: str) -> Filter:
    result = parse_text(text).parsed
    assert result.filter is not None
    assert result.problems == ()
    return replace(result.filter, size=0)


@st.composite
def valid(draw: st.DrawFn) -> tuple[Workspace, Filter]:
    workspace = draw(WORKSPACES)
    found = parsed(draw(definitions(workspace)))
    assert found is not None
    return workspace, found


@settings(max_examples=250, deadline=None)
@given(valid())
def test_text_and_back_is_the_same_filter(case: tuple[Workspace, Filter]) -> None:
    workspace, filter_ = case
    text = words(filter_)
    assert read(text) == filter_, text
    assert words(read(text)) == text
    assert text.isprintable()
    tags: dict[Id, str] = dict(workspace.tags.items())
    names = Names({one.id: one.key for one in workspace.fields}, tags, {1: "a */ b\n", 2: "/*"})
    assert read(words(filter_, names)) == filter_


@settings(max_examples=250, deadline=None)
@given(UNRESOLVED)
@example({"condition": "OR", "filters": [{"type": "open_rate", "operator": "eq", "value": 5}]})
@example({"matchType": "any", "filters": [{"matchType": "none", "filters": [{"field": "e", "value": "'"}]}]})
def test_so_it_is_where_no_catalog_would_take_the_filter(definition: Definition) -> None:
    filter_ = parsed(definition)
    if filter_ is not None:
        text = words(filter_)
        assert read(text) == filter_, text
        assert words(read(text)) == text
        assert text.isprintable()


@settings(max_examples=100, deadline=None)
@given(valid())
def test_every_node_has_words_that_stand_for_it_alone(case: tuple[Workspace, Filter]) -> None:
    _, filter_ = case
    for node in walk(filter_.root):
        prefix = f"{filter_.dialect}: " if filter_.dialect == "typed" else ""
        members = read(prefix + node_words(node)).root
        assert words(Filter(filter_.dialect, members, 0)).removeprefix("typed: ") == node_words(node)


def walk(node: Node) -> list[Node]:
    return [node, *(each for member in node.members for each in walk(member))] if isinstance(node, Group) else [node]


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A filter's text that lacks some characters."""
    text = words(draw(valid())[1])
    start = draw(st.integers(0, len(text)))
    return text[:start] + text[start + draw(st.integers(1, 4)) :]


SCRAPS = ["and", "or", "not", "(", ")", "plan", "=", "'a'", "in", "has any", "tags", ",", "5", "-", "field", "any:"]
SCRAPS += [
    "typed:",
    "json",
    "'{\"field\": 1}'",
    "metadata",
    ".",
    '"',
    "'",
    "/*",
    "*/",
    "e'\\",
    "within",
    "days",
    "exists",
]
SCRAPS += [
    "segment",
    "last_activity",
    "after",
    "<",
    ">",
    "!",
    "\n",
    "\0",
    "1e",
    "0x1",
    "{#",
    "{{",
    "{%",
    "--",
    "true",
    ";",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(SCRAPS) | AWKWARD, max_size=14).map(" ".join) | st.text(max_size=40) | broken())
def test_any_text_is_a_filter_or_has_a_place_where_it_is_wrong(text: str) -> None:
    try:
        found = parse_text(text)
    except InvalidDefinition as error:
        (diagnostic,) = error.diagnostics
    else:
        problems = [problem.diagnostic for problem in found.parsed.problems]
        if not problems:
            return
        diagnostic = found.pointed(problems)[0]
    assert diagnostic.code.startswith(("SEG1", "SEG3"))
    assert "column " in diagnostic.path
    line, caret = diagnostic.excerpt.split("\n")
    assert line.isprintable()
    assert caret.strip() == "^"
