"""The tables that segsql itself reads and writes, for SQLAlchemy (spec 2). Only the columns that it uses."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

MAX_ID = 2**63 - 1
"""The largest id that a look-up may be asked for: beyond bigint PostgreSQL raises instead of finding nothing."""

metadata = sa.MetaData()

workspaces = sa.Table(
    "workspaces",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("timezone", sa.Text),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
)

contact_fields = sa.Table(
    "contact_fields",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("type", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("options", postgresql.JSONB),
)

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("public_id", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("definition", postgresql.JSONB),
    sa.Column("cached_count", sa.BigInteger),
    sa.Column("last_counted_at", sa.DateTime(timezone=True)),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
)

definition_text = sa.cast(segments.c.definition, sa.Text).label("definition")
"""A definition as JSON text: no driver rounds its numbers on the way."""
