"""How often a segment is tried: at once, and then at a pace. Times are `time.monotonic` seconds.

- A segment that is edited again and again is counted, then rests: 1 s, twice as long each time, 30 s at most. It
  is never forgotten, and never counted with every edit. After a quiet time it is counted at once again.
- One that failed or is invalid is tried again after 30 s, twice as long each time, and at most as long as
  any count may grow old. An edit of it ends that; so does, for an invalid one, whatever else is tried in its
  workspace, since the tag or segment that it lacks may have come back and looking costs no query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from segsql.catalog import WorkspaceId
from segsql.recount import Result
from segsql.store import DueSegment, Key

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
FIRST_RETRY = 30.0


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a segment is left alone: until `ends`, and until `retry_at` unless it is edited."""

    revision: str
    pause: float
    ends: float
    failures: int = 0
    retry_at: float = 0.0
    is_invalid: bool = False

    def until(self, revision: str) -> float:
        """When the segment may be tried."""
        return self.ends if revision != self.revision else max(self.ends, self.retry_at)

    def is_over(self, now: float, every: float) -> bool:
        """Whether the rest says nothing any more about the next one."""
        return now > self.ends + self.pause and now > self.retry_at + (every if self.failures else 0)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Which due segments are tried now, and when the first of the others in each workspace may be."""

    ready: tuple[DueSegment, ...]
    wake_at: Mapping[WorkspaceId, float]


Rests = Mapping[Key, Rest]


def readiness(due: Iterable[DueSegment], rests: Rests, now: float) -> Readiness:
    """Part those that are tried now from those that rest."""
    ready: list[DueSegment] = []
    resting: list[tuple[DueSegment, Rest]] = []
    for each in due:
        rest = rests.get((each.workspace_id, each.id))
        if rest is None or rest.until(each.revision) <= now:
            ready.append(each)
        else:
            resting.append((each, rest))
    tried = {each.workspace_id for each in ready}
    wake_at: dict[WorkspaceId, float] = {}
    for each, rest in resting:
        if rest.is_invalid and each.workspace_id in tried:
            ready.append(each)
        else:
            until = rest.until(each.revision)
            wake_at[each.workspace_id] = min(until, wake_at.get(each.workspace_id, until))
    return Readiness(tuple(ready), wake_at)


def rest_after(due: DueSegment, result: Result, before: Rest | None, now: float, every: float) -> Rest | None:
    """How a segment rests that was tried; None for a count that was due by its age alone, and for a skipped one."""
    if result.status == "skipped":
        return before
    is_lively = before is not None and now < before.ends + before.pause
    pause = min(2 * before.pause, LONGEST_PAUSE) if before and is_lively else FIRST_PAUSE
    if result.status == "counted" and due.is_old and before is None:
        return None
    if result.status in ("counted", "superseded"):
        return Rest(due.revision, pause, now + pause)
    failures = before.failures + 1 if before and before.revision == due.revision else 1
    retry_at = now + min(FIRST_RETRY * 2 ** min(failures - 1, 20), every)
    return Rest(due.revision, pause, now + pause, failures, retry_at, result.status == "invalid")


def is_old_news(due: DueSegment, result: Result, before: Rest | None, now: float) -> bool:
    """Whether it is invalid as it was, tried for the sake of others in its workspace before its own time came."""
    return (
        result.status == "invalid"
        and before is not None
        and before.is_invalid
        and before.revision == due.revision
        and now < before.retry_at
    )
