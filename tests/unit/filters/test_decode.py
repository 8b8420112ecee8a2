"""JSON text to values that have lost nothing, and the definition inside a user's document."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from segsql.errors import Code, InvalidDefinition
from segsql.filters import decode, parse_document, whole

DEFINITION = '{"condition": "AND", "filters": [{"type": "field", "field_id": 1, "operator": "exists"}]}'

TYPED_SEGMENT = (
    f'{{"id": 1, "name": "x", "filters": {DEFINITION}, "contact_count": 0, "created_at": "x", "updated_at": "x"}}'
)
FLAT_SEGMENT = (
    '{"id": "c", "name": "x", "description": null, "matchType": "all", '
    '"filters": [{"field": "email", "operator": "exists"}], "cachedCount": 1, "lastCountedAt": null, "createdAt": "x"}'
)


def refused(definition: Any) -> tuple[Code, str]:
    with pytest.raises(InvalidDefinition) as caught:
        decode(definition)
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.path == "$"
    return diagnostic.code, diagnostic.message


def test_numbers_stay_exact() -> None:
    text = "[1, 1.0, 1e2, 0.1, 12345678901234567890123456789.5, -0.0]"
    assert str(decode(text)) == str(
        [
            1,
            Decimal("1.0"),
            Decimal("1E+2"),
            Decimal("0.1"),
            Decimal("12345678901234567890123456789.5"),
            Decimal("-0.0"),
        ]
    )


def test_a_float_of_an_object_is_its_shortest_text() -> None:
    assert decode({"a": 0.1, "b": 1e22}) == {"a": Decimal("0.1"), "b": Decimal("1e22")}


def test_bytes_may_begin_with_a_byte_order_mark() -> None:
    assert decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", ["", " ", "\n\t", b"", b"\xef\xbb\xbf"])
def test_nothing(text: str | bytes) -> None:
    assert refused(text) == (Code.NOT_JSON, "The text is not JSON: it is empty")


@pytest.mark.parametrize(
    "text",
    ["{", "{]", "{'a': 1}", '{"a": 1,}', '{"a": 01}', '{"a": +1}', '{"a": .5}', "nul", "{} {}", '"\t"', "// c\n{}"],
)
def test_no_json(text: str) -> None:
    assert refused(text)[0] is Code.NOT_JSON


@pytest.mark.parametrize("text", [b"\xff\xfe{\x00}\x00", b'{"a": "\xc3"}', '{"a": 1}'.encode("utf-16")])
def test_no_utf8(text: bytes) -> None:
    assert refused(text)[0] is Code.NOT_JSON


def test_too_large_to_read() -> None:
    assert refused(" " * (4 * 1024 * 1024) + "{}")[0] is Code.TOO_LARGE


@pytest.mark.parametrize("text", ["[" * 100_000, '{"filters":[' * 50_000, '{"a":' * 100_000])
def test_too_deep_to_read(text: str) -> None:
    assert refused(text)[0] is Code.TOO_DEEP


def test_an_object_that_holds_itself() -> None:
    endless: dict[str, Any] = {"condition": "AND"}
    endless["filters"] = [endless]
    assert refused(endless)[0] is Code.TOO_DEEP


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        (-5, -5),
        (Decimal("30.0"), 30),
        (Decimal("3e2"), 300),
        (Decimal("-0.0"), 0),
        (True, None),
        (False, None),
        (None, None),
        ("1", None),
        (Decimal("1.5"), None),
        (1.5, None),
        ([1], None),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        (Decimal("99999999999999999999999999999.0"), 99999999999999999999999999999),
    ],
)
def test_whole(value: object, number: int | None) -> None:
    assert whole(value) == number
    assert whole(value) is not True


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (DEFINITION, "$"),
        (f'{{"name": "x", "filters": {DEFINITION}}}', "$.filters"),
        (TYPED_SEGMENT, "$.filters"),
        (f'{{"data": {{"id": 1, "name": "x", "filters": {DEFINITION}}}}}', "$.data.filters"),
        (f'{{"data": {DEFINITION}}}', "$.data"),
        (FLAT_SEGMENT, "$"),
    ],
)
def test_documents(document: str, path: str) -> None:
    parsed = parse_document(document)
    assert parsed.problems == ()
    assert parsed.filter is not None
    assert parsed.filter.root.place.path == path
    assert parse_document(document.encode()) == parsed


@pytest.mark.parametrize(
    "document",
    [
        f'{{"name": "x", "filters": {DEFINITION}, "filters": {DEFINITION}}}',
        f'{{"name": "x", "name": "y", "filters": {DEFINITION}}}',
        f'{{"data": {DEFINITION}, "data": {DEFINITION}}}',
        '{"name": "x", "name": "y", "matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}',
    ],
)
def test_a_key_that_stands_twice_around_the_definition(document: str) -> None:
    assert [problem.diagnostic.code for problem in parse_document(document).problems] == [Code.DUPLICATE_KEY]


@pytest.mark.parametrize(
    "document",
    [
        '{"name": "x", "condition": "AND", "filters": [{"type": "field", "field_id": 1, "operator": "exists"}]}',
        f'{{"nmae": "x", "filters": {DEFINITION}}}',
        f'{{"data": {DEFINITION}, "more": 1}}',
        "[]",
        "null",
        "1",
    ],
)
def test_other_keys_are_for_the_parser_to_refuse(document: str) -> None:
    assert parse_document(document).problems


def test_an_object_means_what_its_text_means() -> None:
    assert decode(json.loads(DEFINITION)) == decode(DEFINITION)
    assert decode({"a": (1, 2)}) == {"a": [1, 2]}
