"""A worker in a thread, and what it tells."""

from __future__ import annotations

import re
import time
from collections import Counter
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from segsql.recount import CONNECTIONS_PER_JOB, Options, Servers
from segsql.store import Database, Key, Manner
from segsql.worker import CONNECTIONS_BESIDE, Hearing, Pace, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from segsql.errors import SegsqlError
    from segsql.recount import Result

LONG = timedelta(hours=1)
SHORT = timedelta(seconds=0.3)

UNHEARD = "ALTER TABLE segments DISABLE TRIGGER segments_notify_new, DISABLE TRIGGER segments_notify_edited"


@pytest.fixture
def dsn(worker_dsn: str) -> str:
    """For modules whose workers log in as a role that may do what a worker needs, and nothing else."""
    return worker_dsn


class Witness:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.troubles: list[SegsqlError] = []
        self.decided = Event()
        self.is_hearing = False
        self.worker: Worker | None = None

    def tried(self, results: Sequence[Result]) -> None:
        self.results += results

    def trouble(self, error: SegsqlError) -> None:
        self.troubles.append(error)

    def hears(self, hearing: Hearing) -> None:
        self.is_hearing = hearing.is_on
        self.decided.set()

    def pauses(self, why: str) -> None:
        raise AssertionError(why)

    def metric(self, name: str) -> float:
        """What the worker says of itself."""
        assert self.worker is not None
        (value,) = re.findall(rf"^{name} (\S+)$", self.worker.vitals.metrics().decode(), re.MULTILINE)
        return float(value)

    def tries(self, status: str = "counted") -> Counter[Key]:
        """How often each segment was tried with this outcome."""
        return Counter((one.workspace_id, one.segment_id) for one in self.results if one.status == status)


@contextmanager
def working(
    dsn: str,
    *,
    look: timedelta = LONG,
    every: timedelta = LONG,
    jobs: int = 2,
    options: Options | None = None,
) -> Iterator[Witness]:
    """A worker at work, from when it knows whether it hears anything; nothing of it is left afterwards."""
    witness = Witness()
    manner = Manner(patience=timedelta(seconds=5))
    with closing(Database(dsn, connections=jobs * CONNECTIONS_PER_JOB + CONNECTIONS_BESIDE, manner=manner)) as database:
        worker = Worker(Servers(database), options or Options(), Pace(every, look), witness, jobs=jobs)
        witness.worker = worker
        thread = Thread(target=worker.run)
        thread.start()
        try:
            assert witness.decided.wait(15)
            yield witness
        finally:
            worker.stop()
            thread.join(20)
            assert not thread.is_alive()


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
