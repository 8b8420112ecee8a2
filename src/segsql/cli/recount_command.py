"""`segsql recount`: the batch job."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Timer

import click

from segsql.cli.exits import Exit, exit_code
from segsql.cli.explanation import print_explanation
from segsql.cli.logs import log_of
from segsql.cli.options import Duration, Part, format_option, now_option, option, strategy_option
from segsql.cli.output import Format, forget_stdout, print_error, print_json, print_rows
from segsql.cli.progress import watching
from segsql.cli.session import database_of, warn_about_lower
from segsql.cli.telling import Telling, telling_options
from segsql.errors import UsageError
from segsql.plan import Forced
from segsql.recount import (
    CONNECTIONS_PER_JOB,
    Options,
    Record,
    Report,
    Run,
    as_json,
    explain,
    failed_in,
    result_as_json,
)
from segsql.store import DEFAULT_BOUNDS, Retry, Selection, Shard, gone, snapshot

COLUMNS = ("workspace_id", "segment_id", "status", "count", "ms", "message")
REPORT_COLUMNS = ("workspace_id", "segment_id", "status", "count", "last_counted_at", "ms", "message", "sqlstate")
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
@option(
    "--failed-in",
    "earlier",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Only what failed or timed out in the run that wrote this report.",
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
@telling_options
@option("--strict", is_flag=True, help="Exit 1 also where a stored definition is invalid.")
@format_option()
@click.pass_context
def command(
    ctx: click.Context,
    workspace_ids: tuple[int, ...],
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
    statement_timeout: timedelta,
    deadline: timedelta | None,
    telling: Telling,
    strict: bool,
    format_: Format,
) -> int:
    """Count the selected segments (all, unless told otherwise) and write the counts and their time back.

    Exits 0 when all are counted, superseded, skipped or invalid; 1 when some failed or timed out.
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
        bounds=replace(DEFAULT_BOUNDS, statement=statement_timeout),
    )
    telling.check(dry_run=options.dry_run)
    selection = Selection(workspace_ids, segments, stale_for, shard, _retry(earlier) if earlier else None)
    with (
        telling.telling_if_it_fails(selection, options, print_error),
        database_of(ctx, connections=jobs * CONNECTIONS_PER_JOB) as database,
    ):
        with snapshot(database, options.bounds) as opened:
            warn_about_lower(opened)
            missing = gone(opened.connection, selection)
        run = Run(database, selection, options, jobs=jobs)
        log = log_of(telling.log_format, run.run_id)
        warn = log.warn if log else print_error
        if missing:
            warn(f"{missing:,} of the segments that failed are no longer there", "They are passed over.")
        if explain_plan:
            print_explanation(explain(database, run.due, options), format_)
            return Exit.OK
        if log:
            log.started(run, selection, dry_run=options.dry_run)
        total = sum(len(due.segment_ids) for due in run.due)
        with (
            _stopped_by_signals(run.stop) as received,
            _stopped_after(deadline, run.stop) as is_late,
            watching(total, log) as on_result,
        ):
            done = run.report(on_result)
        ages = telling.ages(database, options.bounds, selection, done, warn)
    record = Record(done, selection, options, _exit_code(done, received, is_late=is_late.is_set(), strict=strict))
    record = telling.tell(record, ages, warn)
    if log:
        log.finished(record)
    elif done.error is not None:
        print_error(str(done.error), done.error.hint)
    try:
        _print(record, format_)
    except BrokenPipeError:
        forget_stdout()
    return record.exit_code


def _retry(earlier: Path) -> Retry:
    try:
        return failed_in(earlier.read_bytes(), str(earlier))
    except OSError as error:
        raise UsageError(f"The report {earlier} can't be read: {error.strerror}") from error


def _exit_code(done: Report, received: Sequence[int], *, is_late: bool, strict: bool) -> Exit:
    """What the run amounts to; a signal tells more than what it led to, and an error more than what it left undone."""
    if received:
        return Exit.SIGTERM if signal.SIGTERM in received else Exit.SIGINT
    if done.error is not None:
        return exit_code(done.error)
    if is_late and any(result.status == "skipped" for result in done.results):
        return Exit.DEADLINE
    return Exit.FAILED if done.has_failed or (strict and done.has_invalid) else Exit.OK


def _print(record: Record, format_: Format) -> None:
    report = record.report
    rows = [result_as_json(result) for result in report.results]
    match format_:
        case Format.JSON:
            print_json(as_json(record))
        case Format.TABLE:
            shown = rows if len(rows) <= MAX_ROWS else [row for row in rows if row["status"] != "counted"]
            if shown:
                print_rows(shown, COLUMNS, format_)
            click.echo(_totals(report))
        case _:
            print_rows(rows, REPORT_COLUMNS, format_)


def _totals(report: Report) -> str:
    if not report.results:
        return "Nothing is due."
    parts = ", ".join(f"{number:,} {status}" for status, number in report.totals.items() if number)
    return f"{len(report.results):,} segments in {report.duration.total_seconds():.1f} s: {parts}"


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
