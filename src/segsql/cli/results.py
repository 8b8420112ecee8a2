"""What `segsql recount` prints when it is done: its results to stdout, in the format asked for."""

from __future__ import annotations

import click

from segsql.cli.output import Format, print_json, print_rows
from segsql.recount import Record, Report, as_json, result_as_json

COLUMNS = ("workspace_id", "segment_id", "status", "count", "ms", "message")
REPORT_COLUMNS = ("workspace_id", "segment_id", "status", "count", "last_counted_at", "ms", "message", "sqlstate")
MAX_ROWS = 100
"""A table of more results than this shows only what was not counted, and the totals."""


def print_results(record: Record, format_: Format) -> None:
    """Print what became of each segment; as JSON, the run report."""
    report = record.report
    rows = [result_as_json(result) for result in report.results]
    match format_:
        case Format.JSON:
            print_json(as_json(record))
        case Format.TABLE:
            shown = rows if len(rows) <= MAX_ROWS else [row for row in rows if row["status"] != "counted"]
            if shown:
                print_rows(shown, COLUMNS, format_)
            click.echo(_totals(report))
        case _:
            print_rows(rows, REPORT_COLUMNS, format_)


def _totals(report: Report) -> str:
    if not report.results:
        return "Nothing is due."
    parts = ", ".join(f"{number:,} {status}" for status, number in report.totals.items() if number)
    return f"{len(report.results):,} segments in {report.duration.total_seconds():.1f} s: {parts}"
