"""`segsql list`: workspaces, or a workspace's segments."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from segsql.catalog import WorkspaceId
from segsql.cli.mapped import mapped_of
from segsql.cli.options import Duration, format_option, option, workspace_option
from segsql.cli.output import Format, print_rows
from segsql.cli.session import compiler_for, snapshot_of
from segsql.store import Snapshot, list_segments, list_workspaces

WORKSPACE_COLUMNS: tuple[str, ...] = ("id", "name", "timezone", "segments", "stale", "invalid", "oldest_count")
SEGMENT_COLUMNS: tuple[str, ...] = (
    "id",
    "public_id",
    "name",
    "cached_count",
    "last_counted_at",
    "age",
    "stale",
    "invalid",
)


@click.command("list")
@workspace_option
@option(
    "--stale-for",
    type=Duration(),
    default="24h",
    show_default=True,
    metavar="DURATION",
    help="A count older than this is stale.",
)
@format_option()
@click.pass_context
def command(ctx: click.Context, workspace_id: WorkspaceId, stale_for: timedelta, format_: Format) -> None:
    """List the workspaces, or with -w a workspace's segments: counts, ages, what is stale or invalid."""
    with snapshot_of(ctx) as opened:
        if workspace_id is None and not mapped_of(ctx).is_single_tenant:
            rows = [
                _workspace(workspace.id, workspace.name, workspace.timezone, opened, stale_for)
                for workspace in list_workspaces(opened.connection)
            ]
            columns: tuple[str, ...] = WORKSPACE_COLUMNS
        else:
            rows, columns = _segments(opened, workspace_id, stale_for), SEGMENT_COLUMNS
    print_rows(rows, columns, format_)


def _workspace(
    workspace_id: WorkspaceId, name: str | None, timezone: str, opened: Snapshot, stale_for: timedelta
) -> dict[str, object]:
    segments = _segments(opened, workspace_id, stale_for)
    counted = [at for segment in segments if isinstance(at := segment["last_counted_at"], datetime)]
    return {
        "id": workspace_id,
        "name": name,
        "timezone": timezone,
        "segments": len(segments),
        "stale": sum(bool(segment["stale"]) for segment in segments),
        "invalid": sum(bool(segment["invalid"]) for segment in segments),
        "oldest_count": min(counted, default=None),
    }


def _segments(opened: Snapshot, workspace_id: WorkspaceId, stale_for: timedelta) -> list[dict[str, object]]:
    segments = list_segments(opened.connection, workspace_id, stale_for)
    if not segments:
        return []
    compiler = compiler_for(opened, workspace_id, now=None)
    return [
        {
            "id": segment.id,
            "public_id": segment.public_id,
            "name": segment.name,
            "cached_count": segment.cached_count,
            "last_counted_at": segment.last_counted_at,
            "age": _age(segment.last_counted_at, opened.now),
            "stale": segment.is_stale,
            "invalid": bool(compiler.diagnostics(segment.id)),
        }
        for segment in segments
    ]


def _age(counted_at: datetime | None, now: datetime) -> str | None:
    """How long ago, in the largest unit that says it: 40s, 12m, 6h, 3d."""
    if counted_at is None:
        return None
    seconds = int((now - counted_at).total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
