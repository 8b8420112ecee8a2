"""What fails keeps its old count and stops nobody else (spec 7.4, 7.5): statements, sessions, bugs of our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors

from postgres.conftest import RECOUNTER, connect
from postgres.test_recount_support import (
    BROKEN_TAG,
    INVALID,
    PLAIN_TAG,
    SLOW_TAG,
    add_segment,
    add_workspace,
    counts,
    dsn,
    failing,
    flat,
    make_tags_awkward,
    one_at_a_time,
    recount,
    report,
    statuses,
    stored,
    tagged,
    while_counting,
)
from segsql.errors import Code, ConfigurationError, InternalError
from segsql.plan import Resolver
from segsql.recount import Options, Way
from segsql.store import Bounds, Database, Snapshot
from segsql.store import snapshot as open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from segsql.plan.conditions import Resolved
    from segsql.render import Statement

__all__ = ["dsn"]

PAST = datetime(2020, 1, 1, tzinfo=UTC)
GUILTY = "guilty@example.com"


def add_segments(db: psycopg.Connection, number: int, guilty: int = 5, workspace_id: int = 1) -> None:
    """Segments of one contact each, counted long ago as 77; one of them is the one to fail."""
    add_workspace(db, workspace_id)
    for segment_id in range(1, number + 1):
        address = GUILTY if segment_id == guilty else "user1@example.com"
        add_segment(db, segment_id, flat("email", "eq", address), workspace_id=workspace_id, count=77, at=PAST)


def expected(number: int, status: str, guilty: int = 5) -> dict[int, str]:
    return {segment_id: status if segment_id == guilty else "counted" for segment_id in range(1, number + 1)}


def test_a_shared_scan_that_fails_is_split_until_the_guilty_one_stands_alone(dsn: str, db: psycopg.Connection) -> None:
    """A real failure, inside the server, of one segment's rows."""
    add_workspace(db)
    make_tags_awkward(db)
    for number in range(1, 21):
        add_segment(
            db, number, tagged(BROKEN_TAG) if number == 5 else flat("email", "contains", "user1"), count=77, at=PAST
        )
    results = recount(dsn, Options(way=Way.SHARED))
    assert statuses(results) == expected(20, "failed")
    assert "tag 3 can't be read" in results[1, 5].message
    assert counts(db) == {number: 77 if number == 5 else 1 for number in range(1, 21)}


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("tag", [SLOW_TAG, BROKEN_TAG])
def test_one_awkward_segment_among_many(dsn: str, db: psycopg.Connection, way: Way, tag: int) -> None:
    add_workspace(db)
    make_tags_awkward(db)
    for number in range(1, 5):
        add_segment(db, number, tagged(tag if number == 3 else PLAIN_TAG), count=77, at=PAST)
    results = recount(dsn, Options(way=way, bounds=Bounds(statement=timedelta(seconds=0.3))))
    status = "timeout" if tag == SLOW_TAG else "failed"
    assert statuses(results) == expected(4, status, guilty=3)
    assert counts(db) == {1: 3, 2: 3, 3: 77, 4: 3}


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize(
    "error",
    [
        errors.DivisionByZero,
        errors.InternalError_,
        errors.StatementTooComplex,
        errors.ProgramLimitExceeded,
        errors.OutOfMemory,
        errors.ConfigurationLimitExceeded,
        errors.DataCorrupted,
    ],
)
def test_whatever_one_statement_fails_of_the_others_are_counted(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: Way, error: type[psycopg.Error]
) -> None:
    """`temp_file_limit` is 53400 and one statement's memory 53200: that statement's, not the server's, trouble."""
    add_segments(db, 9)
    failing(monkeypatch, lambda: error("no"), GUILTY)
    results = recount(dsn, Options(way=way))
    assert statuses(results) == expected(9, "failed")
    assert counts(db) == {number: 77 if number == 5 else 1 for number in range(1, 10)}


def test_a_temporary_file_limit_stops_one_segment_alone(dsn: str, db: psycopg.Connection) -> None:
    """What operators give a login to protect a server from one statement (SQLSTATE 53400), for real."""
    add_workspace(db)
    for number in range(1, 9):
        add_segment(
            db, number, tagged(PLAIN_TAG) if number == 3 else flat("email", "contains", "user1"), count=77, at=PAST
        )
    ((name,),) = db.execute("SELECT current_database()").fetchall()
    db.execute(f"ALTER ROLE {RECOUNTER} IN DATABASE {name} SET temp_file_limit = '64kB'".encode())
    db.execute(
        """CREATE FUNCTION too_large(tag_id int) RETURNS boolean LANGUAGE plpgsql
        COST 100000 SET work_mem = '64kB' AS $$
        BEGIN
            PERFORM count(*) FROM (SELECT g FROM generate_series(1, 100000) g ORDER BY md5(g::text)) s;
            RETURN true;
        END
        $$"""
    )
    db.execute("ALTER TABLE contact_tags RENAME TO contact_tags_stored")
    db.execute("CREATE VIEW contact_tags AS SELECT * FROM contact_tags_stored WHERE too_large(tag_id)")
    db.execute("GRANT SELECT ON contact_tags TO segsql_reader")
    results = recount(dsn, Options(way=Way.SHARED))
    assert "temp_file_limit" in results[1, 3].message
    assert statuses(results) == expected(8, "failed", guilty=3)


