"""What is made of a server and a session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segsql.checkup import Criteria, Level, server
from segsql.errors import DatabaseUnavailable
from segsql.store.inspection import Route, Session, Setting
from segsql.store.inspection.route import asked

WELL = Session(
    role="app",
    database="shop",
    version=18,
    is_standby=False,
    encoding="UTF8",
    has_schema=True,
    role_limit=-1,
    database_limit=-1,
    connected=10,
    settings={
        "default_transaction_read_only": Setting("default_transaction_read_only", "off"),
        "statement_timeout": Setting("statement_timeout", "0"),
        "idle_in_transaction_session_timeout": Setting("idle_in_transaction_session_timeout", "0"),
        "transaction_timeout": Setting("transaction_timeout", "0"),
        "max_parallel_workers": Setting("max_parallel_workers", "8"),
        "max_connections": Setting("max_connections", "100"),
        "superuser_reserved_connections": Setting("superuser_reserved_connections", "3"),
        "reserved_connections": Setting("reserved_connections", "0"),
    },
)


def with_setting(name: str, value: object, source: str = "user") -> Session:
    return replace(WELL, settings={**WELL.settings, name: Setting(name, str(value), source)})


@pytest.mark.parametrize(("version", "level"), [(14, Level.PROBLEM), (15, Level.OK), (18, Level.OK), (19, Level.OK)])
def test_versions(version: int, level: Level) -> None:
    assert server.version(replace(WELL, version=version)).level is level


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("transaction blocks not allowed in statement pooling mode", "transaction mode"),
        ("FATAL:  unsupported startup parameter: options", "ALTER ROLE"),
        ("no route to host", "Check the host."),
    ],
)
def test_what_helps_where_there_is_no_session(words: str, advice: str) -> None:
    verdict = server.unreachable(DatabaseUnavailable(words, hint="Check the host."))
    assert verdict.level is Level.PROBLEM
    assert verdict.found == words
    assert advice in verdict.advice
    assert server.unreachable(DatabaseUnavailable("gone")).advice


def test_a_direct_connection_is_told_its_sessions_process() -> None:
    verdict = server.pooler(Route(10, frozenset({10}), frozenset({11})), 2)
    assert verdict.level is Level.OK
    assert verdict.found == "no pooler between"


@pytest.mark.parametrize(
    ("own", "other"), [({10}, {10}), ({10, 11}, {12}), ({10, 11}, {11})], ids=["handed on", "changed", "both"]
)
def test_a_session_that_changes_hands_is_a_pooler_in_transaction_mode(own: set[int], other: set[int]) -> None:
    verdict = server.pooler(Route(99, frozenset(own), frozenset(other)), 3)
    assert verdict.level is Level.OK
    assert "transaction mode, which is fine" in verdict.found
    assert "6 sessions for 3 jobs" in verdict.found


def test_a_pooler_that_keeps_sessions() -> None:
    verdict = server.pooler(Route(99, frozenset({10}), frozenset({11})), 2)
    assert verdict.level is Level.OK
    assert "kept each connection's session" in verdict.found


def test_what_a_pooler_drops() -> None:
    verdict = server.pooler(Route(99, frozenset({10}), frozenset({10}), ("search_path", "work_mem")), 2)
    assert verdict.level is Level.WARNING
    assert "search_path, work_mem" in verdict.found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", []),
        ("-c work_mem=1MB", [("work_mem", "1MB")]),
        ("-cwork_mem=1MB  --statement-timeout=5s", [("work_mem", "1MB"), ("statement_timeout", "5s")]),
        (r"-c search_path=a\ b,\\c -c x.y=", [("search_path", r"a b,\c"), ("x.y", "")]),
        ("-c work_mem=1MB=2", [("work_mem", "1MB=2")]),
        ("-c geqo -E -d 5", []),
    ],
)
def test_the_settings_in_options(options: str, expected: list[tuple[str, str]]) -> None:
    assert list(asked(options)) == expected


def test_a_standby_takes_no_writes() -> None:
    verdict = server.writable(replace(WELL, is_standby=True))
    assert verdict.level is Level.PROBLEM
    assert "target_session_attrs" in verdict.advice


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("client", "Leave default_transaction_read_only out of the DSN's options"),
        ("user", "ALTER ROLE app RESET default_transaction_read_only;"),
        ("database", "ALTER DATABASE shop RESET default_transaction_read_only;"),
        ("database user", "ALTER ROLE app IN DATABASE shop RESET default_transaction_read_only;"),
        ("global", "ALTER ROLE ALL RESET default_transaction_read_only;"),
        ("configuration file", "ALTER SYSTEM RESET default_transaction_read_only;"),
    ],
)
def test_read_only_transactions_are_taken_back_where_they_come_from(source: str, advice: str) -> None:
    verdict = server.writable(with_setting("default_transaction_read_only", "on", source))
    assert verdict.level is Level.PROBLEM
    assert verdict.advice.startswith(advice)


def test_a_primary_is_fine() -> None:
    assert server.writable(WELL).level is Level.OK


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("statement_timeout", 30_000, "statement_timeout is 30 s and a run's own 2 min"),
        ("statement_timeout", 1, "statement_timeout is 1 ms"),
        ("idle_in_transaction_session_timeout", 5_000, "is 5 s and a run's own 15 s"),
        ("transaction_timeout", 60_000, "a workspace that takes longer to count fails"),
    ],
)
def test_a_shorter_limit_than_a_runs_own(name: str, value: int, words: str) -> None:
    verdict = server.time_limits(with_setting(name, value))
    assert verdict.level is Level.WARNING
    assert words in verdict.found
    assert verdict.advice


@pytest.mark.parametrize("value", [0, 120_000, 86_400_000])
def test_a_limit_that_is_no_shorter(value: int) -> None:
    assert server.time_limits(with_setting("statement_timeout", value)).level is Level.OK


def test_a_server_that_has_no_transaction_timeout() -> None:
    settings = {name: setting for name, setting in WELL.settings.items() if name != "transaction_timeout"}
    assert server.time_limits(replace(WELL, settings=settings)).level is Level.OK


@pytest.mark.parametrize(
    ("session", "jobs", "level", "advice"),
    [
        (WELL, 2, Level.OK, ""),
        (replace(WELL, role_limit=4), 2, Level.OK, ""),
        (replace(WELL, role_limit=4), 3, Level.PROBLEM, "ALTER ROLE app CONNECTION LIMIT 6;"),
        (replace(WELL, role_limit=0), 1, Level.PROBLEM, "ALTER ROLE app CONNECTION LIMIT 2;"),
        (replace(WELL, database_limit=1), 1, Level.PROBLEM, "ALTER DATABASE shop CONNECTION LIMIT 2;"),
        (WELL, 49, Level.PROBLEM, "max_connections"),
        (replace(WELL, connected=94), 2, Level.WARNING, "max_connections"),
        (replace(WELL, connected=120), 2, Level.WARNING, "max_connections"),
        (replace(WELL, connected=93), 2, Level.OK, ""),
    ],
)
def test_connections(session: Session, jobs: int, level: Level, advice: str) -> None:
    verdict = server.connections(session, jobs)
    assert verdict.level is level
    assert advice in verdict.advice
    assert f"= {2 * jobs} connections" in verdict.found


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        (Criteria(), "2 jobs * 2 workers * 32 MB work_mem = 128 MB"),
        (Criteria(jobs=1, parallel_workers=4, work_mem=512), "1 job * 4 workers * 512 kB work_mem = 2 MB"),
        (Criteria(jobs=3, parallel_workers=0), "3 jobs * 1 worker * 32 MB work_mem = 96 MB"),
    ],
    ids=["usual", "little", "without parallel workers the session itself"],
)
def test_memory_is_jobs_times_workers_times_work_mem(criteria: Criteria, words: str) -> None:
    verdict = server.memory(WELL, criteria)
    assert verdict.level is Level.OK
    assert words in verdict.found


def test_texts() -> None:
    assert server.texts(WELL, knows_umlauts=True).level is Level.OK
    assert server.texts(WELL, knows_umlauts=False).level is Level.WARNING
    assert server.texts(replace(WELL, encoding="LATIN1"), knows_umlauts=True).level is Level.PROBLEM
