"""Locks that others hold: a run waits for each no longer than it may, and stands in nobody's way for longer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.faults.rows import LOCKS
from postgres.faults.server import until
from postgres.faults.world import WHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")
LOCKED = (1, 4)
LOCK_SECONDS = 2
"""The default limit."""

SLACK_SECONDS = 1.5


@contextmanager
def held(scene: Scene, statement: str) -> Iterator[None]:
    """A transaction of somebody else, which has done this and is not at an end."""
    with connect(scene.admin_dsn, autocommit=False) as other:
        other.execute(statement.encode())
        yield
        other.rollback()


@contextmanager
def queued(scene: Scene, statement: str) -> Iterator[None]:
    """Such a transaction, which waits for its lock until others are done, and then keeps it."""
    is_over = threading.Event()
    with connect(scene.admin_dsn, autocommit=False) as other:

        def alter() -> None:
            other.execute(statement.encode())
            is_over.wait(60)
            other.rollback()

        altering = threading.Thread(target=alter)
        altering.start()
        waits = "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted"
        try:
            assert until(lambda: scene.ask(waits, other.info.backend_pid))
            yield
        finally:
            is_over.set()
            altering.join()


@contextmanager
def watched(scene: Scene) -> Iterator[None]:
    """Sees to it that nobody of the role waits for a lock for longer than the limit at a time."""
    longest = 0.0
    is_over = threading.Event()

    def watch() -> None:
        nonlocal longest
        with connect(scene.admin_dsn) as db:
            while not is_over.wait(0.05):
                ((waited,),) = db.execute(
                    """SELECT coalesce(extract(epoch FROM max(clock_timestamp() - l.waitstart)), 0)::float8
                    FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.usename = %s""",
                    (scene.name,),
                ).fetchall()
                longest = max(longest, float(waited))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
    assert 0 < longest < LOCK_SECONDS + SLACK_SECONDS


def test_a_row_is_locked(scene: Scene) -> None:
    lock = f"SELECT FROM segments WHERE (workspace_id, id) = {LOCKED} FOR UPDATE"
    with held(scene, lock), watched(scene):
        run = scene.start()
        assert scene.ended(run, LOCKS["row locked"]) == {**ALL, LOCKED: "failed"}
    assert scene.untouched() == {LOCKED}
    scene.heals()


def test_contacts_are_being_altered(scene: Scene) -> None:
    with held(scene, "ALTER TABLE contacts ADD COLUMN more int"), watched(scene):
        run = scene.start()
        statuses = scene.ended(run, LOCKS["contacts locked"])
    assert set(statuses.values()) == {"failed"}
    assert scene.untouched() == set(WHERE)
    scene.heals()


def test_segments_are_being_altered_when_the_counts_are_written(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start("-w", "1", "--lock-timeout", "1s")
        closed.waiter(run)
        with queued(scene, "ALTER TABLE segments ADD COLUMN more int"):
            closed.open()
            run.wait(40)
    statuses = scene.ended(run, LOCKS["segments locked"])
    assert set(statuses.values()) == {"failed"}
    assert statuses.keys() <= scene.untouched()
    scene.heals()


def test_contacts_are_altered_for_a_while(scene: Scene) -> None:
    with held(scene, "ALTER TABLE contacts ADD COLUMN more int"), watched(scene):
        run = scene.start()
        assert until(lambda: "55P03" in scene.server.sqlstates(scene.name))
    assert scene.ended(run, LOCKS["locked for a while"]) == ALL
    scene.heals()
