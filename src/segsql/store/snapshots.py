"""The count transaction: one snapshot, and the instant that it is of (spec 7)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import Distribution, Id, WorkspaceId
from segsql.errors import Code, InternalError
from segsql.render import Statement
from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database, driver, given_up_if_busy, run
from segsql.store.distribution import distribution_of
from segsql.store.failures import ConnectionLost, QueryFailed, translated
from segsql.store.schema import schema_of
from segsql.store.standby import replayed_on

MEMBERS_PER_FETCH = 10_000

SPLIT_FROM = 50_000
"""A workspace with fewer contacts is scanned in one piece: starting workers would cost more than it takes."""

BRANCHES = 4
"""Pieces of a larger one; more than there are workers, so that none of those is idle at the end (measured)."""

_SCAN_SETTINGS = {
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "1TB",
    "min_parallel_index_scan_size": "1TB",
    "parallel_leader_participation": "off",
    "enable_hashjoin": "off",
    "enable_hashagg": "off",
}
"""So that the branches run in parallel, each by one worker from end to end, and nothing inside a branch does.

Inside a branch all tables come in the order of their primary keys: joined by merging they need no memory, and take
5 % less time than with hash tables of a quarter of the workspace each.
"""


MOST_AHEAD = 16
"""Statements sent whose answers are still to come: enough that neither side waits for the other."""

QUICK_SECONDS = 0.05
"""What a statement over a small workspace stays well below."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the planner makes of a statement: its cost (reading one page is 1), and the indexes that it reads."""

    cost: float
    indexes: frozenset[str]


