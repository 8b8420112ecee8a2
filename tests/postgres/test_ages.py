"""The age of the oldest count, for whoever watches: by the server's clock, whatever times are stored."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.test_recount_support import add_segment, add_workspace
from segsql.store import DEFAULT_BOUNDS, Ages, Database, Shard, read_ages, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

HOUR = timedelta(hours=1)
CLOSE = timedelta(seconds=30)


@pytest.fixture
def ages(dsn: str) -> Iterator[Callable[..., Ages]]:
    with closing(Database(dsn)) as database:

        def ask(shard: Shard | None = None, without: tuple[tuple[int, int], ...] = ()) -> Ages:
            with snapshot(database, DEFAULT_BOUNDS) as opened:
                return read_ages(opened.connection, shard, without)

        yield ask


def counted(db: psycopg.Connection, segment_id: int, at: str, workspace_id: int = 1) -> None:
    add_segment(db, segment_id, workspace_id=workspace_id, count=1)
    query = f"UPDATE segments SET last_counted_at = {at} WHERE workspace_id = %s AND id = %s"
    db.execute(query.encode(), (workspace_id, segment_id))


def test_the_oldest_and_those_without(db: psycopg.Connection, ages: Callable[..., Ages]) -> None:
    assert ages() == Ages(None, 0)
    add_workspace(db)
    add_segment(db, 1)
    assert ages() == Ages(None, 1)
    counted(db, 2, "clock_timestamp() - interval '1 hour'")
    counted(db, 3, "clock_timestamp() - interval '2 hours'")
    found = ages()
    assert found.never_counted == 1
    assert found.oldest is not None
    assert 2 * HOUR <= found.oldest < 2 * HOUR + CLOSE


@pytest.mark.parametrize("at", ["clock_timestamp() + interval '1 day'", "'infinity'", "'20000-01-01'"])
def test_a_time_in_the_future_is_no_age(db: psycopg.Connection, ages: Callable[..., Ages], at: str) -> None:
    add_workspace(db)
    counted(db, 1, at)
    assert ages() == Ages(timedelta(0), 0)


def test_before_all_time(db: psycopg.Connection, ages: Callable[..., Ages]) -> None:
    add_workspace(db)
    counted(db, 1, "'-infinity'")
    found = ages().oldest
    assert found is not None
    assert timedelta(days=365 * 2000) < found < timedelta(days=366 * 3000)


def test_segments_that_are_invalid_raise_no_alarm(db: psycopg.Connection, ages: Callable[..., Ages]) -> None:
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        counted(db, 1, f"clock_timestamp() - interval '{3 - workspace_id} hours'", workspace_id)
        add_segment(db, 2, workspace_id=workspace_id)
    found = ages(without=((1, 1), (1, 2), (9, 9)))
    assert found.never_counted == 1
    assert found.oldest is not None
    assert HOUR <= found.oldest < HOUR + CLOSE


def test_of_a_shard_alone(db: psycopg.Connection, ages: Callable[..., Ages]) -> None:
    for workspace_id in range(1, 9):
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id)
    parts = [ages(Shard(number, 3)).never_counted for number in (1, 2, 3)]
    assert sum(parts) == 8
    assert all(parts)
