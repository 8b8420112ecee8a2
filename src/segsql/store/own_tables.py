"""Tables of segsql's own in a mapped database: what they are called is the mapping's affair, what they hold is ours.

They refer to no table of the mapping: the owner of those may not have to ask before rows go. What belongs to a row
that is gone stays, and does no harm. In a single tenant's database they have no column for the workspace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from segsql.catalog import Mapping, Relation, SegmentFiles
from segsql.store.columns import AT, ID_TYPES, quoted

_NOW = sa.text("now()")


def segment_counts(described: Mapping, relation: Relation) -> sa.Table:
    """The history: changed counts, by the time that they are of."""
    return _table(
        described,
        relation,
        sa.Column("segment_id", ID_TYPES[described.ids.segment], primary_key=True),
        sa.Column("counted_at", AT, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("previous_count", sa.BigInteger),
    )


def file_counts(described: Mapping, relation: Relation) -> sa.Table:
    """The counts of segments whose definitions are files, each with the fingerprint of what was counted."""
    return _table(
        described,
        relation,
        sa.Column("segment_id", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger),
        sa.Column("counted_at", AT),
        sa.Column("fingerprint", sa.Text),
    )


def api_keys(described: Mapping, relation: Relation) -> sa.Table:
    """The API's keys."""
    return _table(
        described,
        relation,
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("prefix", sa.Text, nullable=False, index=True),
        sa.Column("key_hash", sa.LargeBinary, nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", AT, nullable=False, server_default=_NOW),
        sa.Column("revoked_at", AT),
    )


def idempotency_keys(described: Mapping, relation: Relation) -> sa.Table:
    """Requests that were carried out, with what they were answered."""
    return _table(
        described,
        relation,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("response", sa.Text),
        sa.Column("created_at", AT, nullable=False, server_default=_NOW, index=True),
    )


def member_lists(described: Mapping, relation: Relation) -> sa.Table:
    """The members of segments at one instant each, while somebody pages through them."""
    return _table(
        described,
        relation,
        sa.Column("segment_id", ID_TYPES[described.ids.segment], primary_key=True),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("definition", postgresql.JSONB, nullable=False),
        sa.Column("taken_at", AT, nullable=False, index=True),
        sa.Column("ids", sa.LargeBinary, nullable=False),
        prefixes=["UNLOGGED"],
    )


def own_tables(described: Mapping) -> Iterator[sa.Table]:
    """Those that the mapping names."""
    own, segments = described.records.own, described.records.segments
    if isinstance(segments, SegmentFiles) and segments.counts is not None:
        yield file_counts(described, segments.counts)
    if own.segment_counts is not None:
        yield segment_counts(described, own.segment_counts)
    if own.api_keys is not None:
        yield api_keys(described, own.api_keys)
    if own.idempotency_keys is not None:
        yield idempotency_keys(described, own.idempotency_keys)
    if own.member_lists is not None:
        yield member_lists(described, own.member_lists)


def own_script(described: Mapping) -> str:
    """What `make_own_tables` runs on an empty database, as one text for psql; empty where there is nothing to make."""
    return "".join(f"{_text(statement)};\n\n" for table in own_tables(described) for statement in _ddl(table))


def make_own_tables(connection: sa.Connection, described: Mapping) -> tuple[str, ...]:
    """Make those that are missing; give their names. Whoever else is at it waits."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("segsql own tables", 0))))
    made = []
    for table in own_tables(described):
        name = quoted(table.schema, table.name)
        if connection.scalar(sa.select(sa.func.to_regclass(name))) is None:
            for statement in _ddl(table):
                connection.execute(statement)
            made.append(name)
    return tuple(made)


def _ddl(table: sa.Table) -> tuple[sa.schema.ExecutableDDLElement, ...]:
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return (CreateTable(table, if_not_exists=True), *(CreateIndex(index, if_not_exists=True) for index in indexes))


def _text(statement: sa.schema.ExecutableDDLElement) -> str:
    return str(statement.compile(dialect=_DIALECT)).strip()


_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
"""One in whose texts a percent sign is itself."""


def _table(described: Mapping, relation: Relation, *columns: sa.Column[Any], prefixes: Sequence[str] = ()) -> sa.Table:
    workspace = sa.Column("workspace_id", ID_TYPES[described.ids.workspace], primary_key=True)
    own = (workspace,) if described.contacts.workspace is not None else ()
    return sa.Table(relation.name, sa.MetaData(), *own, *columns, schema=relation.schema, prefixes=[*prefixes])
