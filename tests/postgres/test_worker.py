"""The worker: what it counts, when, how often, and beside whom. With a pooler between, by polling alone."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import (
    EVERYONE,
    INVALID,
    NOBODY,
    SLOW_TAG,
    add_segment,
    add_workspace,
    counts,
    edit,
    flat,
    make_tags_awkward,
    stored,
    tagged,
)
from postgres.worker_support import LONG, SHORT, UNHEARD, dsn, within, working
from segsql.recount import Options
from segsql.store import DEFAULT_BOUNDS

if TYPE_CHECKING:
    import psycopg

__all__ = ["dsn"]

SOON = 5.0
"""Seconds, on a busy machine."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'segsql recount', current_schema(), 1), 0))"


def test_what_is_new_edited_and_old_is_counted_by_looking_alone(dsn: str, db: psycopg.Connection) -> None:
    db.execute(UNHEARD)
    add_workspace(db)
    add_segment(db, 1)
    with working(dsn, look=SHORT) as witness:
        assert within(SOON, lambda: counts(db) == {1: 3})
        add_segment(db, 2)
        assert within(SOON, lambda: counts(db) == {1: 3, 2: 3})
        edit(db, 1)
        assert within(SOON, lambda: counts(db) == {1: 0, 2: 3})
        db.execute("UPDATE segments SET cached_count = 77, last_counted_at = clock_timestamp() - interval '2 hours'")
        assert within(SOON, lambda: counts(db) == {1: 0, 2: 3})
        assert witness.troubles == []


@pytest.mark.direct
def test_what_is_new_and_edited_is_counted_when_it_is_heard(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    with working(dsn, look=LONG) as witness:
        assert witness.is_hearing
        add_segment(db, 1)
        assert within(SOON, lambda: counts(db) == {1: 3})
        edit(db, 1)
        assert within(SOON, lambda: counts(db) == {1: 0})


@pytest.mark.direct
def test_what_was_not_heard_is_found_by_the_next_look(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    with working(dsn, look=timedelta(seconds=2)) as witness:
        assert witness.is_hearing
        db.execute(UNHEARD)
        add_segment(db, 1)
        assert within(2 + SOON, lambda: counts(db) == {1: 3})


@pytest.mark.direct
def test_a_session_that_is_lost_is_replaced_and_what_it_missed_is_found(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    with working(dsn, look=LONG):
        time.sleep(1)  # it looks once when it begins to hear
        db.execute(UNHEARD)
        add_segment(db, 1)
        assert not within(0.5, lambda: counts(db) == {1: 3})
        listens = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = "
        assert db.execute(f"{listens} current_database()".encode()).fetchall() == [(True,)]
        assert within(SOON, lambda: counts(db) == {1: 3})
        db.execute(UNHEARD.replace("DISABLE", "ENABLE").encode())
        edit(db, 1)
        assert within(SOON, lambda: counts(db) == {1: 0})


@pytest.mark.direct
def test_a_burst_of_edits_is_few_counts(dsn: str, db: psycopg.Connection) -> None:
    """1,000 edits, each committed by itself; the last one wins."""
    add_workspace(db)
    add_segment(db, 1)
    with working(dsn, look=LONG) as witness:
        assert within(SOON, lambda: counts(db) == {1: 3})
        begun = time.monotonic()
        for number in range(1_000):
            edit(db, 1, flat("email", "eq", f"user{number}@example.com"))
        edit(db, 1)
        took = time.monotonic() - begun
        assert within(took + SOON, lambda: counts(db) == {1: 0})
        assert len([one for one in witness.results if one.status in ("counted", "superseded")]) <= 3 + took


@pytest.mark.direct
def test_a_burst_of_new_segments_counts_each_once(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    with working(dsn, look=LONG) as witness:
        for number in range(300):
            add_segment(db, number)
        assert within(2 * SOON, lambda: set(counts(db).values()) == {3})
        assert set(witness.tries().values()) == {1}


def test_poison_makes_no_busy_loop(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, INVALID)
    add_segment(db, 2, tagged(SLOW_TAG))
    add_segment(db, 3)
    make_tags_awkward(db, 30)
    bounds = replace(DEFAULT_BOUNDS, statement=timedelta(seconds=0.3))
    with working(dsn, look=SHORT, options=Options(bounds=bounds)) as witness:
        assert within(2 * SOON, lambda: counts(db) == {1: None, 2: None, 3: 3} and len(witness.results) == 3)
        time.sleep(3)
        assert (witness.tries("invalid"), witness.tries("timeout")) == ({(1, 1): 1}, {(1, 2): 1})
        edit(db, 1, EVERYONE)
        edit(db, 2, NOBODY)
        assert within(SOON, lambda: counts(db) == {1: 3, 2: 0, 3: 3})


def test_an_invalid_segment_becomes_valid_with_the_one_that_it_lacked(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, {"condition": "AND", "filters": [{"type": "segment", "operator": "in", "value": [2]}]})
    with working(dsn, look=SHORT) as witness:
        assert within(SOON, lambda: witness.tries("invalid") == {(1, 1): 1})
        add_segment(db, 2)
        assert within(SOON, lambda: counts(db) == {1: 3, 2: 3})


def test_two_workers_share(dsn: str, db: psycopg.Connection) -> None:
    """Each segment is counted once, whoever does it; and both do some."""
    for workspace_id in range(1, 201):
        add_workspace(db, workspace_id, contacts=1)
    with working(dsn, look=SHORT) as first, working(dsn, look=SHORT) as second:
        for workspace_id in range(1, 201):
            add_segment(db, 1, workspace_id=workspace_id)
            add_segment(db, 2, workspace_id=workspace_id)
        assert within(4 * SOON, lambda: all(row.count == 1 for row in stored(db).values()))
        time.sleep(0.5)
        assert sum((first.tries() + second.tries()).values()) == 400
        assert first.troubles + second.troubles == []


def test_a_workspace_that_somebody_holds_is_tried_again_soon(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    with connect(dsn, autocommit=False) as other:
        other.execute(_LOCK)
        with working(dsn) as witness:
            assert within(SOON, lambda: witness.tries("skipped") != {})
            time.sleep(1)
            assert 1 <= witness.tries("skipped")[1, 1] <= 3
            other.rollback()
            assert within(SOON, lambda: counts(db) == {1: 3})


def test_a_long_count_keeps_no_other_workspace_waiting(dsn: str, db: psycopg.Connection) -> None:
    """One of two jobs is kept from what is merely old."""
    for workspace_id in (1, 2, 3):
        add_workspace(db, workspace_id, contacts=1)
    for workspace_id in (1, 2):
        add_segment(db, 1, tagged(SLOW_TAG), workspace_id=workspace_id, count=7, at="2026-01-02")
    make_tags_awkward(db, 4)
    with working(dsn, look=SHORT):
        time.sleep(0.5)
        add_segment(db, 1, workspace_id=3)
        begun = time.monotonic()
        assert within(SOON, lambda: counts(db, 3) == {1: 1})
        assert time.monotonic() - begun < 3
        assert counts(db, 2) == {1: 7}


def test_an_idle_worker_only_looks(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    with working(dsn, look=timedelta(seconds=1)) as witness:
        assert within(SOON, lambda: counts(db) == {1: 3})
        before = witness.metric("segsql_worker_looks_total")
        time.sleep(4)
        assert 1 <= witness.metric("segsql_worker_looks_total") - before <= 5
        assert witness.tries() == {(1, 1): 1}
        assert witness.metric("segsql_worker_waiting_workspaces") == 0
