"""Each limit of spec 3 exactly at it and one beyond, before and after segments are expanded."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from golden.catalog import CATALOG
from segsql.catalog import Catalog, Id
from segsql.errors import Code
from segsql.filters import MAX_BYTES, parse
from unit.compiling import Json, codes, field, flat, messages, named, typed, wrong


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Of the processor's time: what else runs does not matter."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def nested(levels: int) -> Json:
    definition = typed(field(20, "eq", "x"))
    for level in range(levels - 1):
        definition = typed(definition, condition=("AND", "OR", "NOT")[level % 3] if level < levels - 2 else "AND")
    return definition


def refers(*ids: int, operator: str = "in") -> Json:
    return {"type": "segment", "operator": operator, "value": list(ids)}


def stored(**segments: object) -> Catalog:
    return replace(CATALOG, segments={int(name[1:]): definition for name, definition in segments.items()})


def scores(first: int, count: int) -> Json:
    return typed(*(field(21, "eq", number) for number in range(first, first + count)))


def test_levels() -> None:
    assert codes(nested(32)) == []
    assert codes(nested(33)) == [Code.TOO_DEEP]
    assert codes(nested(200)) == [Code.TOO_DEEP]


def test_depth_of_other_json() -> None:
    """Where something is nested too deeply that is all there is to say, also inside what is too long anyway."""

    def deep(depth: int) -> object:
        return [deep(depth - 1)] if depth else "\0"

    assert codes(flat(named("nickname", "in", deep(65)))) == [Code.NUL]
    assert codes(flat(named("nickname", "in", deep(66)))) == [Code.TOO_DEEP]
    assert codes(flat(named("nickname", "in", [deep(64)] * 1001))) == [Code.LIST_TOO_LONG]
    assert codes(flat(named("nickname", "in", [deep(65)] * 1001))) == [Code.TOO_DEEP]
    assert codes(flat({str(key): deep(65) for key in range(1001)})) == [Code.LIST_TOO_LONG]
    assert codes(flat({str(key): deep(66) for key in range(1001)})) == [Code.TOO_DEEP]


def test_levels_with_segments() -> None:
    catalog = stored(s1=nested(31), s2=nested(32))
    assert codes(typed(refers(1)), catalog) == []
    assert codes(typed(refers(2)), catalog) == [Code.TOO_DEEP]
    assert codes(typed(typed(refers(1))), catalog) == [Code.TOO_DEEP]


def test_conditions() -> None:
    assert codes(scores(0, 500)) == []
    assert codes(scores(0, 501)) == [Code.TOO_MANY_CONDITIONS]
    assert codes(flat(*[named("email", "eq", "x")] * 250, flat(*[named("email", "eq", "x")] * 250))) == []
    assert codes(flat(*[named("email", "eq", "x")] * 250, flat(*[named("email", "eq", "x")] * 251))) == [
        Code.TOO_MANY_CONDITIONS
    ]


def test_conditions_with_segments() -> None:
    catalog = stored(s1=scores(0, 300), s2=scores(300, 200), s3=scores(300, 201))
    assert codes(typed(refers(1, 2)), catalog) == []
    assert codes(typed(refers(1, 3)), catalog) == [Code.TOO_MANY_CONDITIONS]
    assert codes(typed(refers(1, 2), field(22, "eq", True)), catalog) == [Code.TOO_MANY_CONDITIONS]
    assert codes(typed(refers(1), refers(1, operator="not_in")), catalog) == [Code.TOO_MANY_CONDITIONS]


def test_list() -> None:
    assert codes(flat(named("nickname", "in", [str(number) for number in range(1000)]))) == []
    assert codes(flat(named("nickname", "in", ["x"] * 1001))) == [Code.LIST_TOO_LONG]
    assert codes(typed({"type": "tags", "operator": "contains", "value": [1] * 1000})) == []
    assert codes(typed({"type": "tags", "operator": "contains", "value": [1] * 1001})) == [Code.LIST_TOO_LONG]


def sized(size: int) -> Json:
    """A definition of exactly that many bytes of compact JSON, by ASCII texts in many conditions."""
    definition = typed(*(field(20, "eq", "x" * 900) for _ in range(size // 1000)))
    definition["filters"].append(field(20, "eq", ""))
    missing = size - len(json.dumps(definition, separators=(",", ":")))
    for condition in definition["filters"]:
        more = min(missing, 1024 - len(condition["value"]))
        condition["value"] += "y" * more
        missing -= more
    assert len(json.dumps(definition, separators=(",", ":"))) == size
    return definition


def test_bytes() -> None:
    assert MAX_BYTES == 256 * 1024
    assert codes(sized(256 * 1024)) == []
    assert codes(sized(256 * 1024 + 1)) == [Code.TOO_LARGE]


@pytest.mark.parametrize("name", ["ä", "a b", '"', "\\", "\n", "\x7f", "\u2028", "\U0001f600", "name", "名前"])
def test_bytes_are_those_of_json(name: str) -> None:
    definition = flat({name: [name, {name: [True, False, None, 0, -7, 10**29, [], {}, ""]}]}, named(name, "eq", name))
    found = parse(definition).filter
    assert found is not None
    assert found.size == len(json.dumps(definition, separators=(",", ":"), ensure_ascii=False).encode())


def test_bytes_are_counted_compactly() -> None:
    assert codes(json.dumps(sized(256 * 1024), indent=40)) == []


def test_bytes_with_segments() -> None:
    catalog = stored(s1=sized(130_000), s2=sized(131_000), s3=sized(133_000))
    assert codes(typed(refers(1, 2)), catalog) == []
    assert codes(typed(refers(1, 3)), catalog) == [Code.TOO_LARGE]


def test_text() -> None:
    assert codes(flat(named("nickname", "contains", "x" * 1024))) == []
    assert codes(flat(named("nickname", "contains", "x" * 1025))) == [Code.TEXT_TOO_LONG]
    assert codes(flat(named("nickname", "eq", "\U0001f600" * 1024))) == []
    assert codes(flat(named("nickname", "in", ["a", "x" * 1025]))) == [Code.TEXT_TOO_LONG]
    assert codes(flat({**named("email", "exists"), "k" * 1025: 1})) == [Code.TEXT_TOO_LONG]


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("9" * 30, True),
        ("-" + "9" * 30, True),
        ("9" * 31, False),
        ("0." + "9" * 30, True),
        ("-0." + "9" * 30, True),
        ("0." + "9" * 31, False),
        ("9" * 30 + "." + "9" * 30, True),
        ("9" * 31 + ".5", False),
        ("1e29", True),
        ("1e30", False),
        ("-1E+30", False),
        ("1e-30", True),
        ("1e-31", False),
        ("12.5e-29", True),
        ("12.5e-30", False),
        ("1.5e29", True),
        ("100e28", False),
        ("1e999999999", False),
        ("1e-999999999", False),
        ("1e99999999999999999999", False),
        ("-1e-99999999999999999999", False),
        ("1" * 5000, False),
        ("0.0", True),
        ("-0", True),
    ],
)
def test_digits(number: str, fits: bool) -> None:
    text = f'{{"matchType": "all", "filters": [{{"field": "score", "operator": "eq", "value": {number}}}]}}'
    assert codes(text) == ([] if fits else [Code.NUMBER_TOO_LONG])


@pytest.mark.parametrize("place", ["value", "list", "key", "field", "operator", "condition"])
@pytest.mark.parametrize(("bad", "code"), [("\0", Code.NUL), ("\ud800", Code.SURROGATE)])
def test_impossible_characters(place: str, bad: str, code: Code) -> None:
    definition: Json = flat(named("nickname", "eq", "x"))
    condition: Json = definition["filters"][0]
    match place:
        case "value":
            condition["value"] = f"a{bad}b"
        case "list":
            condition |= {"operator": "in", "value": ["a", bad]}
        case "key":
            condition[bad] = 1
        case "condition":
            definition["matchType"] = bad
        case _:
            condition[place] = bad
    assert codes(definition) == [code]


def test_a_whole_surrogate_pair_is_fine() -> None:
    text = '{"matchType": "all", "filters": [{"field": "nickname", "operator": "eq", "value": "\\ud83d\\ude00"}]}'
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"matchType": "all", "matchType": "all", "filters": [%s]}', "$.matchType"),
        ('{"matchType": "all", "filters": [%s], "filters": [%s]}', "$.filters"),
        (
            '{"matchType": "all", "filters": [{"field": "email", "field": "email", "operator": "exists"}]}',
            "$.filters[0].field",
        ),
        (
            (
                '{"matchType": "all", "filters": [{"matchType": "any", "filters": '
                '[{"field": "email", "operator": "exists", "operator": "exists"}]}]}'
            ),
            "$.filters[0].filters[0].operator",
        ),
        (
            '{"matchType": "all", "filters": [{"field": "metadata.x", "value": {"a": {"b": 1, "b": 1}}}]}',
            "$.filters[0].value.a.b",
        ),
        (
            '{"matchType": "all", "filters": [{"field": "metadata.x", "value": [{"b": 1, "\\u0062": 1}]}]}',
            "$.filters[0].value[0].b",
        ),
    ],
)
def test_duplicate_keys(text: str, path: str) -> None:
    found = wrong(text.replace("%s", '{"field": "email", "operator": "exists"}'))
    assert [(each.code, each.path) for each in found] == [(Code.DUPLICATE_KEY, path)]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_not_finite(number: str) -> None:
    text = f'{{"matchType": "all", "filters": [{{"field": "score", "operator": "eq", "value": {number}}}]}}'
    assert codes(text) == [Code.NOT_FINITE]
    assert [each.code for each in wrong(json.loads(text))] == [Code.NOT_FINITE]


def test_every_breach_is_told() -> None:
    text = (
        '{"matchType": "all", "filters": [{"field": "score", "operator": "eq", "value": NaN},'
        '{"field": "score", "operator": "eq", "value": 1e30, "value": 1e31},'
        '{"field": "nickname", "operator": "in", "value": ["\\u0000", "\\ud800"]}]}'
    )
    assert codes(text) == [Code.NOT_FINITE, Code.DUPLICATE_KEY, Code.NUMBER_TOO_LONG, Code.NUL, Code.SURROGATE]


def test_a_limit_is_told_by_path_and_filter() -> None:
    found = wrong(typed(field(20, "eq", "x"), typed(field(20, "in", ["a", "x" * 1025]))))
    assert [(each.path, each.message) for each in found] == [
        ("$.filters[1].filters[0].value[1]", "Filter #2.1: A text has 1025 characters; 1024 are allowed")
    ]


def test_a_long_chain_of_segments_ends_in_a_message() -> None:
    chain: dict[Id, object] = {number: typed(refers(number + 1)) for number in range(1, 200)}
    chain[200] = typed(field(22, "eq", True))
    catalog = replace(CATALOG, segments=chain)
    with at_most(1):
        assert codes(typed(refers(169)), catalog) == [Code.TOO_DEEP]
        assert codes(typed(refers(170)), catalog) == []
        assert codes(typed(refers(1)), catalog) == [Code.INVALID_SEGMENT]
    assert len(messages(typed(refers(1)), catalog)[0]) < 2000


def test_a_diamond_of_references_is_no_explosion() -> None:
    """Each segment names the next two twice over: 2^100 ways to the bottom."""
    diamond: dict[Id, object] = {
        number: typed(refers(number + 1, number + 2), refers(number + 2, number + 1)) for number in range(1, 100)
    }
    diamond |= {100: typed(field(22, "eq", True)), 101: typed(field(22, "eq", False))}
    with at_most(1):
        assert codes(typed(refers(1)), replace(CATALOG, segments=diamond)) == [Code.INVALID_SEGMENT]


def test_a_wide_net_of_references_is_resolved_quickly() -> None:
    """Every segment names every later one: the walk that looks for circles must not start anew each time."""
    net: dict[Id, object] = {
        number: typed(refers(*range(number + 1, 121))) if number < 120 else typed(field(22, "eq", True))
        for number in range(1, 121)
    }
    with at_most(1):
        assert codes(typed(refers(1)), replace(CATALOG, segments=net)) == [Code.INVALID_SEGMENT]


def test_limits_come_before_everything_else() -> None:
    found: Any = wrong(typed(*[{"type": "nonsense"}] * 501))
    assert [each.code for each in found] == [Code.TOO_MANY_CONDITIONS]
