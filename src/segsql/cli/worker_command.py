"""`segsql worker`: counts what is due as it becomes due."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import click

from segsql.cli.counting_options import (
    LONGEST,
    grace_option,
    jobs_option,
    lock_timeout_option,
    max_replica_lag_option,
    max_xmin_age_option,
    parallel_workers_option,
    patience_option,
    read_dsn_option,
    snapshot_limit_option,
    statement_timeout_option,
    work_mem_option,
)
from segsql.cli.exits import Exit, exit_code
from segsql.cli.options import Address, Duration, option, strategy_option
from segsql.cli.output import print_error
from segsql.cli.progress import log_result, logger, tell_of_retries, watching
from segsql.cli.session import database_of, for_libpq, warn_about_lower
from segsql.cli.stopping import stopping
from segsql.errors import SegsqlError
from segsql.plan import Forced
from segsql.recount import CONNECTIONS_PER_JOB, Limits, Options, Result, Run, Servers
from segsql.store import DEFAULT_BOUNDS, SLACK, Database, Manner, Selection, snapshot
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
) -> int:
    """Stay, and count what is new or edited soon after, and everything again when its count is old.

    It ends when it is told to: SIGTERM finishes what is under way within the grace time and exits 143.
    """
    options = Options(
        strategy=strategy,
        bounds=replace(DEFAULT_BOUNDS, statement=statement_timeout, lock=lock_timeout),
        snapshot_limit=snapshot_limit,
        limits=Limits(max_replica_lag, max_xmin_age),
    )
    manner = Manner(
        patience=patience,
        answer_within=statement_timeout + SLACK,
        settings={"max_parallel_workers_per_gather": str(parallel_workers), "work_mem": work_mem},
    )
    connections = jobs * CONNECTIONS_PER_JOB + CONNECTIONS_BESIDE
    tell_of_retries()
    with database_of(ctx, connections=connections, manner=manner) as database, ExitStack() as stack:
        standby = None
        if read_dsn is not None:
            standby = Database(for_libpq(read_dsn), connections=connections, manner=replace(manner, standby=True))
            stack.callback(standby.close)
        with snapshot(database, options.bounds) as opened:
            warn_about_lower(opened)
        if once:
            return _once(Run(database, Selection(stale_for=every), options, jobs=jobs, standby=standby), grace)
        worker = Worker(Servers(database, standby), options, Pace(every, poll), _Log(), jobs=jobs)
        if listen is not None:
            port = stack.enter_context(serving(worker.vitals, *listen))
            logger().info("serving", host=listen[0], port=port)
        with stopping(worker, None, grace) as stopped:
            worker.run()
        logger().info("stopped")
    return stopped.exit or Exit.OK


def _once(run: Run, grace: timedelta) -> Exit:
    total = sum(len(due.segment_ids) for due in run.due)
    with stopping(run, None, grace) as stopped, watching(total) as on_result:
        done = run.report(on_result)
    if stopped.exit is not None:
        return stopped.exit
    if done.error is not None:
        print_error(str(done.error), done.error.hint)
        return exit_code(done.error)
    return Exit.FAILED if done.has_failed else Exit.OK


class _Log:
    """Tells on stderr: a line for all that was counted together, one for each that could not be."""

    def tried(self, results: Sequence[Result]) -> None:
        counted = [result for result in results if result.status == "counted"]
        if counted:
            workspaces = {result.workspace_id for result in counted}
            which = (
                {"workspace_id": next(iter(workspaces))} if len(workspaces) == 1 else {"workspaces": len(workspaces)}
            )
            ms = round(sum(result.ms for result in counted), 3)
            logger().info("counted", **which, segments=len(counted), ms=ms)
        for result in results:
            if result.status in ("invalid", "failed", "timeout"):
                log_result(result)

    def trouble(self, error: SegsqlError) -> None:
        logger().error("waiting for the database", message=str(error))

    def hears(self, hearing: Hearing) -> None:
        if hearing.is_on:
            logger().info("listening")
        elif hearing.why:
            logger().warning("polling alone", message=hearing.why)
