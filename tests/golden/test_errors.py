"""Each definition in `errors/` has exactly the problems beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from golden.cases import ERRORS, Case, diagnosed, orphans, written_diagnostics, wrong_cases
from segsql.errors import Code

ALL = wrong_cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_case(case: Case, check: Callable[[Case, str], None]) -> None:
    found = diagnosed(case)
    assert found, "the definition compiles"
    check(case, written_diagnostics(found))


def test_nothing_is_left_over() -> None:
    assert orphans(ALL, ERRORS) == []


def test_every_code_occurs() -> None:
    not_of_definitions = {code for code in Code if code.startswith(("SEG4", "SEG6", "SEG9"))}
    assert {found.code for case in ALL for found in diagnosed(case)} == set(Code) - not_of_definitions
