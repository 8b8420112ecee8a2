"""The rollup equals its definition, distinct messages per kind and the latest time, however events arrive."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors

from postgres.conftest import connect

Event = tuple[int, int, int, str, datetime]

_START = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS = ("delivered", "open", "click")
_INSERT = """
    INSERT INTO email_events (workspace_id, contact_id, message_id, kind, occurred_at)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
"""
ROLLUP = """
    SELECT workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at
    FROM contact_activity ORDER BY 1, 2
"""
TRUTH = """
    SELECT workspace_id, contact_id,
           count(DISTINCT message_id) FILTER (WHERE kind = 'delivered'),
           count(DISTINCT message_id) FILTER (WHERE kind = 'open'),
           count(DISTINCT message_id) FILTER (WHERE kind = 'click'),
           max(occurred_at) FILTER (WHERE kind = 'open'),
           max(occurred_at) FILTER (WHERE kind = 'click')
    FROM email_events GROUP BY 1, 2 ORDER BY 1, 2
"""


def _at(minutes: int) -> datetime:
    return _START + timedelta(minutes=minutes)


def _open(message: int, *, contact: int = 1, minutes: int = 0) -> Event:
    return (1, contact, message, "open", _at(minutes))


def _insert(connection: psycopg.Connection, *events: Event) -> None:
    connection.execute(_INSERT, [list(column) for column in zip(*events, strict=True)])


def _opens(connection: psycopg.Connection, contact: int = 1) -> tuple[int, datetime]:
    query = "SELECT opens_count, last_open_at FROM contact_activity WHERE (workspace_id, contact_id) = (1, %s)"
    row: tuple[int, datetime] = connection.execute(query, (contact,)).fetchall()[0]
    return row


def _assert_true(connection: psycopg.Connection) -> None:
    assert connection.execute(ROLLUP).fetchall() == connection.execute(TRUTH).fetchall()


def _backend(connection: psycopg.Connection) -> int:
    """The server process of an open transaction; behind a pooler the client knows another number."""
    pid: int = connection.execute("SELECT pg_backend_pid()").fetchall()[0][0]
    return pid


def _wait_until_blocked(connection: psycopg.Connection, pid: int, call: Future[None]) -> None:
    while not connection.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", (pid,)).fetchall()[0][0]:
        assert not call.done()


@pytest.fixture
def db(db: psycopg.Connection) -> psycopg.Connection:
    db.execute("INSERT INTO workspaces (id, name) VALUES (1, 'one'), (2, 'two')")
    db.execute("""
        INSERT INTO contacts (workspace_id, id)
        SELECT w, c FROM generate_series(1, 2) w, generate_series(1, 30) c
    """)
    return db


@pytest.fixture
def sessions(db: psycopg.Connection, dsn: str) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two open transactions."""
    with connect(dsn, autocommit=False) as first, connect(dsn, autocommit=False) as second:
        yield first, second


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_messages_count_once_for_each_kind(db: psycopg.Connection) -> None:
    kinds = [(1, 1, 5, kind, _at(i)) for i, kind in enumerate(_KINDS)]
    _insert(db, *kinds, *kinds, (1, 1, 6, "open", _at(9)), (1, 2, 5, "click", _at(4)), (2, 1, 5, "open", _at(3)))
    _insert(db, *kinds)
    assert db.execute(ROLLUP).fetchall() == [
        (1, 1, 1, 2, 1, _at(9), _at(2)),
        (1, 2, 0, 0, 1, None, _at(4)),
        (2, 1, 0, 1, 0, _at(3), None),
    ]


def test_an_earlier_event_that_comes_late_keeps_the_latest_time(db: psycopg.Connection) -> None:
    _insert(db, _open(1, minutes=9))
    _insert(db, _open(2, minutes=3))
    _insert(db, (1, 1, 1, "delivered", _at(99)))
    assert _opens(db) == (2, _at(9))


