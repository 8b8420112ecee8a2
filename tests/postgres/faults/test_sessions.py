"""What may befall one session: ended, killed, frozen, cancelled, too slow."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from postgres.faults.rows import SESSIONS
from postgres.faults.server import until
from postgres.faults.world import COMMITTING, COUNTING, HELD, WHERE, WRITING

if TYPE_CHECKING:
    from postgres.faults.scene import Scene
    from postgres.test_recount_support import Key

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")


def but_held(status: str) -> dict[Key, str]:
    return {**ALL, HELD: status}


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("terminated while it counts", COUNTING),
        ("terminated while it writes", WRITING),
        ("terminated while it commits", COMMITTING),
    ],
)
def test_a_session_is_terminated_while_it_works(scene: Scene, name: str, gate: int) -> None:
    with scene.gate(gate) as closed:
        run = scene.start()
        pid = closed.waiter(run)
        scene.change()
        scene.ask("SELECT pg_terminate_backend(%s, 5000)", pid)
    assert scene.ended(run, SESSIONS[name]) == ALL
    scene.heals()


def test_a_session_is_terminated_while_it_waits_for_another(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start()
        closed.waiter(run)
        scene.change()
        terminated = scene.ask(
            """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE usename = %s AND state = 'idle in transaction'""",
            scene.name,
        )
        assert terminated == [(True,)]
    assert scene.ended(run, SESSIONS["terminated while it waits"]) == ALL
    scene.heals()


def test_a_backend_is_killed(scene: Scene) -> None:
    """Which ends every other session, the gate's too."""
    with scene.gate() as closed:
        run = scene.start()
        pid = closed.waiter(run)
        scene.change()
        os.kill(pid, signal.SIGKILL)
    assert scene.ended(run, SESSIONS["killed"]) == ALL
    scene.heals()


def test_a_counting_backend_is_frozen(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start("--statement-timeout", "1s")
        pid = closed.waiter(run)
        os.kill(pid, signal.SIGSTOP)
        try:
            closed.open()
            statuses = scene.ended(run, SESSIONS["frozen while it counts"])
        finally:
            os.kill(pid, signal.SIGCONT)
    assert statuses == ALL
    scene.heals()


def test_a_writing_backend_is_frozen(scene: Scene) -> None:
    """It keeps the locks that it has, whatever the client does: those of its rows, and that of the workspace."""
    with scene.gate(WRITING) as closed:
        run = scene.start("--statement-timeout", "2s", "--lock-timeout", "1s", "-w", "1")
        pid = closed.waiter(run)
        os.kill(pid, signal.SIGSTOP)
        try:
            closed.open()
            statuses = scene.ended(run, SESSIONS["frozen while it writes"])
        finally:
            os.kill(pid, signal.SIGCONT)
    assert set(statuses.values()) == {"failed"}
    assert until(lambda: not scene.ask("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))
    scene.heals()


def test_a_dba_cancels_whatever_statement_waits(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start()

        def cancels() -> bool:
            for pid in closed.waiting():
                scene.ask("SELECT pg_cancel_backend(%s)", pid)
            return run.poll() is not None

        assert until(cancels)
    assert scene.ended(run, SESSIONS["cancelled"]) == but_held("failed")
    assert scene.untouched() == {HELD}
    scene.heals()


def test_what_a_dba_cancels_is_not_tried_again(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start("-w", "1", "-s", "2")
        scene.ask("SELECT pg_cancel_backend(%s)", closed.waiter(run))
        assert until(lambda: run.poll() is not None)
        assert scene.ended(run, SESSIONS["cancelled"]) == {HELD: "failed"}
    scene.heals()


def test_one_segment_of_a_shared_scan_is_too_slow(scene: Scene) -> None:
    with scene.gate():
        run = scene.start("--statement-timeout", "1s")
        assert scene.ended(run, SESSIONS["timed out"]) == but_held("timeout")
    assert scene.untouched() == {HELD}
    scene.heals()
