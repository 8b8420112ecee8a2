"""One run: due segments -> workspaces -> batches -> workers -> results (spec 7)."""

from __future__ import annotations

import math
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from segsql.catalog import Id, WorkspaceId, tables_of
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError
from segsql.plan import check_possible
from segsql.recount.batch import Batch, recount_batch
from segsql.recount.brake import Brake
from segsql.recount.options import Options
from segsql.recount.outcome import FAILURES, STATUSES, STOPPED, Result, Skipped
from segsql.recount.servers import Servers
from segsql.recount.workspace import Recounted
from segsql.store import Database, DueWorkspace, Selection, due_workspaces, snapshot

CONNECTIONS_PER_JOB = 2
"""A worker holds its write transaction and its count transaction at the same time."""

BATCH_WORKSPACES = 50
"""Small workspaces that share a pair of transactions; more gain nothing (measured)."""

BATCH_SEGMENTS = 1_000
"""Due segments in a batch, unless one workspace has more: one write stays small, and its row locks short."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. `started_at` and `finished_at` are this machine's clock; counts carry the server's."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    results: tuple[Result, ...]
    error: SegsqlError | None = None
    """Why the run ended before it was done, unless somebody stopped it."""

    @property
    def duration(self) -> timedelta:
        """From its beginning to its end."""
        return self.finished_at - self.started_at

    @property
    def totals(self) -> dict[str, int]:
        """How many segments have each status, also those that none has."""
        found = Counter(result.status for result in self.results)
        return {status: found[status] for status in STATUSES}

    @property
    def has_failed(self) -> bool:
        """Whether some segment failed or timed out."""
        return any(result.status in FAILURES for result in self.results)

    @property
    def has_held(self) -> bool:
        """Whether some count waits for a run that accepts it."""
        return any(result.status == "held" for result in self.results)

    @property
    def has_invalid(self) -> bool:
        """Whether some stored definition doesn't compile."""
        return any(result.status == "invalid" for result in self.results)


class Run:
    """A recount under way. `stop` and `cancel` may be called from a signal handler or another thread.

    `on_pause` hears why counting pauses, in words. Raises UsageError where the schema lacks what a forced strategy
    needs: once, and not for every segment.
    """

    def __init__(
        self,
        database: Database,
        selection: Selection,
        options: Options,
        *,
        jobs: int = 1,
        standby: Database | None = None,
        run_id: str | None = None,
        on_pause: Callable[[str], None] = lambda _: None,
    ) -> None:
        check_possible(options.strategy, tables_of(database.schema.mapping))
        self.run_id = run_id or str(uuid.uuid4())
        self._servers = Servers(database, standby)
        self._servers.check()
        self._options = options
        self._jobs = jobs
        self._brake = Brake(database, options.limits, on_pause)
        self._stopped = Event()
        self._error: SegsqlError | None = None
        with snapshot(database, options.bounds, "segsql recount") as opened:
            self.due = due_workspaces(opened.connection, selection)

    def stop(self) -> None:
        """Claim no more segments; what is being counted is finished and written."""
        self._stopped.set()
        self._servers.hurry()

    def cancel(self) -> None:
        """Stop, and cancel what is being counted; what was counted before is written."""
        self.stop()
        self._servers.cancel_counting()

    def report(self, on_result: Callable[[Result], None]) -> Report:
        """Carry the run out; `on_result` hears of each segment when its workspace is done.

        What would fail every other workspace too ends the run: the report says what it was.
        """
        started_at = datetime.now(UTC)
        results = []
        for result in self._results():
            on_result(result)
            results.append(result)
        return Report(self.run_id, started_at, datetime.now(UTC), tuple(results), self._error)

    def _results(self) -> Iterator[Result]:
        """Batches are handed out in their order, one to each worker that is free; what goes on alone is next."""
        waiting = deque(batches(self.due, self._jobs))
        with ThreadPoolExecutor(self._jobs, thread_name_prefix="segsql") as workers:
            running: set[Future[Recounted]] = set()
            try:
                while waiting or running:
                    while waiting and len(running) < self._jobs:
                        running.add(workers.submit(self._recount, waiting.popleft()))
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        recounted = future.result()
                        if recounted.error is not None:
                            self._error = self._error or recounted.error
                            self.stop()
                        waiting.extendleft((due,) for due in reversed(recounted.alone))
                        yield from recounted.results
            except BaseException:
                self.stop()
                raise

    def _recount(self, batch: Batch) -> Recounted:
        error: SegsqlError | None = None
        try:
            self._brake.wait(self._stopped.is_set)
        except (ConfigurationError, DatabaseUnavailable) as unusable:
            error = unusable
        if error is not None or self._stopped.is_set():
            return Recounted(
                [_skipped(due.workspace_id, each) for due in batch for each in due.segment_ids], error=error
            )
        return recount_batch(self._servers, batch, self._options, self._stopped.is_set)


def batches(due: Sequence[DueWorkspace], jobs: int) -> Iterator[Batch]:
    """Consecutive workspaces, as many batches as it takes for every worker to get as many."""
    rounds = math.ceil(len(due) / (jobs * BATCH_WORKSPACES))
    most = math.ceil(len(due) / (jobs * rounds)) if rounds else 0
    batch: list[DueWorkspace] = []
    segments = 0
    for each in due:
        if len(batch) == most or (batch and segments + len(each.segment_ids) > BATCH_SEGMENTS):
            yield tuple(batch)
            batch, segments = [], 0
        batch.append(each)
        segments += len(each.segment_ids)
    if batch:
        yield tuple(batch)


def _skipped(workspace_id: WorkspaceId, segment_id: Id) -> Result:
    return Result(workspace_id, segment_id, Skipped(STOPPED), 0.0)
