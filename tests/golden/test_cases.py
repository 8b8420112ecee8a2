"""Each definition in `cases/` compiles to the SQL and the parameters beside it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from golden.cases import CASES, Case, compiled, orphans, valid_cases, written_statement
from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.compiler import compile_segment

ALL = valid_cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_case(case: Case, check: Callable[[Case, str], None]) -> None:
    check(case, written_statement(compiled(case)))


def test_nothing_is_left_over() -> None:
    assert orphans(ALL, CASES) == []


def test_both_dialects_say_the_same() -> None:
    """A condition on a field is the same SQL in either dialect; only the flat one has windows of days."""
    by_dialect = {
        dialect: {case.name.split("/")[1]: compiled(case) for case in ALL if case.name.startswith(f"{dialect}/")}
        for dialect in ("flat", "typed")
    }
    only_flat = {name for name in by_dialect["flat"] if name.endswith("_within_days")}
    assert by_dialect["flat"].keys() - only_flat == by_dialect["typed"].keys()
    for name, statement in by_dialect["typed"].items():
        assert by_dialect["flat"][name] == statement


def test_an_object_compiles_like_its_text() -> None:
    for case in ALL:
        definition = json.loads(case.document.read_text(encoding="utf-8"))
        if not definition.keys() - {"condition", "matchType", "filters"} and isinstance(definition["filters"], list):
            found = compile_segment(definition, CATALOG, workspace_id=WORKSPACE_ID, now=NOW)
            assert found == compiled(case), case.name
