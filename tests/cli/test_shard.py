"""`recount --shard i/N`: N processes that know nothing of each other count every workspace once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.process import ended
from postgres.test_recount_support import add_segment, add_workspace, edit, refers

if TYPE_CHECKING:
    import psycopg

    from cli.process import Cli, Inside

WORKSPACES = (1 - 2**63, -1, 0, *range(1, 40), 2**40, 2**63 - 1)


@pytest.fixture
def workspaces(db: psycopg.Connection) -> tuple[int, ...]:
    for workspace_id in WORKSPACES:
        add_workspace(db, workspace_id, contacts=1)
        add_segment(db, 1, workspace_id=workspace_id)
    return WORKSPACES


def test_shards_side_by_side_count_every_workspace_once(
    cli: Cli, db: psycopg.Connection, workspaces: tuple[int, ...]
) -> None:
    shards = 3
    running = [
        cli.start("recount", "--shard", f"{number}/{shards}", "--format", "csv") for number in range(1, shards + 1)
    ]
    parts = [[int(row["workspace_id"]) for row in ended(process).csv] for process in running]
    assert all(parts), "each has its share"
    assert sorted(workspace_id for part in parts for workspace_id in part) == sorted(workspaces)
    assert db.execute("SELECT count(*) FROM segments WHERE cached_count IS DISTINCT FROM 1").fetchall() == [(0,)]


@pytest.mark.parametrize("of", [1, 2, 7, 10_000])
def test_shards_divide_the_workspaces(inside: Inside, workspaces: tuple[int, ...], of: int) -> None:
    """The same part every time, however many workspaces there are; one part of one is all of them."""
    numbers = range(1, of + 1) if of < 10 else (1, 2, of)
    parts = [
        {
            row["workspace_id"]
            for row in inside.ok("recount", "--dry-run", "--shard", f"{n}/{of}", "--format", "csv").csv
        }
        for n in numbers
    ]
    assert sum(map(len, parts)) == len(set().union(*parts))
    if of < 10:
        assert set().union(*parts) == set(map(str, workspaces))


def test_what_is_stale_is_found_shard_by_shard(inside: Inside, db: psycopg.Connection) -> None:
    """A segment is due in its own shard when one that it refers to was edited."""
    for workspace_id in range(1, 9):
        add_workspace(db, workspace_id, contacts=1)
        add_segment(db, 1, workspace_id=workspace_id)
        add_segment(db, 2, refers(1), workspace_id=workspace_id)
    inside.ok("recount")
    for workspace_id in range(1, 9):
        edit(db, 1, workspace_id=workspace_id)
    due = [
        (row["workspace_id"], row["segment_id"])
        for number in (1, 2, 3)
        for row in inside.ok("recount", "--shard", f"{number}/3", "--stale-for", "1h", "--format", "csv").csv
    ]
    assert sorted(due) == [(str(workspace_id), segment_id) for workspace_id in range(1, 9) for segment_id in "12"]


def test_a_shard_twice_at_once(cli: Cli, db: psycopg.Connection, workspaces: tuple[int, ...]) -> None:
    """Kubernetes may start two pods for one index: each workspace is counted by one of them, or by both alike."""
    running = [cli.start("recount", "--shard", shard, "--format", "csv") for shard in ("1/2", "1/2", "2/2")]
    rows = [row for process in running for row in ended(process).csv]
    assert {row["status"] for row in rows} <= {"counted", "skipped", "superseded"}
    assert {int(row["workspace_id"]) for row in rows if row["status"] == "counted"} == set(workspaces)
    assert db.execute("SELECT count(*) FROM segments WHERE cached_count IS DISTINCT FROM 1").fetchall() == [(0,)]


@pytest.mark.parametrize(("index", "shard"), [("0+1/3", "1/3"), ("2+1/3", "3/3")])
def test_an_index_from_0(inside: Inside, workspaces: tuple[int, ...], index: str, shard: str) -> None:
    told, asked = (inside.ok("recount", "--dry-run", "--format", "csv", "--shard", one).csv for one in (index, shard))
    assert {row["workspace_id"] for row in told} == {row["workspace_id"] for row in asked}
    assert 0 < len(told) < len(workspaces)


def test_the_shard_as_a_variable(inside: Inside, workspaces: tuple[int, ...]) -> None:
    told = inside.ok("recount", "--dry-run", "--format", "csv", env={"SEGSQL_RECOUNT_SHARD": "2/3"}).csv
    asked = inside.ok("recount", "--dry-run", "--format", "csv", "--shard", "2/3").csv
    assert {row["workspace_id"] for row in told} == {row["workspace_id"] for row in asked}
    assert 0 < len(told) < len(workspaces)


@pytest.mark.parametrize(
    "shard",
    [
        *("", "1", "0/3", "4/3", "-1/3", "1/0", "1/-3", "0/0", "1.5/3", "a/b", "1/3/5", "1/10001", "9" * 5_000 + "/3"),
        *("3+1/3", "-1+1/3", "0+2/3", "0+1", "+1/3", "0+1+1/3", "$(JOB_COMPLETION_INDEX)+1/3"),
    ],
)
def test_nonsense_is_refused(inside: Inside, shard: str) -> None:
    done = inside("recount", "--shard", shard)
    assert done.code == 2, done
    assert "i/N" in done.err


@pytest.mark.parametrize("named", [("-w", "7"), ("-s", "71")])
def test_a_shard_of_named_workspaces_is_refused(inside: Inside, named: tuple[str, str]) -> None:
    """It would silently count nothing in most shards."""
    done = inside("recount", "--shard", "1/3", *named)
    assert done.code == 2
    assert "--shard" in done.err
