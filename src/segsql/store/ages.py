"""How old the stored counts are: what a monitoring system watches between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from segsql.store.schema import schema_of
from segsql.store.selection import Key, Shard, is_among, is_in

_FIRST = sa.text("'0001-01-02Z'::timestamptz")
"""Other programs write the times, and may write minus infinity: nothing is older than this."""


@dataclass(frozen=True, slots=True)
class Ages:
    """The age of the oldest stored count (None: there is no count), and how many segments were never counted."""

    oldest: timedelta | None
    never_counted: int


def read_ages(connection: sa.Connection, shard: Shard | None = None, without: Sequence[Key] = ()) -> Ages:
    """The ages of all counts, or of a shard's, by the server's clock; a time in the future is no age.

    `without` are segments that nobody can count, because their definitions are invalid: they keep their old counts
    for as long as their owners like, which must not raise an alarm.
    """
    schema = schema_of(connection)
    segments = schema.segments
    counted_at, clock = segments.c.last_counted_at, sa.func.clock_timestamp()
    first = sa.func.min(counted_at)
    age = sa.extract("epoch", clock - sa.func.least(sa.func.greatest(first, _FIRST), clock))
    never = sa.func.count().filter(counted_at.is_(None))
    query = sa.select(sa.case((first.is_not(None), age)), never).select_from(segments)
    if shard is not None:
        query = query.where(is_in(schema, shard, segments.c.workspace_id))
    if without:
        query = query.where(~is_among(schema, segments, without))
    seconds, never_counted = connection.execute(query).one()
    return Ages(None if seconds is None else timedelta(seconds=max(0.0, float(seconds))), never_counted)
