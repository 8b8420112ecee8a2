"""Which workspaces are to be looked at, when, and in which order. Times are `time.monotonic` seconds.

Three lanes: first what was heard of, each workspace at its own time; then what a look at everything found to be new
or edited, which after a time of deafness may be very much; last what is merely old. A workspace is looked at by
one task at a time; what is heard of it meanwhile is for afterwards.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice

from segsql.catalog import WorkspaceId
from segsql.recount import BATCH_WORKSPACES
from segsql.store import DueWork

SETTLE_SECONDS = 0.1
"""A burst of edits is looked at once: so long after the first of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """Workspaces to look at together; `is_old` where nothing in them is known to be new or edited."""

    workspace_ids: tuple[WorkspaceId, ...]
    is_old: bool = False


class Agenda:
    """What waits, and what is under way."""

    def __init__(self) -> None:
        self._times: dict[WorkspaceId, float] = {}
        self._heap: list[tuple[float, WorkspaceId]] = []
        self._new: dict[WorkspaceId, None] = {}
        self._old: dict[WorkspaceId, None] = {}
        self._alone: deque[Task] = deque()
        self._running: set[WorkspaceId] = set()
        self._again: set[WorkspaceId] = set()

    @property
    def waiting(self) -> int:
        """How many workspaces wait for a look, those included that have a time to come."""
        return len(self._times) + len(self._new) + len(self._old) + len(self._alone) + len(self._again)

    @property
    def next_time(self) -> float:
        """When there may be something new to look at; infinity where nothing is known of."""
        return self._heap[0][0] if self._heap else math.inf

    def plan(self, workspace_id: WorkspaceId, at: float) -> None:
        """Look at a workspace at a time, or before where that is planned already."""
        if at < self._times.get(workspace_id, math.inf):
            self._times[workspace_id] = at
            heappush(self._heap, (at, workspace_id))

    def found(self, work: Iterable[DueWork]) -> None:
        """Heed a look at everything: it takes the place of the one before, and of nothing that was planned."""
        self._new.clear()
        self._old.clear()
        for each in work:
            lane = self._new if each.is_new else self._old
            lane[each.workspace_id] = None

    def careful(self, workspace_ids: Iterable[WorkspaceId], *, is_old: bool) -> None:
        """Look at each of these by itself: together they met trouble."""
        self._alone.extend(Task((workspace_id,), is_old) for workspace_id in workspace_ids)

    def take(self, now: float, *, with_old: bool) -> Task | None:
        """The next task, if there is one whose time has come; it is under way from here on."""
        task = (
            self._take_alone(is_old=False)
            or self._take_planned(now)
            or self._take_found(self._new, is_old=False)
            or (self._take_alone(is_old=True) if with_old else None)
            or (self._take_found(self._old, is_old=True) if with_old else None)
        )
        if task is not None:
            self._running.update(task.workspace_ids)
        return task

    def done(self, task: Task, now: float) -> None:
        """A task is no longer under way."""
        self._running.difference_update(task.workspace_ids)
        for workspace_id in self._again.intersection(task.workspace_ids):
            self._again.discard(workspace_id)
            self.plan(workspace_id, now)

    def _take_alone(self, *, is_old: bool) -> Task | None:
        task = next((task for task in self._alone if task.is_old == is_old), None)
        if task is not None:
            self._alone.remove(task)
        return task

    def _take_planned(self, now: float) -> Task | None:
        taken: list[WorkspaceId] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < BATCH_WORKSPACES:
            at, workspace_id = heappop(self._heap)
            if self._times.get(workspace_id) != at:
                continue
            del self._times[workspace_id]
            if workspace_id in self._running:
                self._again.add(workspace_id)
            else:
                taken.append(workspace_id)
                self._new.pop(workspace_id, None)
                self._old.pop(workspace_id, None)
        return Task(tuple(taken)) if taken else None

    def _take_found(self, lane: dict[WorkspaceId, None], *, is_old: bool) -> Task | None:
        taken = list(islice((each for each in lane if each not in self._running), BATCH_WORKSPACES))
        for workspace_id in taken:
            del lane[workspace_id]
        return Task(tuple(taken), is_old) if taken else None
