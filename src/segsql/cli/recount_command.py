"""`segsql recount`: the batch job."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event, Timer

import click

from segsql.cli.exits import Exit
from segsql.cli.explanation import print_explanation
from segsql.cli.options import Duration, Keep, Part, Percent, format_option, now_option, option, strategy_option
from segsql.cli.output import Format, forget_stdout, print_json, print_rows
from segsql.cli.progress import watching
from segsql.cli.session import database_of, warn_about_lower
from segsql.errors import UsageError
from segsql.plan import Forced
from segsql.recount import CONNECTIONS_PER_JOB, Options, Report, Run, as_json, explain, result_as_json
from segsql.store import DEFAULT_BOUNDS, Selection, Shard, WriteRules, snapshot

COLUMNS = ("workspace_id", "segment_id", "status", "count", "ms", "message")
REPORT_COLUMNS = ("workspace_id", "segment_id", "status", "count", "last_counted_at", "ms", "message")
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
    "--statement-timeout",
    type=Duration(longest=timedelta(days=20)),
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="The longest that one statement may take.",
)
@option(
    "--deadline",
    type=Duration(longest=timedelta(days=20)),
    metavar="DURATION",
    help="Claim nothing more after this long; what is under way is finished and written, and the exit code is 75.",
)
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
    statement_timeout: timedelta,
    deadline: timedelta | None,
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
        bounds=replace(DEFAULT_BOUNDS, statement=statement_timeout),
        rules=WriteRules(None if accept else hold_change, keep_history),
    )
    selection = Selection(workspace_ids, segments, stale_for, shard)
    with database_of(ctx, connections=jobs * CONNECTIONS_PER_JOB) as database:
        with snapshot(database, options.bounds) as opened:
            warn_about_lower(opened)
        run = Run(database, selection, options, jobs=jobs)
        if explain_plan:
            print_explanation(explain(database, run.due, options), format_)
            return Exit.OK
        total = sum(len(due.segment_ids) for due in run.due)
        with (
            _stopped_by_signals(run.stop) as received,
            _stopped_after(deadline, run.stop) as is_late,
            watching(total) as on_result,
        ):
            done = run.report(on_result)
    if report is not None:
        report.write_text(json.dumps(as_json(done), ensure_ascii=False, indent=2) + "\n")
    try:
        _print(done, format_)
    except BrokenPipeError:
        forget_stdout()
    if received:
        return Exit.SIGTERM if signal.SIGTERM in received else Exit.SIGINT
    if is_late.is_set() and any(result.status == "skipped" for result in done.results):
        return Exit.DEADLINE
    return Exit.FAILED if done.has_failed or done.has_held or (strict and done.has_invalid) else Exit.OK


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


@contextmanager
def _stopped_after(deadline: timedelta | None, stop: Callable[[], None]) -> Iterator[Event]:
    """Stop the run when its time is up; the event tells whether it was."""
    is_late = Event()

    def end() -> None:
        is_late.set()
        stop()

    timer = Timer(deadline.total_seconds(), end) if deadline else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield is_late
    finally:
        if timer:
            timer.cancel()


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[list[int]]:
    """SIGTERM and SIGINT stop the run in good order.

    A second one ends the process at once: the server drops what it was doing when it finds the client gone.
    """
    received: list[int] = []

    def handle(signum: int, frame: object) -> None:
        del frame
        received.append(signum)
        if len(received) > 1:
            os._exit(128 + signum)
        stop()

    before = {signum: signal.signal(signum, handle) for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
