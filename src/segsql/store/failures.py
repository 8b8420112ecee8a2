"""What a database error amounts to: one table from (phase, SQLSTATE) to what follows (spec 7).

| kind | raised as | what a run does |
| --- | --- | --- |
| `CONFIGURATION` | ConfigurationError | stops: no other segment would fare better |
| `UNAVAILABLE` | DatabaseUnavailable | waits for the server as long as its patience lasts, then stops |
| `LOST` | ConnectionLost | tries again on another connection; a statement that loses two is to blame |
| `TRANSIENT` | Conflict | tries again, a few times; then what it was about has failed |
| `STATEMENT` | QueryFailed, QueryTimedOut | what the statement was about has failed; no other segment has |

A connect that fails has no SQLSTATE, only the server's or libpq's words. Nor has a connection that breaks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import psycopg
import sqlalchemy as sa

from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError


class Phase(StrEnum):
    """What segsql was doing when the database failed it."""

    CONNECT = "connect"
    COUNT = "count"
    """Reading, in a snapshot."""
    WRITE = "write"
    COMMIT = "commit"


class Kind(StrEnum):
    """What follows from a failure; the module's table says what."""

    CONFIGURATION = "configuration"
    UNAVAILABLE = "unavailable"
    LOST = "lost"
    TRANSIENT = "transient"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a SQLSTATE, or a class of them (a prefix), amounts to; and what to do about it, if that helps."""

    sqlstate: str
    meaning: str
    kind: Kind
    hint: str = ""


_SCHEMA = "The schema is not the one segsql expects; run: segsql init"
_AGAIN = "Try again when the server is well."

RULES: tuple[Rule, ...] = (
    Rule("3D000", "no such database", Kind.CONFIGURATION, "Name an existing database in the DSN."),
    Rule(
        "3F000",
        "no such schema",
        Kind.CONFIGURATION,
        "Set search_path to the schema that holds the tables, or run: segsql init",
    ),
    Rule("25006", "read-only server", Kind.CONFIGURATION, "The DSN leads to a read-only server; use the primary's."),
    Rule(
        "28000",
        "login refused",
        Kind.CONFIGURATION,
        "Check user and password in the DSN, and the server's pg_hba.conf.",
    ),
    Rule("28P01", "wrong password", Kind.CONFIGURATION, "Check user and password in the DSN."),
    Rule("42501", "missing privilege", Kind.CONFIGURATION, "Grant the database role what the message names."),
    Rule("42703", "missing column", Kind.CONFIGURATION, _SCHEMA),
    Rule("42883", "missing function", Kind.CONFIGURATION, _SCHEMA),
    Rule("42P01", "missing table", Kind.CONFIGURATION, "The schema is missing; run: segsql init"),
    Rule("08", "connection broken", Kind.LOST, _AGAIN),
    Rule("25P03", "idle for too long in a transaction", Kind.LOST, _AGAIN),
    Rule("25P04", "transaction took too long", Kind.LOST, _AGAIN),
    Rule("57P", "session ended by an administrator, or by the server's end", Kind.LOST, _AGAIN),
    Rule("40", "conflict with recovery on a standby, or deadlock", Kind.TRANSIENT),
    Rule("55P03", "lock not to be had in time", Kind.TRANSIENT),
    Rule("57014", "the statement's time limit, or somebody cancelled it", Kind.STATEMENT),
    Rule("53", "out of disk, memory or temporary files", Kind.STATEMENT),
    Rule("58", "input or output failed", Kind.STATEMENT),
    Rule("XX", "internal error; also input or output that failed", Kind.STATEMENT),
)
"""The first whose `sqlstate` a SQLSTATE begins with; any other is the statement's own fault."""

_OF_THE_SERVER = ("53", "58")
"""Out of disk or memory: while counting it is that statement's trouble, while writing the server's, which may pass."""

_REFUSED = (
    *("password", "authentication", "does not exist", "pg_hba.conf", "not permitted", "no such user"),
    "permission denied",
)
"""What the server's words hold when it answered a connect with a refusal that will stay one."""

_UNKNOWN_PARAMETER = re.compile(r'invalid (?:URI query parameter|connection option)[: ]+"(\w+)"')

_UNREADABLE = re.compile(r"(?:connection failed: )?(?:connection is bad: )?(?:invalid|missing) ")
"""How libpq begins when the fault lies in the DSN itself."""

QUERY_CANCELED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
NOT_NULL_VIOLATION = "23502"


