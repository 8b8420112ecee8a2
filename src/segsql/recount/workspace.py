"""The recount of one workspace by itself, in the two transactions of spec 7: the careful way.

The write transaction opens first and takes the workspace's lock; the count transaction, in a snapshot of its
own, reads catalog and definitions and counts; then the write transaction writes all of it in one statement.
What a count depends on was therefore all read at the instant that is stored with it.

A statement that fails costs its own segments alone: each runs under a savepoint, and a shared scan that fails
is split. What may pass, a lost connection or a conflict, is tried again, with what is counted kept; the
statement that meets it twice is to blame. Small workspaces that nothing is wrong with are counted in batches,
with fewer precautions (`batch`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from segsql.compiler import WorkspaceCompiler
from segsql.errors import Code, ConfigurationError, DatabaseUnavailable, InternalError, SegsqlError, UsageError
from segsql.recount.attempts import attempts
from segsql.recount.choice import SMALL, Portion, choose, portions
from segsql.recount.count import count_portion, failure, halves
from segsql.recount.options import Options
from segsql.recount.outcome import HELD, STOPPED, Failed, Result, Skipped, Superseded
from segsql.recount.servers import Servers
from segsql.recount.tally import Measured, Tally
from segsql.store import (
    Conflict,
    ConnectionLost,
    DueWorkspace,
    Snapshot,
    UnknownReplayTime,
    Writer,
    load_catalog,
    snapshot,
    write_transaction,
)

CONFLICTS_ON_STANDBY = 2
"""After so many a workspace is counted on the primary."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """What became of workspaces: results, those that are to go on alone, and why the run must end, if it must."""

    results: list[Result]
    alone: list[DueWorkspace] = field(default_factory=list)
    error: SegsqlError | None = None


def recount_workspace(servers: Servers, due: DueWorkspace, options: Options, is_stopped: Callable[[], bool]) -> Recounted:
    """Count the due segments of one workspace and write their counts; one result for each.

    With an error that no other workspace would fare better with: a wrong configuration, a database that is gone.
    """
    tally = Tally(due)
    count = _Count(servers, tally, options, is_stopped)
    error: SegsqlError | None = None
    try:
        _persistently(count, tally, servers, options, is_stopped)
    except ConnectionLost as lost:
        tally.fail(lost)
    except (ConfigurationError, DatabaseUnavailable) as unusable:
        tally.fail(unusable)
        error = unusable
    except SegsqlError as failed:
        tally.fail(failed)
    except Exception as bug:  # noqa: BLE001 - a bug in one workspace must not stop the others
        tally.fail(InternalError(Code.INTERNAL, f"{type(bug).__name__}: {bug}"))
    return Recounted(tally.results(), error=error)


def _persistently(
    count: _Count, tally: Tally, servers: Servers, options: Options, is_stopped: Callable[[], bool]
) -> None:
    """Try until all is done, or a few attempts in a row brought nothing."""
    while True:
        left = len(tally.left)
        try:
            for attempt in attempts(is_stopped):
                with attempt:
                    if options.dry_run:
                        count.run(None)
                    else:
                        _count_and_write(count, tally, servers, options)
        except (ConnectionLost, Conflict):
            if is_stopped():
                tally.settle(tally.left, Skipped(STOPPED))
            if len(tally.left) == left or not tally.left:
                raise
        else:
            return


def _count_and_write(count: _Count, tally: Tally, servers: Servers, options: Options) -> None:
    name = f"segsql recount, writes workspace {tally.due.workspace_id}"
    with write_transaction(servers.primary, options.waiting_bounds, name) as writer:
        if writer.lock(tally.due.workspace_id):
            count.run(writer)
            new = tally.new_counts()
            written = writer.write(new)
        else:
            tally.give_up(Skipped(HELD))
            return
    tally.heed(new, written)


class _Count:
    """Counting in as many snapshots as it takes, and the portions that still wait for it."""

    def __init__(self, servers: Servers, tally: Tally, options: Options, is_stopped: Callable[[], bool]) -> None:
        self._servers = servers
        self._tally = tally
        self._options = options
        self._is_stopped = is_stopped
        self._database = servers.counting
        self._conflicts = 0
        self._waiting: list[Portion] | None = None
        self._counting: Portion = ()
        self._suspects: set[Portion] = set()

    def run(self, writer: Writer | None) -> None:
        """Give every segment an outcome; what is counted stays counted if a later snapshot fails.

        Raises what another attempt may not meet: ConnectionLost and Conflict.
        """
        name = f"segsql recount, workspace {self._tally.due.workspace_id}"
        while self._tally.left:
            self._counting = ()
            try:
                with snapshot(self._database, self._options.bounds, name) as opened:
                    self._count_until_old(opened, writer)
            except (ConnectionLost, Conflict) as error:
                if not self._is_settled(error):
                    raise
            except (ConfigurationError, DatabaseUnavailable):
                raise
            except UnknownReplayTime:
                self._database = self._servers.primary
            except SegsqlError as error:
                self._tally.settle(self._tally.left, failure(error))

    def _is_settled(self, error: ConnectionLost | Conflict) -> bool:
        """Whether something was done about the error, so that counting goes on without a pause.

        The statement that met it waits for another attempt. When it meets one again it is split; a segment
        that stands alone has failed.
        """
        portion = self._counting
        if self._database is not self._servers.primary:
            self._conflicts += 1
            if self._conflicts >= CONFLICTS_ON_STANDBY:
                self._database = self._servers.primary
                self._wait_again([portion])
                return True
        if not portion or self._is_stopped():
            return False
        if portion not in self._suspects:
            self._suspects.add(portion)
            self._wait_again([portion])
            return False
        if len(portion) == 1:
            self._tally.settle(portion, Failed(str(error)))
        else:
            self._suspects.update(halves(portion))
            self._wait_again(halves(portion))
        return True

    def _wait_again(self, some: list[Portion]) -> None:
        if self._waiting is not None:
            self._waiting += reversed([portion for portion in some if portion])

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
            self._counting = self._waiting.pop()
            measured = count_portion(opened, compiler, self._counting, split_ids, self._options.bounds)
            self._note(self._counting, measured)
            self._counting = ()
            if time.monotonic() - begun > self._options.snapshot_limit.total_seconds():
                return

    def _note(self, portion: Portion, measured: list[Measured] | None) -> None:
        if measured is None:
            self._wait_again(halves(portion))
        elif self._is_stopped() and isinstance(measured[0].outcome, Failed):  # cancelled by whoever stopped the run
            self._tally.settle(portion, Skipped(STOPPED))
        else:
            self._tally.note(measured)
