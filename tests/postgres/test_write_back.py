"""The one statement that writes counts back: its guard, row by row, and that overlapping ones never deadlock."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.test_recount_support import EVERYONE, NOBODY, Row, add_segment, add_workspace, dsn, edit, stored
from segsql.store import DEFAULT_BOUNDS, Database, Key, NewCount, Written, write_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["dsn"]

AT = datetime(2026, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def database(dsn: str) -> Iterator[Database]:
    with closing(Database(dsn, connections=4)) as opened:
        yield opened


def new(
    segment_id: int = 1, count: int = 5, at: datetime = AT, workspace_id: int = 1, definition: object = None
) -> NewCount:
    return NewCount(workspace_id, segment_id, json.dumps(definition or EVERYONE), count, at)


def write(database: Database, *counts: NewCount) -> frozenset[Key]:
    with write_transaction(database, DEFAULT_BOUNDS) as writer:
        return writer.write(counts).keys


def test_nothing_to_write(database: Database) -> None:
    assert write(database) == frozenset()


@pytest.mark.parametrize(
    "at", [None, AT - MICROSECOND, datetime(1, 1, 1, tzinfo=UTC), "-infinity", "infinity", "9999-01-01"]
)
def test_an_older_or_impossible_time_gives_way(database: Database, db: psycopg.Connection, at: object) -> None:
    add_workspace(db)
    add_segment(db, 1, count=77, at=at)  # type: ignore[arg-type]
    assert write(database, new()) == {(1, 1)}
    assert stored(db) == {(1, 1): Row(5, AT)}


@pytest.mark.parametrize("at", [AT, AT + MICROSECOND, AT + timedelta(days=30)])
def test_a_newer_or_equal_time_stays(database: Database, db: psycopg.Connection, at: datetime) -> None:
    """Unless it lies in the future by the primary's own clock, which these do not."""
    add_workspace(db)
    add_segment(db, 1, count=77, at=at)
    assert write(database, new()) == frozenset()
    assert stored(db) == {(1, 1): Row(77, at)}


@pytest.mark.parametrize(
    "definition",
    [NOBODY, {}, {**EVERYONE, "extra": None}, {"matchType": "all", "filters": EVERYONE["filters"] * 2}],
)
def test_another_definition_stays(database: Database, db: psycopg.Connection, definition: object) -> None:
    add_workspace(db)
    add_segment(db, 1, json.dumps(definition), count=77, at=None)
    assert write(database, new()) == frozenset()
    assert stored(db) == {(1, 1): Row(77, None)}


def test_only_the_rows_that_are_named(database: Database, db: psycopg.Connection) -> None:
    """Another workspace's segment of the same id is another segment."""
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number in (1, 2):
            add_segment(db, number, workspace_id=workspace_id, count=77)
    assert write(database, new(), new(2, workspace_id=2), new(99), new(1, workspace_id=99)) == {(1, 1), (2, 2)}
    assert {key: row.count for key, row in stored(db).items()} == {(1, 1): 5, (1, 2): 77, (2, 1): 77, (2, 2): 5}


def test_definitions_with_every_awkward_text(database: Database, db: psycopg.Connection) -> None:
    """Quotes, braces and backslashes inside an array of JSON texts; numbers keep their digits."""
    add_workspace(db)
    awkward = ['"', "\\", "{}", ",", "NULL", "'", "$1", "%s", "%(p1)s", "\u0001", "\u2028", "🜁", "e\u0301"]
    texts = [json.dumps({"x": text}) for text in awkward] + [
        '{"n": 12345678901234567890.123456789012345678901234567890}'
    ]
    for number, text in enumerate(texts, start=1):
        add_segment(db, number, text)
    counts = [NewCount(1, number, text, number, AT) for number, text in enumerate(texts, start=1)]
    assert len(write(database, *counts)) == len(texts)
    assert {row.count for row in stored(db).values()} == set(range(1, len(texts) + 1))


def test_numbers_at_the_edge(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db, 2**63 - 1, contacts=0)
    add_segment(db, 2**63 - 1, workspace_id=2**63 - 1)
    assert len(write(database, new(2**63 - 1, 2**63 - 1, workspace_id=2**63 - 1))) == 1
    assert {row.count for row in stored(db).values()} == {2**63 - 1}


def test_writing_twice_changes_nothing(database: Database, db: psycopg.Connection) -> None:
    """A lost acknowledgement of a COMMIT may lead to a second try."""
    add_workspace(db)
    add_segment(db, 1)
    assert write(database, new()) == {(1, 1)}
    assert write(database, new()) == frozenset()
    assert stored(db) == {(1, 1): Row(5, AT)}


def test_what_is_there_already_is_told_from_what_is_superseded(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db)
    for number in range(1, 6):
        add_segment(db, number)
    write(database, new(1), new(2), new(3), new(4))
    edit(db, 2)
    db.execute("UPDATE segments SET cached_count = 6 WHERE id = 3")
    db.execute("UPDATE segments SET last_counted_at = last_counted_at + interval '1 microsecond' WHERE id = 4")
    with write_transaction(database, DEFAULT_BOUNDS) as writer:
        written = writer.write([new(number) for number in range(1, 6)])
    assert written == Written(keys=frozenset({(1, 5)}), there=frozenset({(1, 1)}))


def test_opposite_orders_never_deadlock(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db)
    for number in range(1, 201):
        add_segment(db, number)

    def write_shuffled(turn: int) -> int:
        at = AT + turn * MICROSECOND
        counts = [new(number, turn, at) for number in range(1, 201)]
        if turn % 2:
            counts.reverse()
        if turn % 5 == 0:
            random.Random(turn).shuffle(counts)
        return len(write(database, *counts))

    with ThreadPoolExecutor(4) as threads:
        written = list(threads.map(write_shuffled, range(80)))
    assert sum(written) >= 200
    assert {(row.count, row.at) for row in stored(db).values()} == {(79, AT + 79 * MICROSECOND)}


def test_the_lock_is_one_workspaces(database: Database) -> None:
    with write_transaction(database, DEFAULT_BOUNDS) as one, write_transaction(database, DEFAULT_BOUNDS) as other:
        assert one.lock(1)
        assert not other.lock(1)
        assert other.lock(2)
        assert other.lock(-1)
        assert other.lock(2**63 - 1)
    with write_transaction(database, DEFAULT_BOUNDS) as later:
        assert later.lock(1)


def test_an_open_write_transaction_holds_no_snapshot(database: Database, db: psycopg.Connection) -> None:
    """It waits through the whole count, and must not keep dead rows from vacuum."""
    with write_transaction(database, DEFAULT_BOUNDS) as writer:
        assert writer.lock(1)
        writer.stay()
        held = db.execute(
            """SELECT backend_xmin, backend_xid FROM pg_stat_activity
            WHERE application_name LIKE 'segsql%' AND datname = current_database()"""
        ).fetchall()
    assert held == [(None, None)]


def test_an_error_inside_writes_nothing(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, count=77)

    def write_and_fail() -> None:
        with write_transaction(database, DEFAULT_BOUNDS) as writer:
            writer.write([new()])
            raise LookupError

    with pytest.raises(LookupError):
        write_and_fail()
    assert stored(db) == {(1, 1): Row(77, None)}
