"""A standby beside the primary: refused as a target, used to count on, promoted in the primary's place."""

from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cli.process import Cli, ended
from postgres.faults.rows import STANDBY
from postgres.faults.scene import Gate
from postgres.faults.server import Server, until
from postgres.faults.world import WHERE
from postgres.test_recount_support import EVERYONE
from segsql import embedded
from segsql.store import DEFAULT_BOUNDS, Database, pressure_on, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")
SETTINGS = {"max_standby_streaming_delay": "200ms", "hot_standby_feedback": "off", "wal_receiver_status_interval": "1s"}


@pytest.fixture
def standby(scene: Scene) -> Iterator[Server]:
    """A hot standby that streams from the scene's server."""
    primary = scene.server
    home = primary.home.with_name(f"{primary.home.name}-standby-{scene.name}")
    home.mkdir()
    owner = (primary.home / "data").stat()
    home.chmod(0o755)
    (home / "data").mkdir(mode=0o700)
    os.chown(home / "data", owner.st_uid, owner.st_gid)
    where = conninfo_to_dict(primary.uri)
    primary.as_owner(
        embedded.binaries() / "pg_basebackup",
        *("--pgdata", home / "data", "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"),
        *("--host", str(where["host"]), "--port", str(where["port"]), "--username", str(where["user"])),
    )
    with Server(home, SETTINGS) as server:
        yield server


def catch_up(scene: Scene, standby: Server) -> None:
    """Wait until the standby shows what the primary has."""
    ((there,),) = scene.ask("SELECT pg_current_wal_lsn()::text")
    assert until(lambda: standby.ask("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", there) == [(True,)])


def on(standby: Server, scene: Scene) -> str:
    return make_conninfo(standby.uri, dbname=scene.name, user=scene.name)


def test_a_hot_standby_is_no_primary(scene: Scene, standby: Server) -> None:
    catch_up(scene, standby)
    run = scene.start(dsn=on(standby, scene))
    scene.ended(run, STANDBY["hot standby"], server=standby)
    assert scene.untouched() == set(WHERE)
    scene.heals()


def test_what_the_replica_counts_with_is_vacuumed_away(scene: Scene, standby: Server) -> None:
    """Again and again, until the run turns to the primary."""
    scene.change()
    catch_up(scene, standby)
    number = 5000
    with Gate(standby, scene.name) as closed:
        run = scene.start("--read-dsn", on(standby, scene))
        closed.waiter(run)

        def is_over() -> bool:
            nonlocal number
            if closed.waiting():
                number += 1
                scene.ask("INSERT INTO contacts (workspace_id, id) VALUES (2, %s)", number)
                scene.ask("DELETE FROM contacts WHERE workspace_id = 2 AND id = %s", number)
                scene.ask("VACUUM contacts")
            return run.poll() is not None

        assert until(is_over, 60)
    assert scene.ended(run, STANDBY["conflict"], server=standby) == ALL
    scene.heals()


def test_the_replica_goes_away(scene: Scene, standby: Server) -> None:
    """It is not for the run to turn to the primary, which the replica is to spare."""
    scene.change()
    catch_up(scene, standby)
    with Gate(standby, scene.name) as closed:
        run = scene.start("--read-dsn", on(standby, scene), "--patience", "2s")
        closed.waiter(run)
        standby.stop()
    statuses = scene.ended(run, STANDBY["replica gone"], server=standby)
    assert scene.untouched() == {key for key in WHERE if statuses[key] != "counted"}
    scene.heals()


def test_a_worker_counts_on_the_replica(scene: Scene, standby: Server) -> None:
    """What is old, and what is created meanwhile: as soon as the replica has it."""
    scene.change()
    catch_up(scene, standby)
    worker = Cli(scene.dsn).start("worker", "--poll", "1h", "--read-dsn", on(standby, scene))
    try:
        with Gate(standby, scene.name) as closed:
            closed.waiter(worker)
        assert until(lambda: not scene.untouched())
        add = "INSERT INTO segments (workspace_id, id, name, definition) VALUES (2, 99, 'new', %s::jsonb)"
        scene.ask(add, json.dumps(EVERYONE))
        expected = scene.ask("SELECT count(*) FROM contacts WHERE workspace_id = 2 AND deleted_at IS NULL")
        assert until(lambda: scene.ask("SELECT cached_count FROM segments WHERE id = 99") == expected)
        scene.ask("DELETE FROM segments WHERE id = 99")
    finally:
        worker.send_signal(signal.SIGTERM)
        assert ended(worker).code == 143
    scene.heals()


def test_the_standby_is_promoted_when_the_primary_dies(scene: Scene, standby: Server) -> None:
    catch_up(scene, standby)
    primary = scene.server
    servers = [conninfo_to_dict(server.uri) for server in (primary, standby)]
    dsn = make_conninfo(
        scene.dsn,
        host=",".join(str(each["host"]) for each in servers),
        port=",".join(str(each["port"]) for each in servers),
        target_session_attrs="read-write",
    )
    with scene.gate() as closed:
        run = scene.start(dsn=dsn)
        closed.waiter(run)
        scene.change()
        catch_up(scene, standby)
        primary.stop(signal.SIGQUIT)
        assert standby.ask("SELECT pg_promote()") == [(True,)]
    scene.server = standby
    assert scene.ended(run, STANDBY["failover"]) == ALL
    scene.heals()


def test_a_standby_that_falls_behind_is_seen_on_the_primary(scene: Scene, standby: Server) -> None:
    """What `--max-replica-lag` looks at."""
    catch_up(scene, standby)
    standby.ask("SELECT pg_wal_replay_pause()")
    scene.change()

    def is_behind() -> bool:
        with closing(Database(scene.server.uri)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
            lag = pressure_on(opened.connection).replica_lag
        return lag is not None and lag > timedelta(seconds=1)

    assert until(is_behind)
    standby.ask("SELECT pg_wal_replay_resume()")
    scene.heals()
