"""`segsql check`: what is wrong with the database, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import click

from segsql.catalog import WorkspaceId
from segsql.checkup import Check, Criteria, Level, examine, unreachable
from segsql.cli.exits import Exit
from segsql.cli.mapped import Workspace
from segsql.cli.options import (
    Duration,
    format_option,
    jobs_option,
    kilobytes,
    option,
    parallel_workers_option,
    work_mem_option,
)
from segsql.cli.output import Format, Row, print_rows, print_table
from segsql.cli.session import database_of
from segsql.errors import SegsqlError, UsageError

COLUMNS = ("check", "level", "found", "advice")


@click.command("check")
@option(
    "-w",
    "--workspace",
    "workspace_ids",
    type=Workspace(),
    multiple=True,
    metavar="ID",
    help="Only this workspace's data.",
)
@option(
    "--stale-for",
    type=Duration(),
    default="24h",
    show_default=True,
    metavar="DURATION",
    help="A count older than this is stale.",
)
@jobs_option
@parallel_workers_option
@work_mem_option
@format_option()
@click.pass_context
def command(
    ctx: click.Context,
    workspace_ids: tuple[WorkspaceId, ...],
    stale_for: timedelta,
    jobs: int,
    parallel_workers: int,
    work_mem: str,
    format_: Format,
) -> int:
    """Look whether a recount will do its work, and say what to do where it won't. Writes nothing.

    Each check is ok, a warning (counting works, but slowly or not for all), or a problem. Exits 1 where there is
    a problem, also where the database can't be reached; else 0. --jobs, --parallel-workers and --work-mem are what
    recount is going to be given.
    """
    checks = _examined(ctx, Criteria(workspace_ids, stale_for, jobs, parallel_workers, kilobytes(work_mem)))
    levels = Counter(check.verdict.level for check in checks)
    if format_ is Format.TABLE:
        print_table([row for check in checks for row in _table_rows(check)], COLUMNS[:-1])
        click.echo(", ".join(f"{level}: {levels[level]}" for level in Level))
    else:
        print_rows([_row(check) for check in checks], COLUMNS, format_)
    return Exit.FAILED if levels[Level.PROBLEM] else Exit.OK


def _examined(ctx: click.Context, criteria: Criteria) -> list[Check]:
    try:
        with database_of(ctx, connections=2, is_checked=False) as database:
            return list(examine(database, criteria))
    except UsageError:
        raise
    except SegsqlError as error:
        return [unreachable(error)]


def _row(check: Check) -> Row:
    verdict = check.verdict
    return {"check": check.name, "level": verdict.level.value, "found": verdict.found, "advice": verdict.advice}


def _table_rows(check: Check) -> Iterator[Row]:
    """What to do in a line of its own: it is there to be pasted."""
    yield _row(check)
    if check.verdict.advice:
        yield {"check": None, "level": None, "found": f"→ {check.verdict.advice}"}
