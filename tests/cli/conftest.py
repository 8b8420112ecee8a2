"""The command line as a process of its own, on a real server: the same fixtures as `postgres/`, another server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cli.process import Cli, Inside
from postgres.conftest import admin_dsn, connect, database, db, dsn, empty_dsn, server_dsn, template, worker_dsn
from postgres.test_recount_support import add_segment, add_workspace, tagged
from properties.world import WORLD, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["admin_dsn", "db", "dsn", "empty_dsn", "server_dsn", "template", "worker_dsn"]


@pytest.fixture(scope="session")
def worker() -> str:
    """As in `postgres/`, and apart from it: both may use one server."""
    return f"cli_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture
def cli(dsn: str) -> Cli:
    """Commands on the test's own database."""
    return Cli(dsn)


@pytest.fixture
def alone() -> Cli:
    """Commands that have no database to connect to."""
    return Cli(None)


@pytest.fixture
def inside(dsn: str) -> Inside:
    """The same without a process of its own."""
    return Inside(dsn)


@pytest.fixture
def inside_alone() -> Inside:
    """The same without a process of its own."""
    return Inside(None)


@pytest.fixture(scope="module")
def inside_world(world_dsn: str) -> Inside:
    """The same without a process of its own."""
    return Inside(world_dsn)


@pytest.fixture(scope="module")
def world_dsn(server_dsn: str, template: str, worker: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the world, and a workspace 7 with segments that are simple, invalid and never counted."""
    name = f"segsql_{worker}_{request.module.__name__.rpartition('.')[2]}"
    with database(server_dsn, name, template) as made:
        with connect(made) as connection:
            load(WORLD, connection)
            _add_simple_workspace(connection)
        yield made


@pytest.fixture(scope="module")
def world(world_dsn: str) -> Cli:
    """Commands on the world, which they only read."""
    return Cli(world_dsn)


def _add_simple_workspace(connection: psycopg.Connection) -> None:
    add_workspace(connection, 7, contacts=12)
    connection.execute("SELECT declare_builtin_fields(7)")
    add_segment(connection, 71, workspace_id=7)
    add_segment(connection, 72, "[]", workspace_id=7, count=4, at="2026-01-02T03:04:05.678901Z")
    add_segment(connection, 73, tagged(1), workspace_id=7, count=9, at="2026-01-02T03:04:05Z")
    connection.execute("UPDATE segments SET public_id = 'clx_seven', name = %s WHERE id = 71", ('a "name", with\nall',))
