"""`segsql preview`: the SQL, its parameters and its plan, before it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import IO, assert_never

import click

from segsql.catalog import WorkspaceId
from segsql.cli.counting_options import statement_timeout_option
from segsql.cli.documents import Document, document_of
from segsql.cli.mapped import mapped_of
from segsql.cli.options import now_option, option, segment_option, strategy_option, where_option, workspace_option
from segsql.cli.output import print_error, print_json
from segsql.cli.session import Subject, snapshot_of
from segsql.errors import UsageError
from segsql.plan import Forced
from segsql.preview import (
    Params,
    Preview,
    Wish,
    as_json,
    as_text,
    preview_alone,
    preview_document,
    preview_segment,
    preview_workspace,
)
from segsql.store import DEFAULT_BOUNDS, Bounds


class Shape(StrEnum):
    """How a preview is printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@click.command("preview")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@where_option
@now_option
@strategy_option
@option(
    "--params",
    type=click.Choice([each.value for each in Params]),
    default=Params.NAMED.value,
    show_default=True,
    help="How parameters stand in the text; literal is for psql.",
)
@option("--explain", is_flag=True, help="Show PostgreSQL's plan, without running the statement.")
@option("--analyze", is_flag=True, help="Run the statement, read only, and show its plan with measured times.")
@statement_timeout_option
@option(
    "--format",
    "shape",
    type=click.Choice([each.value for each in Shape]),
    default=Shape.TEXT.value,
    show_default=True,
    help="How it is printed; html is one file to open or send.",
)
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
    params: str,
    explain: bool,
    analyze: bool,
    statement_timeout: timedelta,
    shape: str,
) -> None:
    """Show the SQL of a stored segment, of the definition in FILE or in a text, or, with -w alone, of a shared scan.

    With it: the filter in words, the parameters, the join strategies that tags and activity are reached by, and why
    each was taken. A FILE or text without -w is compiled without a database: only the built-in fields are known, in
    UTC.
    """
    wish = Wish(Params(params), now, strategy, explain, analyze)
    subject = Subject(workspace_id, segment, document_of(ctx, file, where))
    preview = _preview(ctx, subject, wish, replace(DEFAULT_BOUNDS, statement=statement_timeout))
    if not preview.statements:
        of = "There" if preview.workspace_id is None else f"In workspace {preview.workspace_id} there"
        print_error(f"{of} is no valid segment to count.")
    match Shape(shape):
        case Shape.TEXT:
            click.echo(as_text(preview), nl=bool(preview.statements or preview.segments))
        case Shape.JSON:
            print_json(as_json(preview))
        case Shape.HTML:
            from segsql.preview.page import as_html

            click.echo(as_html(preview))
        case other:
            assert_never(other)


def _preview(ctx: click.Context, subject: Subject, wish: Wish, bounds: Bounds) -> Preview:
    """The preview of what was asked for."""
    workspace_id, segment, document = subject.workspace_id, subject.segment, subject.document
    has_workspace = workspace_id is not None or mapped_of(ctx).is_single_tenant
    if segment is not None and document is not None:
        raise UsageError("Give either -s ID, or a FILE or --where TEXT, not both")
    if document is not None and not has_workspace:
        return _alone(ctx, document, wish)
    if document is None and segment is None and not has_workspace:
        raise UsageError("Give -s ID, a FILE with a definition, --where TEXT, or -w ID for a workspace's shared scan")
    with snapshot_of(ctx, bounds) as opened:
        if segment is not None:
            return preview_segment(opened, workspace_id, segment, wish)
        if document is None:
            return preview_workspace(opened, workspace_id, wish)
        with document.pointing():
            return preview_document(opened, workspace_id, document.parsed, wish)


def _alone(ctx: click.Context, document: Document, wish: Wish) -> Preview:
    mapped = mapped_of(ctx)
    if wish.explain or wish.analyze:
        raise UsageError("A plan needs a workspace to look at", hint="Add -w ID.")
    print_error(
        "Compiled without a workspace: only the built-in fields are known, days are those of "
        f"{mapped.catalog.timezone}, and the workspace's id is {mapped.nowhere}."
    )
    with document.pointing():
        return preview_alone(document.parsed, mapped.catalog, mapped.nowhere, wish, datetime.now(UTC))
