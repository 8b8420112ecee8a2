"""A real server and a database per test.

The server is `SEGSQL_TEST_DSN`, else a container where a Docker daemon answers, else the bundled
PostgreSQL in a temporary directory. Each xdist worker has its own template database (and, where it is
bundled, its own server), to which the migrations were applied once; each test clones it. A database is
chosen by its name alone, never by `options`, so a pooler with wildcard databases will do.

Roles belong to the server. `sql/roles.sql` is applied to each template; a login for each of its group roles is made
once for all workers, and stays.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from segsql import embedded
from segsql.store import migrations

ROLES_SQL = Path(__file__).parents[2] / "sql" / "roles.sql"
READER, RECOUNTER = "segsql_test_reader", "segsql_test_recounter"
WORKER, SERVER, KEYS = "segsql_test_worker", "segsql_test_server", "segsql_test_keys"
_LOGINS = {
    READER: "segsql_reader",
    RECOUNTER: "segsql_recounter",
    WORKER: "segsql_worker",
    SERVER: "segsql_server",
    KEYS: "segsql_keys",
}

_CONTAINER_IMAGE = "postgres:18"
_number = count()


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """An administrator's connection string to any database of the server under test."""
    if given := os.environ.get("SEGSQL_TEST_DSN"):
        yield given
    elif docker_answers():
        from testcontainers.postgres import PostgresContainer

        with PostgresContainer(_CONTAINER_IMAGE, driver=None) as container:
            yield container.get_connection_url()
    else:
        with (
            tempfile.TemporaryDirectory(prefix="segsql-test-") as home,
            embedded.server(
                Path(home), {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            ) as uri,
        ):
            yield uri


@pytest.fixture(scope="session")
def template(server_dsn: str, worker: str) -> Iterator[str]:
    """The name of a database that has the whole schema with its roles' privileges, and no rows.

    Nobody may be connected to what is cloned, and a pooler would stay.
    """
    name = f"segsql_{worker}_template"
    with database(server_dsn, name) as dsn:
        migrations.migrate(dsn)
        _make_roles(server_dsn, dsn)
        leave = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        _administer(server_dsn, leave)
        yield name


@pytest.fixture(scope="session")
def worker() -> str:
    """A part of database names that no other session or xdist worker uses on the same server."""
    return f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture
def empty_dsn(server_dsn: str, worker: str) -> Iterator[str]:
    """A connection string to a fresh database without the schema."""
    with database(server_dsn, f"segsql_{worker}_{next(_number)}") as dsn:
        yield dsn


@pytest.fixture
def admin_dsn(server_dsn: str, template: str, worker: str) -> Iterator[str]:
    """An administrator's connection string to a fresh database with the schema."""
    with database(server_dsn, f"segsql_{worker}_{next(_number)}", template) as dsn:
        yield dsn


@pytest.fixture
def dsn(admin_dsn: str) -> str:
    """What segsql connects with: the administrator's, unless a module has it log in as somebody else."""
    return admin_dsn


@pytest.fixture
def reader_dsn(server_dsn: str, admin_dsn: str) -> str:
    """The same database for a login that may do what `segsql_reader` may."""
    return login(server_dsn, admin_dsn, READER)


@pytest.fixture
def recounter_dsn(server_dsn: str, admin_dsn: str) -> str:
    """The same database for a login that may do what `segsql_recounter` may."""
    return login(server_dsn, admin_dsn, RECOUNTER)


@pytest.fixture
def worker_dsn(server_dsn: str, admin_dsn: str) -> str:
    """The same database for a login that may do what `segsql_worker` may."""
    return login(server_dsn, admin_dsn, WORKER)


@pytest.fixture
def db(admin_dsn: str) -> Iterator[psycopg.Connection]:
    """An administrator's autocommit connection to the test's database."""
    with connect(admin_dsn) as connection:
        yield connection


def login(server_dsn: str, dsn: str, role: str) -> str:
    return make_conninfo(dsn, user=role, password=_password(server_dsn))


def _password(server_dsn: str) -> str:
    """One for all workers on a server, that nobody knows who does not know the administrator's."""
    return hashlib.sha256(server_dsn.encode()).hexdigest()


def _make_roles(server_dsn: str, dsn: str) -> None:
    """Apply `sql/roles.sql` to a database and make the logins; other workers may be at it on the same server."""
    with connect(server_dsn, autocommit=False) as turn, connect(dsn, autocommit=False) as connection:
        turn.execute("SELECT pg_advisory_xact_lock(hashtextextended('segsql test roles', 0))")
        connection.execute(ROLES_SQL.read_bytes())
        for name, group in _LOGINS.items():
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).rowcount:
                connection.execute(f"CREATE ROLE {name} LOGIN IN ROLE {group}".encode())
            connection.execute(f"ALTER ROLE {name} PASSWORD '{_password(server_dsn)}'".encode())
        connection.commit()


def connect(dsn: str, *, autocommit: bool = True) -> psycopg.Connection:
    return psycopg.connect(dsn, autocommit=autocommit, prepare_threshold=None)


@contextmanager
def database(server_dsn: str, name: str, template: str | None = None) -> Iterator[str]:
    """A new database, a clone of `template` if there is one, dropped on leaving."""
    origin = f"TEMPLATE {template}" if template else ""
    _administer(server_dsn, f"CREATE DATABASE {name} {origin}")
    try:
        yield make_conninfo(server_dsn, dbname=name)
    finally:
        _administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server_dsn: str, statement: str) -> None:
    with connect(server_dsn) as connection:
        connection.execute(statement.encode())


def docker_answers() -> bool:
    """Whether containers can be started here."""
    if shutil.which("docker") is None:
        return False
    command = ["docker", "info", "--format", "{{.ServerVersion}}"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
