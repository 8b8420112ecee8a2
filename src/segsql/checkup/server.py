"""Judging the server and the session that one has there."""

from __future__ import annotations

from datetime import timedelta

from segsql.checkup.patient import Criteria
from segsql.checkup.verdict import Verdict, amount, fine, problem, span, warning
from segsql.errors import SegsqlError
from segsql.recount import CONNECTIONS_PER_JOB, Options
from segsql.store.inspection import Route, Session

OLDEST_VERSION = 15

_RESET = {
    "client": "Leave {name} out of the DSN's options and of PGOPTIONS.",
    "user": "ALTER ROLE {role} RESET {name};",
    "database": "ALTER DATABASE {database} RESET {name};",
    "database user": "ALTER ROLE {role} IN DATABASE {database} RESET {name};",
    "global": "ALTER ROLE ALL RESET {name};",
}
"""How a setting is taken back, by where it comes from."""

_RESET_ON_SERVER = "ALTER SYSTEM RESET {name}; SELECT pg_reload_conf(); or take it out of postgresql.conf"


_OF_A_POOLER = {
    "statement pooling mode": "Have the pooler work in transaction mode or in session mode.",
    "unsupported startup parameter": "Leave it out of the DSN and set it for the role: ALTER ROLE ... SET ...; "
    "or have the pooler take it.",
}
"""What a pooler's words hold when it refuses a connection or the first thing done with it, with what helps."""

LOOK_AGAIN = "Try again when the server is well; its log may say more."


def unreachable(error: SegsqlError) -> Verdict:
    """There is no session: the only thing that can be said."""
    of_a_pooler = (advice for words, advice in _OF_A_POOLER.items() if words in str(error))
    return problem(str(error), next(of_a_pooler, error.hint or LOOK_AGAIN))


def connection(session: Session) -> Verdict:
    """That there is a session at all."""
    return fine(f"connected to {session.database} as {session.role}")


def version(session: Session) -> Verdict:
    """PostgreSQL 15 or newer."""
    if session.version < OLDEST_VERSION:
        return problem(
            f"PostgreSQL {session.version}", f"Upgrade the server: segsql needs PostgreSQL {OLDEST_VERSION} or newer."
        )
    return fine(f"PostgreSQL {session.version}")


def pooler(route: Route, jobs: int) -> Verdict:
    """Any pooler will do: nothing depends on session state. But what it drops of the DSN has no effect."""
    needed = f"its pool must have {amount(jobs * CONNECTIONS_PER_JOB, 'session')} for {amount(jobs, 'job')}"
    if route.lost:
        return warning(
            f"not in force although the DSN's options ask for it: {', '.join(route.lost)}; a pooler dropped it",
            "Set it for the role instead: ALTER ROLE … SET …; or let the pooler pass it on.",
        )
    if route.is_shared:
        return fine(f"behind a pooler in transaction mode, which is fine: nothing depends on session state; {needed}")
    if route.is_pooled:
        return fine(
            f"behind a pooler that kept each connection's session (transaction mode would do as well); {needed}"
        )
    return fine("no pooler between")


def writable(session: Session) -> Verdict:
    """A recount writes counts: on a primary, in transactions that may."""
    if session.is_standby:
        return problem(
            "the server is a standby, on which nothing can be written",
            "Name the primary in the DSN; with several hosts: target_session_attrs=read-write",
        )
    read_only = session.settings.get("default_transaction_read_only")
    if read_only is not None and read_only.value == "on":
        reset = _RESET.get(read_only.source, _RESET_ON_SERVER)
        return problem(
            "transactions are read-only unless they say otherwise (default_transaction_read_only)",
            reset.format(name="default_transaction_read_only", role=session.role, database=session.database),
        )
    return fine("a primary that takes writes")


