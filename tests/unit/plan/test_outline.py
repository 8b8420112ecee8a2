"""What is kept of a plan is looked up by an outline: all of the predicate but its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from golden.cases import cases_of_the_default
from golden.cases import compiled as golden
from golden.catalog import CATALOG
from segsql import plan
from segsql.catalog import Id
from segsql.filters import parse
from segsql.plan import Resolver, kept, segment
from segsql.plan.fold import fold
from segsql.plan.outline import Asked, Outline, ask
from segsql.plan.strategy import MAX_BITS
from unit.compiling import Json, compiled, flat, named

MANY_TAGS: dict[Id, str] = {number: f"tag {number}" for number in range(1, 2 * MAX_BITS + 1)}


def asked(*conditions: Json) -> Asked:
    predicate = Resolver(CATALOG).resolve(parse(flat(*conditions))).predicate
    assert predicate is not None
    return ask(fold(predicate))


def outline(*conditions: Json) -> Outline:
    return asked(*conditions).outline


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("opens_count", "gt", 1), named("opens_count", "gt", 2)),
        (named("email", "in", ["a"]), named("email", "in", ["a", "b"])),
        (named("created_at", "eq", "2026-01-01"), named("created_at", "eq", "2026-01-01T00:00:00Z")),
        (named("tags", "contains", [1]), named("tags", "contains", [1, 2])),
        (named("metadata.a", "eq", "x"), named("metadata.b", "eq", "y")),
    ],
)
def test_values_change_no_outline(one: Json, other: Json) -> None:
    assert outline(one) == outline(other)
    assert outline(one, other) != outline(one, one), "which are equal does"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("opens_count", "gt", 1), named("opens_count", "lt", 1)),
        (named("opens_count", "gt", 1), named("clicks_count", "gt", 1)),
        (named("email", "eq", "a"), named("email", "neq", "a")),
        (named("email", "eq", "a"), named("email", "in", ["a"])),
        (named("email", "contains", "a"), named("email", "starts_with", "a")),
        (named("nickname", "eq", "a"), named("metadata.nickname", "eq", "a")),
        (named("metadata.a", "eq", "1"), named("metadata.a", "eq", 1)),
        (named("tags", "contains", [1]), {**named("tags", "contains", [1]), "match": "all"}),
        (named("open_rate", "gt", 1), named("click_rate", "gt", 1)),
    ],
)
def test_kinds_do(one: Json, other: Json) -> None:
    assert outline(one) != outline(other)


def test_which_keys_are_equal_does() -> None:
    a, b = named("metadata.a", "eq", "x"), named("metadata.b", "eq", "x")
    longer = named("metadata.a", "starts_with", "x")
    assert outline(a, longer) != outline(b, longer)


def test_tests_have_places() -> None:
    one, other = named("opens_count", "gt", 1), named("opens_count", "gt", 2)
    found = asked(one, other, one)
    assert len(found.tests) == 2
    assert found.places == (0, 1, 0)


def values_in(kept: object) -> Iterator[object]:
    """What a kept object holds, as far down as there is something of a definition."""
    if isinstance(kept, tuple):
        for member in kept:
            yield from values_in(member)
    elif is_dataclass(kept) and not isinstance(kept, type):
        for field in fields(kept):
            yield from values_in(getattr(kept, field.name))
    else:
        yield kept


@pytest.mark.parametrize("case", cases_of_the_default(), ids=lambda case: case.name)
def test_nothing_kept_has_a_value(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def noting(make: Any, kind: Any, *key: Any) -> Any:
        made = kept.kept(make, kind, *key)
        seen.extend((key, made))
        return made

    monkeypatch.setattr(segment, "kept", noting)
    values = {str(parameter.value) for parameter in golden(case).parameters[1:]}
    assert seen
    held = list(values_in(tuple(seen)))
    assert not any(isinstance(each, Decimal) for each in held)
    texts = {each for each in held if isinstance(each, str) and not isinstance(each, Enum)}
    assert not texts & values - CATALOG.field_by_key.keys()


def test_a_seen_shape_is_not_planned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiled(flat(named("opens_count", "gt", 1), named("nickname", "eq", "x")))
    monkeypatch.setattr(segment, "choose", None)
    after = compiled(flat(named("opens_count", "gt", 2), named("nickname", "eq", "y")))
    assert after.sql is before.sql
    assert [parameter.value for parameter in after.parameters[1:]] == [Decimal(2), "y"]


@pytest.mark.parametrize("numbers", [(1, MAX_BITS, MAX_BITS + 1), (MAX_BITS + 1, MAX_BITS, 1)])
def test_tags_are_bits_up_to_so_many(numbers: tuple[int, ...]) -> None:
    """Whichever of two definitions with one outline was seen first."""
    catalog = replace(CATALOG, tags=MANY_TAGS)
    plan.forget()
    for number in numbers:
        tags = named("tags", "contains", list(range(1, number + 1)))
        statement = compiled(flat(tags, named("email", "eq", "x"), match="any"), catalog)
        assert ("tag_bits" in statement.sql) is (number <= MAX_BITS)
        assert statement.parameters[-1].value == tuple(range(1, number + 1))


@pytest.mark.parametrize("case", cases_of_the_default(), ids=lambda case: case.name)
def test_what_is_kept_changes_no_statement(case: Any) -> None:
    plan.forget()
    fresh = golden(case)
    again = golden(case)
    assert (fresh.sql, fresh.parameters, fresh.strategies) == (again.sql, again.parameters, again.strategies)
