"""What may befall the run itself: signals, a reader that goes away, and other runs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from cli.process import COMMAND
from postgres.faults.rows import RUNS
from postgres.faults.server import until
from postgres.faults.world import HELD, PAST, WHERE

if TYPE_CHECKING:
    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")
AT_ONCE = 8
KILLS = 12
LATER = PAST.replace(year=2021)


def is_idle(scene: Scene) -> bool:
    """Whether no session of the role is left."""
    return not scene.ask("SELECT 1 FROM pg_stat_activity WHERE usename = %s", scene.name)


def test_a_run_is_terminated(scene: Scene) -> None:
    fleet = scene.add_fleet(at=LATER)
    with scene.gate() as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        run.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # until it is heeded, which nothing shows
    statuses = scene.ended(run, RUNS["terminated"])
    assert set(statuses.values()) == {"counted", "skipped"}
    assert statuses.keys() == scene.segments.keys()
    assert statuses[HELD] == "counted"
    assert {statuses[key] for key in fleet} == {"skipped"}
    scene.heals()


def test_a_run_is_terminated_and_its_statement_takes_too_long(scene: Scene) -> None:
    fleet = scene.add_fleet()
    with scene.gate() as closed:
        run = scene.start("--jobs", "1", "--grace", "1s")
        closed.waiter(run)
        run.send_signal(signal.SIGTERM)
        statuses = scene.ended(run, RUNS["out of grace"], 10)
        assert until(lambda: is_idle(scene), 5)
    assert set(statuses.values()) == {"counted", "skipped"}
    assert statuses.keys() == scene.segments.keys()
    assert statuses[HELD] == "skipped"
    assert "counted" in {statuses[key] for key in fleet}
    scene.heals()


def test_a_run_is_terminated_twice(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        run.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        run.send_signal(signal.SIGTERM)
        scene.ended(run, RUNS["terminated twice"], 5)
        assert until(lambda: is_idle(scene), 5)
    assert scene.untouched() == set(WHERE)
    scene.heals()


def test_a_run_is_killed(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        run.kill()
        scene.ended(run, RUNS["killed run"], 5)
        assert until(lambda: is_idle(scene), 5)
    assert scene.untouched() == set(WHERE)
    scene.heals()


def test_nobody_reads_what_a_run_prints(scene: Scene) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:  # noqa: PTH123 - a descriptor
        done = subprocess.run(
            (*COMMAND, "recount", "--format", "json"),
            stdin=subprocess.DEVNULL,
            stdout=closed,
            stderr=subprocess.PIPE,
            env=scene.cli.environment(),
            check=False,
            text=True,
            timeout=30,
        )
    assert done.returncode == RUNS["closed stdout"].code
    assert "roken pipe" not in done.stderr
    assert "Traceback" not in done.stderr
    assert scene.untouched() == set()
    scene.assert_sound()
    scene.heals()


def test_eight_runs_at_once_are_killed_at_random(scene: Scene) -> None:
    scene.add_fleet()
    chance = random.Random(4)
    runs = [scene.start("--jobs", "1") for _ in range(AT_ONCE)]
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 0.6))
        victim = chance.randrange(AT_ONCE)
        runs[victim].send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM)))
        scene.assert_sound()
        scene.ended(runs[victim], RUNS["8 at once"])
        runs[victim] = scene.start("--jobs", "1")
    for run in runs:
        scene.ended(run, RUNS["8 at once"])
    scene.heals()
