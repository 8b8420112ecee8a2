"""The baseline: what a user would write instead, one COUNT and one UPDATE for each segment."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime
from itertools import groupby
from queue import Empty, SimpleQueue

import psycopg

from benchmarks.segments import Segment

Key = tuple[int, int]
"""A workspace's id and a segment's."""

PREPARED_MAX = 5_000
"""Prepared statements that a connection keeps: more than the loads have different texts."""

_UPDATE = "UPDATE segments SET cached_count = %s, last_counted_at = now() WHERE workspace_id = %s AND id = %s"


class ByHand:
    """Counts segments one by one, on as many connections as it was given; `counts` are those of the last run.

    Each pair of statements commits by itself, unless a workspace's shall commit together.
    """

    def __init__(
        self, connections: Sequence[psycopg.Connection], segments: Sequence[Segment], *, one_commit: bool = False
    ) -> None:
        self._connections = connections
        self._workspaces = [list(own) for _, own in groupby(segments, lambda each: each.workspace_id)]
        self._one_commit = one_commit
        self.counts: dict[Key, int] = {}

    def run(self) -> None:
        """Count and write everything; a connection that is free takes the next workspace."""
        waiting: SimpleQueue[list[Segment]] = SimpleQueue()
        for own in self._workspaces:
            waiting.put(own)

        def work(connection: psycopg.Connection) -> None:
            while True:
                try:
                    own = waiting.get_nowait()
                except Empty:
                    return
                with connection.transaction() if self._one_commit else nullcontext():
                    self._workspace(connection, own)

        with ThreadPoolExecutor(len(self._connections)) as workers:
            list(workers.map(work, self._connections))

    def _workspace(self, connection: psycopg.Connection, segments: list[Segment]) -> None:
        for segment in segments:
            count = _count(connection, segment.sql, segment.arguments)
            self.counts[segment.workspace_id, segment.id] = count
            connection.execute(_UPDATE, (count, segment.workspace_id, segment.id))


def literal(url: str) -> psycopg.Connection:
    """A connection that sends statements with the values written into them."""
    return psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor)


def prepared(url: str) -> psycopg.Connection:
    """A connection that prepares statements under a name once they recur."""
    connection = psycopg.connect(url, autocommit=True)
    connection.prepared_max = PREPARED_MAX
    return connection


def count_as_of(connection: psycopg.Connection, segment: Segment, now: datetime) -> int:
    """The hand-written count, looked at from another instant."""
    return _count(connection, segment.sql.replace("now()", f"'{now.isoformat()}'::timestamptz"), segment.arguments)


def _count(connection: psycopg.Connection, sql: str, arguments: tuple[object, ...]) -> int:
    row = connection.execute(sql.encode(), arguments).fetchone()
    assert row is not None
    return int(row[0])
