"""A count is never written for a definition that was edited or deleted meanwhile, nor over a newer one (spec 7.2)."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from postgres.conftest import connect
from postgres.test_recount_support import (
    EVERYONE,
    INVALID,
    NOBODY,
    add_segment,
    add_workspace,
    counts,
    dsn,
    edit,
    flat,
    one_at_a_time,
    recount,
    refers,
    server_time,
    statuses,
    stored,
    while_counting,
)
from segsql.recount import Options, Way
from segsql.store import DEFAULT_BOUNDS, Database, snapshot

if TYPE_CHECKING:
    import psycopg

__all__ = ["dsn"]

PAST = datetime(2020, 1, 1, tzinfo=UTC)
WAYS = pytest.mark.parametrize("way", list(Way))


@pytest.fixture
def segments(db: psycopg.Connection) -> psycopg.Connection:
    """Three segments of three contacts, counted long ago as 77."""
    add_workspace(db)
    for number in (1, 2, 3):
        add_segment(db, number, count=77, at=PAST)
    return db


def test_what_was_committed_by_the_time_of_a_count_is_in_it(dsn: str, segments: psycopg.Connection) -> None:
    """So the time is that of BEGIN: a statement that takes a snapshot begins to execute after it, perhaps much."""
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        ((begun, executing),) = opened.connection.execute(
            sa.select(sa.func.transaction_timestamp(), sa.func.statement_timestamp())
        )
        assert opened.now == begun < executing


@WAYS
@pytest.mark.parametrize("new", [NOBODY, INVALID], ids=["valid", "invalid"])
def test_an_edited_definition_keeps_its_old_count(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: Way, new: dict[str, object]
) -> None:
    while_counting(monkeypatch, lambda: edit(segments, 2, new))
    results = recount(dsn, Options(way=way))
    assert statuses(results) == {1: "counted", 2: "superseded", 3: "counted"}
    assert counts(segments) == {1: 3, 2: 77, 3: 3}
    assert stored(segments)[1, 2].at == PAST


@WAYS
def test_a_deleted_segment_stays_deleted(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    while_counting(monkeypatch, lambda: segments.execute("DELETE FROM segments WHERE id = 2"))
    assert statuses(recount(dsn, Options(way=way))) == {1: "counted", 2: "superseded", 3: "counted"}
    assert counts(segments) == {1: 3, 3: 3}


def test_a_segment_that_is_deleted_before_the_snapshot_is_superseded(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding what is due and counting it."""
    one_at_a_time(monkeypatch)
    add_workspace(segments, 2)
    add_segment(segments, 1, workspace_id=2)
    while_counting(monkeypatch, lambda: segments.execute("DELETE FROM segments WHERE workspace_id = 1 AND id = 2"))
    results = recount(dsn)  # workspace 2 goes first: it was never counted
    assert statuses(results) == {1: "counted", 2: "superseded", 3: "counted"}


