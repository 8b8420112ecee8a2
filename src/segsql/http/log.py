"""The server's log: one line of logfmt for each thing that an operator should know of, to stderr."""

from __future__ import annotations

import logging
import sys
from functools import cache

import structlog

_OTHERS = ("uvicorn", "asyncio")


@cache
def logger() -> structlog.typing.FilteringBoundLogger:
    """The process's logger."""
    made: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return made


def adopt_others() -> None:
    """Have the errors of the libraries below in the same form, and nothing less: whoever sends no HTTP gets a 400."""
    for name in _OTHERS:
        other = logging.getLogger(name)
        other.setLevel(logging.ERROR)
        other.handlers = [_Adopted()]
        other.propagate = False


class _Adopted(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        logger().error("failed", what=record.name, error=record.getMessage(), exc_info=record.exc_info)