class QueryFailed(SegsqlError):
    """The server refused a statement for a reason that is neither its state nor its set-up."""

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(f"{message} (SQLSTATE {sqlstate})", sqlstate=sqlstate)

    @property
    def may_pass(self) -> bool:
        """Whether it says nothing about the statement: somebody cancelled it, or the server ran out of something."""
        return self.sqlstate is not None and self.sqlstate.startswith((QUERY_CANCELED, *_OF_THE_SERVER))


class QueryTimedOut(QueryFailed):
    """The statement took as long as it may."""


class Conflict(QueryFailed):
    """The statement met another transaction, or a server in trouble: it may succeed when it is run again."""


class ConnectionLost(DatabaseUnavailable):
    """A connection went away; the next one may do. `sqlstate` is None where nobody said why."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message, hint=_AGAIN, sqlstate=sqlstate)


@contextmanager
def translated(phase: Phase = Phase.COUNT, limit: timedelta = timedelta.max) -> Iterator[None]:
    """Raise the database errors of the block as errors of segsql's own.

    A statement that is cancelled after it ran for `limit` has timed out; before, somebody cancelled it.
    """
    begun = time.monotonic()
    try:
        yield
    except sa.exc.DBAPIError as error:
        cause = error.orig if isinstance(error.orig, psycopg.Error) else None
        raise (_judged(cause, phase, begun, limit) if cause else ConnectionLost(str(error))) from error
    except sa.exc.SQLAlchemyError as error:
        raise ConnectionLost("The connection was lost") from error
    except psycopg.Error as error:
        raise _judged(error, phase, begun, limit) from error


def translate(error: psycopg.Error, phase: Phase) -> SegsqlError:
    """The segsql error that a psycopg error amounts to."""
    message, sqlstate = first_line(error), error.sqlstate
    if sqlstate is None:
        return _refused(error, message) if phase is Phase.CONNECT else ConnectionLost(message)
    rule = rule_for(sqlstate)
    match kind_of(sqlstate, phase):
        case Kind.CONFIGURATION:
            return ConfigurationError(message, hint=rule.hint if rule else "", sqlstate=sqlstate)
        case Kind.UNAVAILABLE:
            return DatabaseUnavailable(message, hint=_AGAIN, sqlstate=sqlstate)
        case Kind.LOST:
            return ConnectionLost(message, sqlstate)
        case Kind.TRANSIENT:
            return Conflict(message, sqlstate)
        case Kind.STATEMENT:
            return QueryFailed(message, sqlstate)


def kind_of(sqlstate: str, phase: Phase) -> Kind:
    """What follows from a SQLSTATE in a phase."""
    rule = rule_for(sqlstate)
    kind = rule.kind if rule else Kind.STATEMENT
    if phase is Phase.CONNECT and kind is not Kind.CONFIGURATION:
        return Kind.UNAVAILABLE
    if phase in (Phase.WRITE, Phase.COMMIT) and sqlstate.startswith(_OF_THE_SERVER):
        return Kind.TRANSIENT
    return kind


def rule_for(sqlstate: str) -> Rule | None:
    """The rule that a SQLSTATE falls under."""
    return next((rule for rule in RULES if sqlstate.startswith(rule.sqlstate)), None)


def first_line(error: psycopg.Error) -> str:
    """The error's own words, in one line."""
    words = error.diag.message_primary or str(error)
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if len(lines) > 1 and "FATAL" in lines[-1] else next(iter(lines), type(error).__name__)


def _judged(error: psycopg.Error, phase: Phase, begun: float, limit: timedelta) -> SegsqlError:
    if error.sqlstate == QUERY_CANCELED and time.monotonic() - begun >= limit.total_seconds():
        return QueryTimedOut(first_line(error), QUERY_CANCELED)
    return translate(error, phase)


def _refused(error: psycopg.Error, message: str) -> SegsqlError:
    """A connect that failed. What libpq says of a malformed DSN may quote a part of it, such as the password."""
    if isinstance(error, psycopg.ProgrammingError) or _UNREADABLE.match(message):
        unknown = _UNKNOWN_PARAMETER.search(str(error))
        what = f": it does not know the parameter {unknown[1]}" if unknown else ""
        hint = "Write a libpq URL, postgresql://USER@HOST:PORT/DATABASE, or key=value pairs."
        return ConfigurationError(f"libpq can't read the DSN{what}", hint=hint)
    _, is_servers_word, words = message.partition("FATAL:")
    if is_servers_word and any(refusal in words for refusal in _REFUSED):
        return ConfigurationError(words.strip(), hint="Check user, password and database in the DSN.")
    return DatabaseUnavailable(message, hint="Check that the server runs and that host and port are right.")
