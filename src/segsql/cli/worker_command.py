"""`segsql worker`: counts what is due as it becomes due."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import click

from segsql.cli.counting_options import (
    LONGEST,
    grace_option,
    keep_history_option,
    lock_timeout_option,
    max_replica_lag_option,
    max_xmin_age_option,
    patience_option,
    read_dsn_option,
    snapshot_limit_option,
    statement_timeout_option,
)
from segsql.cli.exits import Exit, exit_code
from segsql.cli.logs import Log, LogFormat
from segsql.cli.mapped import mapped_of
from segsql.cli.options import (
    Address,
    Duration,
    jobs_option,
    option,
    parallel_workers_option,
    strategy_option,
    work_mem_option,
)
from segsql.cli.progress import tell_of_retries
from segsql.cli.session import database_of, for_libpq, warn_about_lower
from segsql.cli.stopping import stopping
from segsql.errors import SegsqlError
from segsql.plan import Forced
from segsql.recount import CONNECTIONS_PER_JOB, Limits, Options, Record, Result, Run, Servers
from segsql.store import DEFAULT_BOUNDS, SLACK, Database, Manner, Selection, WriteRules, snapshot
from segsql.worker import CONNECTIONS_BESIDE, Hearing, Pace, Worker, serving


@click.command("worker")
@option(
    "--every",
    type=Duration(longest=LONGEST),
    default="15m",
    show_default=True,
    metavar="DURATION",
    help="Recount what was counted longer ago.",
)
@option(
    "--poll",
    type=Duration(longest=LONGEST),
    default="10s",
    show_default=True,
    metavar="DURATION",
    help="Look at everything so often, for what no notification told of; less often where a look takes long.",
)
@option("--once", is_flag=True, help="Count what is due now, and end as recount does.")
@option("--listen", type=Address(), metavar="HOST:PORT", help="Serve /healthz, /readyz and /metrics there.")
@jobs_option
@strategy_option
@read_dsn_option
@statement_timeout_option
@lock_timeout_option
@patience_option
@snapshot_limit_option
@grace_option
@parallel_workers_option
@work_mem_option
@max_replica_lag_option
@max_xmin_age_option
@keep_history_option
@option(
    "--log-format",
    type=click.Choice([each.value for each in LogFormat]),
    default=LogFormat.LOGFMT.value,
    show_default=True,
    help="Write the log to stderr in this format.",
)
@click.pass_context
def command(
    ctx: click.Context,
    every: timedelta,
    poll: timedelta,
    listen: tuple[str, int] | None,
    jobs: int,
    *,
    once: bool,
    strategy: Forced,
    read_dsn: str | None,
    statement_timeout: timedelta,
    lock_timeout: timedelta,
    patience: timedelta,
    snapshot_limit: timedelta,
    grace: timedelta,
    parallel_workers: int,
    work_mem: str,
    max_replica_lag: timedelta | None,
    max_xmin_age: int | None,
    keep_history: timedelta,
    log_format: str,
) -> int:
    """Stay, and count what is new or edited soon after, and everything again when its count is old.

    It ends when it is told to: SIGTERM finishes what is under way within the grace time and exits 143.
    """
    options = Options(
        strategy=strategy,
        bounds=replace(DEFAULT_BOUNDS, statement=statement_timeout, lock=lock_timeout),
        rules=WriteRules(keep_history=keep_history),
        snapshot_limit=snapshot_limit,
        limits=Limits(max_replica_lag, max_xmin_age),
    )
    manner = Manner(
        patience=patience,
        answer_within=statement_timeout + SLACK,
        settings={"max_parallel_workers_per_gather": str(parallel_workers), "work_mem": work_mem},
    )
    connections = jobs * CONNECTIONS_PER_JOB + CONNECTIONS_BESIDE
    run_id = str(uuid.uuid4())
    log = Log(LogFormat(log_format), run_id)
    tell_of_retries(log)
    with database_of(ctx, connections=connections, manner=manner) as database, ExitStack() as stack:
        standby = None
        if read_dsn is not None:
            standby = Database(
                for_libpq(read_dsn),
                connections=connections,
                manner=replace(manner, standby=True),
                mapping=mapped_of(ctx).mapping,
            )
            stack.callback(standby.close)
        with snapshot(database, options.bounds) as opened:
            warn_about_lower(opened)
        if once:
            selection = Selection(stale_for=every)
            run = Run(
                database, selection, options, jobs=jobs, standby=standby, run_id=run_id, on_pause=_Told(log).pauses
            )
            return _once(run, selection, options, grace, log)
        worker = Worker(Servers(database, standby), options, Pace(every, poll), _Told(log), jobs=jobs)
        if listen is not None:
            port = stack.enter_context(serving(worker.vitals, *listen))
            log.info("serving", host=listen[0], port=port)
        with stopping(worker, None, grace) as stopped:
            worker.run()
        log.info("stopped")
    return stopped.exit or Exit.OK


def _once(run: Run, selection: Selection, options: Options, grace: timedelta, log: Log) -> Exit:
    log.started(run, selection, dry_run=False)
    with stopping(run, None, grace) as stopped:
        done = run.report(log.result)
    if stopped.exit is not None:
        code = stopped.exit
    elif done.error is not None:
        code = exit_code(done.error)
    else:
        code = Exit.FAILED if done.has_failed else Exit.OK
    log.finished(Record(done, selection, options, code))
    return code


class _Told:
    """Writes what a worker does: a line for all that was counted together, one for each that could not be."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def tried(self, results: Sequence[Result]) -> None:
        counted = [result for result in results if result.status == "counted"]
        if counted:
            ids = {result.workspace_id for result in counted}
            ms = round(sum(result.ms for result in counted), 3)
            one = ids.pop() if len(ids) == 1 else None
            self._log.info("counted", workspace_id=one, workspaces=len(ids) or 1, segments=len(counted), ms=ms)
        for result in results:
            if result.status in ("invalid", "failed", "timeout"):
                self._log.result(result)

    def trouble(self, error: SegsqlError) -> None:
        self._log.warn(str(error), "It goes on when the database can be used again.")

    def hears(self, hearing: Hearing) -> None:
        if hearing.is_on:
            self._log.info("listening")
        elif hearing.why:
            self._log.warn(f"Edits are not heard: {hearing.why}", "They are found by looking, as often as --poll says.")

    def pauses(self, why: str) -> None:
        self._log.warn(why, "It goes on by itself.")
