"""One run: due segments -> workspaces -> workers -> results (spec 7)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from segsql.catalog import Tables
from segsql.plan import check_possible
from segsql.recount.outcome import Result, Skipped
from segsql.recount.workspace import STOPPED, Options, recount_workspace
from segsql.store import Database, DueWorkspace, Selection, due_workspaces, snapshot

CONNECTIONS_PER_JOB = 2
"""A worker holds its write transaction and its count transaction at the same time."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. `started_at` and `finished_at` are this machine's clock; counts carry the server's."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    results: tuple[Result, ...]

    @property
    def has_failed(self) -> bool:
        """Whether some segment failed or timed out."""
        return any(result.status in ("failed", "timeout") for result in self.results)

    @property
    def has_invalid(self) -> bool:
        """Whether some stored definition doesn't compile."""
        return any(result.status == "invalid" for result in self.results)


class Run:
    """A recount under way. `stop` may be called from a signal handler or another thread.

    Raises UsageError where the schema lacks what a forced strategy needs: once, and not for every segment.
    """

    def __init__(self, database: Database, selection: Selection, options: Options, *, jobs: int = 1) -> None:
        check_possible(options.strategy, Tables())
        self._database = database
        self._options = options
        self._jobs = jobs
        self._stopped = Event()
        with snapshot(database, options.bounds) as opened:
            self.due = due_workspaces(opened.connection, selection)

    def stop(self) -> None:
        """Claim no more segments; what is being counted is finished and written."""
        self._stopped.set()

    def report(self, on_result: Callable[[Result], None]) -> Report:
        """Carry the run out; `on_result` hears of each segment when its workspace is done."""
        started_at = datetime.now(UTC)
        results = []
        for result in self._results():
            on_result(result)
            results.append(result)
        return Report(str(uuid.uuid4()), started_at, datetime.now(UTC), tuple(results))

    def _results(self) -> Iterator[Result]:
        """Workspaces are handed out in their order, one to each worker that is free."""
        waiting = iter(self.due)
        with ThreadPoolExecutor(self._jobs, thread_name_prefix="segsql") as workers:
            running: set[Future[list[Result]]] = set()
            try:
                for due in waiting:
                    running.add(workers.submit(self._recount, due))
                    if len(running) == self._jobs:
                        done, running = wait(running, return_when=FIRST_COMPLETED)
                        for future in done:
                            yield from future.result()
                for future in running:
                    yield from future.result()
            except BaseException:
                self.stop()
                raise

    def _recount(self, due: DueWorkspace) -> list[Result]:
        if self._stopped.is_set():
            return [Result(due.workspace_id, segment_id, Skipped(STOPPED), 0.0) for segment_id in due.segment_ids]
        return recount_workspace(self._database, due, self._options, self._stopped.is_set)
