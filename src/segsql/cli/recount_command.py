"""`segsql recount`: the batch job."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import click

from segsql.cli.exits import Exit, exit_code
from segsql.cli.explanation import print_explanation
from segsql.cli.options import Duration, Keep, Part, Percent, Size, format_option, now_option, option, strategy_option
from segsql.cli.output import Format, forget_stdout, print_error, print_json, print_rows
from segsql.cli.progress import tell_of_retries, watching
from segsql.cli.session import database_of, for_libpq, warn_about_lower
from segsql.cli.stopping import Stopping, stopping
from segsql.errors import UsageError
from segsql.plan import Forced
from segsql.recount import (
    CONNECTIONS_PER_JOB,
    HELD,
    Limits,
    Options,
    Report,
    Run,
    Skipped,
    as_json,
    explain,
    result_as_json,
)
from segsql.store import DEFAULT_BOUNDS, SLACK, Database, Manner, Selection, Shard, WriteRules, snapshot

COLUMNS = ("workspace_id", "segment_id", "status", "count", "ms", "message")
REPORT_COLUMNS = ("workspace_id", "segment_id", "status", "count", "last_counted_at", "ms", "message")
LONGEST = timedelta(days=20)
"""The longest that PostgreSQL's time limits can be."""

MAX_ROWS = 100
"""A table of more results than this shows only what was not counted, and the totals."""


@click.command("recount")
@option("-w", "--workspace", "workspace_ids", type=int, multiple=True, metavar="ID", help="Only this workspace's.")
@option("-s", "--segment", "segments", multiple=True, metavar="ID", help="Only this segment, by id or public id.")
@option("--stale-for", type=Duration(), metavar="DURATION", help="Only what was counted longer ago, or edited since.")
@option(
    "--shard",
    type=Part(),
    metavar="i/N",
    help="Only the i-th of N parts of all workspaces, i from 1: N processes, one for each part, count all of them.",
)
@option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Workspaces counted at a time.")
@option("--dry-run", is_flag=True, help="Count, and write nothing.")
@option(
    "--explain-plan",
    is_flag=True,
    help="With --dry-run: count nothing either, but show how each segment would be counted, why, and at what cost.",
)
@now_option
@strategy_option
@option(
    "--read-dsn",
    metavar="URL",
    help="Count on this standby, and write to the primary. The time of a count is up to when the standby had replayed.",
)
@option(
    "--statement-timeout",
    type=Duration(longest=LONGEST),
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="The longest that one statement may take.",
)
@option(
    "--lock-timeout",
    type=Duration(longest=LONGEST),
    default="2s",
    show_default=True,
    metavar="DURATION",
    help="The longest that a lock is waited for.",
)
@option(
    "--patience",
    type=Duration(longest=LONGEST),
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long a server that can't be reached is waited for: a restart, a failover.",
)
@option(
    "--snapshot-limit",
    type=Duration(longest=LONGEST),
    default="5m",
    show_default=True,
    metavar="DURATION",
    help="What is left of a workspace whose snapshot is older is counted in a fresh one.",
)
@option(
    "--deadline",
    type=Duration(longest=LONGEST),
    metavar="DURATION",
    help="Claim nothing more after this long; what is under way is finished and written, and the exit code is 75.",
)
@option(
    "--grace",
    type=Duration(longest=LONGEST),
    default="20s",
    show_default=True,
    metavar="DURATION",
    help="How long what is under way may take after the deadline or a signal, before it is cancelled.",
)
@option(
    "--parallel-workers",
    type=click.IntRange(0, 1024),
    default=2,
    show_default=True,
    help="PostgreSQL's max_parallel_workers_per_gather for each statement.",
)
@option(
    "--work-mem",
    type=Size(),
    default="32MB",
    show_default=True,
    metavar="SIZE",
    help="PostgreSQL's work_mem for each statement.",
)
@option(
    "--max-replica-lag",
    type=Duration(longest=LONGEST),
    metavar="DURATION",
    help="Pause while some standby of the primary is further behind.",
)
@option(
    "--max-xmin-age",
    type=click.IntRange(min=1),
    metavar="TRANSACTIONS",
    help="Pause while some session or standby keeps a snapshot that is older, in transactions.",
)
@option("--fail-if-locked", is_flag=True, help="Exit 75 where another run has a selected workspace.")
@option(
    "--hold-change",
    type=Percent(),
    metavar="PERCENT",
    help="Do not write a count that differs from the stored one by more than this; report it as held, and exit 1.",
)
@option("--accept", is_flag=True, help="Write what --hold-change would hold.")
@option(
    "--keep-history",
    type=Keep(longest=timedelta(days=36_500)),
    default="90d",
    show_default=True,
    metavar="DURATION|none",
    help="How long changed counts stay in segment_counts; none: none are noted, and those that are there go.",
)
@option("--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the JSON report here.")
@option("--strict", is_flag=True, help="Exit 1 also where a stored definition is invalid.")
@format_option()
@click.pass_context
def command(
    ctx: click.Context,
    workspace_ids: tuple[int, ...],
    segments: tuple[str, ...],
    stale_for: timedelta | None,
    shard: Shard | None,
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
    report: Path | None,
    strict: bool,
    format_: Format,
) -> int:
    """Count the selected segments (all, unless told otherwise) and write the counts and their time back.

    Exits 0 when all are counted, superseded, skipped or invalid; 1 when some failed, timed out
    or are held.
    """
    if shard is not None and (workspace_ids or segments):
        raise UsageError("--shard divides all workspaces: it goes with neither -w nor -s")
    if report is not None and not os.access(report if report.exists() else report.parent, os.W_OK):
        raise UsageError(f"The report {report} can't be written")
    if explain_plan and not (dry_run or now):
        raise UsageError("--explain-plan counts nothing and writes nothing: give it with --dry-run")
    if explain_plan and report is not None:
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
    selection = Selection(workspace_ids, segments, stale_for, shard)
    manner = Manner(
        patience=min(patience, deadline or patience),
        answer_within=statement_timeout + SLACK,
        settings={"max_parallel_workers_per_gather": str(parallel_workers), "work_mem": work_mem},
    )
    connections = jobs * CONNECTIONS_PER_JOB
    tell_of_retries()
    with database_of(ctx, connections=connections, manner=manner) as database, ExitStack() as stack:
        standby = None
        if read_dsn is not None:
            standby = Database(for_libpq(read_dsn), connections=connections, manner=replace(manner, standby=True))
            stack.callback(standby.close)
        with snapshot(database, options.bounds) as opened:
            warn_about_lower(opened)
        run = Run(database, selection, options, jobs=jobs, standby=standby)
        if explain_plan:
            print_explanation(explain(database, run.due, options), format_)
            return Exit.OK
        total = sum(len(due.segment_ids) for due in run.due)
        with stopping(run, deadline, grace) as stopped, watching(total) as on_result:
            done = run.report(on_result)
    if report is not None:
        report.write_text(json.dumps(as_json(done), ensure_ascii=False, indent=2) + "\n")
    try:
        _print(done, format_)
    except BrokenPipeError:
        forget_stdout()
    if done.error is not None:
        print_error(str(done.error), done.error.hint)
    return _exit_code(done, stopped, strict=strict, fail_if_locked=fail_if_locked)