def test_splitting_costs_no_more_than_it_must(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One guilty segment of 64: a statement for each halving and its sibling."""
    add_segments(db, 64, guilty=37)
    seen = failing(monkeypatch, lambda: errors.DivisionByZero("no"), GUILTY)
    assert statuses(recount(dsn)) == expected(64, "failed", guilty=37)
    assert len(seen) <= 2 * 6 + 1


def test_a_snapshot_does_not_grow_old_over_splitting(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All time out: the statements together must not hold one snapshot for longer than its limit."""
    add_segments(db, 16)
    now, taken = [0.0], []
    monkeypatch.setattr("segsql.recount.counting.time.monotonic", lambda: now[0])

    def slow(self: Snapshot, statement: Statement) -> tuple[int, ...]:
        taken.append(self.now)
        now[0] += 120
        raise errors.QueryCanceled("canceling statement due to statement timeout")

    monkeypatch.setattr(Snapshot, "count", slow)
    results = recount(dsn, Options(snapshot_limit=timedelta(minutes=5)))
    assert set(statuses(results).values()) <= {"timeout", "failed"}
    longest = max(taken.count(at) for at in set(taken))
    assert longest <= 4, f"{longest} statements of two minutes each were run in one snapshot"


def test_every_segment_gets_a_snapshot_however_low_the_limit(dsn: str, db: psycopg.Connection) -> None:
    """Progress is made in every snapshot, or the run would never end."""
    add_segments(db, 4, guilty=0)
    limit = timedelta(microseconds=1)
    database = Database(dsn)
    snapshots = 0

    class Enough(Exception):
        pass

    def counting(database: Database, bounds: Bounds, name: str) -> object:
        nonlocal snapshots
        snapshots += 1
        if snapshots > 50:
            raise Enough
        return open_snapshot(database, bounds, name)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("segsql.recount.counting.snapshot", counting)
        results = recount(dsn, Options(snapshot_limit=limit, way=Way.SINGLE))
    database.close()
    assert set(statuses(results).values()) == {"counted"}


def test_a_bug_of_our_own_in_one_segment_stops_no_other(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the resolver: an exception that nobody foresaw."""
    add_segments(db, 9)
    resolve = Resolver.resolve_segment

    def buggy(self: Resolver, segment_id: int) -> Resolved:
        if segment_id == 5:
            raise ZeroDivisionError("a bug")
        return resolve(self, segment_id)

    monkeypatch.setattr(Resolver, "resolve_segment", buggy)
    results = recount(dsn)
    assert statuses(results) == expected(9, "failed")
    assert "SEG900" in results[1, 5].message
    assert counts(db) == {number: 77 if number == 5 else 1 for number in range(1, 10)}


def test_a_bug_of_our_own_in_rendering_stops_no_other(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_segments(db, 9)
    failing(monkeypatch, lambda: InternalError(Code.FORBIDDEN_SQL, "no"), GUILTY)
    assert statuses(recount(dsn)) == expected(9, "failed")


@pytest.mark.parametrize("way", list(Way))
def test_a_session_that_is_killed_while_counting_is_replaced(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], way: Way
) -> None:
    """An administrator's pg_terminate_backend, a failover: another session, another snapshot, the same counts."""
    one_at_a_time(monkeypatch)
    for workspace_id in (1, 2, 3):
        add_segments(db, 8, guilty=0, workspace_id=workspace_id)

    def kill() -> None:
        db.execute(
            """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'segsql%'
                AND query LIKE '%SAVEPOINT%'"""
        )

    while_counting(monkeypatch, kill)
    results = recount(dsn, Options(way=way))
    assert {result.status for result in results.values()} == {"counted"}
    assert {row.count for row in stored(db).values()} == {1}
    assert "Traceback" not in capfd.readouterr().err


def test_a_segment_that_kills_its_session_is_found_and_stops_no_other(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend that dies of one statement (out of memory, a server's bug), whenever that is run."""
    add_segments(db, 16)
    seen = failing(monkeypatch, lambda: errors.OperationalError("server closed the connection unexpectedly"), GUILTY)
    assert statuses(recount(dsn)) == expected(16, "failed")
    assert len(seen) <= 2 * 4 + 4
    assert counts(db) == {number: 77 if number == 5 else 1 for number in range(1, 17)}


@pytest.mark.parametrize("error", [errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable])
def test_a_conflict_is_tried_again(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
) -> None:
    add_segments(db, 4, guilty=0)
    met = [error("a conflict"), error("another")]

    def once() -> Exception | None:
        return met.pop() if met else None

    failing(monkeypatch, once, "user1")
    assert set(statuses(recount(dsn)).values()) == {"counted"}
    assert not met


def test_a_write_session_that_is_killed_is_replaced_and_what_was_counted_is_kept(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    one_at_a_time(monkeypatch)
    for workspace_id in (1, 2, 3):
        add_segments(db, 3, guilty=0, workspace_id=workspace_id)
    statements = list[str]()
    count = Snapshot.count

    def noted(self: Snapshot, statement: Statement) -> tuple[int, ...]:
        statements.append(statement.sql)
        return count(self, statement)

    monkeypatch.setattr(Snapshot, "count", noted)

    def kill() -> None:
        killed = db.execute(
            """SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND d.datname = current_database()"""
        ).fetchall()
        assert killed == [(True,)]

    while_counting(monkeypatch, kill)
    results = recount(dsn)
    assert {result.status for result in results.values()} == {"counted"}
    assert {row.count for row in stored(db).values()} == {1}
    assert len(statements) == 3, "nothing was counted twice"
    assert "Traceback" not in capfd.readouterr().err


def test_what_cannot_be_written_was_not_counted(dsn: str, db: psycopg.Connection) -> None:
    """A write that fails fails what it would have written, and says nothing else of the invalid ones."""
    add_segments(db, 3, guilty=0)
    add_segment(db, 4, INVALID, count=77, at=PAST)
    db.execute("ALTER TABLE segments ADD CONSTRAINT small CHECK (cached_count <> 1)")
    results = recount(dsn)
    assert statuses(results) == {1: "failed", 2: "failed", 3: "failed", 4: "invalid"}
    assert set(counts(db).values()) == {77}


def test_the_write_transaction_survives_a_long_count(dsn: str, db: psycopg.Connection) -> None:
    """Longer than the idle limit, with one statement that lasts longer than it too."""
    add_workspace(db, contacts=1)
    make_tags_awkward(db, seconds=0.6)
    for number in range(1, 4):
        add_segment(db, number, tagged(SLOW_TAG))
    bounds = Bounds(statement=timedelta(seconds=2), idle=timedelta(seconds=0.3))
    assert statuses(recount(dsn, Options(way=Way.SINGLE, bounds=bounds))) == dict.fromkeys((1, 2, 3), "counted")


def test_a_run_never_waits_for_a_lock_for_long(dsn: str, admin_dsn: str, db: psycopg.Connection) -> None:
    """Somebody rebuilds the contacts table: the segments fail within the lock limit."""
    add_segments(db, 2, guilty=0)
    with connect(admin_dsn, autocommit=False) as other:
        other.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        results = recount(dsn, Options(bounds=Bounds(lock=timedelta(seconds=0.2))))
        other.rollback()
    assert set(statuses(results).values()) == {"failed"}
    assert "lock timeout" in results[1, 1].message
    assert set(counts(db).values()) == {77}


def test_what_would_fail_everybody_ends_the_run_with_a_report_of_what_was_done(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody drops a table in mid-run: the first workspace is written, the second failed, the third not begun."""
    one_at_a_time(monkeypatch)
    for workspace_id in (1, 2, 3):
        add_segments(db, 2, guilty=0, workspace_id=workspace_id)
    while_counting(monkeypatch, lambda: db.execute("ALTER TABLE contact_fields RENAME TO elsewhere"))
    done = report(dsn, Options(bounds=Bounds(idle=timedelta(seconds=1))))
    assert isinstance(done.error, ConfigurationError)
    found = {(result.workspace_id, result.status) for result in done.results}
    assert found == {(1, "counted"), (2, "failed"), (3, "skipped")}
    assert [set(counts(db, workspace_id).values()) for workspace_id in (1, 2, 3)] == [{1}, {77}, {77}]


BOUNDS = Bounds(timedelta(seconds=33), timedelta(seconds=3.5), timedelta(seconds=7))


def test_every_transaction_is_bounded_and_leaves_the_session_as_it_was(dsn: str, db: psycopg.Connection) -> None:
    """What a pooler hands to the next client has no setting of ours."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "row_security")
    show: Callable[[str], str] = lambda name: f"current_setting('{name}')"  # noqa: E731
    query = f"SELECT {', '.join(map(show, names))}"
    ((*usual,),) = db.execute(query.encode()).fetchall()
    database = Database(dsn)
    with open_snapshot(database, BOUNDS) as opened:
        row = opened.connection.exec_driver_sql(query).one()
        assert list(row) == ["33s", "3500ms", "7s", "off"]
        assert opened.connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
        assert opened.connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    with database.writing() as connection:
        assert list(connection.exec_driver_sql(query).one()) == usual
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    database.close()
