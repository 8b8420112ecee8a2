"""The join strategies of a statement, and why each was taken: data, for whoever asks before the statement runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from segsql.plan.shape import ActivityStrategy, TagStrategy


class Reason(StrEnum):
    """Why a test takes its strategy; in words: `WORDS`."""

    FORCED = "forced"
    ARRAY_COLUMN = "array_column"
    ROLLUP = "rollup"
    UNDER_AND = "under_and"
    UNDER_OR = "under_or"
    SHARED_SCAN = "shared_scan"
    TOO_MANY_LOOK_UPS = "too_many_look_ups"


WORDS: Mapping[Reason, str] = {
    Reason.FORCED: "asked for with --strategy",
    Reason.ARRAY_COLUMN: "a column of the contact holds the tags: no join at all",
    Reason.ROLLUP: "one row a contact in place of all its events",
    Reason.UNDER_AND: "under AND alone, a look-up becomes a semi or anti join, and what is rare drives the query",
    Reason.UNDER_OR: "somewhere under OR, where look-ups would be one for each contact and test: one pass serves all",
    Reason.SHARED_SCAN: "a shared scan reads every contact anyway: one pass serves all, nothing is looked up",
    Reason.TOO_MANY_LOOK_UPS: "so many look-ups in one statement would take longer to plan than they save",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A strategy, the reason, and how many of the statement's tests take it for that reason."""

    strategy: TagStrategy | ActivityStrategy
    reason: Reason
    tests: int

    @property
    def reaches(self) -> str:
        """What it is a way to, as `--strategy` names it."""
        return "tags" if isinstance(self.strategy, TagStrategy) else "activity"


@dataclass(frozen=True, slots=True)
class Strategies:
    """The join strategies of a statement; several for tags where its tests differ, none where no test needs one."""

    taken: tuple[Taken, ...] = ()

    @property
    def tags(self) -> tuple[TagStrategy, ...]:
        """Those of the tag tests, each once."""
        found = {each.strategy for each in self.taken if isinstance(each.strategy, TagStrategy)}
        return tuple(strategy for strategy in TagStrategy if strategy in found)

    @property
    def activity(self) -> ActivityStrategy | None:
        """The one that all tests of activity share."""
        return next((each.strategy for each in self.taken if isinstance(each.strategy, ActivityStrategy)), None)

    def __str__(self) -> str:
        """As `--strategy` takes them: `tags=exists and grouped, activity=rollup`."""
        tags = [f"tags={' and '.join(self.tags)}"] if self.tags else []
        activity = [f"activity={self.activity}"] if self.activity else []
        return ", ".join([*tags, *activity])
