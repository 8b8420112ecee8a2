"""What of a workspace's definitions is read for one of them: no more than it needs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from postgres.test_recount_support import add_segment, add_workspace, refers
from segsql.store import DEFAULT_BOUNDS, Database, load_catalog, snapshot

if TYPE_CHECKING:
    import psycopg


@pytest.mark.parametrize(
    ("referred", "expected"),
    [
        (None, {1, 2, 3, 4, 5, 6}),
        ((), set()),
        ((1,), {1}),
        ((2,), {1, 2}),
        ((3, 1), {1, 2, 3}),
        ((4,), {4, 5}),
        ((6,), {6}),
        ((99, 2**63, -(2**70), 2), {1, 2}),
    ],
)
def test_definitions_that_are_referred_to(
    dsn: str, db: psycopg.Connection, referred: tuple[int, ...] | None, expected: set[int]
) -> None:
    add_workspace(db, 1)
    add_workspace(db, 2)
    add_segment(db, 1)
    add_segment(db, 2, refers(1))
    add_segment(db, 3, refers(2, 98))
    add_segment(db, 4, refers(5))
    add_segment(db, 5, refers(4))
    add_segment(db, 6, '["no definition", {"type": "segment", "value": "x"}]')
    add_segment(db, 98, workspace_id=2)
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        catalog = load_catalog(opened.connection, 1, referred=referred)
    assert set(catalog.segments) == expected
    assert catalog.tags
