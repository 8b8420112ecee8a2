"""The log of a run: lines on stderr for programs, in logfmt or JSON, each with the run's id.

Whatever a user named or the database quoted stays within its line and its field. A log that nobody reads any more
never ends a run.
"""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from enum import StrEnum
from typing import assert_never

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from segsql.errors import printable
from segsql.recount import Counted, Record, Result, Run
from segsql.store import Selection


class LogFormat(StrEnum):
    """How a line of the log is written."""

    LOGFMT = "logfmt"
    JSON = "json"


class Log:
    """A run's log; a key without a value is left out of its line."""

    def __init__(self, format_: LogFormat, run_id: str) -> None:
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                *_renderers(format_),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        ).bind(run_id=run_id)

    def started(self, run: Run, selection: Selection, *, dry_run: bool) -> None:
        """What is to be done."""
        self._line(
            logging.INFO,
            "started",
            workspaces=len(run.due),
            segments=sum(len(due.segment_ids) for due in run.due),
            dry_run=dry_run,
            shard=str(selection.shard) if selection.shard else None,
            failed_in=selection.retry.run_id if selection.retry else None,
        )

    def result(self, result: Result) -> None:
        """What became of a segment."""
        match result.status:
            case "counted":
                level = logging.INFO
            case "failed" | "timeout":
                level = logging.ERROR
            case _:
                level = logging.WARNING
        self._line(
            level,
            result.status,
            workspace_id=result.workspace_id,
            segment_id=result.segment_id,
            ms=result.ms,
            count=result.outcome.count if isinstance(result.outcome, Counted) else None,
            sqlstate=result.sqlstate,
            message=result.message or None,
        )

    def retrying(self, seconds: float, message: str) -> None:
        """What is tried again, and in how many seconds."""
        self._line(logging.WARNING, "retrying", seconds=round(seconds, 1), message=message)

    def info(self, event: str, **details: object) -> None:
        """What happens."""
        self._line(logging.INFO, event, **details)

    def warn(self, message: str, hint: str = "") -> None:
        """What somebody should know who reads the log."""
        self._line(logging.WARNING, "warning", message=message, hint=hint or None)

    def finished(self, record: Record) -> None:
        """What was done in all, and what ended the run before its time."""
        report = record.report
        self._line(
            logging.INFO if record.exit_code == 0 else logging.ERROR,
            "finished",
            exit_code=record.exit_code,
            ms=round(report.duration.total_seconds() * 1000, 3),
            segments=len(report.results),
            **report.totals,
            sqlstate=report.error.sqlstate if report.error else None,
            message=str(report.error) if report.error else None,
            hint=(report.error.hint or None) if report.error else None,
        )

    def _line(self, level: int, event: str, **details: object) -> None:
        said = {key: value for key, value in details.items() if value is not None}
        with suppress(OSError):
            self._logger.log(level, event, **said)


def log_of(format_: LogFormat | None, run_id: str) -> Log | None:
    """The run's log in the format that is asked for; on a terminal none, unless it is asked for."""
    if format_ is None and sys.stderr.isatty():
        return None
    return Log(format_ or LogFormat.LOGFMT, run_id)


def _renderers(format_: LogFormat) -> list[Processor]:
    match format_:
        case LogFormat.LOGFMT:
            order = ["timestamp", "level", "event", "run_id"]
            return [_in_one_line, structlog.processors.LogfmtRenderer(key_order=order, bool_as_flag=False)]
        case LogFormat.JSON:
            return [structlog.processors.JSONRenderer()]
        case _:
            assert_never(format_)


def _in_one_line(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """The renderer escapes line feeds alone; some readers also end lines elsewhere."""
    del logger, name
    return {key: _escaped(value) if isinstance(value, str) else value for key, value in event.items()}


def _escaped(text: str) -> str:
    return _SEPARATOR.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(text))


_SEPARATOR = re.compile("[\u2028\u2029]")
