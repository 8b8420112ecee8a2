"""`segment_counts`: a row for every count that was written and differed, kept for a time, and never in the way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

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
    recount,
    server_time,
    statuses,
    stored,
    while_counting,
)
from segsql.catalog import Id
from segsql.recount import Options
from segsql.store import (
    Bounds,
    ConnectionLost,
    Database,
    NewCount,
    Writer,
    WriteRules,
    write_transaction,
)
from segsql.store.database import run
from segsql.store.write_sql import write_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["dsn"]

AT = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BOUNDS = Bounds(lock=timedelta(seconds=0.3))
FOREVER = WriteRules(keep_history=timedelta(days=36_500))


@pytest.fixture
def database(dsn: str) -> Iterator[Database]:
    with closing(Database(dsn, connections=4)) as opened:
        yield opened


def new(count: int, at: datetime = AT, segment_id: int = 1) -> NewCount:
    return NewCount(1, segment_id, json.dumps(EVERYONE), count, at)


def write(database: Database, *counts: NewCount, rules: WriteRules = FOREVER) -> set[Id]:
    """The segments that were written."""
    with write_transaction(database, BOUNDS) as writer:
        return {segment_id for _, segment_id in writer.write(counts, rules).keys}


def history(db: psycopg.Connection, segment_id: int = 1) -> list[tuple[datetime, int, int | None]]:
    query = "SELECT counted_at, count, previous_count FROM segment_counts WHERE segment_id = %s ORDER BY counted_at"
    return db.execute(query, (segment_id,)).fetchall()


def remember(db: psycopg.Connection, segment_id: int, ages: range) -> None:
    """Rows of so many days ago."""
    db.execute(
        """INSERT INTO segment_counts SELECT 1, %s, now() - age * interval '1 day', age, NULL
        FROM unnest(%s::int[]) age""",
        (segment_id, list(ages)),
    )


@pytest.fixture
def segments(db: psycopg.Connection) -> psycopg.Connection:
    add_workspace(db)
    for number in (1, 2):
        add_segment(db, number)
    return db


def test_a_row_for_every_count_that_changed(database: Database, segments: psycopg.Connection) -> None:
    """The first one changes from none; the same again changes nothing, however often it is counted."""
    for second, count in enumerate((5, 5, 7, 7, 0, 5)):
        assert write(database, new(count, AT + second * SECOND)) == {1}
    assert history(segments) == [
        (AT, 5, None),
        (AT + 2 * SECOND, 7, 5),
        (AT + 4 * SECOND, 0, 7),
        (AT + 5 * SECOND, 5, 0),
    ]
    assert history(segments, 2) == []


def test_what_other_programs_stored_is_what_was_there_before(database: Database, segments: psycopg.Connection) -> None:
    segments.execute("UPDATE segments SET cached_count = 40, last_counted_at = '2020-01-01' WHERE id = 1")
    write(database, new(41))
    assert history(segments) == [(AT, 41, 40)]


def test_what_is_not_written_leaves_no_row(database: Database, segments: psycopg.Connection) -> None:
    """A definition that is another by now, a segment that is gone, a count that is older than the stored one."""
    edit(segments, 1)
    segments.execute("UPDATE segments SET cached_count = 40, last_counted_at = %s WHERE id = 2", (AT + SECOND,))
    assert write(database, new(5), new(5, segment_id=2), new(5, segment_id=3)) == set()
    assert segments.execute("SELECT * FROM segment_counts").fetchall() == []


def test_writing_again_after_a_lost_acknowledgement_changes_nothing(
    database: Database, segments: psycopg.Connection
) -> None:
    assert write(database, new(5)) == {1}
    assert write(database, new(5)) == set()
    assert history(segments) == [(AT, 5, None)]


def test_a_second_count_of_one_instant_is_written_and_the_first_is_remembered(
    database: Database, segments: psycopg.Connection
) -> None:
    """Of a replica that stands still: another program forgot the count in between."""
    write(database, new(5))
    segments.execute("UPDATE segments SET cached_count = NULL, last_counted_at = NULL")
    assert write(database, new(6)) == {1}
    assert counts(segments)[1] == 6
    assert history(segments) == [(AT, 5, None)]


def test_overlapping_writers_leave_a_history_without_a_gap(database: Database, segments: psycopg.Connection) -> None:
    """Each row begins where the one before ended, and the last one is what is stored."""

    def write_both(turn: int) -> int:
        given = [new(turn % 7, AT + turn * SECOND, number) for number in (1, 2)]
        return len(write(database, *(given if turn % 2 else given[::-1])))

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(write_both, range(60))) >= 4
    for number in (1, 2):
        rows = history(segments, number)
        assert [previous for _, _, previous in rows] == [None, *(count for _, count, _ in rows[:-1])]
        assert rows[-1][1] == stored(segments)[1, number].count


def test_old_rows_of_what_is_written_go(database: Database, segments: psycopg.Connection) -> None:
    """A few at a time, the oldest first, so that no write takes long; other segments' rows wait for theirs."""
    remember(segments, 1, range(80, 116))
    remember(segments, 2, range(80, 116))
    rules = WriteRules(keep_history=timedelta(days=90))
    left = []
    for _ in range(4):
        write(database, new(5, server_time(segments)), rules=rules)
        left.append([count for _, count, _ in history(segments) if count != 5])
    assert left == [list(range(oldest, 79, -1)) for oldest in (105, 95, 89, 89)]
    assert len(history(segments, 2)) == 36


