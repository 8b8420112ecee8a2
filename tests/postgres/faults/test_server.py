"""What may befall the server, and those who come to it."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from cli.process import Cli
from postgres.conftest import connect
from postgres.faults.rows import SERVER
from postgres.faults.server import until
from postgres.faults.world import WHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")
NOTHING_DONE = set(WHERE)


@pytest.mark.parametrize(("name", "how"), [("restarted fast", signal.SIGINT), ("restarted at once", signal.SIGQUIT)])
def test_the_server_is_restarted(scene: Scene, name: str, how: signal.Signals) -> None:
    with scene.gate() as closed:
        run = scene.start()
        closed.waiter(run)
        scene.change()
        scene.server.restart(how)
    assert scene.ended(run, SERVER[name]) == ALL
    scene.heals()


def test_the_server_stays_away(scene: Scene) -> None:
    """The batch that was written before stays written, and the report says so."""
    fleet = scene.add_fleet()
    with scene.gate() as closed:
        run = scene.start("--jobs", "1", "--patience", "2s")
        closed.waiter(run)
        scene.server.stop()
    run.wait(60)
    scene.server.start()
    statuses = scene.ended(run, SERVER["gone"])
    done = {key for key, status in statuses.items() if status == "counted"}
    assert done
    assert done < fleet
    assert scene.untouched() == scene.segments.keys() - done
    scene.heals()


def test_the_server_is_down_at_the_start(scene: Scene) -> None:
    scene.server.stop()
    done = Cli(scene.dsn)("recount", "--patience", "2s", seconds=20)
    scene.server.start()
    assert scene.seen(done, SERVER["down"]) == {}
    assert scene.untouched() == NOTHING_DONE
    scene.heals()


def refuses(dsn: str) -> bool:
    try:
        connect(dsn).close()
    except psycopg.OperationalError:
        return True
    return False


@pytest.fixture
def guarded(scene: Scene) -> Iterator[Scene]:
    """The server asks this role for a password."""
    rules = scene.server.home / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all {scene.name} scram-sha-256\n{before}")
    scene.ask(f"ALTER ROLE {scene.name} PASSWORD 'right'")
    scene.ask("SELECT pg_reload_conf()")
    assert until(lambda: refuses(scene.dsn))
    yield scene
    rules.write_text(before)
    scene.ask("SELECT pg_reload_conf()")


def test_the_password_is_wrong(guarded: Scene) -> None:
    scene = guarded
    done = Cli(make_conninfo(scene.dsn, password="hunter2"))("recount")
    assert scene.seen(done, SERVER["wrong password"]) == {}
    assert "hunter2" not in done.err
    assert scene.untouched() == NOTHING_DONE
    scene.heals(dsn=make_conninfo(scene.dsn, password="right"))


@pytest.mark.parametrize(("name", "what"), [("wrong database", "dbname"), ("wrong role", "user")])
def test_the_database_or_role_is_not_there(scene: Scene, name: str, what: str) -> None:
    dsn = make_conninfo(scene.dsn, **{what: "no_such_thing"})
    scene.seen(Cli(dsn)("recount"), SERVER[name], role=scene.name if what == "dbname" else "no_such_thing")
    assert scene.untouched() == NOTHING_DONE
    scene.heals()


def test_the_server_is_read_only(scene: Scene) -> None:
    scene.set_for_runs("default_transaction_read_only = on")
    done = Cli(scene.dsn)("recount", "--format", "json")
    scene.seen(done, SERVER["read-only"])
    assert scene.untouched() == NOTHING_DONE
    scene.set_for_runs("default_transaction_read_only = off")
    scene.heals()


def test_there_are_too_many_connections(scene: Scene) -> None:
    scene.ask(f"ALTER ROLE {scene.name} CONNECTION LIMIT 0")
    done = Cli(scene.dsn)("recount", "--patience", "2s", seconds=20)
    assert scene.seen(done, SERVER["full"]) == {}
    assert scene.untouched() == NOTHING_DONE
    scene.ask(f"ALTER ROLE {scene.name} CONNECTION LIMIT -1")
    scene.heals()


def test_there_are_too_many_connections_for_a_while(scene: Scene) -> None:
    """All of the role's are taken until the run has been turned away."""
    scene.ask(f"ALTER ROLE {scene.name} CONNECTION LIMIT 2")
    with ExitStack() as taken:
        for _ in range(2):
            taken.enter_context(connect(scene.dsn))
        run = scene.start("--jobs", "1")
        assert until(lambda: "53300" in scene.server.sqlstates(scene.name))
    assert scene.ended(run, SERVER["full for a while"]) == ALL
    scene.ask(f"ALTER ROLE {scene.name} CONNECTION LIMIT -1")
    scene.heals()
