"""A recount whose time is up: what is under way is finished, the rest is left for the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.test_recount_support import add_segment, add_workspace, one_at_a_time

if TYPE_CHECKING:
    import psycopg

    from cli.process import Cli, Inside
    from segsql.store import Snapshot


def test_a_run_that_is_late_exits_with_75_and_keeps_what_it_counted(
    inside: Inside, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from time import sleep

    from segsql.store import snapshots

    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id)
    one_at_a_time(monkeypatch)
    count = snapshots.Snapshot.count

    def slowly(self: Snapshot, statement: object) -> tuple[int, ...]:
        sleep(1.5)
        return count(self, statement)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(snapshots.Snapshot, "count", slowly)
    done = inside("recount", "--deadline", "1s", "--jobs", "1", "--format", "csv")
    assert done.code == 75
    assert sorted(row.split(",")[2] for row in done.out.splitlines()[1:]) == ["counted", "skipped"]
    assert db.execute("SELECT count(*) FROM segments WHERE cached_count = 3").fetchall() == [(1,)]


def test_a_run_in_time_exits_with_0(inside: Inside, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    assert inside("recount", "--deadline", "1h").code == 0


def test_a_run_that_pauses_says_why_and_ends_with_its_deadline(cli: Cli, dsn: str, db: psycopg.Connection) -> None:
    """Somebody keeps a snapshot while transactions go by."""
    add_workspace(db)
    add_segment(db, 1)
    with connect(dsn, autocommit=False) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1")
        for _ in range(20):
            db.execute("SELECT pg_current_xact_id()")
        done = cli("recount", "--max-xmin-age", "10", "--deadline", "1s")
        other.rollback()
    assert done.code == 75
    assert "Counting pauses: the oldest xmin is" in done.err
    assert db.execute("SELECT cached_count FROM segments").fetchall() == [(None,)]
