"""Holding back: pauses while the primary has it hard, and what each transaction may use (spec 7)."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from postgres.conftest import connect
from postgres.test_recount_support import add_segment, add_workspace, counts, failing, recount
from segsql.errors import ConfigurationError
from segsql.recount import CONNECTIONS_PER_JOB, Limits, Options, Report, Run, Way
from segsql.render import Statement
from segsql.store import DEFAULT_BOUNDS, Database, Manner, Selection, snapshot
from segsql.store.connection import connect as open_connection

if TYPE_CHECKING:
    import psycopg


def use_transactions(db: psycopg.Connection, number: int) -> None:
    for _ in range(number):
        db.execute("SELECT pg_current_xact_id()")


def test_counting_pauses_while_somebody_keeps_an_old_snapshot(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segsql.recount.brake.POLL_SECONDS", 0.05)
    add_workspace(db)
    add_segment(db, 1)
    reports = list[Report]()
    options = Options(limits=Limits(xmin_age=50_000))
    with closing(Database(dsn, connections=CONNECTIONS_PER_JOB)) as database:
        with connect(dsn, autocommit=False) as other:
            other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT 1")
            use_transactions(db, 20)
            run = Run(database, Selection(), Options(limits=Limits(xmin_age=10)))
            worker = Thread(target=lambda: reports.append(run.report(lambda _: None)))
            worker.start()
            time.sleep(0.5)
            assert worker.is_alive()
            assert counts(db) == {1: None}
            other.rollback()
        worker.join(20)
        assert not worker.is_alive()
        assert [result.status for result in reports[0].results] == ["counted"]
        assert Run(database, Selection(), options).report(lambda _: None).error is None


def test_a_run_that_pauses_can_be_stopped(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    with (
        closing(Database(dsn, connections=CONNECTIONS_PER_JOB)) as database,
        connect(dsn, autocommit=False) as other,
    ):
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1")
        use_transactions(db, 20)
        run = Run(database, Selection(), Options(limits=Limits(xmin_age=10)))
        run.stop()
        assert [result.status for result in run.report(lambda _: None).results] == ["skipped"]
        other.rollback()


@pytest.mark.direct
def test_who_may_not_see_the_pressure_is_told_so(dsn: str, db: psycopg.Connection) -> None:
    """A role of its own logs in. Seeing nothing, it would take any pressure for none."""
    add_workspace(db)
    add_segment(db, 1)
    db.execute("DROP ROLE IF EXISTS segsql_test_blind")
    db.execute("CREATE ROLE segsql_test_blind")
    db.execute("GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO segsql_test_blind")
    try:
        manner = Manner(settings={"role": "segsql_test_blind"})
        with closing(Database(dsn, connections=CONNECTIONS_PER_JOB, manner=manner)) as database:
            done = Run(database, Selection(), Options(limits=Limits(xmin_age=1_000_000))).report(lambda _: None)
        assert isinstance(done.error, ConfigurationError)
        assert "pg_read_all_stats" in done.error.hint
        assert counts(db) == {1: None}
    finally:
        db.execute("DROP OWNED BY segsql_test_blind")
        db.execute("DROP ROLE segsql_test_blind")


def test_every_transaction_has_the_settings_and_a_name_and_leaves_none_behind(dsn: str, db: psycopg.Connection) -> None:
    manner = Manner(settings={"work_mem": "8MB", "max_parallel_workers_per_gather": "0"})
    query = """SELECT current_setting('work_mem'), current_setting('max_parallel_workers_per_gather'),
        current_setting('search_path'), current_setting('application_name')"""
    with closing(Database(dsn, manner=manner)) as database:
        with snapshot(database, DEFAULT_BOUNDS, "segsql recount, workspace 42") as opened:
            seen = opened.connection.exec_driver_sql(query).one()
            assert tuple(seen) == ("8MB", "0", "public, pg_temp", "segsql recount, workspace 42")
        with database.reading() as connection:
            after = connection.exec_driver_sql(query).one()
            assert after[0] != "8MB"
            assert "pg_temp" not in after[2]


def test_the_search_path_is_pinned_to_what_the_first_connection_found(dsn: str, db: psycopg.Connection) -> None:
    """Behind a pooler another client may have left its own path in the session."""
    add_workspace(db)
    db.execute("CREATE SCHEMA other")
    db.execute("CREATE TABLE other.contacts (LIKE public.contacts)")
    with closing(Database(dsn)) as database:
        with snapshot(database, DEFAULT_BOUNDS) as opened:
            assert opened.stored_contacts([1])[1] == 3
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT set_config('search_path', 'other', false)")
        with snapshot(database, DEFAULT_BOUNDS) as opened:
            assert opened.stored_contacts([1])[1] == 3


def test_a_dead_network_is_noticed_unless_the_dsn_has_limits_of_its_own(dsn: str) -> None:
    limit = timedelta(seconds=20)
    with closing(open_connection(dsn, limit)) as usual:
        assert usual.info.get_parameters().items() >= {"tcp_user_timeout": "30000", "keepalives_idle": "30"}.items()
    with closing(open_connection(make_conninfo(dsn, tcp_user_timeout="5000"), limit)) as own:
        assert own.info.get_parameters().items() >= {"tcp_user_timeout": "5000", "keepalives_idle": "30"}.items()


@pytest.mark.parametrize(
    ("way", "remark"),
    [
        (Way.SINGLE, "/* segsql recount, workspace 1, segment 1 */"),
        (Way.SHARED, "/* segsql recount, workspace 1, 2 segments: 1 to 2 */"),
    ],
)
def test_a_statement_says_whose_it_is(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: Way, remark: str
) -> None:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2)
    sent = failing(monkeypatch, lambda: None, "")
    assert {result.status for result in recount(dsn, Options(way=way)).values()} == {"counted"}
    assert sent[0].endswith(remark)


def test_a_remark_is_no_placeholder() -> None:
    assert Statement("SELECT 1", ()).remarked("50 %").sql == "SELECT 1\n/* 50 %% */"
