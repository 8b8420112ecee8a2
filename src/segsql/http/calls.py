"""One request at work: its transaction, and whose key it came with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from segsql.catalog import Id, Ids, WorkspaceId, read_id
from segsql.http import keys
from segsql.http.parameters import Parameters
from segsql.http.refusals import Refused
from segsql.store import (
    DEFAULT_BOUNDS,
    Bounds,
    Database,
    Phase,
    Snapshot,
    Transaction,
    changing,
    hold_workspace,
    keys_with_prefix,
    snapshot,
    translated,
)

CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Service:
    """What all requests share: the database, and how long it may take."""

    database: Database
    statement: timedelta = timedelta(seconds=30)
    preview: timedelta = timedelta(seconds=10)

    @property
    def bounds(self) -> Bounds:
        """The limits of every request but a preview."""
        return replace(DEFAULT_BOUNDS, statement=self.statement)


@dataclass(frozen=True, slots=True)
class Call:
    """A request to an endpoint that asks for `scope`. `segment` is the path's id as it was written."""

    service: Service
    scope: keys.Scope
    token: str
    parameters: Parameters
    headers: Mapping[str, str]
    segment: str = ""
    body: bytes = b""
    path: str = ""

    @contextmanager
    def reading(self, bounds: Bounds | None = None) -> Iterator[tuple[Snapshot, WorkspaceId]]:
        """A snapshot, and the id of the key's workspace. Raises Refused."""
        limits = bounds or self.service.bounds
        with (
            snapshot(self.service.database, limits, "segsql serve") as opened,
            translated(limit=limits.statement),
        ):
            yield opened, self._workspace(opened.connection)

    @contextmanager
    def changing(self) -> Iterator[Transaction]:
        """A transaction that is committed in the end."""
        limits = self.service.bounds
        with (
            changing(self.service.database, limits, "segsql serve") as connection,
            translated(Phase.WRITE, limits.statement),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[tuple[Transaction, WorkspaceId]]:
        """As `changing`, and the id of the key's workspace, which stays until then. Raises Refused."""
        with self.changing() as connection:
            workspace_id = self._workspace(connection)
            if not hold_workspace(connection, workspace_id):
                raise self._unknown_key()
            yield connection, workspace_id

    def segment_id(self) -> Id:
        """The id in the path. Raises Refused where that is none."""
        id_ = read_id(self.segment, self.ids.segment)
        if id_ is None:
            raise self.missing()
        return id_

    @property
    def ids(self) -> Ids:
        """The types of the database's ids."""
        return self.service.database.schema.ids

    def missing(self) -> Refused:
        """404: the segment in the path is not one of the workspace's."""
        return Refused(404, "There is no such segment")

    def _unknown_key(self) -> Refused:
        return Refused(401, "The API key is not valid", headers=CHALLENGE)

    def _workspace(self, connection: Transaction) -> WorkspaceId:
        prefix = keys.prefix_of(self.token)
        found = keys.find(self.token, keys_with_prefix(connection, prefix) if prefix else ())
        if found is None:
            raise self._unknown_key()
        if self.scope not in found.scopes:
            headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'}
            raise Refused(403, f"The API key does not have the scope {self.scope}", headers=headers)
        return found.workspace_id


def bearer(authorization: str) -> str:
    """The key in an Authorization header. Raises Refused where there is none."""
    kind, _, token = authorization.strip().partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Refused(401, "An API key is required: Authorization: Bearer KEY", headers=CHALLENGE)
    return token.strip()
