"""The recount of one workspace, in the two transactions of spec 7.

The write transaction opens first and takes the workspace's lock; the count transaction, in a snapshot of its
own, reads catalog and definitions and counts; then the write transaction writes all of it in one statement.
What a count depends on was therefore all read at the instant that is stored with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from segsql.compiler import WorkspaceCompiler
from segsql.errors import SegsqlError
from segsql.plan import AUTO, Forced
from segsql.recount.count import Measured, Way, count_portion, portions
from segsql.recount.outcome import Counted, Failed, Invalid, Result, Skipped, Superseded
from segsql.store import (
    DEFAULT_BOUNDS,
    Bounds,
    Database,
    DueWorkspace,
    NewCount,
    Snapshot,
    Writer,
    load_catalog,
    snapshot,
    translated,
    write_transaction,
)

HELD = "another recount holds the workspace"
STOPPED = "the run was stopped first"


@dataclass(frozen=True, slots=True)
class Options:
    """How a run counts; what it counts is its `Selection`.

    `now` looks from another instant than the snapshot's own, which makes the run a dry one.
    `snapshot_limit` is how old a snapshot may grow before the segments that are left get a fresh one.
    """

    dry_run: bool = False
    now: datetime | None = None
    way: Way | None = None
    strategy: Forced = AUTO
    bounds: Bounds = DEFAULT_BOUNDS
    snapshot_limit: timedelta = timedelta(minutes=5)


def recount_workspace(
    database: Database, due: DueWorkspace, options: Options, is_stopped: Callable[[], bool]
) -> list[Result]:
    """Count the due segments of one workspace and write their counts; one result for each, whatever happens."""
    if options.dry_run:
        return _Recount(database, due, options, is_stopped).run(None)
    waiting = replace(options.bounds, idle=options.bounds.statement + options.bounds.idle)
    try:
        with write_transaction(database, waiting) as writer:
            if not writer.lock(due.workspace_id):
                return _all(due, Skipped(HELD))
            recount = _Recount(database, due, options, is_stopped)
            return recount.written(recount.run(writer), writer)
    except SegsqlError as error:
        return _all(due, Failed(str(error)))


class _Recount:
    def __init__(self, database: Database, due: DueWorkspace, options: Options, is_stopped: Callable[[], bool]) -> None:
        self._database = database
        self._due = due
        self._options = options
        self._is_stopped = is_stopped
        self._definitions: dict[int, str] = {}

    def run(self, writer: Writer | None) -> list[Result]:
        """Count in as many snapshots as it takes; what is counted stays counted if a later one fails."""
        results: dict[int, Result] = {}
        left = self._due.segment_ids
        while left:
            try:
                with snapshot(self._database, self._options.bounds) as opened:
                    for measured in self._count_until_old(opened, left, writer):
                        results[measured.segment_id] = self._result(measured)
            except SegsqlError as error:
                for segment_id in left:
                    failed = Measured(segment_id, Failed(str(error)), 0.0)
                    results.setdefault(segment_id, self._result(failed))
            left = tuple(segment_id for segment_id in left if segment_id not in results)
        return [results[segment_id] for segment_id in self._due.segment_ids]

    def _count_until_old(
        self, opened: Snapshot, segment_ids: tuple[int, ...], writer: Writer | None
    ) -> Iterator[Measured]:
        begun = time.monotonic()
        catalog = load_catalog(opened.connection, self._due.workspace_id)
        compiler = WorkspaceCompiler(
            catalog,
            workspace_id=self._due.workspace_id,
            now=self._options.now or opened.now,
            strategy=self._options.strategy,
        )
        good = []
        for segment_id in segment_ids:
            if segment_id not in catalog.segments:
                yield Measured(segment_id, Superseded(), 0.0)
            elif diagnostics := compiler.diagnostics(segment_id):
                yield Measured(segment_id, Invalid(diagnostics), 0.0)
            else:
                self._definitions[segment_id] = str(catalog.segments[segment_id])
                good.append(segment_id)
        stay = writer.stay if writer is not None else _nothing
        for portion in portions(compiler, good, self._options.way):
            if self._is_stopped():
                yield from (Measured(segment_id, Skipped(STOPPED), 0.0) for segment_id in portion)
                continue
            if time.monotonic() - begun > self._options.snapshot_limit.total_seconds():
                return
            yield from count_portion(opened, compiler, portion, stay)

    def written(self, results: list[Result], writer: Writer) -> list[Result]:
        """Write what was counted; results that the guard refused are superseded."""
        new = [
            NewCount(
                result.workspace_id,
                result.segment_id,
                self._definitions[result.segment_id],
                result.outcome.count,
                result.outcome.at,
            )
            for result in results
            if isinstance(result.outcome, Counted)
        ]
        with translated():
            done = writer.write(new)
        return [
            replace(result, outcome=Superseded())
            if isinstance(result.outcome, Counted) and (result.workspace_id, result.segment_id) not in done
            else result
            for result in results
        ]

    def _result(self, measured: Measured) -> Result:
        return Result(self._due.workspace_id, measured.segment_id, measured.outcome, measured.ms)


def _all(due: DueWorkspace, outcome: Failed | Skipped) -> list[Result]:
    return [Result(due.workspace_id, segment_id, outcome, 0.0) for segment_id in due.segment_ids]


def _nothing() -> None:
    """A dry run has no write transaction to keep open."""
