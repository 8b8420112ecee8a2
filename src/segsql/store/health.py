"""Whether a database is there and has the schema that the API works on."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from segsql.store.changes import changing
from segsql.store.database import Bounds, Database
from segsql.store.schema import schema_of

_SOON = Bounds(statement=timedelta(seconds=2), lock=timedelta(seconds=1))


def is_ready(database: Database) -> None:
    """Look. Raises DatabaseUnavailable, or ConfigurationError where the schema, a role or the DSN does not fit."""
    with changing(database, _SOON, "segsql serve") as connection:
        schema = schema_of(connection)
        lists = [] if schema.member_lists is None else [schema.member_lists]
        for table in (schema.idempotency_keys, schema.api_keys, *lists):
            connection.execute(sa.select(sa.func.count()).select_from(table).where(sa.false()))
