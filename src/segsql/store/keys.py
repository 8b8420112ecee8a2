"""The API's keys: their rows. A key itself is never stored, only its hash (spec 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segsql.catalog import WorkspaceId
from segsql.errors import UsageError
from segsql.store.columns import representable, sendable
from segsql.store.schema import schema_of


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key's row, for people: without the hash."""

    id: int
    workspace_id: WorkspaceId
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyHash:
    """What a key that somebody shows is compared with, and what it may do; revoked ones are not among these."""

    workspace_id: WorkspaceId
    key_hash: bytes
    scopes: frozenset[str]


def add_key(
    connection: sa.Connection, workspace_id: WorkspaceId, prefix: str, key_hash: bytes, scopes: Sequence[str]
) -> int:
    """Store a key of the workspace; give its id. Raises UsageError where there is no such workspace."""
    schema = schema_of(connection)
    is_possible = schema.can_be_workspace(workspace_id)
    if not is_possible or connection.execute(schema.existing([workspace_id])).one_or_none() is None:
        raise UsageError(f"There is no workspace {workspace_id}", hint="segsql list shows them all.")
    api_keys = schema.api_keys
    values = {**schema.owner(workspace_id), "prefix": prefix, "key_hash": key_hash, "scopes": list(scopes)}
    return int(connection.execute(sa.insert(api_keys).values(values).returning(api_keys.c.id)).scalar_one())


def list_keys(connection: sa.Connection, workspace_id: WorkspaceId) -> list[StoredKey]:
    """All keys, or a workspace's, revoked ones too, in the order in which they were made."""
    schema = schema_of(connection)
    row = schema.api_keys.c
    columns = (row.id, schema.owner_of(row), row.prefix, row.scopes)
    query = sa.select(*columns, representable(row.created_at), representable(row.revoked_at))
    if workspace_id is not None:
        is_possible = schema.can_be_workspace(workspace_id)
        query = query.where(schema.is_owned(row, workspace_id) if is_possible else sa.false())
    found = connection.execute(query.order_by(schema.owner_of(row), row.id)).all()
    return [
        StoredKey(id_, workspace, prefix, tuple(scopes), created_at, revoked_at)
        for id_, workspace, prefix, scopes, created_at, revoked_at in found
    ]


def revoke_key(connection: sa.Connection, name: str, workspace_id: WorkspaceId) -> int:
    """Revoke a key by its id or prefix; give its id. One that is revoked already stays so since then.

    Raises UsageError where that is no key, or several.
    """
    found = [key for key in list_keys(connection, workspace_id) if name in (str(key.id), key.prefix)]
    match found:
        case []:
            raise UsageError(f"There is no key {name[:64]}", hint="segsql keys list shows them all.")
        case [key]:
            schema = schema_of(connection)
            row = schema.api_keys.c
            one = sa.update(schema.api_keys).where(schema.is_owned(row, key.workspace_id), row.id == key.id)
            connection.execute(one.values(revoked_at=sa.func.coalesce(row.revoked_at, sa.func.clock_timestamp())))
            return key.id
        case _:
            some = ", ".join(str(key.workspace_id) for key in found)
            raise UsageError(f"Several workspaces have a key {name}: {some}", hint="Say which one with -w ID.")


def keys_with_prefix(connection: sa.Connection, prefix: str) -> list[KeyHash]:
    """The keys that begin so and are not revoked: hardly ever more than one."""
    if not sendable(prefix):
        return []
    schema = schema_of(connection)
    row = schema.api_keys.c
    query = sa.select(schema.owner_of(row), row.key_hash, row.scopes)
    found = connection.execute(query.where(row.prefix == prefix, row.revoked_at.is_(None)).limit(10)).all()
    return [KeyHash(workspace_id, key_hash, frozenset(scopes)) for workspace_id, key_hash, scopes in found]
