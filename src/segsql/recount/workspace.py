"""The recount of one workspace, in the two transactions of spec 7.

The write transaction opens first and takes the workspace's lock; the count transaction, in a snapshot of its
own, reads catalog and definitions and counts; then the write transaction writes all of it in one statement.
What a count depends on was therefore all read at the instant that is stored with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from segsql.catalog import Catalog
from segsql.compiler import WorkspaceCompiler
from segsql.errors import Code, ConfigurationError, InternalError, SegsqlError, UsageError
from segsql.plan import AUTO, Forced
from segsql.recount.count import Measured, Portion, Way, choose_way, count_portion, failure, halves, portions
from segsql.recount.outcome import Counted, Failed, Invalid, Outcome, Result, Skipped, Superseded
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
    write_transaction,
)

HELD = "another recount holds the workspace"
STOPPED = "the run was stopped first"
LOCKED = "another transaction keeps the segment's row locked"


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
    """Count the due segments of one workspace and write their counts; one result for each.

    Raises ConfigurationError, which no other workspace would fare better with; all else is in the results.
    """
    recount = _Recount(database, due, options, is_stopped)
    try:
        if options.dry_run:
            recount.count(None)
        else:
            _count_and_write(recount, database, due, options.bounds)
    except ConfigurationError:
        raise
    except SegsqlError as error:
        recount.fail(error)
    except Exception as error:  # noqa: BLE001 - a bug in one workspace must not stop the others
        recount.fail(InternalError(Code.INTERNAL, f"{type(error).__name__}: {error}"))
    return recount.results()


def _count_and_write(recount: _Recount, database: Database, due: DueWorkspace, bounds: Bounds) -> None:
    waiting = replace(bounds, idle=bounds.statement + bounds.idle)
    with write_transaction(database, waiting) as writer:
        if writer.lock(due.workspace_id):
            recount.count(writer)
            recount.write(writer)
        else:
            recount.settle(due.segment_ids, Skipped(HELD))


class _Recount:
    """The outcomes so far, and the portions that still wait to be counted."""

    def __init__(self, database: Database, due: DueWorkspace, options: Options, is_stopped: Callable[[], bool]) -> None:
        self._database = database
        self._due = due
        self._options = options
        self._is_stopped = is_stopped
        self._measured: dict[int, Measured] = {}
        self._definitions: dict[int, str] = {}
        self._waiting: list[Portion] | None = None

    def results(self) -> list[Result]:
        """A result for each segment, in the order in which they were due."""
        measured = (self._measured[segment_id] for segment_id in self._due.segment_ids)
        return [Result(self._due.workspace_id, each.segment_id, each.outcome, each.ms) for each in measured]

    def settle(self, segment_ids: Iterable[int], outcome: Outcome) -> None:
        """Give these segments an outcome, in place of one that they may have."""
        for segment_id in segment_ids:
            before = self._measured.get(segment_id)
            self._measured[segment_id] = Measured(segment_id, outcome, before.ms if before else 0.0)

    def fail(self, error: SegsqlError) -> None:
        """What is not counted, or counted and not written, has failed; an invalid segment is still just that."""
        hopeful = (segment_id for segment_id in self._due.segment_ids if not self._is_decided(segment_id))
        self.settle(list(hopeful), Failed(str(error)))

    def count(self, writer: Writer | None) -> None:
        """Count in as many snapshots as it takes; what is counted stays counted if a later one fails."""
        while left := [segment_id for segment_id in self._due.segment_ids if segment_id not in self._measured]:
            try:
                with snapshot(self._database, self._options.bounds) as opened:
                    self._count_until_old(opened, left, writer)
            except ConfigurationError:
                raise
            except SegsqlError as error:
                self.settle([each for each in left if each not in self._measured], failure(error))

    def write(self, writer: Writer) -> None:
        """Write what was counted; what the guard refused is superseded."""
        new = [
            NewCount(self._due.workspace_id, segment_id, self._definitions[segment_id], outcome.count, outcome.at)
            for segment_id, each in self._measured.items()
            if isinstance(outcome := each.outcome, Counted)
        ]
        written = writer.write(new)
        for count in new:
            key = (count.workspace_id, count.segment_id)
            if key in written.locked:
                self.settle([count.segment_id], Failed(LOCKED))
            elif key not in written.keys:
                self.settle([count.segment_id], Superseded())

    def _is_decided(self, segment_id: int) -> bool:
        measured = self._measured.get(segment_id)
        return measured is not None and not isinstance(measured.outcome, Counted)

    def _count_until_old(self, opened: Snapshot, left: list[int], writer: Writer | None) -> None:
        """Count portions until none waits, the run is stopped, or the snapshot is old; one at the least."""
        begun = time.monotonic()
        try:
            catalog = load_catalog(opened.connection, self._due.workspace_id)
        except UsageError:
            self.settle(left, Superseded())
            return
        compiler = WorkspaceCompiler(
            catalog,
            workspace_id=self._due.workspace_id,
            now=self._options.now or opened.now,
            strategy=self._options.strategy,
        )
        valid = [segment_id for segment_id in left if self._is_valid(segment_id, catalog, compiler)]
        if self._waiting is None:
            way = self._options.way or choose_way(len(valid), self._options.strategy)
            self._waiting = portions(compiler, valid, way)[::-1]
        else:
            kept = (tuple(each for each in portion if each in valid) for portion in self._waiting)
            self._waiting = [portion for portion in kept if portion]
        is_shared = any(len(portion) > 1 for portion in self._waiting)
        split_ids = opened.split_ids(self._due.workspace_id) if is_shared else ()
        while self._waiting:
            if self._is_stopped():
                self.settle((each for portion in self._waiting for each in portion), Skipped(STOPPED))
                return
            if writer is not None:
                writer.stay()
            portion = self._waiting.pop()
            measured = count_portion(opened, compiler, portion, split_ids)
            if measured is None:
                self._waiting += reversed(halves(portion))
            else:
                self._measured |= {each.segment_id: each for each in measured}
            if time.monotonic() - begun > self._options.snapshot_limit.total_seconds():
                return

    def _is_valid(self, segment_id: int, catalog: Catalog, compiler: WorkspaceCompiler) -> bool:
        """Whether the segment can be counted in this snapshot; what it is instead is noted."""
        if segment_id not in catalog.segments:
            self.settle([segment_id], Superseded())
            return False
        try:
            diagnostics = compiler.diagnostics(segment_id)
        except SegsqlError as error:
            self.settle([segment_id], Failed(str(error)))
            return False
        if diagnostics:
            self.settle([segment_id], Invalid(diagnostics))
            return False
        self._definitions[segment_id] = str(catalog.segments[segment_id])
        return True
