"""Which counts are stale: old, or of what was edited since, be it by way of a reference to another segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

import sqlalchemy as sa

from segsql.catalog import IdType, WorkspaceId
from segsql.store.columns import Expression
from segsql.store.schema import Schema
from segsql.store.selection import Shard, is_in

LONGEST = timedelta(days=700_000)
"""What still leads from now to an instant that PostgreSQL has; longer is longer ago than any count."""


def is_stale(
    schema: Schema,
    segments: sa.FromClause,
    stale_for: timedelta,
    workspace_ids: Sequence[WorkspaceId],
    shard: Shard | None = None,
) -> sa.ColumnElement[bool]:
    """Never counted, counted too long ago or in the future, or edited since, or one it refers to edited since.

    Read from the server's clock, as the times are that it is compared with. Where nothing says when a segment was
    edited, or its row does not, that is not seen.
    """
    row = segments.c
    clock = sa.func.clock_timestamp()
    refers = schema.tells_edits
    key = sa.tuple_(row.workspace_id, row.id) if schema.has_workspaces else row.id
    return sa.or_(
        row.last_counted_at.is_(None),
        row.last_counted_at < clock - min(stale_for, LONGEST),
        row.last_counted_at > clock,
        *((sa.func.coalesce(schema.is_edited(row.updated_at, row.last_counted_at), sa.false()),) if refers else ()),
        *((key.in_(_edited_by_reference(schema, segments, workspace_ids, shard)),) if refers else ()),
    ).label("is_stale")


def _edited_by_reference(
    schema: Schema, segments: sa.FromClause, workspace_ids: Sequence[WorkspaceId], shard: Shard | None
) -> sa.Select[Any]:
    """The segments of which one that they refer to was edited since their count.

    They are gathered in arrays and taken apart again: the planner, which takes them for billions, would otherwise
    go through all of them for each segment of a fleet; so it hashes them.
    """
    of = _Of(schema, workspace_ids, shard)
    refers = _references(segments, of)
    own, other = segments.alias("own"), segments.alias("other")
    of_own = sa.and_(schema.is_same(own.c, refers.c), own.c.id == refers.c.segment_id)
    of_other = sa.and_(schema.is_same(other.c, refers.c), other.c.id == refers.c.other_id)
    gathered = (
        sa.select(
            sa.func.array_agg(own.c.workspace_id).label("workspace_ids"), sa.func.array_agg(own.c.id).label("ids")
        )
        .select_from(refers.join(own, of_own).join(other, of_other))
        .where(schema.is_edited(other.c.updated_at, own.c.last_counted_at))
        .where(*(of(each.c.workspace_id) for each in (own, other)))
        .subquery()
    )
    pairs = sa.func.unnest(gathered.c.workspace_ids, gathered.c.ids).table_valued(
        sa.column("workspace_id", schema.type_of(schema.workspace_id_type)),
        sa.column("id", schema.type_of(schema.ids.segment)),
    )
    each = pairs.render_derived()
    columns = (each.c.workspace_id, each.c.id) if schema.has_workspaces else (each.c.id,)
    return sa.select(*columns).select_from(gathered.join(each, sa.true()))


@dataclass(frozen=True, slots=True)
class _Of:
    """Some workspaces, where some are named, and of the shard, where there is one.

    Said of each table: the planner would otherwise read all segments to ask about one workspace.
    """

    schema: Schema
    workspace_ids: Sequence[WorkspaceId]
    shard: Shard | None

    def __call__(self, workspace_id: Expression) -> sa.ColumnElement[bool]:
        return sa.and_(
            self.schema.is_of(workspace_id, self.workspace_ids) if self.workspace_ids else sa.true(),
            is_in(self.schema, self.shard, workspace_id) if self.shard else sa.true(),
        )


def _references(segments: sa.FromClause, of: _Of) -> sa.CTE:
    """Every segment with those that it refers to, directly or by way of others; cycles end by themselves."""
    schema = of.schema
    source = segments.alias("source")
    direct = direct_references(schema, source)
    refers = (
        sa.select(source.c.workspace_id, source.c.id.label("segment_id"), direct.c.other_id)
        .select_from(source.join(direct, sa.true()))
        .where(of(source.c.workspace_id))
        .cte("refers", recursive=True)
    )
    further = segments.alias("further")
    next_ = direct_references(schema, further)
    return refers.union(
        sa.select(refers.c.workspace_id, refers.c.segment_id, next_.c.other_id)
        .select_from(
            refers.join(further, sa.and_(schema.is_same(further.c, refers.c), further.c.id == refers.c.other_id)).join(
                next_, sa.true()
            )
        )
        .where(of(further.c.workspace_id))
    )


_REFERENCES = '$.** ? (@.type == "segment").value[*]'

_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def direct_references(schema: Schema, source: sa.FromClause) -> sa.FromClause:
    """The ids that a definition's segment conditions name; what is no id of a segment is passed over."""
    path = sa.cast(_REFERENCES, sa.dialects.postgresql.JSONPATH)
    found = sa.func.jsonb_path_query(schema.definition_json(source.c), path)
    value = found.table_valued(sa.column("value", sa.dialects.postgresql.JSONB)).render_derived()
    text = value.c.value.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
    type_ = sa.func.jsonb_typeof(value.c.value)
    match schema.ids.segment:
        case IdType.BIGINT | IdType.INTEGER:
            is_whole = sa.and_(type_ == "number", text.op("~")("^[0-9]{1,19}([.]0+)?$"))
            number = sa.cast(sa.case((is_whole, text)), sa.Numeric)
            is_id = number <= (2**63 - 1 if schema.ids.segment is IdType.BIGINT else 2**31 - 1)
            other_id: Expression = sa.cast(sa.case((is_id, number)), schema.type_of(schema.ids.segment))
        case IdType.UUID:
            is_id = sa.and_(type_ == "string", text.op("~", is_comparison=True)(_UUID))
            other_id = sa.cast(sa.case((is_id, text)), schema.type_of(IdType.UUID))
        case IdType.TEXT:
            is_id, other_id = type_ == "string", text
        case _:
            assert_never(schema.ids.segment)
    return sa.select(other_id.label("other_id")).select_from(value).where(is_id).lateral()