def test_statements_of_one_transaction_see_each_other(db: psycopg.Connection) -> None:
    with db.transaction():
        _insert(db, _open(1))
        _insert(db, _open(1, minutes=1), _open(2))
    assert _opens(db) == (2, _at(1))


def test_other_ways_to_insert(db: psycopg.Connection) -> None:
    with db.cursor().copy("COPY email_events FROM STDIN") as copy:
        for event in (_open(1), _open(1), _open(2)):
            copy.write_row(event)
    db.execute("""
        WITH a AS (
            INSERT INTO email_events VALUES (1, 1, 2, 'open', now()), (1, 1, 3, 'open', now()) RETURNING *
        )
        INSERT INTO email_events SELECT * FROM a
    """)
    db.execute("INSERT INTO email_events SELECT * FROM email_events WHERE false")
    _assert_true(db)


def test_a_direct_write_is_added_to(db: psycopg.Connection) -> None:
    """A loader's counts stand although there are no events that explain them."""
    db.execute("INSERT INTO contact_activity VALUES (1, 1, 100, 50, 10, %s, NULL)", (_at(50),))
    _insert(db, _open(1, minutes=1), (1, 1, 1, "click", _at(2)))
    assert db.execute(ROLLUP).fetchall() == [(1, 1, 100, 51, 11, _at(50), _at(2))]


@pytest.mark.parametrize("known", [False, True], ids=["new contact", "known contact"])
@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_the_same_open_in_two_sessions_at_once(
    db: psycopg.Connection,
    sessions: tuple[psycopg.Connection, psycopg.Connection],
    pool: ThreadPoolExecutor,
    known: bool,
    ends: str,
) -> None:
    """Neither has committed when the other begins; the later one waits and then counts what it sees."""
    if known:
        _insert(db, (1, 1, 1, "delivered", _at(0)))
    first, second = sessions
    for session in sessions:
        session.execute("SELECT count(*) FROM email_events")
    _insert(first, _open(1))
    pid = _backend(second)
    later = pool.submit(_insert, second, _open(1, minutes=1), _open(2))
    _wait_until_blocked(db, pid, later)
    getattr(first, ends)()
    later.result(10)
    second.commit()
    assert _opens(db) == (2, _at(1))
    _assert_true(db)


def test_crossing_inserts_do_not_deadlock(dsn: str, db: psycopg.Connection, pool: ThreadPoolExecutor) -> None:
    """Statements name the same new and known contacts in opposite orders."""
    barrier = threading.Barrier(4)

    def load(seed: int) -> None:
        order = random.Random(seed)
        with connect(dsn) as connection:
            barrier.wait(10)
            for round_ in range(25):
                events = [_open(round_ % 7, contact=contact, minutes=round_) for contact in range(1, 31)]
                order.shuffle(events)
                _insert(connection, *events[: order.randint(1, 30)])

    for loader in [pool.submit(load, seed) for seed in range(4)]:
        loader.result(30)
    _assert_true(db)


@pytest.mark.parametrize("known", [False, True], ids=["new contact", "known contact"])
def test_repeatable_read_fails_rather_than_miscounts(
    db: psycopg.Connection, sessions: tuple[psycopg.Connection, psycopg.Connection], known: bool
) -> None:
    if known:
        _insert(db, _open(9))
    first, second = sessions
    second.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    second.execute("SELECT count(*) FROM email_events")
    _insert(first, _open(1))
    first.commit()
    with pytest.raises(errors.SerializationFailure):
        _insert(second, _open(1))
    second.rollback()
    _assert_true(db)


def test_the_trigger_looks_events_up(db: psycopg.Connection) -> None:
    """Planned on empty tables and kept by the session, its statements never scan what grew since."""
    for _ in range(8):
        _insert(db, _open(1))
    db.execute("SELECT pg_stat_force_next_flush()")
    scans = """
        SELECT relname, seq_scan FROM pg_stat_user_tables
        WHERE relname IN ('email_events', 'contact_activity') ORDER BY 1
    """
    before = db.execute(scans).fetchall()
    _insert(db, *(_open(m, contact=c) for m in range(40) for c in range(1, 31)))
    _insert(db, _open(1))
    db.execute("SELECT pg_stat_force_next_flush()")
    assert db.execute(scans).fetchall() == before