def _exit_code(done: Report, stopped: Stopping, *, strict: bool, fail_if_locked: bool) -> Exit:
    if stopped.exit is not None:
        return stopped.exit
    if done.error is not None:
        return exit_code(done.error)
    if stopped.is_late and any(result.status == "skipped" for result in done.results):
        return Exit.DEADLINE
    if done.has_failed or done.has_held or (strict and done.has_invalid):
        return Exit.FAILED
    is_locked = any(result.outcome == Skipped(HELD) for result in done.results)
    return Exit.DEADLINE if fail_if_locked and is_locked else Exit.OK


def _print(report: Report, format_: Format) -> None:
    rows = [result_as_json(result) for result in report.results]
    match format_:
        case Format.JSON:
            print_json(as_json(report))
        case Format.TABLE:
            shown = rows if len(rows) <= MAX_ROWS else [row for row in rows if row["status"] != "counted"]
            if shown:
                print_rows(shown, COLUMNS, format_)
            click.echo(_totals(report))
        case _:
            print_rows(rows, REPORT_COLUMNS, format_)


def _totals(report: Report) -> str:
    statuses = [result.status for result in report.results]
    seconds = (report.finished_at - report.started_at).total_seconds()
    parts = ", ".join(f"{statuses.count(status):,} {status}" for status in dict.fromkeys(statuses))
    return f"{len(statuses):,} segments in {seconds:.1f} s: {parts}" if statuses else "Nothing is due."
