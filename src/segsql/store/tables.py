"""The tables that segsql itself reads and writes, for SQLAlchemy (spec 2). Only the columns that it uses."""

from __future__ import annotations

from datetime import datetime

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
    sa.Column("segment_limit", sa.Integer),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("email", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("country", sa.Text),
    sa.Column("fields", postgresql.JSONB),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
)

contact_activity = sa.Table(
    "contact_activity",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("contact_id", sa.BigInteger, primary_key=True),
    sa.Column("last_open_at", sa.DateTime(timezone=True)),
    sa.Column("last_click_at", sa.DateTime(timezone=True)),
)

contact_tags = sa.Table(
    "contact_tags",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("contact_id", sa.BigInteger, primary_key=True),
    sa.Column("tag_id", sa.Integer, primary_key=True),
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
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("public_id", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("definition", postgresql.JSONB),
    sa.Column("cached_count", sa.BigInteger),
    sa.Column("last_counted_at", sa.DateTime(timezone=True)),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("prefix", sa.Text),
    sa.Column("key_hash", sa.LargeBinary),
    sa.Column("scopes", postgresql.ARRAY(sa.Text)),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary),
    sa.Column("response", sa.Text),
    sa.Column("created_at", sa.DateTime(timezone=True)),
)

member_lists = sa.Table(
    "member_lists",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("segment_id", sa.BigInteger, primary_key=True),
    sa.Column("reader", sa.Text, primary_key=True),
    sa.Column("definition", postgresql.JSONB),
    sa.Column("taken_at", sa.DateTime(timezone=True)),
    sa.Column("ids", sa.LargeBinary),
)

definition_text = sa.cast(segments.c.definition, sa.Text).label("definition")
"""A definition as JSON text: no driver rounds its numbers on the way."""


def representable(moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[datetime]:
    """The instant within the years that Python knows: other programs write it, and may write infinity."""
    first, last = sa.text("'0001-01-02Z'::timestamptz"), sa.text("'9999-12-30Z'::timestamptz")
    return sa.case((moment.is_not(None), sa.func.least(sa.func.greatest(moment, first), last)))


def sendable(text: str) -> bool:
    """Whether PostgreSQL takes the text: no NUL, and nothing that is no character."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