def test_rebuild(db: psycopg.Connection) -> None:
    _insert(db, _open(1), _open(2, minutes=5), (1, 2, 1, "click", _at(3)), (2, 1, 1, "open", _at(1)))
    right = db.execute(ROLLUP).fetchall()
    db.execute("UPDATE contact_activity SET opens_count = 99, last_open_at = now(), last_click_at = NULL")
    db.execute("DELETE FROM contact_activity WHERE contact_id = 2")
    db.execute("INSERT INTO contact_activity VALUES (1, 9, 3, 2, 1, now(), now())")
    db.execute("SELECT rebuild_contact_activity(1)")
    assert db.execute(ROLLUP).fetchall()[:3] == [*right[:2], (1, 9, 0, 0, 0, None, None)]
    assert db.execute("SELECT opens_count FROM contact_activity WHERE workspace_id = 2").fetchall() == [(99,)]
    db.execute("SELECT rebuild_contact_activity(NULL)")
    assert db.execute(ROLLUP).fetchall()[3:] == right[2:]
    db.execute("SELECT rebuild_contact_activity(404)")


def test_rebuild_goes_on_after_a_batch(db: psycopg.Connection) -> None:
    db.execute("INSERT INTO contacts (workspace_id, id) SELECT 2, c FROM generate_series(31, 25000) c")
    db.execute("ALTER TABLE email_events DISABLE TRIGGER email_events_rollup")
    db.execute("INSERT INTO email_events SELECT workspace_id, id, id % 3, 'open', now() FROM contacts")
    db.execute("INSERT INTO contact_activity (workspace_id, contact_id, opens_count) VALUES (2, 20000, 7)")
    db.execute("SELECT rebuild_contact_activity(NULL)")
    _assert_true(db)


def _random_events(source: random.Random, number: int) -> list[Event]:
    return [
        (
            source.choice((1, 2)),
            source.randint(1, 6),
            source.randint(1, 4),
            source.choice(_KINDS),
            _at(source.randint(0, 60)),
        )
        for _ in range(number)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_rebuild_changes_nothing_that_the_trigger_did(db: psycopg.Connection, seed: int) -> None:
    source = random.Random(seed)
    for _ in range(40):
        _insert(db, *_random_events(source, source.randint(1, 12)))
    _assert_true(db)
    before = db.execute(ROLLUP).fetchall()
    db.execute("SELECT rebuild_contact_activity(NULL)")
    assert db.execute(ROLLUP).fetchall() == before


def test_rebuilds_and_inserts_at_once(dsn: str, db: psycopg.Connection, pool: ThreadPoolExecutor) -> None:
    def load(seed: int) -> None:
        source = random.Random(seed)
        with connect(dsn) as connection:
            for _ in range(60):
                _insert(connection, *_random_events(source, source.randint(1, 8)))

    def rebuild(workspace: int | None) -> None:
        with connect(dsn) as connection:
            for _ in range(15):
                connection.execute("SELECT rebuild_contact_activity(%s)", (workspace,))

    rebuilds: Sequence[Future[None]] = [pool.submit(rebuild, workspace) for workspace in (1, 2, None)]
    for task in [*(pool.submit(load, seed) for seed in range(4)), *rebuilds]:
        task.result(60)
    _assert_true(db)


def test_a_rebuild_waits_for_an_open_insert(
    db: psycopg.Connection, sessions: tuple[psycopg.Connection, psycopg.Connection], pool: ThreadPoolExecutor
) -> None:
    first, second = sessions
    _insert(db, _open(9))
    _insert(first, _open(1))

    def rebuild() -> None:
        second.execute("SELECT rebuild_contact_activity(1)")

    pid = _backend(second)
    later = pool.submit(rebuild)
    _wait_until_blocked(db, pid, later)
    first.commit()
    later.result(10)
    second.commit()
    assert _opens(db)[0] == 2
