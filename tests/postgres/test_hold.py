"""`--hold-change`: a count that moved too far is reported and not written, until a run accepts it."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import (
    EVERYONE,
    NOBODY,
    Row,
    add_segment,
    add_workspace,
    counts,
    dsn,
    edit,
    one_at_a_time,
    recount,
    report,
    statuses,
    stored,
    while_counting,
)
from segsql.recount import Counted, Held, Options
from segsql.store import DEFAULT_BOUNDS, Database, NewCount, WriteRules, Written, write_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["dsn"]

AT = datetime(2026, 1, 1, tzinfo=UTC)
PAST = datetime(2020, 1, 1, tzinfo=UTC)
TEN = WriteRules(hold_change=Decimal(10))


@pytest.fixture
def database(dsn: str) -> Iterator[Database]:
    with closing(Database(dsn, connections=2)) as opened:
        yield opened


def write(database: Database, *new: int, rules: WriteRules = TEN) -> Written:
    """New counts of the segments 1, 2, …"""
    given = [NewCount(1, number, json.dumps(EVERYONE), count, AT) for number, count in enumerate(new, start=1)]
    with write_transaction(database, DEFAULT_BOUNDS) as writer:
        return writer.write(given, rules)


@pytest.mark.parametrize(
    ("before", "now", "percent", "is_held"),
    [
        (100, 100, "10", False),
        (100, 110, "10", False),
        (100, 111, "10", True),
        (100, 90, "10", False),
        (100, 89, "10", True),
        (100, 0, "99", True),
        (100, 0, "100", False),
        (100, 201, "100", True),
        (1000, 1025, "2.5", False),
        (1000, 1026, "2.5", True),
        (1000, 1001, "0.000000001", True),
        (3, 4, "33.3333", True),
        (0, 0, "10", False),
        (0, 1, "1000000000", True),
        (None, 1_000_000, "10", False),
        (1, 2**63 - 1, "10", True),
        (2**63 - 1, 0, "10", True),
        (-5, -5, "10", False),
        (-5, 5, "10", True),
    ],
)
def test_what_is_held(
    database: Database, db: psycopg.Connection, before: int | None, now: int, percent: str, is_held: bool
) -> None:
    """Further than that from the stored count. From none nothing is; from 0 anything else is."""
    add_workspace(db)
    add_segment(db, 1, count=before, at=PAST)
    found = write(database, now, rules=WriteRules(hold_change=Decimal(percent)))
    assert found == (Written(held={(1, 1): before}) if is_held else Written(frozenset({(1, 1)})))  # type: ignore[dict-item]  # None is never held
    assert stored(db) == {(1, 1): Row(before, PAST) if is_held else Row(now, AT)}


def test_nothing_is_held_unless_it_is_asked_for(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, count=0, at=PAST)
    assert write(database, 1_000_000, rules=WriteRules()).held == {}
    assert counts(db) == {1: 1_000_000}


def test_a_held_count_stops_no_other_and_leaves_no_history(database: Database, db: psycopg.Connection) -> None:
    add_workspace(db)
    for number in (1, 2, 3):
        add_segment(db, number, count=100, at=PAST)
    found = write(database, 105, 50, 95)
    assert found == Written(frozenset({(1, 1), (1, 3)}), held={(1, 2): 100})
    assert counts(db) == {1: 105, 2: 100, 3: 95}
    assert db.execute("SELECT segment_id FROM segment_counts ORDER BY 1").fetchall() == [(1,), (3,)]


def test_what_the_guard_refuses_is_not_held(database: Database, db: psycopg.Connection) -> None:
    """Edited or counted later meanwhile: there is nothing to accept."""
    add_workspace(db)
    add_segment(db, 1, NOBODY, count=100, at=PAST)
    add_segment(db, 2, count=100, at=AT)
    assert write(database, 5, 5) == Written()


def test_it_is_decided_on_the_newest_version_of_the_row(
    database: Database, db: psycopg.Connection, admin_dsn: str
) -> None:
    """Another program corrects the stored count while the write waits for its row."""
    add_workspace(db)
    for number in (1, 2):
        add_segment(db, number, count=100 if number == 1 else 50, at=PAST)
    found: list[Written] = []
    with connect(admin_dsn, autocommit=False) as other:
        other.execute("UPDATE segments SET cached_count = 150 - cached_count")
        writing = threading.Thread(target=lambda: found.append(write(database, 52, 52)))
        writing.start()
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while not db.execute(waiting).rowcount:
            assert writing.is_alive()
        other.commit()
        writing.join()
    assert found == [Written(frozenset({(1, 1)}), held={(1, 2): 100})]
    assert counts(db) == {1: 52, 2: 100}
    assert db.execute("SELECT count, previous_count FROM segment_counts").fetchall() == [(52, 50)]


def test_a_held_row_is_not_called_locked(database: Database, db: psycopg.Connection, admin_dsn: str) -> None:
    """Where somebody keeps a third row locked, and what is free is written without it."""
    add_workspace(db)
    for number in (1, 2, 3):
        add_segment(db, number, count=100, at=PAST)
    with connect(admin_dsn, autocommit=False) as other:
        other.execute("SELECT FROM segments WHERE id = 3 FOR UPDATE")
        found = write(database, 100, 5, 100)
    assert found == Written(frozenset({(1, 1)}), frozenset({(1, 3)}), {(1, 2): 100})


@pytest.fixture
def fleet(db: psycopg.Connection) -> psycopg.Connection:
    """Three workspaces; in each a segment near its stored count, one far from it, and one never counted."""
    for workspace_id in (1, 2, 3):
        add_workspace(db, workspace_id)
        for number, count in enumerate((3, 77, None), start=1):
            add_segment(db, number, workspace_id=workspace_id, count=count, at=PAST)
    return db


@pytest.mark.parametrize("together", [True, False])
def test_a_run_holds_until_one_accepts(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """In a batch and one by one, again and again; the others are counted."""
    if not together:
        one_at_a_time(monkeypatch)
    for _ in range(2):
        done = report(dsn, Options(rules=TEN))
        assert done.has_held
        assert not done.has_failed
        for workspace_id in (1, 2, 3):
            found = {one.segment_id: one for one in done.results if one.workspace_id == workspace_id}
            assert {number: one.status for number, one in found.items()} == {1: "counted", 2: "held", 3: "counted"}
            counted, held = found[1].outcome, found[2].outcome
            assert isinstance(counted, Counted)
            assert held == Held(3, counted.at, 77)
            assert stored(fleet)[workspace_id, 2] == Row(77, PAST)
            assert counts(fleet, workspace_id) == {1: 3, 2: 77, 3: 3}
    assert not report(dsn).has_held
    assert counts(fleet) == {1: 3, 2: 3, 3: 3}
    assert not report(dsn, Options(rules=TEN)).has_held


@pytest.mark.parametrize("together", [True, False])
def test_a_dry_run_says_what_would_be_held(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """As it is stored when the counting is done; from another instant there is nothing to compare with."""
    if not together:
        one_at_a_time(monkeypatch)
    before = stored(fleet)
    for workspace_id in (1, 2, 3):
        results = recount(dsn, Options(dry_run=True, rules=TEN))
        assert statuses(results, workspace_id) == {1: "counted", 2: "held", 3: "counted"}
        assert results[workspace_id, 2].message.startswith("counted 3 where 77 is stored")
    elsewhere = recount(dsn, Options(dry_run=True, rules=TEN, now=AT))
    assert {one.status for one in elsewhere.values()} == {"counted"}
    assert stored(fleet) == before


def test_an_edited_definition_is_held_as_any_other(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number that people see moves too far, whatever the reason; edited during the count, it is superseded."""
    edit(fleet, 1, NOBODY)
    while_counting(monkeypatch, lambda: edit(fleet, 2, NOBODY))
    assert statuses(recount(dsn, Options(rules=TEN))) == {1: "held", 2: "superseded", 3: "counted"}
