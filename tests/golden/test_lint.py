"""Each definition in `lint/` has exactly the findings beside it, as they are printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from golden.cases import LINT, Case, lint_cases, linted, orphans, written_findings
from segsql.errors import Code

ALL = lint_cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_case(case: Case, check: Callable[[Case, str], None]) -> None:
    check(case, written_findings(linted(case)))


def test_nothing_is_left_over() -> None:
    assert orphans(ALL, LINT) == []


def test_every_finding_occurs() -> None:
    found = {finding.code for case in ALL for finding in linted(case).findings}
    assert found >= {code for code in Code if code.startswith("SEG4")}