def test_an_unchanged_count_forgets_too(database: Database, segments: psycopg.Connection) -> None:
    segments.execute("UPDATE segments SET cached_count = 5, last_counted_at = '2020-01-01'")
    remember(segments, 1, range(100, 101))
    write(database, new(5), rules=WriteRules())
    assert history(segments) == []


def test_none_is_noted_and_what_is_there_goes(database: Database, segments: psycopg.Connection) -> None:
    write(database, new(4, AT - SECOND), new(5, segment_id=2))
    assert write(database, new(5), rules=WriteRules(keep_history=timedelta())) == {1}
    assert history(segments) == []
    assert len(history(segments, 2)) == 1


def test_a_segments_history_goes_with_it(database: Database, segments: psycopg.Connection) -> None:
    write(database, new(5), new(5, segment_id=2))
    segments.execute("DELETE FROM segments WHERE id = 1")
    assert (len(history(segments)), len(history(segments, 2))) == (0, 1)
    segments.execute("DELETE FROM workspaces")
    assert history(segments, 2) == []


@pytest.mark.parametrize("held", ["a row of the history", "a row of the history and a segment"])
def test_who_holds_old_rows_stops_no_count(
    database: Database, segments: psycopg.Connection, admin_dsn: str, held: str
) -> None:
    """A DBA's own clean-up that has not committed: counts are written, and next time the rows go."""
    remember(segments, 1, range(100, 102))
    with connect(admin_dsn, autocommit=False) as other:
        other.execute("DELETE FROM segment_counts")
        if held.endswith("segment"):
            other.execute("SELECT FROM segments WHERE id = 2 FOR UPDATE")
        at = server_time(segments)
        written = write(database, new(5, at), new(5, at, segment_id=2), rules=WriteRules())
        other.rollback()
    assert written == ({1} if held.endswith("segment") else {1, 2})
    assert [count for _, count, _ in history(segments)] == [101, 100, 5]


def test_a_run_writes_count_and_history_in_one_statement(dsn: str, segments: psycopg.Connection) -> None:
    add_segment(segments, 3, NOBODY)
    add_segment(segments, 4, INVALID)
    recount(dsn)
    same = """SELECT h.segment_id, h.count, h.previous_count, h.counted_at = s.last_counted_at, h.xmin = s.xmin
        FROM segment_counts h JOIN segments s ON s.id = h.segment_id ORDER BY 1"""
    assert segments.execute(same).fetchall() == [
        (1, 3, None, True, True),
        (2, 3, None, True, True),
        (3, 0, None, True, True),
    ]
    segments.execute("DELETE FROM contacts WHERE id = 1")
    recount(dsn)
    assert [row[1:] for row in history(segments)] == [(3, None), (2, 3)]
    assert [row[1:] for row in history(segments, 3)] == [(0, None)]


@pytest.mark.parametrize("together", [True, False])
def test_a_run_whose_commit_is_not_acknowledged_counts_it_as_written(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """What it wrote is there; one workspace by itself sees that, a batch is counted again and finds no change."""
    if together:
        add_workspace(segments, 2)
        add_segment(segments, 1, workspace_id=2)
    lost = [True]

    @contextmanager
    def losing(*arguments: Any) -> Iterator[Writer]:
        with write_transaction(*arguments) as writer:
            yield writer
        if lost:
            lost.pop()
            raise ConnectionLost("nobody knows whether it was committed")

    for module in ("batch", "workspace"):
        monkeypatch.setattr(f"segsql.recount.{module}.write_transaction", losing)
    results = recount(dsn)
    assert {one.status for one in results.values()} == {"counted"}, results
    assert lost == []
    assert segments.execute("SELECT DISTINCT count, previous_count FROM segment_counts").fetchall() == [(3, None)]
    assert len(history(segments, 2)) == 1


def test_superseded_counts_and_dry_runs_leave_no_row(
    dsn: str, segments: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    recount(dsn, Options(dry_run=True))
    assert history(segments) == []
    while_counting(monkeypatch, lambda: edit(segments, 1))
    assert statuses(recount(dsn)) == {1: "superseded", 2: "counted"}
    assert (history(segments), len(history(segments, 2))) == ([], 1)


def test_old_rows_are_found_without_a_scan(database: Database, segments: psycopg.Connection) -> None:
    """Whether the planner expects many of them or none: by the primary key, and then where they lie."""
    for number in range(3, 201):
        add_segment(segments, number)
    segments.execute("""INSERT INTO segment_counts SELECT 1, s, now() - age * interval '1 hour', age, NULL
        FROM generate_series(1, 200) s, generate_series(1, 300) age""")
    segments.execute("ANALYZE segments, segment_counts")
    given = [[1] * 200, [*range(1, 201)], [5] * 200, [AT] * 200, f"[{','.join([json.dumps(EVERYONE)] * 200)}]"]
    for keep in (timedelta(days=1), timedelta(days=90)):
        sql = write_sql(database.schema)
        assert sql is not None
        with database.writing() as connection:
            ((plan,),) = run(connection, f"EXPLAIN (FORMAT JSON) {sql.write}", [*given, None, keep]).fetchall()
        assert isinstance(plan, list)
        reads = {
            (node["Node Type"], node.get("Index Name"))
            for node in nodes(plan[0]["Plan"])
            if node.get("Relation Name") == "segment_counts" and node["Node Type"] != "ModifyTable"
        }
        assert reads <= {
            ("Index Scan", "segment_counts_pkey"),
            ("Tid Scan", None),
        }, reads


def nodes(plan: dict[str, object]) -> Iterator[dict[str, object]]:
    yield plan
    plans = plan.get("Plans", [])
    assert isinstance(plans, list)
    for each in plans:
        yield from nodes(each)
