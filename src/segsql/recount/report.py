"""A run's report as JSON (spec 8)."""

from __future__ import annotations

from datetime import UTC, datetime

from segsql.recount.outcome import Counted, Held, Result
from segsql.recount.run import Report


def as_json(report: Report) -> dict[str, object]:
    """The run report: its own times, and one object for each segment."""
    return {
        "run_id": report.run_id,
        "started_at": iso(report.started_at),
        "finished_at": iso(report.finished_at),
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
    }


def iso(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
