"""What is looked at, and by which criteria."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from segsql.catalog import WorkspaceId
from segsql.store import Database
from segsql.store.inspection import Session


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which workspaces are looked at (none named: all), when a count is stale, and what a recount is to be given.

    `work_mem` is in kilobytes.
    """

    workspace_ids: tuple[WorkspaceId, ...] = ()
    stale_for: timedelta = timedelta(hours=24)
    jobs: int = 2
    parallel_workers: int = 2
    work_mem: int = 32 * 1024


@dataclass(frozen=True, slots=True)
class Patient:
    """A database with the session that one has there. It keeps two connections at least."""

    database: Database
    session: Session
    criteria: Criteria
