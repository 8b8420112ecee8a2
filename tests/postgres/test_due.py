"""Which segments a run is about: what `--stale-for` takes, one reason at a time, and selections (spec 7, 8)."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from postgres.test_recount_support import (
    INVALID,
    NOBODY,
    add_segment,
    add_workspace,
    edit,
    flat,
    recount,
    refers,
)
from segsql.catalog import Id, WorkspaceId
from segsql.errors import UsageError
from segsql.store import DEFAULT_BOUNDS, Database, Selection, due_workspaces, list_segments, snapshot
from segsql.store.stale import is_stale

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

HOUR = timedelta(hours=1)
SEGMENT = 10
OTHER = 20


class Due:
    """Asks what is due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(
        self, *segments: str, workspaces: tuple[int, ...] = (), stale_for: timedelta | None = None
    ) -> dict[WorkspaceId, tuple[Id, ...]]:
        with snapshot(self._database, DEFAULT_BOUNDS) as opened:
            found = due_workspaces(opened.connection, Selection(workspaces, segments, stale_for))
        return {one.workspace_id: one.segment_ids for one in found}

    def is_stale(self, segment_id: int = SEGMENT, stale_for: timedelta = HOUR) -> bool:
        """By both who ask: the run, and the list."""
        due = segment_id in self(stale_for=stale_for).get(1, ())
        with snapshot(self._database, DEFAULT_BOUNDS) as opened:
            (listed,) = (one for one in list_segments(opened.connection, 1, stale_for) if one.id == segment_id)
        assert listed.is_stale == due
        return due


@pytest.fixture
def due(dsn: str) -> Iterator[Due]:
    with closing(Database(dsn)) as database:
        yield Due(database)


@pytest.fixture
def fresh(db: psycopg.Connection) -> psycopg.Connection:
    """A workspace with a segment that was edited long ago and counted just now."""
    add_workspace(db)
    add_fresh(db, SEGMENT)
    return db


def add_fresh(db: psycopg.Connection, segment_id: int, definition: object = None, workspace_id: int = 1) -> None:
    add_segment(db, segment_id, definition, workspace_id=workspace_id, count=3)
    counted(db, "interval '1 minute'", segment_id)


def counted(db: psycopg.Connection, ago: str, segment_id: int = SEGMENT) -> None:
    """Set the time of the count to that long before the server's clock."""
    query = f"UPDATE segments SET last_counted_at = clock_timestamp() - {ago} WHERE id = %s"
    db.execute(query.encode(), (segment_id,))


def test_a_fresh_count_is_not_due(due: Due, fresh: psycopg.Connection) -> None:
    assert not due.is_stale()
    assert due(stale_for=HOUR) == {}
    assert due() == {1: (SEGMENT,)}, "without a limit everything is"


def test_never_counted(due: Due, fresh: psycopg.Connection) -> None:
    fresh.execute("UPDATE segments SET last_counted_at = NULL")
    assert due.is_stale()


@pytest.mark.parametrize(
    ("ago", "stale"), [("59 minutes 55 seconds", False), ("60 minutes 1 second", True), ("900 years", True)]
)
def test_counted_longer_ago(due: Due, fresh: psycopg.Connection, ago: str, stale: bool) -> None:
    counted(fresh, f"interval '{ago}'")
    assert due.is_stale() is stale


def test_a_limit_of_nothing_takes_everything(due: Due, fresh: psycopg.Connection) -> None:
    assert due.is_stale(stale_for=timedelta(0))


@pytest.mark.parametrize("days", [36_500, 1_000_000, 999_999_999])
def test_a_very_long_limit_takes_what_was_never_counted_or_edited(
    due: Due, fresh: psycopg.Connection, days: int
) -> None:
    assert not due.is_stale(stale_for=timedelta(days=days))
    edit(fresh, SEGMENT)
    assert due.is_stale(stale_for=timedelta(days=days))


@pytest.mark.parametrize(
    "future", ["clock_timestamp() + interval '5 seconds'", "timestamptz '9999-12-31'", "timestamptz 'infinity'"]
)
def test_counted_in_the_future(due: Due, fresh: psycopg.Connection, future: str) -> None:
    fresh.execute(f"UPDATE segments SET last_counted_at = {future}".encode())
    assert SEGMENT in due(stale_for=HOUR)[1]


def test_counted_before_all_time(due: Due, fresh: psycopg.Connection) -> None:
    fresh.execute("UPDATE segments SET last_counted_at = '-infinity'")
    assert SEGMENT in due(stale_for=HOUR)[1]


@pytest.mark.parametrize("at", ["infinity", "-infinity", "20000-01-01"])
def test_a_list_shows_whatever_time_is_stored(due: Due, fresh: psycopg.Connection, at: str) -> None:
    """Times beyond Python's are due, and one of them must not hide all the others."""
    fresh.execute("UPDATE segments SET last_counted_at = %s::timestamptz", (at,))
    assert due.is_stale()


def test_edited_since(due: Due, fresh: psycopg.Connection) -> None:
    edit(fresh, SEGMENT)
    assert due.is_stale()
    counted(fresh, "interval '0'")
    assert not due.is_stale()


