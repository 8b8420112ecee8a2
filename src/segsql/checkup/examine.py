"""The list of all checks, and going through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from segsql.checkup import counts, definitions, schema, server
from segsql.checkup.patient import Criteria, Patient
from segsql.checkup.verdict import Verdict, fine, problem, warning
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError, UsageError
from segsql.store import Database, distribution_of, lower_knows_umlauts
from segsql.store.fitting import misfits
from segsql.store.inspection import (
    accesses,
    ask,
    closed_schemas,
    hidden_tables,
    indexes,
    ledger,
    read_session,
    route,
    segment_rows,
    staleness,
    statistics,
    zones,
)


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict of one examination, by its name."""

    name: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Examination:
    """One check: its name, what it warns of and what it calls a problem (the docs have these), and how it looks.

    Where there is nothing to warn of, or no problem to find, that is empty. Looking raises what asking a database
    raises.
    """

    name: str
    warning: str
    problem: str
    look: Callable[[Patient], Verdict]


def _schema(patient: Patient) -> Verdict:
    session, mapping = patient.session, patient.database.schema.mapping
    if not session.has_schema:
        return schema.no_schema(session.elsewhere, session.role)
    if not patient.database.schema.is_default:
        return schema.fit(ask(patient.database, lambda connection: misfits(connection, mapping)))
    return schema.tables(ask(patient.database, accesses), session.elsewhere, session.role)


def _privileges(patient: Patient) -> Verdict:
    if closed := ask(patient.database, closed_schemas):
        return schema.closed_schemas(closed, patient.session.role)
    return schema.privileges(ask(patient.database, accesses), patient.session.role)


def _migrations(patient: Patient) -> Verdict:
    if not patient.database.schema.is_default:
        return fine("a mapped schema: its migrations are its owner's")
    return schema.migrations(ask(patient.database, ledger))


def _hot_updates(patient: Patient) -> Verdict:
    if not patient.database.schema.writes_counts:
        return fine("counts are written nowhere")
    return schema.hot_updates(ask(patient.database, segment_rows))


def _ages(patient: Patient) -> Verdict:
    criteria = patient.criteria
    if not patient.database.schema.writes_counts:
        return fine("counts are written nowhere")
    found = ask(patient.database, lambda connection: staleness(connection, criteria.stale_for, criteria.workspace_ids))
    return counts.ages(found, criteria.stale_for)


def _distribution(patient: Patient) -> Verdict:
    """A run looks it up in the same way, and fails by what this fails by."""
    try:
        return schema.distribution(ask(patient.database, distribution_of))
    except ConfigurationError as error:
        return problem(str(error), error.hint)


EXAMINATIONS = (
    Examination(
        "connection",
        "",
        "the server does not answer, or refuses user, password or database",
        lambda patient: server.connection(patient.session),
    ),
    Examination(
        "server version",
        "",
        "older than PostgreSQL 15",
        lambda patient: server.version(patient.session),
    ),
    Examination(
        "pooler",
        "something between dropped what the DSN's `options` set",
        "",
        lambda patient: server.pooler(route(patient.database), patient.criteria.jobs),
    ),
    Examination(
        "writable",
        "",
        "a standby, or `default_transaction_read_only`",
        lambda patient: server.writable(patient.session),
    ),
    Examination(
        "schema",
        "the tables come from several schemas",
        "a table or column that a run uses is not there, or not where `search_path` leads; the mapping does not fit it",
        _schema,
    ),
    Examination(
        "migrations",
        "no ledger, or one of a newer segsql",
        "a file of `sql/` is not applied",
        _migrations,
    ),
    Examination(
        "privileges",
        "",
        "the role lacks one that a run uses; the advice is the GRANT",
        _privileges,
    ),
    Examination(
        "row policies",
        "",
        "row-level security applies to the role: counting fails rather than miss rows",
        lambda patient: schema.row_policies(ask(patient.database, hidden_tables), patient.session.role),
    ),
    Examination(
        "texts",
        "`lower()` knows ASCII alone",
        "an encoding other than UTF8",
        lambda patient: server.texts(
            patient.session,
            knows_umlauts=patient.session.encoding == "UTF8" and ask(patient.database, lower_knows_umlauts),
        ),
    ),
    Examination(
        "time limits",
        "a timeout of the role is shorter than the run's own, which holds; a short `transaction_timeout`",
        "",
        lambda patient: server.time_limits(patient.session),
    ),
    Examination(
        "connections",
        "too few are free at this moment",
        "the role, the database or the server has fewer than `--jobs` needs",
        lambda patient: server.connections(patient.session, patient.criteria.jobs),
    ),
    Examination(
        "memory",
        "",
        "",
        lambda patient: server.memory(patient.session, patient.criteria),
    ),
    Examination(
        "distribution",
        "",
        "a Citus cluster, distributed by a column that counts can't be sent by",
        _distribution,
    ),
    Examination(
        "indexes",
        "a default one is missing, or one that statements use on mapped tables (the advice is the DDL); one is INVALID",
        "",
        lambda patient: schema.indexes(ask(patient.database, indexes)),
    ),
    Examination(
        "HOT updates",
        "fillfactor of the segments' table above 50; an index on what a count changes",
        "",
        _hot_updates,
    ),
    Examination(
        "statistics",
        "none on contacts, tags or activity; extended ones missing; a fifth of the rows changed since ANALYZE",
        "",
        lambda patient: schema.statistics(ask(patient.database, statistics)),
    ),
    Examination(
        "time zones",
        "a workspace's zone is unknown",
        "the program has no zone data",
        lambda patient: counts.zones(
            ask(patient.database, lambda connection: zones(connection, patient.criteria.workspace_ids))
        ),
    ),
    Examination(
        "counts",
        "some are stale (`--stale-for`)",
        "none is younger than that: no recount runs",
        _ages,
    ),
    Examination(
        "definitions",
        "some don't compile",
        "some can't be compiled because of a bug",
        lambda patient: definitions.compiles(definitions.compile_all(patient.database, patient.criteria.workspace_ids)),
    ),
)


def examine(database: Database, criteria: Criteria) -> Iterator[Check]:
    """Look at one thing after the other, as far as there is a connection; what can't be looked at says so.

    Raises UsageError where a workspace is named that does not exist.
    """
    try:
        patient = Patient(database, read_session(database), criteria)
    except SegsqlError as error:
        yield unreachable(error)
        return
    for examination in EXAMINATIONS:
        try:
            verdict = examination.look(patient)
        except UsageError:
            raise
        except DatabaseUnavailable as error:
            yield Check(examination.name, problem(f"the connection was lost: {error}", error.hint or server.LOOK_AGAIN))
            return
        except SegsqlError as error:
            verdict = warning(f"could not be looked at: {error}", error.hint or server.LOOK_AGAIN)
        yield Check(examination.name, verdict)


def unreachable(error: SegsqlError) -> Check:
    """The only check that there is without a connection."""
    return Check(EXAMINATIONS[0].name, server.unreachable(error))
