"""The loop: what is heard, what is found by looking, and what comes due, handed out to threads.

The loop itself never waits for the database. All that happens reaches it as a message, so that its state belongs
to one thread: edits that were heard, looks that ended, tasks that are done, and the wish to stop.

| | |
| --- | --- |
| an edit is heard | its workspace is looked at 0.1 s later, with all that was heard of it by then |
| every `look` | everything is looked at, in one statement: whatever was not heard, and what has grown old |
| a worker has a workspace | it is looked at again a second later |
| the database is away | nothing is begun; after a pause that grows everything is looked at again |
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Event
from typing import Protocol, assert_never

from segsql.catalog import Id, WorkspaceId
from segsql.errors import ConfigurationError, SegsqlError
from segsql.recount import TAKEN, Brake, Options, Result, Servers, Skipped
from segsql.store import DueWork, due_work, snapshot
from segsql.worker.agenda import SETTLE_SECONDS, Agenda, Task
from segsql.worker.attend import NAME, Attendant, Attended
from segsql.worker.listener import Heard, Hearing, Listener
from segsql.worker.rests import Rest, Rests, is_old_news, rest_after
from segsql.worker.vitals import Vitals

CONNECTIONS_BESIDE = 2
"""What a worker needs beside those for its jobs: one listens, one looks."""

WAKE_SECONDS = 10.0
"""The loop comes round so often at least, whether or not there is anything to do."""

HELD_SECONDS = 1.0
"""When a workspace that another worker or a run has is looked at again."""

LONGEST_WAIT = 30.0
"""Between two attempts at a database that is away; each is as patient as the database's manner says."""

LOOKS_SHARE = 0.01
"""The most of its time that the database spends on looks at everything: a long look is followed by a long pause."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How old a count may grow, and how often everything is looked at."""

    every: timedelta
    look: timedelta


class Observer(Protocol):
    """Who is told what happens."""

    def tried(self, results: Sequence[Result]) -> None:
        """These were tried together; without the invalid ones of which that is known."""

    def trouble(self, error: SegsqlError) -> None:
        """The database can't be used for now."""

    def hears(self, hearing: Hearing) -> None:
        """Edits are heard from here on, or not any more."""

    def pauses(self, why: str) -> None:
        """Counting pauses; said by a thread of its own."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A look at everything."""

    work: tuple[DueWork, ...]
    seconds: float
    error: SegsqlError | None = None


class _Woken:
    """Nothing but a reason to come round."""


Message = Heard | Hearing | _Looked | Attended | _Woken | Future[_Looked] | Future[Attended]


