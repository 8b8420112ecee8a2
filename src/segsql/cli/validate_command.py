"""`segsql validate`: all problems of a definition."""

from __future__ import annotations

from typing import IO

import click

from segsql.catalog import Catalog, WorkspaceId, tables_of
from segsql.cli.documents import Document, document_of
from segsql.cli.exits import Exit
from segsql.cli.mapped import mapped_of
from segsql.cli.options import format_option, where_option, workspace_option
from segsql.cli.output import Format, print_diagnostics, print_rows
from segsql.errors import Code, Diagnostic, InvalidDefinition, UsageError

NEED_A_WORKSPACE = (Code.UNKNOWN_FIELD, Code.UNKNOWN_TAG, Code.UNKNOWN_SEGMENT)
COLUMNS = ("code", "path", "message", "hint")


@click.command("validate")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@where_option
@format_option()
@click.pass_context
def command(
    ctx: click.Context, file: IO[bytes] | None, workspace_id: WorkspaceId, where: str | None, format_: Format
) -> int:
    """Check the definition in FILE (- is standard input), or a text, and print all its problems.

    Without -w nothing is known of fields, tags and segments that a workspace declares: what depends on them
    is not checked, and built-in fields are taken to have their own types. Exits 1 where there is a problem.
    """
    has_workspace = workspace_id is not None or mapped_of(ctx).is_single_tenant
    try:
        document = document_of(ctx, file, where)
        if document is None:
            raise UsageError("Give a FILE with a definition (- is standard input) or --where TEXT")
        diagnostics = document.pointed(_check(ctx, document, workspace_id, has_workspace=has_workspace))
    except InvalidDefinition as error:
        diagnostics = error.diagnostics
    if not has_workspace:
        click.echo(
            "Checked without a workspace: built-in fields are taken as they are by default; names of declared fields, "
            "tags and segments are not looked up.",
            err=True,
        )
    if format_ is Format.TABLE:
        print_diagnostics(diagnostics)
        if not diagnostics:
            click.echo("The definition is valid.")
    else:
        rows = [{column: getattr(found, column) for column in COLUMNS} for found in diagnostics]
        print_rows(rows, COLUMNS, format_)
    return Exit.FAILED if diagnostics else Exit.OK


def _check(
    ctx: click.Context, document: Document, workspace_id: WorkspaceId, *, has_workspace: bool
) -> tuple[Diagnostic, ...]:
    from segsql.plan import Resolver

    if not has_workspace:
        tables = tables_of(mapped_of(ctx).mapping)
        diagnostics = Resolver(Catalog(fields=(), tables=tables)).resolve(document.parsed).diagnostics
        return tuple(found for found in diagnostics if found.code not in NEED_A_WORKSPACE)
    from segsql.cli.session import compiler_for, snapshot_of

    with snapshot_of(ctx) as opened:
        return compiler_for(opened, workspace_id, now=None).problems(document.parsed)
