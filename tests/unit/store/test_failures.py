"""The classification of failures, row by row: what was met in which phase, and what it is raised as (spec 7)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError
from segsql.store import failures
from segsql.store.connection import Silent
from segsql.store.failures import Conflict, ConnectionLost, Phase, QueryFailed, QueryTimedOut, kind_of, translated

LATER = (Phase.COUNT, Phase.WRITE, Phase.COMMIT)
WRITING = (Phase.WRITE, Phase.COMMIT)


def raised(error: Exception, phase: Phase, limit: timedelta = timedelta.max) -> SegsqlError:
    with pytest.raises(SegsqlError) as caught, translated(phase, limit):
        raise error
    return caught.value


def with_sqlstate(sqlstate: str) -> psycopg.Error:
    try:
        return errors.lookup(sqlstate)("no")
    except KeyError:
        found = psycopg.OperationalError("no")
        found.sqlstate = sqlstate
        return found


@pytest.mark.parametrize(
    ("sqlstate", "phases", "kind"),
    [
        ("3D000", tuple(Phase), ConfigurationError),  # no such database
        ("3F000", tuple(Phase), ConfigurationError),  # no such schema
        ("28000", tuple(Phase), ConfigurationError),  # login refused
        ("28P01", tuple(Phase), ConfigurationError),  # wrong password
        ("25006", tuple(Phase), ConfigurationError),  # read-only server: a wrong DSN, nothing that passes
        ("42501", tuple(Phase), ConfigurationError),  # missing privilege
        ("42703", tuple(Phase), ConfigurationError),  # missing column
        ("42883", tuple(Phase), ConfigurationError),  # missing function
        ("42P01", tuple(Phase), ConfigurationError),  # missing table
        ("53300", (Phase.CONNECT,), DatabaseUnavailable),  # too many connections
        ("57P03", (Phase.CONNECT,), DatabaseUnavailable),  # starting up
        ("08006", LATER, ConnectionLost),  # connection failure
        ("08P01", LATER, ConnectionLost),  # a pooler's own limits
        ("25P03", LATER, ConnectionLost),  # idle in transaction
        ("25P04", LATER, ConnectionLost),  # transaction timeout
        ("57P01", LATER, ConnectionLost),  # terminated by an administrator
        ("57P02", LATER, ConnectionLost),  # crash of another backend
        ("57P05", LATER, ConnectionLost),  # idle session
        ("40001", LATER, Conflict),  # recovery conflict
        ("40P01", LATER, Conflict),  # deadlock
        ("55P03", LATER, Conflict),  # lock timeout
        ("57014", LATER, QueryFailed),  # cancelled by somebody
        ("53100", (Phase.COUNT,), QueryFailed),  # no room for temporary files: that statement's
        ("53200", (Phase.COUNT,), QueryFailed),  # out of memory: that statement's
        ("53400", (Phase.COUNT,), QueryFailed),  # temp_file_limit
        ("53100", WRITING, Conflict),  # the data disk is full: room may be made
        ("58030", (Phase.COUNT,), QueryFailed),  # a page that can't be read
        ("58030", WRITING, Conflict),
        ("XX000", LATER, QueryFailed),  # internal, or input and output
        ("XX001", LATER, QueryFailed),  # damaged data
        ("22012", LATER, QueryFailed),  # a statement's own fault
        ("23514", WRITING, QueryFailed),  # a constraint of the user's
        ("99999", LATER, QueryFailed),  # nobody knows
    ],
)
def test_a_sqlstate_in_a_phase(sqlstate: str, phases: tuple[Phase, ...], kind: type[SegsqlError]) -> None:
    for phase in phases:
        found = raised(with_sqlstate(sqlstate), phase)
        assert type(found) is kind, phase
        assert getattr(found, "sqlstate", sqlstate) == sqlstate


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('connection failed: FATAL:  password authentication failed for user "x"', ConfigurationError),
        ('connection failed: FATAL:  database "x" does not exist', ConfigurationError),
        ('connection failed: FATAL:  role "x" does not exist', ConfigurationError),
        ("connection failed: FATAL:  no pg_hba.conf entry for host", ConfigurationError),
        ('invalid URI query parameter: "password"', ConfigurationError),
        ("connection failed: FATAL:  sorry, too many clients already", DatabaseUnavailable),
        ('connection failed: FATAL:  too many connections for role "x"', DatabaseUnavailable),
        ("connection failed: FATAL:  the database system is starting up", DatabaseUnavailable),
        ("connection failed: FATAL:  the database system is shutting down", DatabaseUnavailable),
        ("connection failed: Connection refused", DatabaseUnavailable),
        ("connection timeout expired", DatabaseUnavailable),
    ],
)
def test_a_connect_that_fails_has_words_alone(words: str, kind: type[SegsqlError]) -> None:
    assert type(raised(psycopg.OperationalError(words), Phase.CONNECT)) is kind


@pytest.mark.parametrize("phase", LATER)
@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),  # kill -9, a crash
        psycopg.OperationalError("the connection is closed"),
        Silent("The server has not answered for 130 s"),
        sa.exc.ResourceClosedError("This Connection is closed"),
        sa.exc.TimeoutError("QueuePool limit"),
    ],
)
def test_a_connection_that_breaks_has_no_sqlstate(error: Exception, phase: Phase) -> None:
    found = raised(error, phase)
    assert type(found) is ConnectionLost
    assert found.sqlstate is None


def test_57014_is_a_timeout_after_our_limit_and_somebodys_cancel_before() -> None:
    cancelled = errors.QueryCanceled("canceling statement")
    assert type(raised(cancelled, Phase.COUNT, timedelta(seconds=60))) is QueryFailed
    assert type(raised(cancelled, Phase.COUNT, timedelta())) is QueryTimedOut


def test_a_driver_error_inside_sqlalchemys_is_judged_as_itself() -> None:
    wrapped = sa.exc.OperationalError("SELECT", {}, errors.DeadlockDetected("no"))
    assert type(raised(wrapped, Phase.WRITE)) is Conflict


def test_segsqls_own_errors_pass() -> None:
    own = ConfigurationError("own")
    assert raised(own, Phase.COUNT) is own


def test_every_rule_is_met_by_its_own_sqlstate() -> None:
    """None stands behind one that takes its SQLSTATEs first."""
    for rule in failures.RULES:
        assert failures.rule_for(rule.sqlstate) is rule
        assert kind_of(rule.sqlstate, Phase.COUNT) is rule.kind
