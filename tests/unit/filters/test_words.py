"""A filter in words: every kind of condition, in both dialects, and nothing that makes it fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segsql.catalog import BUILTINS, Operator
from segsql.filters import ActivityOperator, Names, Rate, describe, parse

NAMES = Names(
    fields={1: "email", 4: "country", 11: "opens_count", 13: "plan", 16: "interests", 20: "Lifetime value"},
    tags={1: "VIP", 2: "Newsletter", 3: "Event guest", 4: "Churn-risk"},
    segments={5: "Big spenders", 6: "Loyal"},
)


def flat(*conditions: object, match: str = "all") -> dict[str, object]:
    """Conditions as triples of field, operator and value, or groups."""
    keys = ("field", "operator", "value")
    filters = [dict(zip(keys, each, strict=True)) if isinstance(each, tuple) else each for each in conditions]
    return {"matchType": match, "filters": filters}


def typed(*conditions: object, condition: str = "AND") -> dict[str, object]:
    return {"condition": condition, "filters": list(conditions)}


def field(field_id: int, operator: str, value: object = None) -> dict[str, object]:
    return {"type": "field", "field_id": field_id, "operator": operator, "value": value}


def tags(operator: str, *ids: int, **more: str) -> dict[str, object]:
    return {"type": "tags", "operator": operator, "value": list(ids), **more}


def words(definition: dict[str, object]) -> str:
    parsed = parse(definition)
    assert parsed.filter is not None
    return describe(parsed.filter, NAMES)


def valid_words(definition: dict[str, object]) -> str:
    assert parse(definition).problems == ()
    return words(definition)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("country", "eq", "DE"), "country is DE"),
        (("country", "neq", "DE"), "country is not DE"),
        (("country", "in", ["DE"]), "country is DE"),
        (("country", "not_in", ["DE"]), "country is not DE"),
        (("plan", "in", ["pro", "team"]), "plan is one of pro, team"),
        (("plan", "not_in", ["pro", "team"]), "plan is none of pro, team"),
        (("plan", "exists", None), "plan is set"),
        (("plan", "not_exists", None), "plan is not set"),
        (("email", "contains", "@example"), "email contains @example"),
        (("email", "not_contains", "+"), 'email does not contain "+"'),
        (("email", "starts_with", "a.b"), "email starts with a.b"),
        (("email", "ends_with", ".org"), "email ends with .org"),
        (("interests", "contains", ["a", "b"]), "interests contains any of a, b"),
        (("interests", "contains", ["a"]), "interests contains a"),
        (("interests", "not_contains", ["a", "b"]), "interests contains none of a, b"),
        (("interests", "eq", ["a", "b"]), "interests is exactly a, b"),
        (("interests", "ne", ["a"]), "interests is not exactly a"),
        (("interests", "eq", []), "interests is empty"),
        (("lifetime_value", "gt", 1000), "lifetime value more than 1,000"),
        (("lifetime_value", "gte", 0.5), "lifetime value at least 0.5"),
        (("lifetime_value", "lt", -3), "lifetime value less than -3"),
        (("lifetime_value", "lte", 12), "lifetime value at most 12"),
        (("consent", "eq", True), "consent is true"),
        (("consent", "ne", False), "consent is not false"),
        (("birthday", "gt", "1990-05-01"), "birthday after 1990-05-01"),
        (("birthday", "gte", "1990-05-01"), "birthday on or after 1990-05-01"),
        (("birthday", "lt", "1990-05-01"), "birthday before 1990-05-01"),
        (("birthday", "lte", "1990-05-01"), "birthday on or before 1990-05-01"),
        (("birthday", "eq", "1990-05-01"), "birthday is 1990-05-01"),
        (("created_at", "within_days", 30), "created within 30 days"),
        (("updated_at", "within_days", 1), "updated within 1 day"),
        (("created_at", "eq", "2026-03-01"), "created on 2026-03-01"),
        (("created_at", "ne", "2026-03-01"), "created not on 2026-03-01"),
        (("created_at", "gte", "2026-03-01T09:30:00Z"), "created at or after 2026-03-01 09:30 UTC"),
        (("created_at", "lte", "0001-01-01T00:00:01+23:59"), "created at or before 0001-01-01 00:00:01 +2359"),
        (("last_open_at", "within_days", 90), "last open within 90 days"),
        (("last_open_at", "not_exists", None), "never opened"),
        (("last_open_at", "exists", None), "has opened"),
        (("last_click_at", "not_exists", None), "never clicked"),
        (("last_click_at", "exists", None), "has clicked"),
        (("opens_count", "gte", 3), "opened at least 3 campaigns"),
        (("opens_count", "eq", 1), "opened exactly 1 campaign"),
        (("opens_count", "ne", 3), "not opened exactly 3 campaigns"),
        (("clicks_count", "gt", 2), "clicked in more than 2 campaigns"),
        (("delivered_count", "lt", 5), "received fewer than 5 campaigns"),
        (("delivered_count", "lte", 5), "received at most 5 campaigns"),
        (("opens_count", "exists", None), "opens count is set"),
        (("open_rate", "gte", 50), "open rate at least 50 %"),
        (("open_rate", "neq", 50), "open rate is not 50 %"),
        (("open_rate", "lt", 12.5), "open rate less than 12.5 %"),
        (("open_rate", "exists", None), "has an open rate"),
        (("click_rate", "exists", None), "has a click rate"),
        (("click_rate", "not_exists", None), "no click rate"),
        (("tags", "exists", None), "has tags"),
        (("tags", "not_exists", None), "has no tags"),
        (("tags", "contains", [2]), "tagged Newsletter"),
        (("metadata.utm_source", "eq", "ads"), "utm_source is ads"),
        (("metadata.utm source\n", "eq", "ads"), '"utm source\\n" is ads'),
        (("metadata.n", "gt", 2), "n more than 2"),
        (("metadata.n", "in", ["a", "b"]), "n is one of a, b"),
        (("metadata.ok", "neq", True), "ok is not true"),
        (("metadata.seen", "within_days", 7), "seen within 7 days"),
        (("metadata.seen", "not_exists", None), "seen is not set"),
    ],
)
def test_flat_condition(condition: tuple[object, ...], expected: str) -> None:
    assert valid_words(flat(condition)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (field(4, "ne", "DE"), "country is not DE"),
        (field(11, "gte", 3), "opened at least 3 campaigns"),
        (field(20, "gte", 500), "Lifetime value at least 500"),
        (field(12, "eq", "x"), "field 12 is x"),
        (tags("contains", 1), "tagged VIP"),
        (tags("contains", 1, 2), "tagged VIP or Newsletter"),
        (tags("contains", 1, 2, 3), 'tagged VIP, Newsletter or "Event guest"'),
        (tags("contains", 1, 7), "tagged VIP or tag 7"),
        (tags("contains", 1, 2, match="all"), "tagged both VIP and Newsletter"),
        (tags("contains", 1, 2, 4, match="all"), "tagged all of VIP, Newsletter, Churn-risk"),
        (tags("contains", 1, match="all"), "tagged VIP"),
        (tags("not_contains", 4), "not tagged Churn-risk"),
        (tags("not_contains", 1, 2), "tagged neither VIP nor Newsletter"),
        (tags("not_contains", 1, 2, 4), "tagged none of VIP, Newsletter, Churn-risk"),
        (tags("not_contains", 1, 2, match="all"), "not tagged both VIP and Newsletter"),
        (tags("eq", 1, 2), "tagged exactly VIP and Newsletter"),
        (tags("ne", 1), "not tagged exactly VIP"),
        ({"type": "open_rate", "operator": "eq", "value": 0}, "open rate is 0 %"),
        ({"type": "click_rate", "operator": "lte", "value": 25}, "click rate at most 25 %"),
        (
            {"type": "last_activity", "operator": "is_after", "value": "2026-03-01T00:00:00Z"},
            "last open or click after 2026-03-01 00:00 UTC",
        ),
        (
            {"type": "last_activity", "operator": "is_before", "value": "2026-03-01"},
            "last open or click before 2026-03-01",
        ),
        (
            {"type": "last_activity", "operator": "within_last_days", "value": 30},
            "last open or click within 30 days",
        ),
        ({"type": "segment", "operator": "in", "value": [5]}, 'in segment "Big spenders"'),
        ({"type": "segment", "operator": "not_in", "value": [6]}, "not in segment Loyal"),
        ({"type": "segment", "operator": "in", "value": [6, 9]}, "in any of the segments Loyal, 9"),
        ({"type": "segment", "operator": "not_in", "value": [6, 9]}, "in none of the segments Loyal, 9"),
    ],
)
def test_typed_condition(condition: dict[str, object], expected: str) -> None:
    assert valid_words(typed(condition)) == expected


A, B = ("a", "eq", 1), ("b", "eq", 2)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (
            flat(("opens_count", "gte", 3), ("last_open_at", "within_days", 90)),
            "opened at least 3 campaigns and last open within 90 days",
        ),
        (flat(A, B, match="any"), "a is 1 or b is 2"),
        (flat(A, flat(A, B, match="any")), "a is 1 and (a is 1 or b is 2)"),
        (flat(A, flat(A, B), match="any"), "a is 1 or (a is 1 and b is 2)"),
        (flat(A, flat(A, B)), "a is 1 and a is 1 and b is 2"),
        (flat(A, flat(B, match="any")), "a is 1 and b is 2"),
        (flat(A, flat(A, B, match="none")), "a is 1 and none of (a is 1 or b is 2)"),
        (flat(A, flat(A, flat(A, B), match="none")), "a is 1 and none of (a is 1 or (a is 1 and b is 2))"),
        (flat(flat(A, match="none")), "not (a is 1)"),
        (flat(flat(flat(A, B), match="none")), "not (a is 1 and b is 2)"),
        (typed(tags("contains", 1, 2), field(4, "eq", "US")), "(tagged VIP or Newsletter) and country is US"),
        (
            typed(tags("contains", 1, 2), field(4, "eq", "US"), condition="OR"),
            "tagged VIP or Newsletter or country is US",
        ),
        (flat(("plan", "in", ["x", "y"]), A), "plan is one of x, y and a is 1"),
        (flat(("plan", "in", ["x", "y"]), A, match="any"), "(plan is one of x, y) or a is 1"),
    ],
)
def test_groups(definition: dict[str, object], expected: str) -> None:
    assert valid_words(definition) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("New York", '"New York"'),
        ("15", '"15"'),
        ("true", '"true"'),
        ("", '""'),
        ('say "hi"', '"say \\"hi\\""'),
        ("Köln", "Köln"),
        ("\x1b[31m\u202e", '"\\u001b[31m\\u202e"'),
        ("x" * 100, f'"{"x" * 47}…"'),
        (10**20, "100,000,000,000,000,000,000"),
    ],
)
def test_values_are_told_apart_and_harm_no_terminal(value: object, expected: str) -> None:
    assert words(flat(("a", "eq", value))) == f"a is {expected}"


def test_a_long_list_is_cut() -> None:
    assert words(flat(("a", "in", [f"v{n}" for n in range(1000)]))) == (
        "a is one of v0, v1, v2, v3, v4, v5 and 994 more"
    )
    assert words(typed(tags("contains", *range(1, 9)))) == (
        'tagged VIP, Newsletter, "Event guest", Churn-risk, tag 5, tag 6 or 2 more'
    )


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (flat(), "no condition"),
        (flat(("a", "like", {"b": [None]})), 'a like "{\\"b\\": [null]}"'),
        (flat({"field": "a"}), "a nothing nothing"),
        (flat(("opens_count", "contains", 1)), "opened contains 1 campaign"),
        (typed(field(1, "gt", "soon")), "email more than soon"),
    ],
)
def test_what_is_wrong_gets_words_too(definition: dict[str, object], expected: str) -> None:
    assert words(definition) == expected


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = SCALARS | st.lists(SCALARS, max_size=9) | st.dictionaries(st.text(), SCALARS, max_size=2)
OPERATORS = SCALARS | st.sampled_from([*Operator, *ActivityOperator, "neq"])
FIELDS = st.text() | st.sampled_from([*BUILTINS, *Rate, "tags", "metadata.x", "a_b"])
CONDITIONS = st.fixed_dictionaries({"field": FIELDS, "operator": OPERATORS, "value": VALUES}) | st.fixed_dictionaries(
    {
        "type": st.sampled_from(["field", "tags", *Rate, "last_activity", "segment"]),
        "operator": OPERATORS,
        "value": VALUES | st.lists(st.integers(0, 9)),
    },
    optional={"field_id": st.integers(), "match": st.sampled_from(["any", "all"])},
)
GROUPS = st.recursive(
    CONDITIONS,
    lambda below: st.fixed_dictionaries(
        {"filters": st.lists(below, max_size=4)},
        optional={
            "matchType": st.sampled_from(["all", "any", "none"]),
            "condition": st.sampled_from(["AND", "OR", "NOT"]),
        },
    ),
    max_leaves=12,
)


@given(GROUPS)
def test_it_never_fails_and_gives_one_printable_line(definition: dict[str, object]) -> None:
    parsed = parse(definition)
    if parsed.filter is not None:
        assert describe(parsed.filter, NAMES).isprintable()
