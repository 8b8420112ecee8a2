"""Requests that are to be carried out once, however often they are sent: for 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import WorkspaceId
from segsql.store.schema import schema_of

KEPT_FOR = timedelta(hours=24)

CLEARED_AT_ONCE = 100
"""How many outlived keys a request removes at most, of whatever workspace."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier request with the same key was, and the body that answered it."""

    fingerprint: bytes
    response: str


def claim(connection: sa.Connection, workspace_id: WorkspaceId, key: str, fingerprint: bytes) -> Earlier | None:
    """Take the key for this transaction's request; or give the earlier one that had it.

    While another transaction has just taken it, this waits for how that one ends.
    """
    schema = schema_of(connection)
    idempotency_keys = schema.idempotency_keys
    row = idempotency_keys.c
    _clear(connection, workspace_id, key)
    values = {**schema.owner(workspace_id), "key": key, "fingerprint": fingerprint}
    insert = postgresql.insert(idempotency_keys).values(values).on_conflict_do_nothing().returning(row.key)
    earlier = sa.select(row.fingerprint, row.response).where(schema.is_owned(row, workspace_id), row.key == key)
    while connection.execute(insert).one_or_none() is None:
        found = connection.execute(earlier).one_or_none()
        if found is not None:
            return Earlier(found.fingerprint, found.response)
    return None


def keep(connection: sa.Connection, workspace_id: WorkspaceId, key: str, response: str) -> None:
    """Remember what the request that took the key was answered with."""
    schema = schema_of(connection)
    idempotency_keys = schema.idempotency_keys
    row = idempotency_keys.c
    one = sa.update(idempotency_keys).where(schema.is_owned(row, workspace_id), row.key == key)
    connection.execute(one.values(response=response))


def _clear(connection: sa.Connection, workspace_id: WorkspaceId, key: str) -> None:
    """Remove this key if it has outlived its time, and some others that have; never waits for a lock."""
    schema = schema_of(connection)
    idempotency_keys = schema.idempotency_keys
    row = idempotency_keys.c
    outlived = row.created_at < sa.func.clock_timestamp() - KEPT_FOR
    connection.execute(sa.delete(idempotency_keys).where(schema.is_owned(row, workspace_id), row.key == key, outlived))
    columns = tuple(schema.idempotency_keys.primary_key)
    some = sa.select(*columns).where(outlived).order_by(row.created_at).limit(CLEARED_AT_ONCE)
    keys = sa.tuple_(*columns)
    connection.execute(sa.delete(idempotency_keys).where(keys.in_(some.with_for_update(skip_locked=True))))
