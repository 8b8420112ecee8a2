"""Counting again what failed before: a selection of segments by key, however many (issue: `--failed-in`)."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.test_recount_support import add_segment, add_workspace, edit, recount, refers
from segsql.store import DEFAULT_BOUNDS, Database, Retry, Selection, Shard, due_workspaces, gone, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

Key = tuple[int, int]
HOUR = timedelta(hours=1)


class Chosen:
    """Asks what a retry of these segments would count, and how many of them are gone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, *keys: Key, stale_for: timedelta | None = None, shard: Shard | None = None) -> set[Key]:
        with snapshot(self._database, DEFAULT_BOUNDS) as opened:
            due = due_workspaces(opened.connection, self.selection(*keys, stale_for=stale_for, shard=shard))
        return {(int(one.workspace_id or 0), int(segment_id)) for one in due for segment_id in one.segment_ids}

    def gone(self, *keys: Key, shard: Shard | None = None) -> int:
        with snapshot(self._database, DEFAULT_BOUNDS) as opened:
            return gone(opened.connection, self.selection(*keys, shard=shard))

    @staticmethod
    def selection(*keys: Key, stale_for: timedelta | None = None, shard: Shard | None = None) -> Selection:
        return Selection(stale_for=stale_for, shard=shard, retry=Retry("an earlier run", keys))


@pytest.fixture
def chosen(dsn: str, db: psycopg.Connection) -> Iterator[Chosen]:
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number in (1, 2, 3):
            add_segment(db, number, workspace_id=workspace_id)
    with closing(Database(dsn)) as database:
        yield Chosen(database)


def test_those_and_no_others(chosen: Chosen) -> None:
    """The same id in another workspace is another segment."""
    assert chosen((1, 1), (2, 3)) == {(1, 1), (2, 3)}
    assert chosen((1, 1), (1, 1)) == {(1, 1)}


def test_none_are_none_and_not_all(chosen: Chosen) -> None:
    assert chosen() == set()
    assert chosen(stale_for=HOUR) == set()
    assert chosen.gone() == 0


def test_what_was_deleted_is_passed_over(chosen: Chosen, db: psycopg.Connection) -> None:
    db.execute("DELETE FROM segments WHERE workspace_id = 1 AND id = 1")
    keys = ((1, 1), (1, 2), (3, 1), (2**63 - 1, -(2**63)))
    assert chosen(*keys) == {(1, 2)}
    assert chosen.gone(*keys) == 3


def test_only_what_is_stale(chosen: Chosen, db: psycopg.Connection) -> None:
    """What another run counted since is left alone, unless one that it refers to was edited."""
    db.execute("UPDATE segments SET last_counted_at = clock_timestamp() WHERE id IN (2, 3)")
    assert chosen((1, 1), (1, 2), stale_for=HOUR) == {(1, 1)}
    edit(db, 2, refers(3))
    db.execute("UPDATE segments SET last_counted_at = clock_timestamp() WHERE id IN (2, 3)")
    edit(db, 3)
    assert chosen((1, 2), (2, 2), stale_for=HOUR) == {(1, 2)}


def test_shards_divide_them(chosen: Chosen) -> None:
    keys = [(workspace_id, number) for workspace_id in (1, 2) for number in (1, 2, 3, 4)]
    shards = [Shard(number, 3) for number in (1, 2, 3)]
    parts = [chosen(*keys, shard=shard) for shard in shards]
    assert sorted(key for part in parts for key in part) == [key for key in keys if key[1] < 4]
    assert sum(chosen.gone(*keys, shard=shard) for shard in shards) == 2


def test_a_run_counts_them_alone(dsn: str, chosen: Chosen) -> None:
    results = recount(dsn, selection=chosen.selection((1, 2), (2, 1), (2, 9)))
    assert {key: result.status for key, result in results.items()} == {(1, 2): "counted", (2, 1): "counted"}


def test_a_hundred_thousand(chosen: Chosen, db: psycopg.Connection) -> None:
    """In 50,000 workspaces: more than a statement may have parameters, and in no time."""
    db.execute(
        """INSERT INTO workspaces (id, name) SELECT n, 'W' FROM generate_series(1001, 51000) n;
        INSERT INTO segments (workspace_id, id, name, definition)
        SELECT w, n, 'S', '{}' FROM generate_series(1001, 51000) w, generate_series(1, 3) n;"""
    )
    keys = [(workspace_id, number) for workspace_id in range(1001, 51001) for number in (1, 2)]
    begun = datetime.now(UTC)
    assert len(chosen(*keys)) == 100_000
    assert len(chosen(*keys, stale_for=HOUR)) == 100_000
    assert chosen.gone(*keys, (1, 77)) == 1
    assert datetime.now(UTC) - begun < timedelta(seconds=30)