def test_a_new_name_makes_nothing_due(due: Due, fresh: psycopg.Connection) -> None:
    fresh.execute("UPDATE segments SET name = 'other', description = 'other', definition = definition")
    assert not due.is_stale()


def test_another_segments_edit_makes_it_not_due(due: Due, fresh: psycopg.Connection) -> None:
    add_fresh(fresh, OTHER)
    edit(fresh, OTHER)
    assert not due.is_stale()
    assert due.is_stale(OTHER)


@pytest.mark.parametrize("operator", ["in", "not_in"])
@pytest.mark.parametrize("definition", [None, refers(30)], ids=["flat", "typed"])
def test_one_that_it_refers_to_was_edited(
    due: Due, fresh: psycopg.Connection, operator: str, definition: dict[str, object] | None
) -> None:
    """Of either dialect."""
    add_fresh(fresh, 30)
    add_fresh(fresh, OTHER, definition)
    add_fresh(fresh, 40, refers(7, OTHER, operator=operator))
    assert not due.is_stale(40)
    edit(fresh, OTHER)
    assert due.is_stale(40)
    assert not due.is_stale(), "which refers to nothing"


def test_one_far_away_was_edited(due: Due, fresh: psycopg.Connection) -> None:
    """By way of others, deep in groups and negations, and across dialects."""
    chain = range(100, 120)
    for number in chain:
        wrapped = {"condition": "OR", "filters": [{"condition": "NOT", "filters": [refers(number + 1)]}]}
        add_fresh(fresh, number, wrapped)
    add_fresh(fresh, 120, flat("email", "exists"))
    assert not due.is_stale(100)
    edit(fresh, 120)
    assert all(due.is_stale(number) for number in chain)
    edit(fresh, 110, refers(111))
    for number in chain:
        counted(fresh, "interval '0'", number)
    assert not any(due.is_stale(number) for number in chain)


def test_cycles_end(due: Due, fresh: psycopg.Connection) -> None:
    for number, other in ((100, 101), (101, 102), (102, 100), (103, 103), (104, 100)):
        add_fresh(fresh, number, refers(other))
    assert not any(due.is_stale(number) for number in range(100, 105))
    edit(fresh, 101, refers(102, 103))
    assert all(due.is_stale(number) for number in (100, 101, 102, 104))
    assert not due.is_stale(103)


@pytest.mark.parametrize("other", [10**17, 10**18, 2**62, 2**63 - 1])
def test_references_to_large_ids(due: Due, fresh: psycopg.Connection, other: int) -> None:
    add_fresh(fresh, other)
    add_fresh(fresh, 40, refers(other))
    assert not due.is_stale(40)
    edit(fresh, other)
    assert due.is_stale(40)


@pytest.mark.parametrize("written", ["20", "20.0", "2e1", "20.000"])
def test_references_as_any_whole_number(due: Due, fresh: psycopg.Connection, written: str) -> None:
    """30.0 is an integer (spec 3)."""
    add_fresh(fresh, OTHER)
    add_fresh(fresh, 40, json.dumps(refers(20)).replace("[20]", f"[{written}]"))
    edit(fresh, OTHER)
    assert due.is_stale(40)


def test_the_same_id_in_another_workspace_is_another_segment(due: Due, fresh: psycopg.Connection) -> None:
    add_workspace(fresh, 2)
    add_fresh(fresh, 40, refers(OTHER))
    add_fresh(fresh, OTHER, workspace_id=1)
    add_fresh(fresh, OTHER, workspace_id=2)
    edit(fresh, OTHER, workspace_id=2)
    assert not due.is_stale(40)


@pytest.mark.parametrize(
    "value", ['"20"', "[20]", "true", "null", "{}", "1e400", "-1", "1.5", "99999999999999999999", "1e-400"]
)
def test_what_is_no_reference_is_passed_over(due: Due, fresh: psycopg.Connection, value: str) -> None:
    definition = f'{{"condition": "AND", "filters": [{{"type": "segment", "operator": "in", "value": [{value}]}}]}}'
    add_fresh(fresh, 40, definition)
    add_fresh(fresh, 41, definition.replace(f"[{value}]", value))
    assert due(stale_for=HOUR) == {}


def test_a_referred_segment_that_was_deleted(due: Due, fresh: psycopg.Connection) -> None:
    """Nothing to be compared with: it is found invalid when it is next due."""
    add_fresh(fresh, OTHER)
    add_fresh(fresh, 40, refers(OTHER))
    fresh.execute("DELETE FROM segments WHERE id = %s", (OTHER,))
    assert not due.is_stale(40)


def test_what_was_just_counted_is_not_due_and_what_is_invalid_stays_so(
    dsn: str, due: Due, fresh: psycopg.Connection
) -> None:
    add_segment(fresh, 1)
    add_segment(fresh, 2, INVALID)
    add_segment(fresh, 3, refers(1))
    recount(dsn)
    assert due(stale_for=HOUR) == {1: (2,)}
    edit(fresh, 1, NOBODY)
    assert due(stale_for=HOUR) == {1: (2, 3, 1)} or due(stale_for=HOUR) == {1: (2, 1, 3)}
    recount(dsn, selection=Selection(stale_for=HOUR))
    assert due(stale_for=HOUR) == {1: (2,)}


