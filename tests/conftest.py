"""What holds for every test: a database is opened in `postgres/`, `cli/` and `http_api/` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Never

import psycopg
import pytest

_MAY_CONNECT = ("postgres", "cli", "http_api")


@pytest.fixture(autouse=True)
def _no_database_elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler side never sees a connection; a test of it that opens one fails by that."""
    if Path(str(request.path)).relative_to(Path(__file__).parent).parts[0] in _MAY_CONNECT:
        return

    def refuse(*args: Any, **kwargs: Any) -> Never:
        raise AssertionError(f"a database connection is opened outside of tests/{{{','.join(_MAY_CONNECT)}}}")

    for place in (psycopg, psycopg.Connection, psycopg.AsyncConnection):
        monkeypatch.setattr(place, "connect", refuse)
