"""What the loads with counts to write have in common: storing segments, segsql's side, and the check at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from benchmarks.by_hand import Key, count_as_of
from benchmarks.segments import Segment
from segsql.recount import CONNECTIONS_PER_JOB, Options, Result, Run
from segsql.store import Database, Selection


def store(connection: psycopg.Connection, segments: Sequence[Segment]) -> None:
    """Make these the stored segments of their workspaces."""
    connection.execute(
        "DELETE FROM segments WHERE workspace_id = ANY(%s)", (list({each.workspace_id for each in segments}),)
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY segments (workspace_id, id, name, definition) FROM STDIN") as to,
    ):
        for each in segments:
            to.write_row((each.workspace_id, each.id, "load", each.definition))
    connection.execute("VACUUM ANALYZE segments")


def recount(url: str, *workspace_ids: int, jobs: int = 1) -> None:
    """segsql's side: a run from its first connection to its last, in this process."""
    database = Database(url, connections=jobs * CONNECTIONS_PER_JOB)
    try:
        report = Run(database, Selection(workspace_ids), Options(), jobs=jobs).report(_ignore)
    finally:
        database.close()
    statuses = {result.status for result in report.results}
    assert statuses == {"counted"}, statuses


def _ignore(result: Result) -> None:
    """A benchmark shows no progress."""


def check(connection: psycopg.Connection, segments: Sequence[Segment], by_hand: Mapping[Key, int]) -> None:
    """Compare the counts that segsql wrote last with those made by hand; raises AssertionError where they differ.

    Between the two sides time went on. What differs is therefore counted again by hand, as of the instant that
    segsql stored with its count: then it must be the same.
    """
    rows = connection.execute("SELECT workspace_id, id, cached_count, last_counted_at FROM segments")
    stored = {(workspace_id, segment_id): (count, at) for workspace_id, segment_id, count, at in rows}
    aged = [each for each in segments if stored[each.workspace_id, each.id][0] != by_hand[each.workspace_id, each.id]]
    for each in aged:
        count, at = stored[each.workspace_id, each.id]
        again = count_as_of(connection, each, at)
        assert count == again, f"workspace {each.workspace_id}, segment {each.id}: {count}, by hand {again}"
    print(f"all {len(segments):,} counts agree; {len(aged):,} of them only as of the same instant")
