"""What a worker looks for, and what it hears."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import INVALID, add_segment, add_workspace, edit, recount, refers
from segsql.catalog import WorkspaceId
from segsql.store import (
    DEFAULT_BOUNDS,
    Database,
    DueSegment,
    DueWork,
    Selection,
    due_segments,
    due_work,
    listening,
    snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from segsql.store.listening import Listening

HOUR = timedelta(hours=1)


@pytest.fixture
def database(dsn: str) -> Iterator[Database]:
    with closing(Database(dsn, connections=2)) as opened:
        yield opened


def work(database: Database, stale_for: timedelta = HOUR) -> list[DueWork]:
    with snapshot(database, DEFAULT_BOUNDS) as opened:
        return due_work(opened.connection, stale_for)


def due(database: Database, *workspace_ids: WorkspaceId, stale_for: timedelta = HOUR) -> list[DueSegment]:
    with snapshot(database, DEFAULT_BOUNDS) as opened:
        return due_segments(opened.connection, workspace_ids, stale_for)


def grow_old(db: psycopg.Connection, workspace_id: int, ago: str) -> None:
    query = "UPDATE segments SET last_counted_at = clock_timestamp() - %s::interval WHERE workspace_id = %s"
    db.execute(query, (ago, workspace_id))


def test_nothing_is_due_after_a_recount(database: Database, dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    recount(dsn)
    assert work(database) == []
    assert due(database, 1) == []


def test_new_edited_old_and_in_the_future(database: Database, dsn: str, db: psycopg.Connection) -> None:
    for workspace_id in range(1, 6):
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id)
    recount(dsn)
    edit(db, 1, workspace_id=2)
    grow_old(db, 3, "2 hours")
    grow_old(db, 4, "3 hours")
    grow_old(db, 5, "-1 hour")
    add_segment(db, 2, workspace_id=1)
    is_new = {1: True, 2: True, 3: False, 4: False, 5: False}
    assert work(database) == [DueWork(workspace_id, is_new[workspace_id]) for workspace_id in (1, 4, 3, 2, 5)]
    found = {(each.workspace_id, each.id): each.is_old for each in due(database, 1, 2, 3, 4, 5)}
    assert found == {(1, 2): False, (2, 1): False, (3, 1): True, (4, 1): True, (5, 1): False}


def test_a_segment_is_due_with_the_one_that_it_refers_to(database: Database, dsn: str, db: psycopg.Connection) -> None:
    """The look at everything sees the one that was edited; the look at its workspace sees both."""
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, refers(1))
    recount(dsn)
    edit(db, 1)
    assert work(database) == [DueWork(1, is_new=True)]
    assert [each.id for each in due(database, 1)] == [1, 2]


def test_an_edit_is_another_revision_and_a_count_is_not(database: Database, dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, INVALID)
    (first,) = due(database, 1)
    recount(dsn)
    assert due(database, 1) == [first]
    edit(db, 1, {"matchType": "any", "filters": []})
    (second,) = due(database, 1)
    assert second.revision != first.revision


def test_times_that_other_programs_wrote(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, at="-infinity")
    add_segment(db, 2, at="2026-01-01")
    db.execute("UPDATE segments SET updated_at = 'infinity' WHERE id = 2")
    assert work(database, timedelta.max) == [DueWork(1, is_new=True)]
    assert [each.id for each in due(database, 1, stale_for=timedelta.max)] == [1, 2]


def test_a_workspace_that_is_gone_has_nothing_due(database: Database) -> None:
    assert due(database, 1) == []


@pytest.fixture
def ear(database: Database) -> Iterator[Listening]:
    with listening(database) as session:
        assert session is not None
        yield session


@pytest.mark.direct
def test_new_and_edited_segments_are_heard(ear: Listening, dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_workspace(db, 2)
    assert ear.heard(0) == frozenset()
    add_segment(db, 1)
    assert ear.heard(5) == {1}
    edit(db, 1)
    assert ear.heard(5) == {1}
    with connect(dsn, autocommit=False) as many:
        for number in range(2, 1_000):
            add_segment(many, number, workspace_id=1 + number % 2)
    assert ear.heard(5) | ear.heard(0.2) == {1, 2}
    assert ear.heard(0) == frozenset()


@pytest.mark.direct
def test_what_changes_no_definition_is_not_heard(ear: Listening, dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    assert ear.heard(5) == {1}
    recount(dsn)
    db.execute("UPDATE segments SET name = 'another', definition = definition")
    with connect(dsn, autocommit=False) as undecided:
        add_segment(undecided, 2)
        undecided.rollback()
    db.execute("DELETE FROM segments")
    assert ear.heard(0.3) == frozenset()


@pytest.mark.direct
def test_nonsense_is_not_heard(ear: Listening, db: psycopg.Connection) -> None:
    for payload in ("", "x", "1.5", "٣", "9" * 30, str(2**63), "--1", "-"):
        db.execute("SELECT pg_notify('segsql_segments', %s)", (payload,))
    db.execute("SELECT pg_notify('segsql_segments', '-7')")
    assert ear.heard(5) | ear.heard(0.2) == {-7}


def test_a_pooler_is_noticed(database: Database, db: psycopg.Connection) -> None:
    """By anybody who compares what the server says of itself with what the connection was told."""
    ((process_id,),) = db.execute("SELECT pg_backend_pid()").fetchall()
    is_pooled = db.info.backend_pid != process_id
    with listening(database) as session:
        assert (session is None) == is_pooled


def test_a_sessions_state_ends_with_it(database: Database, db: psycopg.Connection) -> None:
    for _ in range(2):
        with database.session() as session:
            assert session.execute("SELECT count(*) FROM pg_listening_channels()").fetchone() == (0,)
            session.execute("SELECT 1")


def test_a_selection_without_names_finds_the_same(database: Database, db: psycopg.Connection) -> None:
    """What the worker counts is what `recount --stale-for` counts."""
    from segsql.store import due_workspaces

    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number in (1, 2, 3):
            add_segment(db, number, workspace_id=workspace_id, at="2026-01-01" if number == 2 else None)
    with snapshot(database, DEFAULT_BOUNDS) as opened:
        by_recount = due_workspaces(opened.connection, Selection(stale_for=HOUR))
    found = due(database, *(each.workspace_id for each in work(database)))
    expected = [(each.workspace_id, number) for each in by_recount for number in each.segment_ids]
    assert [(each.workspace_id, each.id) for each in found] == expected
