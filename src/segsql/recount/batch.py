"""The recount of many small workspaces at once: few round trips, however many they are.

One write transaction takes all their locks in one statement and writes all their counts in another; one
snapshot, with one `now`, reads all their catalogs, and their statements follow one another without waiting
for answers, so that the server counts one workspace while the next is compiled.

Nothing here is careful: there are no savepoints and nothing is split. Whatever goes wrong, the workspaces
that have no outcome yet go on alone (`workspace`), where it is found which segment was to blame. So do those
that are not small.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime

from segsql.catalog import Catalog, WorkspaceId
from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError
from segsql.recount.choice import SMALL, Portion, choose, portions
from segsql.recount.count import compiled, ms_since
from segsql.recount.hold import note_held
from segsql.recount.options import Options
from segsql.recount.outcome import STOPPED, TAKEN, Result, Skipped, Superseded
from segsql.recount.servers import Servers
from segsql.recount.still_due import settle_what_is_not_due
from segsql.recount.tally import Tally, counted
from segsql.recount.workspace import Recounted, recount_workspace
from segsql.render import Statement
from segsql.store import ConnectionLost, DueWorkspace, Snapshot, Writer, load_catalogs, snapshot, write_transaction

Batch = tuple[DueWorkspace, ...]
Task = tuple[Tally, Portion]


def recount_batch(servers: Servers, batch: Batch, options: Options, is_stopped: Callable[[], bool]) -> Recounted:
    """Count and write the workspaces of the batch that are small; one by itself is counted whatever it is."""
    if len(batch) == 1:
        return recount_workspace(servers, batch[0], options, is_stopped)
    try:
        tallies = _Together(servers, options, is_stopped).recount(batch)
    except ConnectionLost:
        return Recounted([], list(batch))
    except (ConfigurationError, DatabaseUnavailable) as error:
        return Recounted(_all_failed(batch, error), error=error)
    except Exception:  # noqa: BLE001 - each workspace meets it again alone, and there it is told
        return Recounted([], list(batch))
    done = {tally.due.workspace_id for tally in tallies}
    results = [result for tally in tallies for result in tally.results()]
    return Recounted(results, [due for due in batch if due.workspace_id not in done])


def _all_failed(batch: Batch, error: SegsqlError) -> list[Result]:
    tallies = [Tally(due) for due in batch]
    for tally in tallies:
        tally.fail(error)
    return [result for tally in tallies for result in tally.results()]


class _Together:
    """How a batch is counted."""

    def __init__(self, servers: Servers, options: Options, is_stopped: Callable[[], bool]) -> None:
        self._servers = servers
        self._options = options
        self._is_stopped = is_stopped

    def recount(self, batch: Batch) -> list[Tally]:
        """The workspaces of which every segment has its outcome, written and committed."""
        name = f"segsql recount, workspaces {batch[0].workspace_id} and {len(batch) - 1} more"
        with snapshot(self._servers.counting, self._options.bounds, name) as opened:
            contacts = opened.stored_contacts([due.workspace_id for due in batch], SMALL)
        tallies = [Tally(due) for due in batch if contacts[due.workspace_id] < SMALL]
        if not tallies:
            return []
        if self._options.dry_run:
            self._count(tallies, contacts, None, name)
            note_held(self._servers.counting, _finished(tallies), self._options)
            return _finished(tallies)
        with write_transaction(self._servers.primary, self._options.waiting_bounds, name) as writer:
            locked = writer.lock_all([tally.due.workspace_id for tally in tallies])
            for tally in tallies:
                if tally.due.workspace_id not in locked:
                    tally.settle(tally.left, Skipped(TAKEN))
            self._count([tally for tally in tallies if tally.left], contacts, writer, name)
            finished = _finished(tallies)
            new = {tally.due.workspace_id: tally.new_counts() for tally in finished}
            written = writer.write([count for counts in new.values() for count in counts], self._options.rules)
        for tally in finished:
            tally.heed(new[tally.due.workspace_id], written)
        return finished

    def _count(
        self, tallies: Sequence[Tally], contacts: Mapping[WorkspaceId, int], writer: Writer | None, name: str
    ) -> None:
        """Count in one snapshot, as far as nothing fails; a statement's time is told as its share of all."""
        if not tallies:
            return
        try:
            with snapshot(self._servers.counting, self._options.bounds, name) as opened:
                self._count_in(opened, tallies, contacts, writer)
        except ConnectionLost:
            return
        except (ConfigurationError, DatabaseUnavailable):
            raise
        except Exception:  # noqa: BLE001, S110 - what was answered is true; the others go on alone
            pass

    def _count_in(
        self, opened: Snapshot, tallies: Sequence[Tally], contacts: Mapping[WorkspaceId, int], writer: Writer | None
    ) -> None:
        begun = time.monotonic()
        now = self._options.now or opened.now
        settle_what_is_not_due(opened, tallies, self._options.still_due)
        catalogs = load_catalogs(opened.connection, [tally.due.workspace_id for tally in tallies])
        answered = []
        with closing(opened.count_ahead(self._statements(tallies, catalogs, contacts, now))) as answers:
            try:
                for answer in answers:
                    answered.append(answer)
                    if writer is not None:
                        writer.stay()
            finally:
                share = ms_since(begun) / max(1, sum(len(portion) for (_, portion), _ in answered))
                for (tally, portion), counts in answered:
                    tally.note(counted(portion, counts, now, share * len(portion)))

    def _statements(
        self,
        tallies: Sequence[Tally],
        catalogs: Mapping[WorkspaceId, Catalog],
        contacts: Mapping[WorkspaceId, int],
        now: datetime,
    ) -> Iterator[tuple[Task, Statement]]:
        """Each workspace's statements, compiled when they are asked for."""
        begun = time.monotonic()
        for tally in tallies:
            workspace_id = tally.due.workspace_id
            if self._is_stopped():
                tally.settle(tally.left, Skipped(STOPPED))
            elif workspace_id not in catalogs:
                tally.settle(tally.left, Superseded())
            elif time.monotonic() - begun < self._options.snapshot_limit.total_seconds():
                try:
                    statements = self._compiled(tally, catalogs[workspace_id], contacts[workspace_id], now)
                except Exception:  # noqa: BLE001, S112 - one workspace's trouble alone
                    continue
                yield from statements

    def _compiled(self, tally: Tally, catalog: Catalog, contacts: int, now: datetime) -> list[tuple[Task, Statement]]:
        options = self._options
        compiler = WorkspaceCompiler(catalog, workspace_id=tally.due.workspace_id, now=now, strategy=options.strategy)
        valid = tally.countable(catalog, compiler)
        way = choose(contacts, len(valid), options.strategy, options.way).way
        return [((tally, portion), compiled(compiler, portion)) for portion in portions(compiler, valid, way)]


def _finished(tallies: Sequence[Tally]) -> list[Tally]:
    return [tally for tally in tallies if not tally.left]