class Snapshot:
    """A repeatable-read, read-only transaction. `now` is just before its snapshot, by the server's clock."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now

    def stored_contacts(
        self, workspace_ids: Sequence[WorkspaceId], at_most: int | None = None
    ) -> dict[WorkspaceId, int]:
        """How many contacts each of the workspaces has, soft-deleted ones too: what a scan reads.

        By the primary key alone, and no further than `at_most` of each.
        """
        schema = schema_of(self.connection)
        contacts, type_ = schema.contacts, schema.workspace_id_type
        ids = sa.func.unnest(schema.array(workspace_ids, type_))
        of = ids.table_valued(sa.column("id", schema.type_of(type_))).render_derived("w")
        some = sa.select(sa.literal(1)).select_from(contacts).limit(at_most)
        if schema.has_workspaces:
            some = some.where(contacts.c.workspace_id == of.c.id).correlate(of)
        number = sa.select(sa.func.count().label("contacts")).select_from(some.subquery("found")).lateral("n")
        rows = self.connection.execute(sa.select(of.c.id, number.c.contacts).select_from(of.join(number, sa.true())))
        return {row[0]: row[1] for row in rows}

    def split_ids(self, workspace_id: WorkspaceId) -> tuple[Id, ...]:
        """The ids that cut a large workspace's contacts in BRANCHES even pieces; none for a small one.

        None either on a cluster, whose nodes work side by side as it is, and where finding them fails: the scan
        then runs in one piece.
        """
        try:
            with translated(), self.connection.begin_nested(), given_up_if_busy(self.connection):
                return self._split_ids(workspace_id)
        except QueryFailed:
            return ()

    def _split_ids(self, workspace_id: WorkspaceId) -> tuple[Id, ...]:
        if distribution_of(self.connection) is not Distribution.NONE:
            return ()
        schema = schema_of(self.connection)
        contacts = schema.contacts
        own = contacts.c.workspace_id == workspace_id if schema.has_workspaces else sa.true()
        some = sa.select(sa.literal(1)).where(own).select_from(contacts).limit(SPLIT_FROM).subquery()
        if self.connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() < SPLIT_FROM:
            return ()
        cuts = sa.cast([piece / BRANCHES for piece in range(1, BRANCHES)], postgresql.ARRAY(sa.Float))
        ids = sa.func.percentile_disc(cuts).within_group(contacts.c.id)
        return tuple(
            dict.fromkeys(self.connection.execute(sa.select(ids).select_from(contacts).where(own)).scalar_one())
        )

    def count_in_branches(self, statement: Statement) -> tuple[int, ...]:
        """As `count`, for a shared scan that is cut in branches: the server runs them side by side."""
        self.run_branches_in_parallel()
        return self.count(statement)

    def run_branches_in_parallel(self) -> None:
        """Let the branches of a shared scan run side by side for the rest of the transaction."""
        self.connection.execute(sa.select(*(sa.func.set_config(*each, True) for each in _SCAN_SETTINGS.items())))

    def count(self, statement: Statement) -> tuple[int, ...]:
        """Run a statement whose one row is all counts.

        A statement that fails leaves the snapshot as it was: it runs under a savepoint.
        """
        with self.connection.begin_nested(), given_up_if_busy(self.connection):
            row = run(self.connection, statement.numbered_sql, statement.arguments).fetchone()
        assert row is not None, "an aggregate without GROUP BY has one row"
        return tuple(int(str(count)) for count in row)

    def count_ahead(
        self, statements: Iterable[tuple[Key, Statement]]
    ) -> Generator[tuple[Key, tuple[int, ...]], None, None]:
        """As `count` for one statement after the other, without waiting for an answer before the next is sent.

        The answers come in the statements' order, each with its statement's key. The statements are taken one
        by one, while the server works on those before. It begins with one under way and doubles that as long as
        answers are quick: of slow ones there is one at a time, so that whoever stops the run does not wait for
        many. A statement that fails ends it all, the snapshot included.
        """
        connection = driver(self.connection)
        waiting: deque[tuple[Key, psycopg.RawCursor[tuple[object, ...]]]] = deque()
        most = 1
        with connection.pipeline() as pipeline:
            try:
                for key, statement in statements:
                    waiting.append((key, run(self.connection, statement.numbered_sql, statement.arguments)))
                    connection.pgconn.send_flush_request()
                    if len(waiting) >= most:
                        begun = time.monotonic()
                        pipeline.sync()
                        is_quick = time.monotonic() - begun < QUICK_SECONDS * len(waiting)
                        most = min(2 * most, MOST_AHEAD) if is_quick else 1
                    while waiting and waiting[0][1].pgresult is not None:
                        yield _answer(*waiting.popleft())
                pipeline.sync()
            except psycopg.Error:
                with suppress(psycopg.Error):  # those behind it are answered with their being passed over
                    pipeline.sync()
                raise
            while waiting:
                yield _answer(*waiting.popleft())

    def members(self, statement: Statement) -> Iterator[tuple[Id, str | None]]:
        """Stream the rows `id, email` of a members statement; memory stays the same however many there are."""
        cursor = psycopg.RawServerCursor(driver(self.connection), "segsql_members")
        cursor.itersize = MEMBERS_PER_FETCH
        cursor.execute(statement.numbered_sql.encode(), statement.arguments)
        yield from cursor
        cursor.close()

    def cost(self, statement: Statement) -> float:
        """What the planner estimates that the statement costs, in its units; nothing is run.

        Raises as `count` does, and leaves the snapshot as it was.
        """
        return self.estimate(statement).cost

    def estimate(self, statement: Statement) -> Estimate:
        """As `cost`, with the indexes that the plan reads."""
        sql = f"EXPLAIN (FORMAT JSON) {statement.numbered_sql}"
        with translated(), self.connection.begin_nested(), given_up_if_busy(self.connection):
            row = run(self.connection, sql, statement.arguments).fetchone()
        match row:
            case ([{"Plan": {"Total Cost": int() | float() as cost} as plan}],):
                return Estimate(float(cost), frozenset(_indexes(plan)))
            case _:
                raise InternalError(Code.INTERNAL, f"EXPLAIN answered {str(row)[:200]}")

    def windows(self, workspace_id: WorkspaceId, number: int, size: int) -> list[tuple[Id, Id | None]]:
        """Ids of up to `number` times `size` contacts that lie together, evenly over the workspace: from, and before.

        A sample that costs a look through the primary key. All of a workspace that has no more; the end of the last
        one may be open.
        """
        schema = schema_of(self.connection)
        contacts, inside = schema.contacts, schema.contacts.alias("inside")

        def is_own(row: Any) -> sa.ColumnElement[bool]:
            return row.workspace_id == workspace_id if schema.has_workspaces else sa.true()

        cuts = sa.cast([piece / number for piece in range(number)], postgresql.ARRAY(sa.Float))
        ids = sa.func.percentile_disc(cuts).within_group(contacts.c.id)
        cut = sa.select(ids.label("ids")).where(is_own(contacts.c)).cte("cut")
        first = sa.func.unnest(cut.c.ids, type_=schema.type_of(schema.ids.contact)).label("id")
        each = sa.select(first).distinct().subquery("each")
        next_ = sa.func.lead(each.c.id).over(order_by=each.c.id)
        start = sa.select(each.c.id, next_.label("next")).cte("start")
        is_inside = sa.or_(start.c.next.is_(None), inside.c.id < start.c.next)
        after = sa.select(inside.c.id).where(is_own(inside.c), inside.c.id >= start.c.id, is_inside)
        end = after.order_by(inside.c.id).offset(size).limit(1).correlate(start).scalar_subquery()
        query = sa.select(start.c.id, sa.func.coalesce(end, start.c.next)).order_by(start.c.id)
        return [(row[0], row[1]) for row in self.connection.execute(query)]


def _indexes(plan: Mapping[str, object]) -> Iterator[str]:
    if isinstance(name := plan.get("Index Name"), str):
        yield name
    parts = plan.get("Plans")
    for part in parts if isinstance(parts, list) else ():
        yield from _indexes(part)


def _answer(key: Key, cursor: psycopg.RawCursor[tuple[object, ...]]) -> tuple[Key, tuple[int, ...]]:
    row = cursor.fetchone()
    assert row is not None, "an aggregate without GROUP BY has one row"
    return key, tuple(int(str(count)) for count in row)


@contextmanager
def snapshot(database: Database, bounds: Bounds, name: str = APPLICATION_NAME) -> Iterator[Snapshot]:
    """Open a snapshot; `name` tells a DBA what it is for.

    Its first statement sets the bounds, takes the snapshot, and reads the time of BEGIN, which lies just before: what
    was committed by then is in it. The statement's own time may lie after: the server takes it anew between parsing,
    which takes the snapshot, and executing. Of a standby, `now` is up to when it had replayed just before; raises
    UnknownReplayTime where it can't say.
    """
    replayed = replayed_on(database) if database.manner.standby else None
    with database.reading() as connection:
        columns = [sa.func.transaction_timestamp().label("now"), sa.func.pg_postmaster_start_time().label("server")]
        row = connection.execute(sa.select(*database.settings(bounds, name), *columns)).one()
        if replayed is None or not replayed.is_standby:
            yield Snapshot(connection, row.now)
            return
        if replayed.server != row.server:
            raise ConnectionLost("Another server answered than the one whose replay time was read")
        yield Snapshot(connection, replayed.until())
