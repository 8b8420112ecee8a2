"""Which segments a run is about, as conditions on the rows of `segments` (spec 7, 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

import sqlalchemy as sa

from segsql.catalog import Id, IdType, WorkspaceId
from segsql.store.columns import Expression
from segsql.store.schema import Schema, schema_of

Key = tuple[WorkspaceId, Id]
"""A workspace's id and a segment's."""

_NO_SIGN = 2**63 - 1


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

    workspace_ids: tuple[WorkspaceId, ...] = ()
    segments: tuple[str, ...] = ()
    stale_for: timedelta | None = None
    shard: Shard | None = None
    retry: Retry | None = None


def gone(connection: sa.Connection, selection: Selection) -> int:
    """How many of the segments that are to be counted again are no longer there; of the shard's, where there is one."""
    if selection.retry is None:
        return 0
    schema = schema_of(connection)
    keys, shard = selection.retry.keys, selection.shard
    wanted, segments = _rows(schema, keys), schema.segments
    in_shard = is_in(schema, shard, wanted.c.workspace_id) if shard else sa.true()
    known = is_in(schema, shard, segments.c.workspace_id) if shard else sa.true()
    number = sa.select(sa.func.count())
    is_known = sa.and_(known, is_among(schema, segments, keys))
    return (
        connection.execute(number.select_from(wanted).where(in_shard)).scalar_one()
        - connection.execute(number.select_from(segments).where(is_known)).scalar_one()
    )


def is_in(schema: Schema, shard: Shard, workspace_id: Expression) -> sa.ColumnElement[bool]:
    """Whether a workspace is in the shard. The hash's sign is dropped: a remainder would keep it.

    A single tenant is in the first.
    """
    if not schema.has_workspaces:
        return sa.true() if shard.number == 1 else sa.false()
    zero = sa.cast(0, sa.BigInteger)
    match schema.ids.workspace:
        case IdType.BIGINT | IdType.INTEGER:
            hashed = sa.func.hashint8extended(workspace_id, zero)
        case IdType.UUID:
            hashed = sa.func.uuid_hash_extended(workspace_id, zero)
        case IdType.TEXT:
            hashed = sa.func.hashtextextended(workspace_id, zero)
        case _:
            assert_never(schema.ids.workspace)
    number = hashed.op("&")(sa.cast(_NO_SIGN, sa.BigInteger))
    return sa.func.mod(number, sa.cast(shard.of, sa.BigInteger)) == shard.number - 1


def is_among(schema: Schema, segments: sa.FromClause, keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    """Whether a row of `segments` is one of these."""
    wanted = _rows(schema, keys)
    same = sa.and_(schema.is_same(wanted.c, segments.c), wanted.c.id == segments.c.id)
    return sa.select(sa.literal(1)).select_from(wanted).where(same).correlate(segments).exists()


def _rows(schema: Schema, keys: Sequence[Key]) -> sa.TableValuedAlias:
    types = {"workspace_id": schema.workspace_id_type, "id": schema.ids.segment}
    columns = (schema.array((key[place] for key in keys), type_) for place, type_ in enumerate(types.values()))
    names = (sa.column(name, schema.type_of(type_)) for name, type_ in types.items())
    return sa.func.unnest(*columns).table_valued(*names, name="wanted").render_derived()
