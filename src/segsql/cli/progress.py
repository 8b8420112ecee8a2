"""What a person or a log sees of a run under way: a bar on a terminal, else a line for each segment."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import stamina
import structlog

from segsql.recount import Counted, Result


def tell_of_retries() -> None:
    """Say on stderr what is tried again, and when."""

    def tell(details: stamina.instrumentation.RetryDetails) -> None:
        _logger().warning("retrying", seconds=round(details.wait_for, 1), message=str(details.caused_by))

    stamina.instrumentation.set_on_retry_hooks([tell])


@contextmanager
def watching(total: int) -> Iterator[Callable[[Result], None]]:
    """Give what is to be called with each result; everything goes to stderr."""
    if not sys.stderr.isatty():
        yield _log
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Counting", total=total)

        def advance(result: Result) -> None:
            progress.advance(task)
            if not isinstance(result.outcome, Counted):
                progress.console.print(
                    f"workspace {result.workspace_id}, segment {result.segment_id}: {result.status}: {result.message}",
                    markup=False,
                    highlight=False,
                )

        yield advance


def _log(result: Result) -> None:
    """One line for one segment: `2026-03-01T03:00:00Z info counted workspace_id=42 segment_id=17 …`."""
    log = _logger()
    details: dict[str, object] = {
        "workspace_id": result.workspace_id,
        "segment_id": result.segment_id,
        "ms": result.ms,
    }
    match result.status:
        case "counted":
            assert isinstance(result.outcome, Counted)
            log.info("counted", **details, count=result.outcome.count)
        case "failed" | "timeout":
            log.error(result.status, **details, message=result.message)
        case _:
            log.warning(result.status, **details, message=result.message)


def _logger() -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return logger
