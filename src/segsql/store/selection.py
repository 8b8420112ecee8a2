"""Which segments a run is about, as conditions on the rows of `segments` (spec 7, 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.store.tables import MAX_ID, segments
from segsql.store.write_back import Key


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the workspaces, `number` (from 1) of `of`: those whose id hashes to it.

    Every workspace is in exactly one part, and stays in it whatever other workspaces come and go: parts need
    to know nothing of each other.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class Retry:
    """The segments that an earlier run failed to count; there may be very many of them."""

    run_id: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which segments a run is about.

    All, or a shard's, or some workspaces', or some segments by id or public id, or those that failed before.
    """

    workspace_ids: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
    stale_for: timedelta | None = None
    shard: Shard | None = None
    retry: Retry | None = None


def gone(connection: sa.Connection, selection: Selection) -> int:
    """How many of the segments that are to be counted again are no longer there; of the shard's, where there is one."""
    if selection.retry is None:
        return 0
    keys, shard = selection.retry.keys, selection.shard
    wanted = _rows(keys)
    in_shard = is_in(shard, wanted.c.workspace_id) if shard else sa.true()
    known = is_in(shard, segments.c.workspace_id) if shard else sa.true()
    number = sa.select(sa.func.count())
    return (
        connection.execute(number.select_from(wanted).where(in_shard)).scalar_one()
        - connection.execute(number.select_from(segments).where(known, is_among(keys))).scalar_one()
    )


def is_in(shard: Shard, workspace_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a workspace is in the shard. The hash's sign is dropped: a remainder would keep it."""
    hashed = sa.func.hashint8extended(workspace_id, sa.cast(0, sa.BigInteger)).op("&")(sa.cast(MAX_ID, sa.BigInteger))
    return sa.func.mod(hashed, sa.cast(shard.of, sa.BigInteger)) == shard.number - 1


def is_among(keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    """Whether a row of `segments` is one of these."""
    wanted = _rows(keys)
    same = sa.and_(wanted.c.workspace_id == segments.c.workspace_id, wanted.c.id == segments.c.id)
    return sa.select(sa.literal(1)).select_from(wanted).where(same).correlate(segments).exists()


def ids(values: Iterable[int]) -> sa.ColumnElement[Sequence[int]]:
    """Ids as one parameter, however many: a list of parameters ends at 65,535."""
    return sa.cast(list(values), postgresql.ARRAY(sa.BigInteger))


def _rows(keys: Sequence[Key]) -> sa.TableValuedAlias:
    columns = (ids(key[place] for key in keys) for place in (0, 1))
    names = (sa.column("workspace_id", sa.BigInteger), sa.column("id", sa.BigInteger))
    return sa.func.unnest(*columns).table_valued(*names, name="wanted").render_derived()
