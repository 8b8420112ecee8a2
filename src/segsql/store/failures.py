"""Database errors as segsql's own: what failed, in one line, and what to do about it.

A failed connect has no SQLSTATE, only the server's or libpq's words; everything later has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError

_CONFIGURATION: Mapping[str, str] = {
    "3D000": "Name an existing database in the DSN.",
    "3F000": "Set search_path to the schema that holds the tables, or run: segsql init",
    "25006": "The DSN leads to a read-only server; use the primary's.",
    "28000": "Check user and password in the DSN, and the server's pg_hba.conf.",
    "28P01": "Check user and password in the DSN.",
    "42501": "Grant the database role what the message names.",
    "42703": "The schema is not the one segsql expects; run: segsql init",
    "42883": "The schema is not the one segsql expects; run: segsql init",
    "42P01": "The schema is missing; run: segsql init",
}
"""SQLSTATEs that say the database is not set up as segsql needs it, each with what to do."""

_REFUSED = (
    *("password", "authentication", "does not exist", "pg_hba.conf", "not permitted", "no such user"),
    "permission denied",
)
"""What the server's words hold when it answered a connect with a refusal that will stay one."""

_UNKNOWN_PARAMETER = re.compile(r'invalid (?:URI query parameter|connection option)[: ]+"(\w+)"')

_UNREADABLE = re.compile(r"(?:connection failed: )?(?:connection is bad: )?(?:invalid|missing) ")
"""How libpq begins when the fault lies in the DSN itself."""

_UNAVAILABLE = ("08", "25P03", "25P04", "53300", "57P", "58")
"""Classes and SQLSTATEs after which the connection, or the server, is of no use."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise the database errors of the block as errors of segsql's own."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        cause = error.orig if isinstance(error.orig, psycopg.Error) else None
        raise (translate(cause) if cause else DatabaseUnavailable(str(error))) from error
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseUnavailable("The connection was lost", hint="Try again when the server is well.") from error
    except psycopg.Error as error:
        raise translate(error) from error


def translate(error: psycopg.Error) -> SegsqlError:
    """The segsql error that a psycopg error amounts to."""
    sqlstate = error.sqlstate
    message = first_line(error)
    if sqlstate is None:
        return _without_sqlstate(error, message)
    if sqlstate in _CONFIGURATION:
        return ConfigurationError(message, hint=_CONFIGURATION[sqlstate])
    if sqlstate.startswith(_UNAVAILABLE):
        return DatabaseUnavailable(message, hint="Try again when the server is well.")
    return QueryFailed(message, sqlstate)


class QueryFailed(SegsqlError):
    """The server refused a statement for a reason that is neither its state nor its set-up."""

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(f"{message} (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


def first_line(error: psycopg.Error) -> str:
    """The error's own words, in one line."""
    words = error.diag.message_primary or str(error)
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if len(lines) > 1 and "FATAL" in lines[-1] else next(iter(lines), type(error).__name__)


def _without_sqlstate(error: psycopg.Error, message: str) -> SegsqlError:
    """Failed connects. What libpq says of a malformed DSN may quote a part of it, such as the password."""
    if isinstance(error, psycopg.ProgrammingError) or _UNREADABLE.match(message):
        unknown = _UNKNOWN_PARAMETER.search(str(error))
        what = f": it does not know the parameter {unknown[1]}" if unknown else ""
        hint = "Write a libpq URL, postgresql://USER@HOST:PORT/DATABASE, or key=value pairs."
        return ConfigurationError(f"libpq can't read the DSN{what}", hint=hint)
    _, is_servers_word, words = message.partition("FATAL:")
    if is_servers_word and any(refusal in words for refusal in _REFUSED):
        return ConfigurationError(words.strip(), hint="Check user, password and database in the DSN.")
    return DatabaseUnavailable(message, hint="Check that the server runs and that host and port are right.")