def time_limits(session: Session) -> Verdict:
    """What ends a transaction from outside, and what is meant to and does not."""
    options = Options()
    whole = session.number("transaction_timeout")
    needed = options.snapshot_limit + options.bounds.statement
    if 0 < whole < _ms(needed):
        return warning(
            f"transaction_timeout is {_shown(whole)}: a workspace that takes longer to count fails",
            f"ALTER ROLE {session.role} SET transaction_timeout = 0; or no less than {span(needed)}",
        )
    ours = {
        "statement_timeout": options.bounds.statement,
        "idle_in_transaction_session_timeout": options.bounds.idle,
    }
    shorter = [
        f"{name} is {_shown(session.number(name))} and a run's own {_shown(_ms(limit))}"
        for name, limit in ours.items()
        if 0 < session.number(name) < _ms(limit)
    ]
    if shorter:
        return warning(
            f"{'; '.join(shorter)}: every transaction sets its own limits, so the longer one holds",
            "Where the shorter one is a rule of the house, lower segsql recount --statement-timeout.",
        )
    return fine("no limit of the role or the server is shorter than a run's own")


def connections(session: Session, jobs: int) -> Verdict:
    """Each job needs two, and what is left must do: of the server's, the database's and the role's."""
    needed = jobs * CONNECTIONS_PER_JOB
    what = f"{amount(jobs, 'job')} * {CONNECTIONS_PER_JOB} = {amount(needed, 'connection')}"
    for whose, limit, statement in (
        ("the role", session.role_limit, f"ALTER ROLE {session.role} CONNECTION LIMIT {needed};"),
        ("the database", session.database_limit, f"ALTER DATABASE {session.database} CONNECTION LIMIT {needed};"),
    ):
        if 0 <= limit < needed:
            return problem(f"{what}, and {whose} may have {limit}", f"Give recount fewer --jobs, or: {statement}")
    reserved = session.number("superuser_reserved_connections") + session.number("reserved_connections")
    most = session.number("max_connections") - reserved
    free = most - session.connected
    if needed > most:
        return problem(f"{what}, and the server has {most}", "Give recount fewer --jobs, or raise max_connections.")
    if needed > free:
        return warning(
            f"{what}, and at this moment {max(0, free)} of the server's {most} are free",
            "Give recount fewer --jobs, run it when the server is quiet, or raise max_connections.",
        )
    return fine(f"{what}; {free} of {most} are free")


def memory(session: Session, criteria: Criteria) -> Verdict:
    """What a DBA asks first: jobs * workers * work_mem."""
    jobs, work_mem = criteria.jobs, criteria.work_mem
    workers = max(1, criteria.parallel_workers)
    most = session.number("max_parallel_workers")
    return fine(
        f"{amount(jobs, 'job')} * {amount(workers, 'worker')} * {_megabytes(work_mem)} work_mem = "
        f"{_megabytes(jobs * workers * work_mem)} at most for each sort or hash table; the server has "
        f"{amount(most, 'parallel worker')} for all"
    )


def texts(session: Session, *, knows_umlauts: bool) -> Verdict:
    """Any text can be a parameter, and conditions that ignore case do so for all letters."""
    if session.encoding != "UTF8":
        return problem(
            f"the database's encoding is {session.encoding}: texts that it can't hold fail statements",
            "Make a database with encoding UTF8, dump this one and restore it there.",
        )
    if not knows_umlauts:
        return warning(
            "lower('Ä') is not 'ä': conditions that ignore case do so for ASCII letters alone",
            "The database's locale decides; C.UTF-8 knows all letters. Dump, and restore in a database that has it.",
        )
    return fine("UTF8, and lower('Ä') is 'ä'")


def _ms(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


def _shown(ms: int) -> str:
    for unit, size in (("min", 60_000), ("s", 1_000)):
        if ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


def _megabytes(kilobytes: int) -> str:
    return f"{kilobytes / 1024:,.0f} MB" if kilobytes >= 1024 else f"{kilobytes} kB"
