"""`segsql preview`: the SQL, its parameters and its plan, before it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import IO

import click

from segsql.catalog import Distribution, WorkspaceId
from segsql.cli.mapped import mapped_of
from segsql.cli.options import now_option, option, segment_option, strategy_option, workspace_option
from segsql.cli.output import print_error
from segsql.cli.session import Subject, compiler_for, read_document, snapshot_of, statement_for
from segsql.compiler import WorkspaceCompiler
from segsql.errors import UsageError
from segsql.plan import AUTO, Forced, Output
from segsql.recount import SMALL, Way, choose
from segsql.render import Statement
from segsql.store import Snapshot, distribution_of


class Params(StrEnum):
    """How parameters stand in the text."""

    NAMED = "named"
    NUMBERED = "numbered"
    LITERAL = "literal"


@click.command("preview")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@now_option
@strategy_option
@option(
    "--params",
    type=click.Choice([each.value for each in Params]),
    default=Params.NAMED.value,
    show_default=True,
    help="How parameters stand in the text.",
)
@option("--explain", is_flag=True, help="Show PostgreSQL's plan, without running the statement.")
@option("--analyze", is_flag=True, help="Run the statement, read only, and show its plan with measured times.")
@click.pass_context
def command(
    ctx: click.Context,
    file: IO[bytes] | None,
    workspace_id: WorkspaceId,
    segment: str | None,
    now: datetime | None,
    strategy: Forced,
    params: str,
    *,
    explain: bool,
    analyze: bool,
) -> None:
    """Show the SQL of a stored segment, of the definition in FILE, or, with -w alone, of a workspace's shared scan.

    A FILE without -w is compiled without a database: only the built-in fields are known, in UTC. Where conditions
    reach tags or activity, a comment before the SQL names the strategies that they take.
    """
    if segment is not None and file is not None:
        raise UsageError("Give either -s ID or a FILE, not both")
    has_workspace = workspace_id is not None or mapped_of(ctx).is_single_tenant
    if file is not None and not has_workspace:
        if explain or analyze:
            raise UsageError("A plan needs a workspace to look at", hint="Add -w ID.")
        _show(_alone(ctx, file, now, strategy), Params(params))
        return
    if file is None and segment is None and not has_workspace:
        raise UsageError("Give -s ID, a FILE with a definition, or -w ID for a workspace's shared scan")
    document = None if file is None else read_document(ctx, file)
    with snapshot_of(ctx) as opened:
        _show_distribution(opened)
        if document is None and segment is None:
            if strategy.looks_up:
                raise UsageError(
                    "A shared scan looks nothing up contact by contact: with tags=exists or activity=events_exists a "
                    "recount counts segments one by one",
                    hint="With -s ID or a FILE the statement of one is shown.",
                )
            statements = _scans(opened, workspace_id, now, strategy)
        else:
            subject = Subject(workspace_id, segment, document)
            statements = [statement_for(opened, subject, output=Output.COUNT, now=now, strategy=strategy)]
        for statement in statements:
            _show(statement, Params(params))
            if explain or analyze:
                click.echo(f"\n-- plan\n{opened.explain(statement, analyze=analyze)}")


def _alone(ctx: click.Context, file: IO[bytes], now: datetime | None, strategy: Forced) -> Statement:
    mapped = mapped_of(ctx)
    print_error(
        "Compiled without a workspace: only the built-in fields are known, days are those of "
        f"{mapped.catalog.timezone}, and the workspace's id is {mapped.nowhere}."
    )
    at = now or datetime.now(UTC)
    compiler = WorkspaceCompiler(mapped.catalog, workspace_id=mapped.nowhere, now=at, strategy=strategy)
    return compiler.document(read_document(ctx, file))


def _scans(opened: Snapshot, workspace_id: WorkspaceId, now: datetime | None, strategy: Forced) -> list[Statement]:
    """The shared scans that count all valid segments of the workspace."""
    compiler = compiler_for(opened, workspace_id, now=now, strategy=strategy)
    statements = []
    split_ids = opened.split_ids(workspace_id)
    if split_ids:
        opened.run_branches_in_parallel()
    chunks = compiler.chunks(compiler.segment_ids)
    valid = sum(map(len, chunks))
    choice = choose(opened.stored_contacts([workspace_id], SMALL)[workspace_id], valid, AUTO)
    if valid and choice.way is Way.SINGLE:
        click.echo(f"-- A recount counts these one by one ({choice.reason}).")
    for chunk in chunks:
        scan = compiler.scan(chunk, split_ids)
        columns = ", ".join(f"s{number} = {segment_id}" for number, segment_id in enumerate(scan.segment_ids))
        click.echo(f"-- segments: {columns}")
        statements.append(scan.statement)
    if not statements:
        print_error(f"Workspace {workspace_id} has no valid segment to count.")
    return statements


def _show_distribution(opened: Snapshot) -> None:
    match distribution_of(opened.connection):
        case Distribution.NONE:
            return
        case Distribution.BY_WORKSPACE:
            click.echo("-- On Citus, distributed by workspace_id: one node has all of the workspace's contacts.")
        case Distribution.BY_CONTACT:
            click.echo("-- On Citus, distributed by contact_id: every node has a part of the workspace's contacts.")


def _show(statement: Statement, params: Params) -> None:
    if str(statement.strategies):
        click.echo(f"-- strategies: {statement.strategies}")
    match params:
        case Params.NAMED:
            click.echo(statement.sql)
        case Params.NUMBERED:
            click.echo(statement.numbered_sql)
        case Params.LITERAL:
            click.echo(statement.literal_sql())
            return
    click.echo("\n-- parameters")
    for number, parameter in enumerate(statement.parameters, start=1):
        name = f"p{number}" if params is Params.NAMED else f"${number}"
        click.echo(f"-- {name:<4} {parameter.type:<12} {_shown(parameter.value)}")


def _shown(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(sep=" ")
        case tuple():
            return repr(list(value))
        case str():
            return repr(value)
        case _:
            return str(value)
