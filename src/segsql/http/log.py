"""The server's log: one line of logfmt for each thing that an operator should know of, to stderr."""

from __future__ import annotations

import logging
import sys
from functools import cache

import structlog


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
