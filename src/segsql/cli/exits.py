"""Exit codes (spec 7) and the errors that end in them."""

from __future__ import annotations

from enum import IntEnum

from segsql.errors import ConfigurationError, DatabaseUnavailable, InternalError, SegsqlError, UsageError


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNAVAILABLE = 69
    BUG = 70
    DEADLINE = 75
    CONFIGURATION = 78
    SIGINT = 130
    SIGTERM = 143


_BY_ERROR: tuple[tuple[type[SegsqlError], Exit], ...] = (
    (UsageError, Exit.USAGE),
    (ConfigurationError, Exit.CONFIGURATION),
    (DatabaseUnavailable, Exit.UNAVAILABLE),
    (InternalError, Exit.BUG),
)


def exit_code(error: SegsqlError) -> Exit:
    """The exit code of a command that ends with this error; a definition or statement that failed is 1."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.FAILED)
