"""`segsql why`: whether a contact is in a segment, and what each condition says of it."""

from __future__ import annotations

from datetime import datetime
from typing import IO, TYPE_CHECKING

import click

from segsql.catalog import WorkspaceId
from segsql.cli.documents import document_of
from segsql.cli.options import (
    format_option,
    now_option,
    option,
    segment_option,
    strategy_option,
    where_option,
    workspace_option,
)
from segsql.cli.output import Format, print_json
from segsql.cli.session import Subject, snapshot_of, subject_of
from segsql.compiler import WorkspaceCompiler
from segsql.plan import Forced
from segsql.store import Snapshot, find_contact, find_segment, load_catalog

if TYPE_CHECKING:
    from segsql.reasons import Answer


@click.command("why")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@where_option
@option(
    "--contact",
    required=True,
    metavar="ID|EMAIL",
    help="The contact: its id or, unless it is deleted, its e-mail address in any case.",
)
@now_option
@strategy_option
@format_option(Format.TABLE, Format.JSON)
@click.pass_context
def command(
    ctx: click.Context,
    file: IO[bytes] | None,
    workspace_id: WorkspaceId,
    segment: str | None,
    where: str | None,
    contact: str,
    *,
    now: datetime | None,
    strategy: Forced,
    format_: Format,
) -> None:
    """Show whether a contact is in a stored segment, or matches the definition in FILE or a text, and why.

    The filter's tree, segments that it refers to included, with a tick or a cross at each node and the contact's own
    value beside each condition: one statement, with the conditions that a count has. The exit code is 0 whether it
    matches or not. Strategies that look rows up contact by contact are grouped here.
    """
    subject = subject_of(ctx, workspace_id, segment, document_of(ctx, file, where))
    with snapshot_of(ctx) as opened:
        answer = _answer(opened, subject, contact, now or opened.now, strategy)
    if format_ is Format.JSON:
        from segsql.reasons import as_json

        print_json(as_json(answer))
    else:
        from segsql.cli.reasons import print_answer

        print_answer(answer)


def _answer(opened: Snapshot, subject: Subject, contact: str, now: datetime, strategy: Forced) -> Answer:
    from segsql.reasons import Question, why

    workspace_id, segment_id = subject.workspace_id, None
    if subject.segment is not None:
        workspaces = () if workspace_id is None else (workspace_id,)
        workspace_id, segment_id = find_segment(opened.connection, subject.segment, workspaces)
    catalog = load_catalog(opened.connection, workspace_id)
    compiler = WorkspaceCompiler(catalog, workspace_id=workspace_id, now=now, strategy=strategy)
    contact_id = find_contact(opened, workspace_id, contact)
    if segment_id is not None:
        traced = compiler.why_segment(segment_id, contact_id)
    else:
        assert subject.document is not None
        with subject.document.pointing():
            traced = compiler.why_document(subject.document.parsed, contact_id)
    return why(opened, catalog, traced, Question(workspace_id, segment_id, contact_id, now))
