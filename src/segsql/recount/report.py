"""A run's report as JSON (spec 8): written for programs and, by `--failed-in`, read again.

`report.schema.json` beside this module describes it. Within a version keys are only added.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from segsql.catalog import can_be_id
from segsql.errors import SegsqlError, UsageError
from segsql.recount.options import Options
from segsql.recount.outcome import FAILURES, Counted, Held, Result
from segsql.recount.run import Report
from segsql.store import Key, Retry, Schema, Selection

VERSION = 1

NO_REPORT = "Give a file that segsql recount --report wrote."


@dataclass(frozen=True, slots=True)
class Record:
    """A run, what it was asked for, and the exit code that the command ends with."""

    report: Report
    selection: Selection
    options: Options
    exit_code: int


def as_json(record: Record) -> dict[str, object]:
    """The run report: the run as a whole, and one object for each segment."""
    report, selection, options = record.report, record.selection, record.options
    return {
        "version": VERSION,
        "run_id": report.run_id,
        "started_at": iso(report.started_at),
        "finished_at": iso(report.finished_at),
        "exit_code": record.exit_code,
        "dry_run": options.dry_run,
        "now": iso(options.now) if options.now else None,
        "selection": {
            "workspaces": list(selection.workspace_ids),
            "segments": list(selection.segments),
            "stale_for_seconds": selection.stale_for.total_seconds() if selection.stale_for else None,
            "shard": str(selection.shard) if selection.shard else None,
            "failed_in": selection.retry.run_id if selection.retry else None,
        },
        "totals": report.totals,
        "error": _error_as_json(report.error) if report.error else None,
        "results": [result_as_json(result) for result in report.results],
    }


def result_as_json(result: Result) -> dict[str, object]:
    """One segment's result; count and time are null unless it was counted, be it that the count is held."""
    counted = result.outcome if isinstance(result.outcome, Counted | Held) else None
    return {
        "workspace_id": result.workspace_id,
        "segment_id": result.segment_id,
        "status": result.status,
        "count": counted.count if counted else None,
        "last_counted_at": iso(counted.at) if counted else None,
        "ms": result.ms,
        "message": result.message or None,
        "sqlstate": result.sqlstate,
    }


def failed_in(text: bytes, name: str, schema: Schema) -> Retry:
    """What failed or timed out in the run whose report this is. Raises UsageError, which calls it by its name.

    The ids must be such as the schema has.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no run report: it is not JSON", hint=NO_REPORT) from error
    match document:
        case {"version": int() as version} if version != VERSION:
            raise UsageError(
                f"{name} is a run report of version {version}, and this segsql reads version {VERSION}",
                hint="Use it with the segsql that wrote it, or recount without --failed-in.",
            )
        case {"version": int() as version, "run_id": str() as run_id, "results": [*results]} if version is not True:
            keys = (_key(result, name, schema) for result in results)
            return Retry(run_id, tuple(dict.fromkeys(key for key in keys if key is not None)))
        case _:
            raise UsageError(f"{name} is no run report", hint=NO_REPORT)


def _key(result: object, name: str, schema: Schema) -> Key | None:
    """The segment of a result that says it failed."""
    match result:
        case {
            "workspace_id": int() | str() | None as workspace_id,
            "segment_id": int() | str() as segment_id,
            "status": str() as status,
        }:
            if schema.can_be_workspace(workspace_id) and can_be_id(segment_id, schema.ids.segment):
                return (workspace_id, segment_id) if status in FAILURES else None
    raise UsageError(f"{name} is no run report: its results are not those of one", hint=NO_REPORT)


def _error_as_json(error: SegsqlError) -> dict[str, object]:
    return {"message": str(error), "hint": error.hint or None, "sqlstate": error.sqlstate}


def iso(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
