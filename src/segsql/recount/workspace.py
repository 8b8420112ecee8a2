"""The recount of one workspace by itself, in the two transactions of spec 7: the careful way.

The write transaction opens first and takes the workspace's lock; the count transaction, in a snapshot of its
own, reads catalog and definitions and counts; then the write transaction writes all of it in one statement.
What a count depends on was therefore all read at the instant that is stored with it.

What may pass, a lost connection or a conflict, is tried again in new transactions, with what is counted kept.
Small workspaces that nothing is wrong with are counted in batches, with fewer precautions (`batch`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from segsql.errors import Code, ConfigurationError, DatabaseUnavailable, InternalError, SegsqlError
from segsql.recount.attempts import attempts
from segsql.recount.counting import Counting
from segsql.recount.hold import note_held
from segsql.recount.options import Options
from segsql.recount.outcome import HELD, STOPPED, Result, Skipped
from segsql.recount.servers import Servers
from segsql.recount.tally import Tally
from segsql.store import Conflict, ConnectionLost, DueWorkspace, write_transaction


@dataclass(frozen=True, slots=True)
class Recounted:
    """What became of workspaces: results, those that are to go on alone, and why the run must end, if it must."""

    results: list[Result]
    alone: list[DueWorkspace] = field(default_factory=list)
    error: SegsqlError | None = None


def recount_workspace(
    servers: Servers, due: DueWorkspace, options: Options, is_stopped: Callable[[], bool]
) -> Recounted:
    """Count the due segments of one workspace and write their counts; one result for each.

    With an error that no other workspace would fare better with: a wrong configuration, a database that is gone.
    """
    tally = Tally(due)
    count = Counting(servers, tally, options, is_stopped)
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
    count: Counting, tally: Tally, servers: Servers, options: Options, is_stopped: Callable[[], bool]
) -> None:
    """Try until all is done, or a few attempts in a row brought nothing."""
    while True:
        left = len(tally.left)
        try:
            for attempt in attempts(is_stopped):
                with attempt:
                    if options.dry_run:
                        count.run(None)
                        note_held(servers.counting, [tally], options)
                    else:
                        _count_and_write(count, tally, servers, options)
        except (ConnectionLost, Conflict):
            if is_stopped():
                tally.settle(tally.left, Skipped(STOPPED))
            if len(tally.left) == left or not tally.left:
                raise
        else:
            return


def _count_and_write(count: Counting, tally: Tally, servers: Servers, options: Options) -> None:
    name = f"segsql recount, writes workspace {tally.due.workspace_id}"
    with write_transaction(servers.primary, options.waiting_bounds, name) as writer:
        if writer.lock(tally.due.workspace_id):
            count.run(writer)
            new = tally.new_counts()
            written = writer.write(new, options.rules)
        else:
            tally.give_up(Skipped(HELD))
            return
    tally.heed(new, written)
