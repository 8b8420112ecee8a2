"""Counting one workspace's due segments, in as many snapshots as it takes.

A statement that fails costs its own segments alone: each runs under a savepoint, and a shared scan that fails
is split. What meets a lost connection or a conflict is tried again once, and split from then on: the segment that
stands alone is to blame (spec 7.4).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError, UsageError
from segsql.recount.choice import SMALL, Portion, choose, portions
from segsql.recount.count import count_portion, failure, halves
from segsql.recount.options import Options
from segsql.recount.outcome import STOPPED, Failed, Skipped, Superseded
from segsql.recount.servers import Servers
from segsql.recount.tally import Measured, Tally
from segsql.store import Conflict, ConnectionLost, Snapshot, UnknownReplayTime, Writer, load_catalog, snapshot

CONFLICTS_ON_STANDBY = 2
"""After so many a workspace is counted on the primary."""


class Counting:
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
