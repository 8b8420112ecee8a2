"""A server process on a database of the module's own, and clients with keys: real HTTP, a real PostgreSQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from http_api.serving import Served, fill, serving
from postgres.conftest import SERVER, connect, database, login, server_dsn, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["server_dsn", "template"]


@pytest.fixture(scope="session")
def worker() -> str:
    """As in `postgres/`, and apart from it: both may use one server."""
    return f"http_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture(scope="module")
def admin_dsn(server_dsn: str, template: str, worker: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with workspaces 1 and 2, which have the same ids and other contents."""
    name = f"segsql_{worker}_{request.module.__name__.rpartition('.')[2]}"
    with database(server_dsn, name, template) as made:
        with connect(made) as connection:
            fill(connection)
        yield made


@pytest.fixture(scope="module")
def dsn(server_dsn: str, admin_dsn: str) -> str:
    """The same database for a login that may do what `segsql_server` may: the server's own."""
    return login(server_dsn, admin_dsn, SERVER)


@pytest.fixture(scope="module")
def served(dsn: str) -> Iterator[Served]:
    """The server."""
    with serving(dsn) as server:
        yield server


@pytest.fixture
def db(admin_dsn: str) -> Iterator[psycopg.Connection]:
    """An administrator's autocommit connection to the module's database."""
    with connect(admin_dsn) as connection:
        yield connection
