"""One look at some workspaces, and the count of what is due in them: a task, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from segsql.catalog import Id, WorkspaceId, in_order
from segsql.errors import SegsqlError
from segsql.recount import Brake, Options, Result, Servers, batches, recount_batch
from segsql.store import DueSegment, DueWorkspace, Key, due_segments, snapshot
from segsql.worker.agenda import Task
from segsql.worker.rests import Rests, readiness

NAME = "segsql worker, looks for what is due"


@dataclass(frozen=True, slots=True)
class Attended:
    """What came of a task: the segments that were tried, when others may be, and what is to be done alone.

    With an error where something was in the way that is no segment's fault.
    """

    task: Task
    tried: Mapping[Key, DueSegment] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    wake_at: Mapping[WorkspaceId, float] = field(default_factory=dict)
    alone: tuple[WorkspaceId, ...] = ()
    error: SegsqlError | None = None


@dataclass(frozen=True, slots=True)
class Attendant:
    """How tasks are done. Threads may share it."""

    servers: Servers
    brake: Brake
    options: Options
    every: timedelta
    is_stopped: Callable[[], bool]

    def attend(self, task: Task, rests: Rests) -> Attended:
        """Do a task. Only a bug of segsql's raises."""
        try:
            self.brake.wait(self.is_stopped)
            with snapshot(self.servers.primary, self.options.bounds, NAME) as opened:
                due = due_segments(opened.connection, task.workspace_ids, self.every)
        except SegsqlError as error:
            return Attended(task, error=error)
        found = readiness(due, rests, time.monotonic())
        tried = {(each.workspace_id, each.id): each for each in found.ready}
        results: list[Result] = []
        alone: list[WorkspaceId] = []
        for batch in batches(_by_workspace(found.ready), 1):
            if self.is_stopped():
                break
            recounted = recount_batch(self.servers, batch, self.options, self.is_stopped)
            results += recounted.results
            alone += (each.workspace_id for each in recounted.alone)
            if recounted.error is not None:
                return Attended(task, tried, tuple(results), found.wake_at, tuple(alone), recounted.error)
        return Attended(task, tried, tuple(results), found.wake_at, tuple(alone))


def _by_workspace(due: tuple[DueSegment, ...]) -> list[DueWorkspace]:
    grouped: dict[WorkspaceId, list[Id]] = {}
    for each in due:
        grouped.setdefault(each.workspace_id, []).append(each.id)
    return [DueWorkspace(workspace_id, tuple(grouped[workspace_id])) for workspace_id in in_order(grouped)]
