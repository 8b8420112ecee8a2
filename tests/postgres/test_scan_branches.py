"""A large workspace's shared scan: how its contacts are cut, and that the branches run side by side."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from postgres.test_recount_support import add_segment, add_workspace, one_at_a_time
from segsql.compiler import WorkspaceCompiler
from segsql.recount import Options, Run, Way
from segsql.store import DEFAULT_BOUNDS, Database, Selection, explain, load_catalog, snapshot, snapshots

if TYPE_CHECKING:
    import psycopg

SEGMENTS = [
    {"matchType": "all", "filters": [{"field": "email", "operator": "contains", "value": str(digit)}]}
    for digit in range(8)
]


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segsql.store.snapshots.SPLIT_FROM", 1_000)


def test_a_small_workspace_is_not_cut(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db, contacts=100)
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert opened.split_ids(1) == ()
        assert opened.split_ids(99) == ()


@pytest.mark.usefixtures("few_are_many")
def test_a_large_one_is_cut_in_even_pieces_however_its_ids_lie(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    db.execute("DELETE FROM contacts")
    db.execute("INSERT INTO contacts (workspace_id, id) SELECT 1, i FROM generate_series(1, 900) i")
    db.execute("INSERT INTO contacts (workspace_id, id) SELECT 1, i * 1000000 FROM generate_series(1, 300) i")
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert opened.split_ids(1) == (300, 600, 900)


@pytest.mark.usefixtures("few_are_many")
def test_branches_count_what_single_statements_count(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db, contacts=3_000)
    for number, definition in enumerate(SEGMENTS, start=1):
        add_segment(db, number, json.dumps(definition))
    db.execute("ANALYZE")

    def counted(way: Way) -> list[object]:
        with closing(Database(dsn, connections=2)) as database:
            run = Run(database, Selection(), Options(way=way))
            return [(each.segment_id, each.outcome.count) for each in run.report(_ignore).results]  # type: ignore[union-attr]

    assert counted(Way.SHARED) == counted(Way.SINGLE)


@pytest.mark.parametrize("contacts", [0, 10, 3_000])
@pytest.mark.usefixtures("few_are_many")
def test_segments_that_all_fold_to_false_are_counted_too(dsn: str, db: psycopg.Connection, contacts: int) -> None:
    """Their scan has no condition and no column left, and is one row of counts all the same."""
    add_workspace(db, contacts=contacts)
    nobody = {"matchType": "all", "filters": [{"field": "status", "operator": "not_exists"}]}
    for number in range(1, 9):
        add_segment(db, number, json.dumps(nobody))
    with closing(Database(dsn, connections=2)) as database:
        results = Run(database, Selection(), Options(way=Way.SHARED)).report(_ignore).results
    assert [each.outcome.count for each in results] == [0] * 8  # type: ignore[union-attr]


@pytest.mark.usefixtures("few_are_many")
def test_what_nobody_foresaw_fails_one_workspace_and_no_other(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id)
    one_at_a_time(monkeypatch)
    split = snapshots.Snapshot.count

    def stumble(self: snapshots.Snapshot, statement: Any) -> tuple[int, ...]:
        if statement.params["p1"] == 1:
            raise ZeroDivisionError
        return split(self, statement)

    monkeypatch.setattr(snapshots.Snapshot, "count", stumble)
    with closing(Database(dsn, connections=2)) as database:
        results = Run(database, Selection(), Options()).report(_ignore).results
    assert sorted((each.workspace_id, each.status) for each in results) == [(1, "failed"), (2, "counted")]
    assert any("SEG900" in each.message for each in results)


@pytest.mark.usefixtures("few_are_many")
def test_branches_are_planned_to_run_side_by_side(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db, contacts=3_000)
    for number, definition in enumerate(SEGMENTS, start=1):
        add_segment(db, number, json.dumps(definition))
    db.execute("ANALYZE")
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        compiler = WorkspaceCompiler(load_catalog(opened.connection, 1), workspace_id=1, now=opened.now)
        scan = compiler.scan(compiler.segment_ids, opened.split_ids(1)).statement
        opened.count_in_branches(scan)  # what it sets holds for the rest of the transaction
        plan = json.dumps(explain(opened, scan, analyze=False))
    assert '"Node Type": "Append", "Parent Relationship": "Outer", "Parallel Aware": true' in plan
    assert plan.count('"Node Type": "Gather"') == 1
    assert plan.count('"Node Type": "Aggregate"') - 1 == snapshots.BRANCHES


def _ignore(result: Any) -> None:
    """Nobody watches."""
