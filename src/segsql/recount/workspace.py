"""The recount of one workspace by itself, in the two transactions of spec 7: the careful way.

The write transaction opens first and takes the workspace's lock; the count transaction, in a snapshot of its
own, reads catalog and definitions and counts; then the write transaction writes all of it in one statement.
What a count depends on was therefore all read at the instant that is stored with it.

A statement that fails costs its own segments alone: each runs under a savepoint, and a shared scan that fails
is split. Small workspaces that nothing is wrong with are counted in batches, with fewer precautions (`batch`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from segsql.compiler import WorkspaceCompiler
from segsql.errors import Code, ConfigurationError, InternalError, SegsqlError, UsageError
from segsql.recount.choice import SMALL, Portion, choose, portions
from segsql.recount.count import count_portion, failure, halves
from segsql.recount.hold import note_held
from segsql.recount.options import Options
from segsql.recount.outcome import HELD, STOPPED, Result, Skipped, Superseded
from segsql.recount.tally import Tally
from segsql.store import Database, DueWorkspace, Snapshot, Writer, load_catalog, snapshot, write_transaction


def recount_workspace(
    database: Database, due: DueWorkspace, options: Options, is_stopped: Callable[[], bool]
) -> list[Result]:
    """Count the due segments of one workspace and write their counts; one result for each.

    Raises ConfigurationError, which no other workspace would fare better with; all else is in the results.
    """
    tally = Tally(due)
    count = _Count(database, tally, options, is_stopped)
    try:
        if options.dry_run:
            count.run(None)
            note_held(database, [tally], options)
        else:
            _count_and_write(count, tally, database, options)
    except ConfigurationError:
        raise
    except SegsqlError as error:
        tally.fail(error)
    except Exception as error:  # noqa: BLE001 - a bug in one workspace must not stop the others
        tally.fail(InternalError(Code.INTERNAL, f"{type(error).__name__}: {error}"))
    return tally.results()


def _count_and_write(count: _Count, tally: Tally, database: Database, options: Options) -> None:
    with write_transaction(database, options.waiting_bounds) as writer:
        if writer.lock(tally.due.workspace_id):
            count.run(writer)
            new = tally.new_counts()
            tally.heed(new, writer.write(new, options.rules))
        else:
            tally.settle(tally.left, Skipped(HELD))


class _Count:
    """Counting in as many snapshots as it takes, and the portions that still wait for it."""

    def __init__(self, database: Database, tally: Tally, options: Options, is_stopped: Callable[[], bool]) -> None:
        self._database = database
        self._tally = tally
        self._options = options
        self._is_stopped = is_stopped
        self._waiting: list[Portion] | None = None

    def run(self, writer: Writer | None) -> None:
        """Give every segment an outcome; what is counted stays counted if a later snapshot fails."""
        while self._tally.left:
            try:
                with snapshot(self._database, self._options.bounds) as opened:
                    self._count_until_old(opened, writer)
            except ConfigurationError:
                raise
            except SegsqlError as error:
                self._tally.settle(self._tally.left, failure(error))

    def _count_until_old(self, opened: Snapshot, writer: Writer | None) -> None:
        """Count portions until none waits, the run is stopped, or the snapshot is old; one at the least."""
        begun = time.monotonic()
        workspace_id = self._tally.due.workspace_id
        try:
            catalog = load_catalog(opened.connection, workspace_id)
        except UsageError:
            self._tally.settle(self._tally.left, Superseded())
            return
        now, strategy = self._options.now or opened.now, self._options.strategy
        compiler = WorkspaceCompiler(catalog, workspace_id=workspace_id, now=now, strategy=strategy)
        valid = self._tally.countable(catalog, compiler)
        if self._waiting is None:
            contacts = opened.stored_contacts([workspace_id], SMALL)[workspace_id]
            choice = choose(contacts, len(valid), strategy, self._options.way)
            self._waiting = portions(compiler, valid, choice.way)[::-1]
        else:
            kept = (tuple(each for each in portion if each in valid) for portion in self._waiting)
            self._waiting = [portion for portion in kept if portion]
        is_shared = any(len(portion) > 1 for portion in self._waiting)
        split_ids = opened.split_ids(workspace_id) if is_shared else ()
        while self._waiting:
            if self._is_stopped():
                self._tally.settle(self._tally.left, Skipped(STOPPED))
                return
            if writer is not None:
                writer.stay()
            portion = self._waiting.pop()
            measured = count_portion(opened, compiler, portion, split_ids)
            if measured is None:
                self._waiting += reversed(halves(portion))
            else:
                self._tally.note(measured)
            if time.monotonic() - begun > self._options.snapshot_limit.total_seconds():
                return
