"""`segsql lint`: definitions that can't be what was meant."""

from __future__ import annotations

from typing import IO

import click

from segsql.catalog import WorkspaceId
from segsql.cli.findings import print_findings
from segsql.cli.mapped import mapped_of
from segsql.cli.options import format_option, segment_option, where_option, workspace_option
from segsql.cli.output import Format
from segsql.errors import UsageError


@click.command("lint")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@where_option
@format_option(Format.TABLE, Format.JSON)
@click.pass_context
def command(
    ctx: click.Context,
    file: IO[bytes] | None,
    workspace_id: WorkspaceId,
    segment: str | None,
    where: str | None,
    format_: Format,
) -> int:
    """Look for what can't have been meant: in all segments of a workspace (-w alone), in one (-s), in FILE or a text.

    Conditions that contradict or repeat each other, that always hold or never, segments that are the same, tags and
    values that no contact has, texts that no index finds: docs/lint.md has them all. What is invalid is told as
    `validate` tells it. Without -w a FILE or a text is looked at alone, with the built-in fields and in UTC. Exits 1
    where there is a finding.
    """
    from segsql.cli.linting import given_definition, lint_alone, lint_in_workspace
    from segsql.cli.session import database_of

    given = given_definition(ctx, file, where)
    has_workspace = workspace_id is not None or mapped_of(ctx).is_single_tenant
    if given is not None and segment is not None:
        raise UsageError("Give either -s ID, or a FILE or --where TEXT, not both")
    if given is not None and not has_workspace:
        return print_findings([lint_alone(given, mapped_of(ctx).catalog)], format_)
    if segment is None and not has_workspace:
        raise UsageError("Give -w ID for a workspace's segments, -s ID for one of them, a FILE or --where TEXT")
    with database_of(ctx) as database:
        return print_findings(lint_in_workspace(database, workspace_id, segment, given), format_)