def test_a_workspace_that_is_deleted_before_the_snapshot_is_superseded(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its segments are deleted segments: nothing failed."""
    one_at_a_time(monkeypatch)
    add_workspace(segments, 2)
    add_segment(segments, 1, workspace_id=2)
    while_counting(monkeypatch, lambda: segments.execute("DELETE FROM workspaces WHERE id = 1"))
    results = recount(dsn)
    assert statuses(results, 2) == {1: "counted"}
    assert statuses(results) == dict.fromkeys((1, 2, 3), "superseded")


@WAYS
def test_a_newer_count_stays(dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    def newer() -> None:
        segments.execute("UPDATE segments SET cached_count = 5, last_counted_at = clock_timestamp() WHERE id = 2")

    while_counting(monkeypatch, newer)
    assert statuses(recount(dsn, Options(way=way))) == {1: "counted", 2: "superseded", 3: "counted"}
    assert counts(segments) == {1: 3, 2: 5, 3: 3}


def test_a_time_that_is_set_to_the_future_meanwhile_is_overwritten(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_counting(
        monkeypatch, lambda: segments.execute("UPDATE segments SET last_counted_at = '2200-01-01' WHERE id = 2")
    )
    assert set(statuses(recount(dsn)).values()) == {"counted"}
    at = stored(segments)[1, 2].at
    assert at is not None
    assert at <= server_time(segments)


def test_an_edit_and_its_undoing_leave_the_count_true(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def there_and_back() -> None:
        edit(segments, 2, NOBODY)
        edit(segments, 2, EVERYONE)

    while_counting(monkeypatch, there_and_back)
    assert set(statuses(recount(dsn)).values()) == {"counted"}


def test_equal_json_written_otherwise_is_no_edit(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard compares values: key order, white space and 3.0 for 3 are none of its business."""
    add_segment(segments, 4, flat("opens_count", "gte", 3), count=77, at=PAST)
    other = '{"filters": [{"value": 3.00, "operator": "gte", "field": "opens_count"}], "matchType": "all"}'
    while_counting(
        monkeypatch, lambda: segments.execute("UPDATE segments SET definition = %s::jsonb WHERE id = 4", (other,))
    )
    assert statuses(recount(dsn))[4] == "counted"


def test_a_new_name_is_no_edit(dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    while_counting(monkeypatch, lambda: segments.execute("UPDATE segments SET name = 'renamed'"))
    assert set(statuses(recount(dsn)).values()) == {"counted"}
    assert segments.execute("SELECT DISTINCT name FROM segments").fetchall() == [("renamed",)]


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_an_edit_that_is_open_when_counts_are_written_is_waited_for(
    dsn: str, admin_dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """The guard is checked on what the edit leaves behind."""
    with connect(admin_dsn, autocommit=False) as editor:
        while_counting(monkeypatch, lambda: edit(editor, 2))

        def end() -> None:
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            for _ in range(200):
                if segments.execute(waiting).fetchall() != [(0,)]:
                    break
                segments.execute("SELECT pg_sleep(0.01)")
            editor.execute(ending.encode())

        ender = threading.Thread(target=end)
        original = statuses
        import segsql.store.write_back as module

        write = module.Writer.write

        def writing(self: module.Writer, *arguments: object) -> object:
            ender.start()
            return write(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(module.Writer, "write", writing)
        results = original(recount(dsn))
        ender.join()
    assert results == {1: "counted", 2: "superseded" if ending == "COMMIT" else "counted", 3: "counted"}
    assert counts(segments) == {1: 3, 2: 77 if ending == "COMMIT" else 3, 3: 3}


def test_an_edit_that_stays_open_stops_no_other_segment(
    dsn: str, admin_dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row that somebody holds for longer than the lock limit keeps its count; the others get theirs (7.4)."""
    with connect(admin_dsn, autocommit=False) as editor:
        while_counting(monkeypatch, lambda: edit(editor, 2))
        results = statuses(recount(dsn))
        editor.rollback()
    assert counts(segments) == {1: 3, 2: 77, 3: 3}
    assert {number: results[number] for number in (1, 3)} == {1: "counted", 3: "counted"}
    assert results[2] in {"failed", "timeout", "superseded", "skipped"}


def test_what_else_a_count_depends_on_is_as_it_was_at_its_time(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment referred to is edited meanwhile: the count of the one that refers to it is true of its own time."""
    add_segment(segments, 4, refers(2), count=77, at=PAST)
    while_counting(monkeypatch, lambda: edit(segments, 2))
    assert statuses(recount(dsn)) == {1: "counted", 2: "superseded", 3: "counted", 4: "counted"}
    assert counts(segments)[4] == 3


def test_rows_that_come_meanwhile_are_counted_next_time(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One snapshot for all: neither a new contact nor a deleted one makes two segments differ."""
    while_counting(monkeypatch, lambda: segments.execute("DELETE FROM contacts WHERE id = 1"))
    recount(dsn, Options(way=Way.SINGLE))
    assert counts(segments) == dict.fromkeys((1, 2, 3), 3)
    recount(dsn)
    assert counts(segments) == dict.fromkeys((1, 2, 3), 2)


def test_a_clock_that_went_back_does_not_freeze_counts(dsn: str, segments: psycopg.Connection) -> None:
    """A minute into the future is as impossible as a century."""
    segments.execute("UPDATE segments SET last_counted_at = clock_timestamp() + %s", (timedelta(minutes=1),))
    assert set(statuses(recount(dsn)).values()) == {"counted"}
    assert set(counts(segments).values()) == {3}
