"""`segsql count`: a count now, nothing written."""

from __future__ import annotations

from datetime import datetime
from typing import IO

import click

from segsql.catalog import WorkspaceId
from segsql.cli.documents import document_of
from segsql.cli.options import (
    format_option,
    now_option,
    segment_option,
    strategy_option,
    where_option,
    workspace_option,
)
from segsql.cli.output import Format, iso, print_json, print_rows
from segsql.cli.session import snapshot_of, statement_for, subject_of
from segsql.plan import Forced, Output


@click.command("count")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@where_option
@now_option
@strategy_option
@format_option()
@click.pass_context
def command(
    ctx: click.Context,
    file: IO[bytes] | None,
    workspace_id: WorkspaceId,
    segment: str | None,
    where: str | None,
    *,
    now: datetime | None,
    strategy: Forced,
    format_: Format,
) -> None:
    """Count the members of a stored segment, of the definition in FILE (- is standard input), or of a text."""
    subject = subject_of(ctx, workspace_id, segment, document_of(ctx, file, where))
    with snapshot_of(ctx) as opened:
        statement = statement_for(opened, subject, output=Output.COUNT, now=now, strategy=strategy)
        (count,) = opened.count(statement)
        at = now or opened.now
    match format_:
        case Format.TABLE:
            click.echo(count)
        case Format.JSON:
            print_json({"count": count, "now": iso(at)})
        case _:
            print_rows([{"count": count, "now": at}], ("count", "now"), format_)
