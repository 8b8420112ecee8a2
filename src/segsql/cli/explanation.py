"""Printing how a recount would count (`recount --explain-plan`)."""

from __future__ import annotations

from collections.abc import Iterable

import click

from segsql.cli.output import Format, Row, print_rows, print_table
from segsql.recount import PlannedSegment, PlannedWorkspace

SEGMENT_COLUMNS = ("segment_id", "counted_by", "own_cost", "scan_cost", "message")
COLUMNS = ("workspace_id", "contacts", "due", "rule", *SEGMENT_COLUMNS)


def print_explanation(planned: Iterable[PlannedWorkspace], format_: Format) -> None:
    """A table for each workspace under its decision, as soon as it is known; in other formats a row a segment."""
    if format_ is not Format.TABLE:
        print_rows([row for workspace in planned for row in _rows(workspace)], COLUMNS, format_)
        return
    is_empty = True
    for workspace in planned:
        is_empty = False
        click.echo(
            f"Workspace {workspace.workspace_id}: {workspace.contacts:,} contacts, {len(workspace.segments):,} due; "
            f"{workspace.rule}."
        )
        print_table(_rows(workspace), SEGMENT_COLUMNS)
    if is_empty:
        click.echo("Nothing is due.")
    else:
        click.echo("Costs are PostgreSQL's estimates: a rank, not a time. Nothing was counted.")


def _rows(workspace: PlannedWorkspace) -> list[Row]:
    return [
        {
            "workspace_id": workspace.workspace_id,
            "contacts": workspace.contacts,
            "due": len(workspace.segments),
            "rule": workspace.rule,
            "segment_id": segment.segment_id,
            "counted_by": _counted_by(segment),
            "own_cost": segment.own_cost,
            "scan_cost": segment.scan_cost,
            "message": segment.message or None,
        }
        for segment in workspace.segments
    ]


def _counted_by(segment: PlannedSegment) -> str:
    if segment.message:
        return "nothing"
    return "own statement" if segment.scan is None else f"scan {segment.scan}"
