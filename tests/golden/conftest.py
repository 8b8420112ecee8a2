"""`pytest tests/golden --accept` writes down what the compiler says now; read the difference before keeping it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from golden.cases import Case

Check = Callable[[Case, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite the golden files as they come out now")


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Check:
    """Compare what came out with the golden file, or accept it."""
    accepting = request.config.getoption("--accept", default=False)

    def compare(case: Case, found: str) -> None:
        if accepting:
            case.expected.write_text(found, encoding="utf-8", newline="\n")
        assert case.expected.exists(), f"{case.name} has no {case.expected.name}: run with --accept and read it"
        assert found == case.expected.read_text(encoding="utf-8")

    return compare
