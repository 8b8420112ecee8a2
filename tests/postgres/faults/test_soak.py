"""Nights of recounts in seconds: runs, several at a time, while customers write, edit and delete without a pause.

At every moment each stored count must be one that was true at its time. Changes are noted with the server's
clock before and after: what had ended by then is in the count, what began half a second later is not, and only what
lay across may be either. In the end, when all is quiet, a plain recount gives what plain SQL gives.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cli.process import ended
from postgres.conftest import connect
from postgres.faults.world import SEGMENTS, WHERE, add_contacts, reference
from postgres.test_recount_support import stored

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from postgres.faults.scene import Scene
    from postgres.test_recount_support import Key
    from postgres.test_recount_support import Row as Stored

pytestmark = pytest.mark.bundled

SECONDS = float(os.environ.get("SEGSQL_SOAK_SECONDS", "30"))
"""How long it lasts; the nightly hour that it stands for is 1800."""

RUNS_AT_ONCE = 2

UNTIL_SNAPSHOT = timedelta(seconds=0.5)
"""A count is of when the statement came that takes the snapshot; a busy machine takes it a little later."""

STEADY: tuple[Key, ...] = ((1, 1), (2, 1), (2, 4))
"""Segments that are never edited: everyone, everyone, and those of Germany, of which there is one in three ids."""

EDITED: tuple[Key, ...] = ((1, 3), (1, 4), (2, 3), (2, 6), (2, 7))
TO_DEFINITIONS_LIKE = (1, 3, 4, 5, 6, 7)


@dataclass
class Change:
    """By how much a steady segment's members changed, between two times of the server; not over yet without an end."""

    key: Key
    delta: int
    begun: datetime
    ended: datetime | None = None

    def possible(self, at: datetime) -> tuple[int, int]:
        """The least and the most that it adds to a count of that time."""
        if self.begun > at + UNTIL_SNAPSHOT:
            return 0, 0
        if self.ended is not None and self.ended <= at:
            return self.delta, self.delta
        return min(0, self.delta), max(0, self.delta)

    def is_near(self, at: datetime) -> bool:
        """Whether it is worth being told of where a count of that time is wrong."""
        return abs(self.begun - at) < 2 * UNTIL_SNAPSHOT


