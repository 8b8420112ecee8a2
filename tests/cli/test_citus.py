"""`preview` says that the contacts lie on a cluster, and shows the statements for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postgres.pretended_citus import distribute, pretend
from postgres.test_recount_support import add_segment, add_workspace

if TYPE_CHECKING:
    import psycopg

    from cli.process import Inside


@pytest.fixture
def workspace(db: psycopg.Connection) -> int:
    add_workspace(db, 7, contacts=12)
    for segment_id in range(1, 9):
        add_segment(db, segment_id, workspace_id=7)
    return 7


@pytest.mark.parametrize("by", ["workspace_id", "contact_id"])
def test_preview_says_by_what(inside: Inside, db: psycopg.Connection, dsn: str, workspace: int, by: str) -> None:
    plain = inside.ok("preview", "-w", "7").out
    assert "Citus" not in plain
    assert "OFFSET '0'" in plain
    pretend(db)
    distribute(dsn, by)
    scan = inside.ok("preview", "-w", "7").out
    words = f"-- On Citus, distributed by {by.removesuffix('_id')}:"
    assert scan.startswith(words)
    assert "OFFSET" not in scan
    assert inside.ok("preview", "-w", "7", "-s", "1").out.startswith(words)


def test_counts_are_the_same(inside: Inside, db: psycopg.Connection, dsn: str, workspace: int) -> None:
    pretend(db)
    distribute(dsn)
    assert inside.ok("count", "-w", "7", "-s", "1").out == "12\n"
    assert len(inside.ok("members", "-w", "7", "-s", "1").csv) == 12
    assert "8 counted" in inside.ok("recount").out


def test_a_column_that_counts_cannot_be_sent_by_is_78(inside: Inside, db: psycopg.Connection, workspace: int) -> None:
    pretend(db)
    db.execute("INSERT INTO pg_dist_partition VALUES ('contacts', 'h', 'email', 'contacts')")
    for command in (("count", "-w", "7", "-s", "1"), ("recount",), ("preview", "-w", "7")):
        done = inside(*command)
        assert done.code == 78, done
        assert "contacts is distributed by email" in done.err
        assert "sql/citus.sql" in done.err
