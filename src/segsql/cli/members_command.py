"""`segsql members`: the members of a segment, streamed."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta
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
from segsql.cli.output import Format
from segsql.cli.session import snapshot_of, statement_for, subject_of
from segsql.plan import Forced, Output
from segsql.store import DEFAULT_BOUNDS

PATIENT = replace(DEFAULT_BOUNDS, idle=timedelta(hours=1))
"""Whoever reads the rows may take this long over one fetch of them."""


@click.command("members")
@click.argument("file", type=click.File("rb"), required=False)
@workspace_option
@segment_option
@where_option
@now_option
@strategy_option
@format_option(Format.CSV, Format.NDJSON, default=Format.CSV)
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
    """Stream id and e-mail of each member of a stored segment, of the definition in FILE, or of a text, by id.

    All rows are of one instant; memory stays the same however many there are.
    """
    subject = subject_of(ctx, workspace_id, segment, document_of(ctx, file, where))
    with snapshot_of(ctx, PATIENT) as opened:
        statement = statement_for(opened, subject, output=Output.MEMBERS, now=now, strategy=strategy)
        members = opened.members(statement)
        if format_ is Format.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(("id", "email"))
            writer.writerows(members)
        else:
            for contact_id, email in members:
                sys.stdout.write(json.dumps({"id": contact_id, "email": email}, ensure_ascii=False) + "\n")
