"""The join strategies of a statement, and why each was taken: data, for whoever asks before the statement runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from segsql.plan.shape import ActivityStrategy, EavStrategy, TagStrategy


class Reason(StrEnum):
    """Why a test takes its strategy; in words: `WORDS`."""

    FORCED = "forced"
    ARRAY_COLUMN = "array_column"
    ROLLUP = "rollup"
    ROLLUP_COLUMNS = "rollup_columns"
    UNDER_AND = "under_and"
    UNDER_OR = "under_or"
    SHARED_SCAN = "shared_scan"
    TOO_MANY_LOOK_UPS = "too_many_look_ups"


WORDS: Mapping[Reason, str] = {
    Reason.FORCED: "asked for with --strategy",
    Reason.ARRAY_COLUMN: "a column of the contact holds the tags: no join at all",
    Reason.ROLLUP: "one row a contact in place of all its events",
    Reason.ROLLUP_COLUMNS: "columns of the contact in place of all its events: no join at all",
    Reason.UNDER_AND: "under AND alone, a look-up becomes a semi or anti join, and what is rare drives the query",
    Reason.UNDER_OR: "somewhere under OR, where look-ups would be one for each contact and test: one pass serves all",
    Reason.SHARED_SCAN: "a shared scan reads every contact anyway: one pass serves all, nothing is looked up",
    Reason.TOO_MANY_LOOK_UPS: "so many look-ups in one statement would take longer to plan than they save",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A strategy, the reason, and how many of the statement's tests take it for that reason."""

    strategy: TagStrategy | ActivityStrategy | EavStrategy
    reason: Reason
    tests: int

    @property
    def reaches(self) -> str:
        """What it is a way to, as `--strategy` names it."""
        match self.strategy:
            case TagStrategy():
                return "tags"
            case ActivityStrategy():
                return "activity"
            case EavStrategy():
                return "eav"
            case _:
                assert_never(self.strategy)


@dataclass(frozen=True, slots=True)
class Strategies:
    """The join strategies of a statement; several of a kind where its tests differ, none where no test needs one."""

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

    @property
    def eav(self) -> tuple[EavStrategy, ...]:
        """Those of the tests of values that are rows, each once."""
        found = {each.strategy for each in self.taken if isinstance(each.strategy, EavStrategy)}
        return tuple(strategy for strategy in EavStrategy if strategy in found)

    def __str__(self) -> str:
        """As `--strategy` takes them: `tags=exists and grouped, activity=rollup`."""
        tags = [f"tags={' and '.join(self.tags)}"] if self.tags else []
        activity = [f"activity={self.activity}"] if self.activity else []
        eav = [f"eav={' and '.join(self.eav)}"] if self.eav else []
        return ", ".join([*tags, *activity, *eav])
