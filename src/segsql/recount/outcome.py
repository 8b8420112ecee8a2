"""What became of a segment in a run: values, not exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from segsql.catalog import Id, WorkspaceId
from segsql.errors import Diagnostic

TAKEN = "another recount holds the workspace"
STOPPED = "the run was stopped first"
LOCKED = "another transaction keeps the segment's row locked"


@dataclass(frozen=True, slots=True)
class Counted:
    """The count and the instant that it is true of; written, unless the run was a dry one."""

    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Invalid:
    """The stored definition doesn't compile; the old count stays."""

    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Counting or writing failed; the old count stays. `sqlstate` is the database's code, where it gave one."""

    message: str
    sqlstate: str | None = None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Counting took longer than the statement timeout; the old count stays."""

    message: str
    sqlstate: str | None = None


@dataclass(frozen=True, slots=True)
class Superseded:
    """The segment was edited, deleted or counted later while it was being counted; nothing was written."""


@dataclass(frozen=True, slots=True)
class Held:
    """The count moved too far from the one that is stored, which stays until a run accepts the new one."""

    count: int
    at: datetime
    previous: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not looked at: another run has the workspace, or this one was stopped."""

    message: str


Outcome = Counted | Invalid | Failed | TimedOut | Superseded | Held | Skipped

STATUSES = ("counted", "invalid", "failed", "timeout", "superseded", "held", "skipped")
"""The outcomes as reports and metrics name them (spec 8)."""

FAILURES = frozenset({"failed", "timeout"})
"""Those for which a run exits with 1, and which `--failed-in` counts again."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one segment, and how long its counting took (its share of a statement that it shared)."""

    workspace_id: WorkspaceId
    segment_id: Id
    outcome: Outcome
    ms: float

    @property
    def status(self) -> str:
        """The outcome as reports name it (spec 8)."""
        match self.outcome:
            case Counted():
                return "counted"
            case Invalid():
                return "invalid"
            case Failed():
                return "failed"
            case TimedOut():
                return "timeout"
            case Superseded():
                return "superseded"
            case Held():
                return "held"
            case Skipped():
                return "skipped"
            case _:
                assert_never(self.outcome)

    @property
    def sqlstate(self) -> str | None:
        """The database's code for what went wrong, where it gave one."""
        return self.outcome.sqlstate if isinstance(self.outcome, Failed | TimedOut) else None

    @property
    def message(self) -> str:
        """What there is to say about it, in one line; nothing about a count that succeeded."""
        match self.outcome:
            case Counted():
                return ""
            case Invalid(diagnostics):
                first, *more = diagnostics
                return f"{first.message} ({first.code}{f', and {len(more)} more' if more else ''})"
            case Failed(message, _) | TimedOut(message, _) | Skipped(message):
                return message
            case Superseded():
                return "edited, deleted or counted later in the meantime"
            case Held(count, _, previous):
                return f"counted {count:,} where {previous:,} is stored: moved too far; a run with --accept writes it"
            case _:
                assert_never(self.outcome)
