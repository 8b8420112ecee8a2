"""What a run reads is taken away while it runs: what it wrote until then stays, and it goes no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postgres.faults.rows import SCHEMA
from postgres.faults.world import COMMITTING

if TYPE_CHECKING:
    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled


@pytest.mark.parametrize(
    ("name", "away", "back"),
    [
        (
            "no column",
            "ALTER TABLE contacts RENAME COLUMN email TO address",
            "ALTER TABLE contacts RENAME COLUMN address TO email",
        ),
        ("no table", "ALTER VIEW contact_tags RENAME TO gone", "ALTER VIEW gone RENAME TO contact_tags"),
        ("no privilege", "REVOKE SELECT ON contacts FROM segsql_reader", "GRANT SELECT ON contacts TO segsql_reader"),
    ],
)
def test_something_is_taken_away_between_two_batches(scene: Scene, name: str, away: str, back: str) -> None:
    fleet = scene.add_fleet()
    with scene.gate(COMMITTING) as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        scene.ask(away)
    statuses = scene.ended(run, SCHEMA[name])
    done = {key for key, status in statuses.items() if status == "counted"}
    assert done
    assert scene.untouched() == scene.segments.keys() - done
    if name != "no table":
        assert done < fleet
    scene.ask(back)
    scene.heals()
