"""`segsql advise`: the indexes that segments lack, as DDL to paste."""

from __future__ import annotations

from datetime import datetime
from typing import IO

import click

from segsql.advice import Subject, advise, as_json, as_sql
from segsql.catalog import Catalog, Id, WorkspaceId, in_order
from segsql.cli.documents import document_of
from segsql.cli.mapped import mapped_of
from segsql.cli.options import now_option, option, segment_option, where_option, workspace_option
from segsql.cli.output import print_error, print_json
from segsql.cli.session import snapshot_of
from segsql.errors import InvalidDefinition, UsageError
from segsql.plan import Resolved, Resolver
from segsql.store import find_segment, load_catalog


@click.command("advise")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@where_option
@now_option
@option(
    "--format", "format_", type=click.Choice(["sql", "json"]), default="sql", show_default=True, help="How to print."
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
    format_: str,
) -> None:
    """Find indexes for a stored segment, a definition (FILE, or text), or, with -w alone, all segments of a workspace.

    With the extension HypoPG in the database the planner is asked what it would do with an index that does not
    exist; without it the gain is reasoned from how many contacts of a sample each condition leaves. Prints DDL to
    paste, and creates nothing.
    """
    document = document_of(ctx, file, where)
    if document is not None and segment is not None:
        raise UsageError("Give either -s ID or a definition, not both")
    if workspace_id is None and segment is None and not mapped_of(ctx).is_single_tenant:
        raise UsageError("Indexes depend on the data", hint="Add -w ID, the workspace to look at.")
    with snapshot_of(ctx) as opened:
        segment_id = None
        if segment is not None:
            workspaces = () if workspace_id is None else (workspace_id,)
            workspace_id, segment_id = find_segment(opened.connection, segment, workspaces)
        catalog = load_catalog(opened.connection, workspace_id)
        if document is not None:
            with document.pointing():
                subjects = [_subject(None, Resolver(catalog).resolve(document.parsed))]
        elif segment_id is not None:
            subjects = [_subject(segment_id, Resolver(catalog).resolve_segment(segment_id))]
        else:
            subjects = _valid(catalog)
        advised = advise(opened, catalog, subjects, workspace_id=workspace_id, now=now or opened.now)
    if format_ == "json":
        print_json({"workspace_id": workspace_id, **as_json(advised)})
    else:
        click.echo("\n\n".join(as_sql(advised)))


def _subject(segment_id: Id | None, resolved: Resolved) -> Subject:
    if resolved.predicate is None:
        raise InvalidDefinition(resolved.diagnostics)
    return Subject(segment_id, resolved.predicate)


def _valid(catalog: Catalog) -> list[Subject]:
    """All segments of the workspace but those that don't compile, of which it is said how many there are."""
    resolver = Resolver(catalog)
    resolved = {segment_id: resolver.resolve_segment(segment_id) for segment_id in in_order(catalog.segments)}
    invalid = sum(each.predicate is None for each in resolved.values())
    if invalid:
        of_workspace = "" if catalog.tables.is_single_tenant else " -w ID"
        print_error(f"Without {invalid} invalid segments.", f"segsql list{of_workspace} shows which.")
    return [_subject(segment_id, each) for segment_id, each in resolved.items() if each.predicate is not None]
