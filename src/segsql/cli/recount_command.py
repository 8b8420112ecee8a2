"""`segsql recount`: the batch job."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import click

from segsql.catalog import WorkspaceId
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
from segsql.cli.explanation import print_explanation
from segsql.cli.logs import log_of
from segsql.cli.mapped import Workspace, mapped_of
from segsql.cli.options import (
    Duration,
    Part,
    Percent,
    format_option,
    jobs_option,
    now_option,
    option,
    parallel_workers_option,
    strategy_option,
    work_mem_option,
)
from segsql.cli.output import Format, forget_stdout, print_error
from segsql.cli.progress import tell_of_retries, watching
from segsql.cli.results import print_results
from segsql.cli.session import database_of, for_libpq, warn_about_lower
from segsql.cli.stopping import Stopping, stopping
from segsql.cli.telling import Telling, telling_options
from segsql.errors import UsageError
from segsql.plan import Forced
from segsql.recount import (
    CONNECTIONS_PER_JOB,
    TAKEN,
    Limits,
    Options,
    Record,
    Report,
    Run,
    Skipped,
    explain,
    failed_in,
)
from segsql.store import (
    DEFAULT_BOUNDS,
    SLACK,
    Database,
    Manner,
    Retry,
    Selection,
    Shard,
    WriteRules,
    gone,
    schema_for,
    snapshot,
)


@click.command("recount")
@option(
    "-w", "--workspace", "workspace_ids", type=Workspace(), multiple=True, metavar="ID", help="Only this workspace's."
)
@option("-s", "--segment", "segments", multiple=True, metavar="ID", help="Only this segment, by id or public id.")
@option("--stale-for", type=Duration(), metavar="DURATION", help="Only what was counted longer ago, or edited since.")
@option(
    "--shard",
    type=Part(),
    metavar="i/N",
    help="Only the i-th of N parts of all workspaces, i from 1: N processes, one for each part, count all of them. "
    "Whoever numbers them from 0 writes the sum: 0+1/8 is 1/8.",
)
@option(
    "--failed-in",
    "earlier",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Only what failed or timed out in the run that wrote this report.",
)
@jobs_option
@option("--dry-run", is_flag=True, help="Count, and write nothing.")
@option(
    "--explain-plan",
    is_flag=True,
    help="With --dry-run: count nothing either, but show how each segment would be counted, why, and at what cost.",
)
@now_option
@strategy_option
@read_dsn_option
@statement_timeout_option
@lock_timeout_option
@patience_option
@snapshot_limit_option
@option(
    "--deadline",
    type=Duration(longest=LONGEST),
    metavar="DURATION",
    help="Claim nothing more after this long; what is under way is finished and written, and the exit code is 75.",
)
@grace_option
@parallel_workers_option
@work_mem_option
@max_replica_lag_option
@max_xmin_age_option
@option("--fail-if-locked", is_flag=True, help="Exit 75 where another run has a selected workspace.")
@option(
    "--hold-change",
    type=Percent(),
    metavar="PERCENT",
    help="Do not write a count that differs from the stored one by more than this; report it as held, and exit 1.",
)
@option("--accept", is_flag=True, help="Write what --hold-change would hold.")
@keep_history_option
@telling_options
@option("--strict", is_flag=True, help="Exit 1 also where a stored definition is invalid.")
@format_option()
@click.pass_context
def command(
    ctx: click.Context,
    workspace_ids: tuple[WorkspaceId, ...],
    segments: tuple[str, ...],
    stale_for: timedelta | None,
    shard: Shard | None,
    earlier: Path | None,
    jobs: int,
    *,
    dry_run: bool,
    explain_plan: bool,
    now: datetime | None,
    strategy: Forced,
    read_dsn: str | None,
    statement_timeout: timedelta,
    lock_timeout: timedelta,
    patience: timedelta,
    snapshot_limit: timedelta,
    deadline: timedelta | None,
    grace: timedelta,
    parallel_workers: int,
    work_mem: str,
    max_replica_lag: timedelta | None,
    max_xmin_age: int | None,
    fail_if_locked: bool,
    hold_change: Decimal | None,
    accept: bool,
    keep_history: timedelta,
    telling: Telling,
    strict: bool,
    format_: Format,
) -> int:
    """Count the selected segments (all, unless told otherwise) and write the counts and their time back.

    Exits 0 when all are counted, superseded, skipped or invalid; 1 when some failed, timed out
    or are held.
    """
    if shard is not None and (workspace_ids or segments):
        raise UsageError("--shard divides all workspaces: it goes with neither -w nor -s")
    if earlier is not None and (workspace_ids or segments):
        raise UsageError("--failed-in names the segments itself: it goes with neither -w nor -s")
    if explain_plan and not (dry_run or now):
        raise UsageError("--explain-plan counts nothing and writes nothing: give it with --dry-run")
    if explain_plan and telling.report is not None:
        raise UsageError("--explain-plan counts nothing that a --report could tell")
    options = Options(
        dry_run=dry_run or now is not None,
        now=now,
        strategy=strategy,
        bounds=replace(DEFAULT_BOUNDS, statement=statement_timeout, lock=lock_timeout),
        rules=WriteRules(None if accept else hold_change, keep_history),
        snapshot_limit=snapshot_limit,
        limits=Limits(max_replica_lag, max_xmin_age),
    )
    telling.check(dry_run=options.dry_run)
    selection = Selection(workspace_ids, segments, stale_for, shard, _retry(ctx, earlier) if earlier else None)
    manner = Manner(
        patience=min(patience, deadline or patience),
        answer_within=statement_timeout + SLACK,
        settings={"max_parallel_workers_per_gather": str(parallel_workers), "work_mem": work_mem},
    )
    connections = jobs * CONNECTIONS_PER_JOB
    run_id = str(uuid.uuid4())
    log = log_of(telling.log_format, run_id)
    warn = log.warn if log else print_error
    tell_of_retries(log)
    with (
        telling.telling_if_it_fails(run_id, selection, options, warn),
        database_of(ctx, connections=connections, manner=manner) as database,
        ExitStack() as stack,
    ):
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
            missing = gone(opened.connection, selection)
        if missing:
            warn(f"{missing:,} of the segments that failed are no longer there", "They are passed over.")
        pauses = partial(warn, hint="It goes on by itself, or ends with the deadline.")
        run = Run(database, selection, options, jobs=jobs, standby=standby, run_id=run_id, on_pause=pauses)
        if explain_plan:
            print_explanation(explain(database, run.due, options), format_)
            return Exit.OK
        if log:
            log.started(run, selection, dry_run=options.dry_run)
        total = sum(len(due.segment_ids) for due in run.due)
        with stopping(run, deadline, grace) as stopped, watching(total, log) as on_result:
            done = run.report(on_result)
        ages = telling.ages(database, options.bounds, selection, done, warn)
    code = _exit_code(done, stopped, strict=strict, fail_if_locked=fail_if_locked)
    record = telling.tell(Record(done, selection, options, code), ages, warn)
    if log:
        log.finished(record)
    elif done.error is not None:
        print_error(str(done.error), done.error.hint)
    try:
        print_results(record, format_)
    except BrokenPipeError:
        forget_stdout()
    return record.exit_code


def _retry(ctx: click.Context, earlier: Path) -> Retry:
    try:
        return failed_in(earlier.read_bytes(), str(earlier), schema_for(mapped_of(ctx).mapping))
    except OSError as error:
        raise UsageError(f"The report {earlier} can't be read: {error.strerror}") from error


def _exit_code(done: Report, stopped: Stopping, *, strict: bool, fail_if_locked: bool) -> Exit:
    if stopped.exit is not None:
        return stopped.exit
    if done.error is not None:
        return exit_code(done.error)
    if stopped.is_late and any(result.status == "skipped" for result in done.results):
        return Exit.DEADLINE
    if done.has_failed or done.has_held or (strict and done.has_invalid):
        return Exit.FAILED
    is_locked = any(result.outcome == Skipped(TAKEN) for result in done.results)
    return Exit.DEADLINE if fail_if_locked and is_locked else Exit.OK
