"""The filter messages of the public create document, copied from it byte for byte, and what spec 5 adds to them.

Nothing here is computed from segsql's own tables: a list of operators is written out as the document has it.
"""

from __future__ import annotations

from typing import Any

import pytest

from unit.compiling import field, flat, messages, named, typed, wrong

GOOD: dict[str, Any] = {"type": "field", "field_id": 1, "operator": "eq", "value": "test@example.com"}


@pytest.mark.parametrize(
    "definition",
    [{"filters": [GOOD]}, {}, typed(GOOD, condition="XOR"), typed(GOOD, condition="NOT"), typed(GOOD, condition="and")],
)
def test_root_condition(definition: dict[str, Any]) -> None:
    assert messages(definition)[0] == "Filter condition must be AND or OR"


def test_flat_root_that_negates() -> None:
    assert messages(flat(named("email", "exists"), match="none")) == ["Filter condition must be AND or OR"]


@pytest.mark.parametrize("group", [{"condition": "XOR", "filters": [GOOD]}, {"filters": [GOOD]}])
def test_nested_condition(group: dict[str, Any]) -> None:
    assert messages(typed(GOOD, group)) == ["Filter #2: Filter condition must be AND, OR or NOT"]


@pytest.mark.parametrize(
    "definition",
    [{"condition": "AND"}, typed(), {"condition": "OR", "filters": None}, {"matchType": "any", "filters": {}}],
)
def test_no_filters(definition: dict[str, Any]) -> None:
    assert messages(definition) == ["At least one filter is required"]


def test_no_filters_nested() -> None:
    assert messages(typed(GOOD, typed(GOOD, typed()))) == ["Filter #2.2: At least one filter is required"]


@pytest.mark.parametrize("value", ["1", None, True, 1.5, [1], {}])
def test_field_id_that_is_no_integer(value: object) -> None:
    assert messages(typed({**GOOD, "field_id": value})) == ["Filter #1: Please provide a valid field_id"]


def test_field_id_missing() -> None:
    condition = {key: value for key, value in GOOD.items() if key != "field_id"}
    assert messages(typed(GOOD, GOOD, condition)) == ["Filter #3: Please provide a valid field_id"]


def test_field_id_that_does_not_exist_and_nothing_more_about_it() -> None:
    condition = {"type": "field", "field_id": 999, "operator": "nonsense", "value": {}, "extra": 1}
    assert messages(typed(condition)) == ["Filter #1: The specified field_id does not exist"]


def test_field_id_with_a_point_is_an_integer() -> None:
    assert messages(typed({**GOOD, "field_id": 1.0})) == []


@pytest.mark.parametrize(
    ("field_id", "key", "operators"),
    [
        (20, "nickname", "eq, ne, contains, not_contains, starts_with, ends_with, in, not_in, exists, not_exists"),
        (21, "score", "eq, ne, gt, lt, gte, lte, exists, not_exists"),
        (22, "vip", "eq, ne, exists, not_exists"),
        (24, "channel", "eq, ne, in, not_in, exists, not_exists"),
        (25, "labels", "eq, ne, contains, not_contains, exists, not_exists"),
        (26, "residence", "eq, ne, in, not_in, exists, not_exists"),
    ],
)
def test_field_operators(field_id: int, key: str, operators: str) -> None:
    expected = [f"Filter #1: Invalid operator for field filter. Must be one of: {operators}"]
    assert messages(typed(field(field_id, "matches", "x"))) == expected
    assert messages(flat(named(key, "matches", "x"))) == expected
    assert messages(typed({"type": "field", "field_id": field_id, "value": "x"})) == expected
    assert messages(flat({"field": key, "value": "x"})) == expected


def test_date_operators() -> None:
    assert messages(typed(field(23, "within_days", 5))) == [
        "Filter #1: Invalid operator for field filter. Must be one of: eq, ne, gt, lt, gte, lte, exists, not_exists"
    ]
    assert messages(flat(named("birthday", "contains", "x"))) == [
        (
            "Filter #1: Invalid operator for field filter. "
            "Must be one of: eq, ne, gt, lt, gte, lte, within_days, exists, not_exists"
        )
    ]


@pytest.mark.parametrize("value", [[], "1", 1, None, ["1"], [1.5], [True], [[1]], {}])
def test_tags_value(value: object) -> None:
    expected = ["Filter #1: Tags filter value must be an array of tag IDs."]
    assert messages(typed({"type": "tags", "operator": "contains", "value": value})) == expected
    assert messages(flat(named("tags", "contains", value))) == expected


def test_tags_operator() -> None:
    expected = "Filter #1: Invalid operator for tags filter. Must be one of: eq, ne, contains, not_contains"
    for operator in ("in", "exists", "neq", "", None):
        assert messages(typed({"type": "tags", "operator": operator, "value": [1]})) == [expected]
    assert messages(typed({"type": "tags", "value": [1]})) == [expected]


def test_unknown_tags_in_document_order() -> None:
    assert messages(typed({"type": "tags", "operator": "eq", "value": [1, 99]})) == [
        "Filter #1: The specified tag ID does not exist: 99"
    ]
    assert messages(typed({"type": "tags", "operator": "eq", "value": [99, 1, 98]})) == [
        "Filter #1: The specified tag ID does not exist: 99",
        "Filter #1: The specified tag ID does not exist: 98",
    ]


