"""Clocks and time zones that are wrong: a count's time is the server's, and its days are the workspace's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postgres.faults.rows import CLOCKS
from postgres.faults.world import WHERE
from postgres.test_recount_support import Row as Stored

if TYPE_CHECKING:
    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")
FUTURE = datetime(2200, 1, 1, tzinfo=UTC)

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
needs_faketime = pytest.mark.skipif(LIBRARY is None, reason="Debian's package libfaketime is not installed")


@needs_faketime
@pytest.mark.parametrize("off", ["-10y", "+10y"])
def test_the_clients_clock_is_wrong(scene: Scene, off: str) -> None:
    env = {"LD_PRELOAD": str(LIBRARY), "FAKETIME": off, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    assert scene.ended(scene.start("--stale-for", "1h", env=env), CLOCKS["client's clock"]) == ALL
    before = scene.stored()
    assert scene.ended(scene.start("--stale-for", "1h", env=env), CLOCKS["client's clock"]) == {}
    assert scene.stored() == before
    scene.heals()


def test_the_sessions_time_zone_is_wrong(scene: Scene) -> None:
    """The client's variables, and where there are none the role's settings."""
    for setting in ("TimeZone = 'Asia/Kathmandu'", "DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'"):
        scene.set_for_runs(setting)
    assert scene.ended(scene.start(), CLOCKS["TimeZone"]) == ALL
    env = {"TZ": "Pacific/Kiritimati", "PGTZ": "America/Caracas", "PGDATESTYLE": "German"}
    assert scene.ended(scene.start(env=env), CLOCKS["TimeZone"]) == ALL
    scene.heals()


@pytest.mark.parametrize("arguments", [(), ("--stale-for", "1h")])
def test_a_count_of_the_future(scene: Scene, arguments: tuple[str, ...]) -> None:
    scene.ask("UPDATE segments SET last_counted_at = %s", FUTURE)
    scene.old = {key: Stored(old.count, FUTURE) for key, old in scene.old.items()}
    assert scene.ended(scene.start(*arguments), CLOCKS["future"]) == ALL
    assert scene.untouched() == set()
    scene.heals()