class Soak:
    """Everybody who is at work, each in a thread of their own, until it is over; the first exception ends it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.changes: list[Change] = []
        self.errors: list[BaseException] = []
        self.over = threading.Event()
        self.runs = 0
        self.seen: dict[Key, Stored] = {}
        with connect(scene.admin_dsn) as db:
            self.first = {key: reference(db, key, _now(db)) for key in STEADY}

    def work(self, *workers: Callable[[psycopg.Connection, random.Random], None]) -> None:
        threads = [threading.Thread(target=self._repeat, args=(each, n)) for n, each in enumerate(workers)]
        for thread in threads:
            thread.start()
        self.over.wait(SECONDS)
        self.over.set()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _repeat(self, worker: Callable[[psycopg.Connection, random.Random], None], number: int) -> None:
        chance = random.Random(number)
        try:
            with connect(self.scene.admin_dsn) as db:
                while not self.over.is_set():
                    worker(db, chance)
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            self.errors.append(error)
            self.over.set()

    def run(self, _: psycopg.Connection, chance: random.Random) -> None:
        """A recount; one in four is ended before its time."""
        process = self.scene.start("--jobs", "1", *chance.choice(((), ("--stale-for", "1s"))))
        if chance.random() < 0.25:
            time.sleep(chance.uniform(0.3, 1.5))
            process.send_signal(chance.choice((signal.SIGTERM, signal.SIGKILL)))
        done = ended(process, 60)
        assert done.code in (0, 143, -signal.SIGTERM, -signal.SIGKILL), (done.code, done.out, done.err)
        self.runs += 1

    def write(self, db: psycopg.Connection, chance: random.Random) -> None:
        """A contact comes or goes, in one of the two workspaces."""
        workspace_id = chance.choice((1, 2))
        contact_id = chance.randrange(2_000, 2_300)
        ((is_there,),) = db.execute(
            "SELECT EXISTS (SELECT FROM contacts WHERE workspace_id = %s AND id = %s AND deleted_at IS NULL)",
            (workspace_id, contact_id),
        ).fetchall()
        delta = -1 if is_there else 1
        keys = [key for key in STEADY if key[0] == workspace_id and (key[1] != 4 or contact_id % 3 == 1)]
        begun = _now(db)
        changes = [Change(key, delta, begun) for key in keys]
        self.changes += changes
        with db.transaction():
            if is_there:
                db.execute(
                    chance.choice(
                        (
                            "UPDATE contacts SET deleted_at = now() WHERE workspace_id = %s AND id = %s",
                            "DELETE FROM contacts WHERE workspace_id = %s AND id = %s",
                        )
                    ),
                    (workspace_id, contact_id),
                )
            else:
                db.execute("DELETE FROM contacts WHERE workspace_id = %s AND id = %s", (workspace_id, contact_id))
                add_contacts(db, workspace_id, contact_id, contact_id, fresh=True)
        ended_at = _now(db)
        for change in changes:
            change.ended = ended_at
        time.sleep(chance.uniform(0.02, 0.05))

    def edit(self, db: psycopg.Connection, chance: random.Random) -> None:
        """A definition is edited, or its segment deleted and made anew."""
        key, like = chance.choice(EDITED), chance.choice(TO_DEFINITIONS_LIKE)
        definition, where = SEGMENTS[like]
        if chance.random() < 0.3:
            db.execute("DELETE FROM segments WHERE (workspace_id, id) = (%s, %s)", key)
            db.execute(
                "INSERT INTO segments (workspace_id, id, name, definition) VALUES (%s, %s, 'S', %s)",
                (*key, json.dumps(definition)),
            )
        else:
            db.execute(
                "UPDATE segments SET definition = %s WHERE (workspace_id, id) = (%s, %s)",
                (json.dumps(definition), *key),
            )
        self.scene.segments[key] = where
        time.sleep(chance.uniform(0, 0.1))

    def look(self, db: psycopg.Connection, _: random.Random) -> None:
        """No steady segment's count is ever one that was not true at its time, and times go forward alone."""
        rows = stored(db)
        changes = list(self.changes)
        for key in STEADY:
            row = rows[key]
            before = self.seen.get(key)
            assert row.at is not None
            if before is not None and before.at is not None:
                assert row.at >= before.at
                assert row == before or row.at > before.at
            self.seen[key] = row
            if row == self.scene.old[key]:
                continue
            bounds = [change.possible(row.at) for change in changes if change.key == key]
            least = self.first[key] + sum(low for low, _ in bounds)
            most = self.first[key] + sum(high for _, high in bounds)
            assert row.count is not None
            near = [change for change in changes if change.key == key and change.is_near(row.at)]
            assert least <= row.count <= most, (key, row, least, most, near)
        time.sleep(0.05)

    def vacuum(self, db: psycopg.Connection, _: random.Random) -> None:
        db.execute("VACUUM ANALYZE")
        time.sleep(1)


def _now(db: psycopg.Connection) -> datetime:
    ((now,),) = db.execute("SELECT clock_timestamp()").fetchall()
    assert isinstance(now, datetime)
    return now


def test_a_night_of_recounts(scene: Scene) -> None:
    soak = Soak(scene)
    soak.work(*[soak.run] * RUNS_AT_ONCE, soak.write, soak.edit, soak.look, soak.vacuum)
    assert soak.runs > SECONDS / 10, "hardly a run came to an end"
    assert soak.changes
    moved = [key for key in STEADY if scene.stored()[key] != scene.old[key]]
    assert moved, "nothing was counted"
    assert set(WHERE) == scene.segments.keys()
    scene.heals()