def test_many_segments_that_refer_to_many(due: Due, fresh: psycopg.Connection) -> None:
    """What is due is found in no time where each of 100 refers to all before it."""
    for number in range(100, 200):
        add_fresh(fresh, number, refers(*range(100, number)) if number > 100 else None)
    fresh.execute("SET statement_timeout = '5s'")
    begun = datetime.now(UTC)
    edit(fresh, 100)
    assert len(due(stale_for=HOUR)[1]) == 100
    assert datetime.now(UTC) - begun < timedelta(seconds=5)


@pytest.fixture
def two(db: psycopg.Connection) -> psycopg.Connection:
    """Two workspaces with a segment 1 each, and one segment that only the second has."""
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id)
    add_segment(db, 2, workspace_id=2)
    db.execute("UPDATE segments SET public_id = 'clx_shared' WHERE id = 1")
    db.execute("UPDATE segments SET public_id = 'clx_only' WHERE id = 2")
    return db


def test_selections(due: Due, two: psycopg.Connection) -> None:
    assert due() == {1: (1,), 2: (1, 2)}
    assert due(workspaces=(2,)) == {2: (1, 2)}
    assert due(workspaces=(1, 2)) == {1: (1,), 2: (1, 2)}
    assert due(workspaces=(2, 2)) == {2: (1, 2)}
    assert due("2") == {2: (2,)}
    assert due("clx_only") == {2: (2,)}
    assert due("2", "clx_only") == {2: (2,)}
    assert due("1", workspaces=(1,)) == {1: (1,)}
    assert due("clx_shared", workspaces=(2,)) == {2: (1,)}
    assert due("1", "2", workspaces=(2,)) == {2: (1, 2)}
    assert due("clx_only", workspaces=(1, 2)) == {2: (2,)}


def test_a_selection_may_leave_nothing_due(due: Due, two: psycopg.Connection) -> None:
    two.execute("UPDATE segments SET last_counted_at = clock_timestamp()")
    assert due("2", stale_for=HOUR) == {}
    assert due(workspaces=(1,), stale_for=HOUR) == {}


@pytest.mark.parametrize("name", ["1", "clx_shared"])
@pytest.mark.parametrize("workspaces", [(), (1, 2)])
def test_what_two_workspaces_have_is_ambiguous(
    due: Due, two: psycopg.Connection, name: str, workspaces: tuple[int, ...]
) -> None:
    with pytest.raises(UsageError, match=f"Several workspaces have a segment {name}") as caught:
        due(name, workspaces=workspaces)
    assert "-w" in caught.value.hint


@pytest.mark.parametrize(
    "name",
    ["3", "0", "-1", "9223372036854775807", "9223372036854775808", "9" * 30, "9" * 5_000, "", " ", "1.0", "1e0",
     "clx_none", "CLX_ONLY", "x" * 100_000, "'; DROP TABLE segments; --", "%", "٢", "²"],
)  # fmt: skip
def test_an_unknown_segment(due: Due, two: psycopg.Connection, name: str) -> None:
    for workspaces in ((), (2,)):
        with pytest.raises(UsageError, match="There is no segment"):
            due(name, workspaces=workspaces)


@pytest.mark.parametrize("workspace_id", [3, 0, -1, -(2**63), 2**63 - 1, 2**63, -(2**63) - 1, 2**200])
def test_an_unknown_workspace(due: Due, two: psycopg.Connection, workspace_id: int) -> None:
    for names in ((), ("1",)):
        with pytest.raises(UsageError, match=f"There is no workspace {workspace_id}"):
            due(*names, workspaces=(workspace_id,))
    with pytest.raises(UsageError, match=f"There is no workspace {workspace_id}"):
        due(workspaces=(1, workspace_id))


def test_a_workspace_with_a_negative_id(dsn: str, due: Due, two: psycopg.Connection) -> None:
    """A bigint like others."""
    add_workspace(two, -7)
    add_segment(two, -3, workspace_id=-7)
    assert due()[-7] == (-3,)
    assert recount(dsn)[-7, -3].status == "counted"
    assert due(workspaces=(-7,)) == {-7: (-3,)}


def test_a_workspace_without_segments(due: Due, two: psycopg.Connection) -> None:
    add_workspace(two, 3)
    assert due(workspaces=(3,)) == {}
    with pytest.raises(UsageError, match="There is no segment 1 in workspace 3"):
        due("1", workspaces=(3,))


def test_what_refers_to_edits_is_hashed_however_large_the_fleet(dsn: str, db: psycopg.Connection) -> None:
    """Not gone through for each segment: a fleet has 200,000 of them, and 60,000 references."""
    add_workspace(db)
    add_segment(db, SEGMENT)
    with closing(Database(dsn)) as database, database.reading() as connection:
        segments = database.schema.segments
        query = sa.select(segments.c.id).where(is_stale(database.schema, segments, HOUR, ()))
        sql = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}").scalars())
    assert "hashed SubPlan" in plan