@pytest.mark.parametrize("rate", ["open_rate", "click_rate"])
def test_rate_operator(rate: str) -> None:
    expected = f"Filter #1: Invalid operator for {rate.replace('_', ' ')} filter. Must be one of: eq, gt, lt, gte, lte"
    for operator in ("ne", "neq", "exists", "contains"):
        assert messages(typed({"type": rate, "operator": operator, "value": 50})) == [expected]
    assert messages(typed({"type": rate, "value": 50})) == [expected]


@pytest.mark.parametrize("rate", ["open_rate", "click_rate"])
@pytest.mark.parametrize("value", [-1, 101, 50.5, "50", None, True, [50], 10**29])
def test_rate_value(rate: str, value: object) -> None:
    assert messages(typed({"type": rate, "operator": "gte", "value": value})) == [
        "Filter #1: Value must be between 0 and 100"
    ]


@pytest.mark.parametrize("value", [0, 100, 50.0])
def test_rate_value_at_the_ends(value: object) -> None:
    assert messages(typed({"type": "open_rate", "operator": "gte", "value": value})) == []


def test_flat_rate_takes_fractions_and_more_operators() -> None:
    assert messages(flat(named("open_rate", "neq", 12.5), named("click_rate", "exists"))) == []
    assert messages(flat(named("open_rate", "gt", 100.5))) == ["Filter #1: Value must be between 0 and 100"]


def test_last_activity_operator() -> None:
    for operator in ("eq", "within_days", None, "exists"):
        assert messages(typed({"type": "last_activity", "operator": operator, "value": 30})) == [
            (
                "Filter #1: Invalid operator for last activity filter. "
                "Must be one of: is_after, is_before, within_last_days"
            )
        ]


def test_segments() -> None:
    def segment(*ids: int) -> dict[str, Any]:
        return {"type": "segment", "operator": "in", "value": list(ids)}

    assert messages(typed(GOOD, segment(1, 999))) == ["Filter #2: The specified segment ID does not exist: 999"]
    assert messages(typed(segment())) == ["Filter #1: Segment filter value must be an array of segment IDs."]
    assert messages(typed(segment(70))) == [
        "Filter #1: The segment 70 is itself invalid: Filter #1: The specified field_id does not exist"
    ]


def test_nested_prefix_in_both_dialects() -> None:
    assert messages(typed(GOOD, typed({"type": "open_rate", "operator": "gte", "value": 101}))) == [
        "Filter #2.1: Value must be between 0 and 100"
    ]
    assert messages(flat(named("email", "exists"), flat(named("open_rate", "gte", 101), match="none"))) == [
        "Filter #2.1: Value must be between 0 and 100"
    ]


def test_the_first_in_document_order_is_the_single_message() -> None:
    definition = typed(
        typed({"type": "tags", "operator": "eq", "value": [99]}, {"type": "open_rate", "operator": "gte"}),
        field(20, "nonsense", "x"),
        {"type": "nonsense"},
    )
    assert messages(definition)[:3] == [
        "Filter #1.1: The specified tag ID does not exist: 99",
        "Filter #1.2: Value must be between 0 and 100",
        (
            "Filter #2: Invalid operator for field filter. "
            "Must be one of: eq, ne, contains, not_contains, starts_with, ends_with, in, not_in, exists, not_exists"
        ),
    ]
    assert len(messages(definition)) == 4


def test_the_first_in_document_order_within_one_condition() -> None:
    found = wrong(typed({**field(20, "nonsense", "x"), "extra": 1}))
    assert [each.path for each in found] == ["$.filters[0].operator", "$.filters[0].extra"]


def test_more_than_nine_filters_are_in_order() -> None:
    found = messages(typed(*[{"type": "open_rate", "operator": "gte"}] * 12))
    assert found == [f"Filter #{number}: Value must be between 0 and 100" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("definition", "hint"),
    [
        (flat(named("open_count", "gte", 3)), "Did you mean opens_count?"),
        (flat(named("EMAIL", "eq", "x")), "Did you mean email?"),
        (flat(named("last_opened_at", "exists")), "Did you mean last_open_at?"),
        (typed({"type": "tag", "operator": "eq", "value": [1]}), "Did you mean tags?"),
        (typed(field(20, "startswith", "x")), "Did you mean starts_with?"),
        (typed({"type": "last_activity", "operator": "after", "value": "2026-01-01"}), "Did you mean is_after?"),
        (typed(field(31, "eq", "pros")), "Did you mean pro?"),
        (typed(field(26, "eq", "de")), "Did you mean DE?"),
        ({"condition": "AND", "filter": [GOOD], "filters": [GOOD]}, "Did you mean filters?"),
        (typed({**GOOD, "vlaue": 1}), "Did you mean value?"),
    ],
)
def test_did_you_mean(definition: dict[str, Any], hint: str) -> None:
    assert [found.hint for found in wrong(definition)] == [hint]


@pytest.mark.parametrize("kind", ["field", "tags", "open_rate", "click_rate", "last_activity", "segment"])
@pytest.mark.parametrize("operator", [{}, {"operator": None}])
def test_nobody_means_anything_by_a_missing_operator(kind: str, operator: dict[str, Any]) -> None:
    condition = {"type": kind, **({"field_id": 20} if kind == "field" else {}), **operator, "value": [1]}
    assert wrong(typed(condition))[0].hint == ""


@pytest.mark.parametrize("operator", [{}, {"operator": None}])
def test_nor_by_one_in_the_flat_dialect(operator: dict[str, Any]) -> None:
    for name in ("nickname", "tags", "open_rate", "metadata.x"):
        assert wrong(flat({"field": name, **operator, "value": 5}))[0].hint == ""
