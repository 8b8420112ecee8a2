"""`segsql validate`: all problems of a definition."""

from __future__ import annotations

from typing import IO

import click

from segsql.catalog import Catalog, WorkspaceId, tables_of
from segsql.cli.exits import Exit
from segsql.cli.mapped import mapped_of
from segsql.cli.options import format_option, workspace_option
from segsql.cli.output import Format, print_diagnostics, print_rows
from segsql.errors import Code, Diagnostic, InvalidDefinition

NEED_A_WORKSPACE = (Code.UNKNOWN_FIELD, Code.UNKNOWN_TAG, Code.UNKNOWN_SEGMENT)
COLUMNS = ("code", "path", "message", "hint")


@click.command("validate")
@click.argument("file", type=click.File("rb"))
@workspace_option
@format_option()
@click.pass_context
def command(ctx: click.Context, file: IO[bytes], workspace_id: WorkspaceId, format_: Format) -> int:
    """Check the definition in FILE (- is standard input) and print all its problems.

    Without -w nothing is known of fields, tags and segments that a workspace declares: what depends on them
    is not checked, and built-in fields are taken to have their own types. Exits 1 where there is a problem.
    """
    has_workspace = workspace_id is not None or mapped_of(ctx).is_single_tenant
    try:
        diagnostics = _check(ctx, file, workspace_id, has_workspace=has_workspace)
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
    ctx: click.Context, file: IO[bytes], workspace_id: WorkspaceId, *, has_workspace: bool
) -> tuple[Diagnostic, ...]:
    from segsql.filters import MAX_TEXT_BYTES, parse_document
    from segsql.plan import Resolver

    mapping = mapped_of(ctx).mapping
    parsed = parse_document(file.read(MAX_TEXT_BYTES + 1), mapping.ids)
    if not has_workspace:
        diagnostics = Resolver(Catalog(fields=(), tables=tables_of(mapping))).resolve(parsed).diagnostics
        return tuple(found for found in diagnostics if found.code not in NEED_A_WORKSPACE)
    from segsql.cli.session import compiler_for, snapshot_of

    with snapshot_of(ctx) as opened:
        return compiler_for(opened, workspace_id, now=None).problems(parsed)
