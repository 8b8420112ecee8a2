"""The text of shared scans: what is computed once, and which parts are kept (spec 6)."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest

from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.catalog import Catalog
from segsql.compiler import WorkspaceCompiler
from segsql.plan.codes import MIN_NUMBERS
from segsql.render import forget, parts
from segsql.render.statement import Statement
from unit.compiling import flat, named


def scan(*definitions: object, cuts: tuple[int, ...] = ()) -> Statement:
    catalog = Catalog(
        workspace_id=WORKSPACE_ID,
        fields=CATALOG.fields,
        tags=CATALOG.tags,
        segments=dict(enumerate(definitions, start=1)),
    )
    compiler = WorkspaceCompiler(catalog, workspace_id=WORKSPACE_ID, now=NOW)
    return compiler.scan(compiler.segment_ids, cuts).statement


def test_an_expression_is_computed_once() -> None:
    """However many tests read it."""
    text = scan(*(flat(named("email", "contains", part)) for part in "abc")).sql
    assert text.count('LOWER("c"."email")') == 1
    assert text.count(" LIKE ") == 3


def test_a_dear_test_of_several_segments_is_computed_once() -> None:
    contains = named("email", "contains", "example")
    text = scan(
        flat(contains), flat(contains, named("opens_count", "gt", 1)), flat(named("email", "contains", "x"))
    ).sql
    assert text.count(" LIKE ") == 2
    assert text.count('"y"."c0" LIKE') == 1


def test_without_codes_and_such_tests_there_is_one_derived_table() -> None:
    assert '"y"' not in scan(flat(named("country", "eq", "DE"))).sql


def test_many_numbers_have_a_code() -> None:
    statement = scan(*(flat(named("opens_count", "gte", number)) for number in range(MIN_NUMBERS)))
    assert statement.sql.count("WIDTH_BUCKET") == 1
    assert len(re.findall(r'"x"\."c0" >= CAST', statement.sql)) == MIN_NUMBERS


def test_cheap_tests_stand_first() -> None:
    text = scan(flat(named("email", "contains", "x"), named("country", "eq", "DE"))).sql
    assert text.index('"x"."c0" = ') < text.index(" LIKE ")


def test_branches_differ_in_their_range_alone() -> None:
    one = scan(flat(named("country", "eq", "DE")), cuts=(10, 20)).sql
    branches = one.split("UNION ALL")
    assert len(branches) == 3
    assert len({branch.count("COUNT(*)") for branch in branches}) == 1
    assert one.count('"contacts" AS "c"') == 3


@pytest.mark.parametrize("cuts", [(), (10,)])
def test_values_are_not_in_the_text(cuts: tuple[int, ...]) -> None:
    def text(number: int, country: str) -> str:
        return scan(flat(named("opens_count", "gt", number), named("country", "eq", country)), cuts=cuts).sql

    assert text(1, "DE") == text(2, "FR")


def test_a_segment_seen_in_another_scan_is_not_rendered_again() -> None:
    """Whatever stands beside it there, and whichever numbers its parameters have."""
    first, second = flat(named("opens_count", "gt", 1)), flat(named("country", "eq", "DE"))
    third = flat(named("email", "contains", "x"), named("first_name", "eq", "y"))
    forget()
    for definitions in ([first, second], [third]):
        scan(*definitions)
    with patch.object(parts, "condition", side_effect=AssertionError("rendered again")):
        scan(third, second, first)
        scan(flat(named("country", "eq", "FR")), first)