class Worker:
    """Counts what is due until it is stopped. `stop` and `cancel` may be called from a signal handler or a thread."""

    def __init__(
        self,
        servers: Servers,
        options: Options,
        pace: Pace,
        observer: Observer,
        *,
        jobs: int = 1,
    ) -> None:
        servers.check()
        self.vitals = Vitals()
        self._servers = servers
        self._options = options
        self._pace = pace
        self._observer = observer
        self._jobs = jobs
        self._stopped = Event()
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._agenda = Agenda()
        self._rests: dict[WorkspaceId, dict[Id, Rest]] = {}
        self._tasks: list[Task] = []
        self._is_looking = False
        self._look_at = 0.0
        self._rested_at = 0.0
        self._troubles = 0
        self._is_well = False
        self._error: SegsqlError | None = None
        brake = Brake(servers.primary, options.limits, observer.pauses)
        self._attendant = Attendant(
            servers, brake, replace(options, still_due=pace.every), pace.every, self._stopped.is_set
        )

    def stop(self) -> None:
        """Begin nothing more; what is being counted is finished and written."""
        self._stopped.set()
        self._servers.hurry()
        self._inbox.put(_Woken())

    def cancel(self) -> None:
        """Stop, and cancel what is being counted; what was counted before is written."""
        self.stop()
        self._servers.cancel_counting()

    def run(self) -> None:
        """Count until stopped. Raises ConfigurationError where trying again would not help."""
        listener = Listener(self._servers.primary, self._inbox.put)
        listener.start()
        try:
            with ThreadPoolExecutor(self._jobs + 1, thread_name_prefix="segsql") as threads:
                try:
                    self._loop(threads)
                finally:
                    self._stopped.set()
        finally:
            self.vitals.unwell()
            listener.stop()
            listener.join()
        if self._error is not None:
            raise self._error

    def _loop(self, threads: ThreadPoolExecutor) -> None:
        while True:
            now = time.monotonic()
            if not self._stopped.is_set():
                self._hand_out(threads, now)
            elif not self._tasks and not self._is_looking:
                return
            self.vitals.beat(self._agenda.waiting)
            self._wait(now)

    def _hand_out(self, threads: ThreadPoolExecutor, now: float) -> None:
        """Begin what there is a thread for. One job of several is kept from what is merely old."""
        if now >= self._look_at and not self._is_looking:
            self._is_looking = True
            threads.submit(self._look).add_done_callback(self._inbox.put)
        while self._is_well and len(self._tasks) < self._jobs:
            old = sum(task.is_old for task in self._tasks)
            task = self._agenda.take(now, with_old=old < max(1, self._jobs - 1))
            if task is None:
                return
            self._tasks.append(task)
            rests = self._rests_in(task)
            threads.submit(self._attendant.attend, task, rests).add_done_callback(self._inbox.put)

    def _wait(self, now: float) -> None:
        """Wait for a message, or until something is due; heed all messages that there are."""
        times = [math.inf if self._is_looking else self._look_at]
        if self._is_well and len(self._tasks) < self._jobs:
            times.append(self._agenda.next_time)
        seconds = min(max(min(times) - now, 0.0), WAKE_SECONDS)
        try:
            self._heed(self._inbox.get(timeout=seconds))
            while True:
                self._heed(self._inbox.get_nowait())
        except Empty:
            return

    def _heed(self, message: Message) -> None:
        match message:
            case Future():
                self._heed(message.result())
            case Heard(workspace_ids):
                self.vitals.heard(len(workspace_ids))
                for workspace_id in workspace_ids:
                    self._agenda.plan(workspace_id, time.monotonic() + SETTLE_SECONDS)
            case Hearing(is_on):
                self.vitals.hears(is_on=is_on)
                self._observer.hears(message)
                if is_on:
                    self._look_at = min(self._look_at, max(self._rested_at, time.monotonic()))
            case _Looked():
                self._heed_look(message)
            case Attended():
                self._heed_attended(message)
            case _Woken():
                pass
            case _:
                assert_never(message)

    def _look(self) -> _Looked:
        try:
            with snapshot(self._servers.primary, self._options.bounds, NAME) as opened:
                begun = time.monotonic()
                work = due_work(opened.connection, self._pace.every)
                return _Looked(tuple(work), time.monotonic() - begun)
        except SegsqlError as error:
            return _Looked((), 0.0, error)

    def _heed_look(self, looked: _Looked) -> None:
        self._is_looking = False
        now = time.monotonic()
        if looked.error is not None:
            self._heed_trouble(looked.error)
            return
        if self._is_well:
            self._troubles = 0
        self._is_well = True
        self._rested_at = now + looked.seconds / LOOKS_SHARE
        self._look_at = max(now + self._pace.look.total_seconds(), self._rested_at)
        self.vitals.looked()
        self._forget_rests(now)
        self._agenda.found(looked.work)

    def _heed_attended(self, attended: Attended) -> None:
        now, every = time.monotonic(), self._pace.every.total_seconds()
        self._tasks.remove(attended.task)
        self._agenda.done(attended.task, now)
        news: list[Result] = []
        for result in attended.results:
            key = (result.workspace_id, result.segment_id)
            rests = self._rests.setdefault(result.workspace_id, {})
            before = rests.get(result.segment_id)
            if not is_old_news(attended.tried[key], result, before, now):
                news.append(result)
            rest = rest_after(attended.tried[key], result, before, now, every)
            if rest is not None:
                rests[result.segment_id] = rest
            if result.outcome == Skipped(TAKEN):
                self._agenda.plan(result.workspace_id, now + HELD_SECONDS)
            elif result.status not in ("counted", "skipped"):
                self._agenda.plan(
                    result.workspace_id, rests[result.segment_id].until(rests[result.segment_id].revision)
                )
        for workspace_id, at in attended.wake_at.items():
            self._agenda.plan(workspace_id, at)
        self._agenda.careful(attended.alone, is_old=attended.task.is_old)
        self.vitals.tried(attended.results)
        self._observer.tried(news)
        if attended.error is not None:
            for workspace_id in attended.task.workspace_ids:
                self._agenda.plan(workspace_id, now)
            self._heed_trouble(attended.error)

    def _heed_trouble(self, error: SegsqlError) -> None:
        """Nothing more is begun before a look at everything has succeeded, which is tried after a while."""
        if self._stopped.is_set():
            return
        self._is_well = False
        self.vitals.unwell()
        if isinstance(error, ConfigurationError):
            self._error = error
            self.stop()
            return
        self._observer.trouble(error)
        self._troubles += 1
        self._look_at = time.monotonic() + min(2.0 ** min(self._troubles - 1, 10), LONGEST_WAIT)

    def _rests_in(self, task: Task) -> Rests:
        return {
            (workspace_id, segment_id): rest
            for workspace_id in task.workspace_ids
            for segment_id, rest in self._rests.get(workspace_id, {}).items()
        }

    def _forget_rests(self, now: float) -> None:
        every = self._pace.every.total_seconds()
        kept = {
            workspace_id: {number: rest for number, rest in rests.items() if not rest.is_over(now, every)}
            for workspace_id, rests in self._rests.items()
        }
        self._rests = {workspace_id: rests for workspace_id, rests in kept.items() if rests}
