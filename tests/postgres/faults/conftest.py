"""A server of each module's own, to be broken, and a database with segments to count for each test."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from postgres.conftest import ROLES_SQL, connect
from postgres.faults.scene import Scene
from postgres.faults.server import Server
from postgres.faults.world import build
from segsql.store import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = "world"

_number = count()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """The home of a stopped server, with the world as a database to clone."""
    with tempfile.TemporaryDirectory(prefix="segsql-faults-") as base:
        home = Path(base) / "origin"
        with Server(home) as server:
            server.ask(f"CREATE DATABASE {TEMPLATE}")
            dsn = make_conninfo(server.uri, dbname=TEMPLATE)
            migrations.migrate(dsn)
            with connect(dsn) as db:
                db.execute(ROLES_SQL.read_bytes())
                build(db)
        yield home


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """What a module wants its server to be set to."""
    return {}


@pytest.fixture(scope="module")
def server(cluster: Path, settings: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Server]:
    home = cluster.parent / request.module.__name__.rpartition(".")[2]
    home.mkdir()
    subprocess.run(["cp", "-a", str(cluster / "data"), str(home / "data")], check=True)
    with Server(home, settings) as server:
        yield server
    shutil.rmtree(home)


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    """A database of its own, and the proof at the end that the test let it heal."""
    server.start()
    name = f"segsql_{next(_number)}"
    server.ask(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    scene = Scene(server, name)
    server.ask(f"CREATE ROLE {name} LOGIN IN ROLE segsql_recounter")
    yield scene
    assert scene.is_healed, "no recount was run after the fault"
