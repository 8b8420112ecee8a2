"""What a preview tells: segments in words, statements with their parameters and strategies, plans with findings.

Pure data, made by `gather` and printed by `text`, `report` (JSON) and `page` (HTML).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from segsql.advice import Advised
from segsql.catalog import Id, WorkspaceId
from segsql.errors import Diagnostic
from segsql.plan import Value
from segsql.preview.findings import Finding
from segsql.preview.queryplan import QueryPlan
from segsql.preview.words import Worded
from segsql.render import Statement, readable


class Params(StrEnum):
    """How parameters stand in the text of a statement."""

    NAMED = "named"
    NUMBERED = "numbered"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class PreviewedSegment:
    """A definition in words. `id` is None for one that is not stored; what is no filter at all has no words."""

    id: Id | None
    name: str
    filter: Worded | None
    problems: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownParameter:
    """A parameter by the name that the shown text gives it."""

    name: str
    type: str
    value: Value


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement, and its plan where one was asked for.

    A shared scan has a column for each of `segment_ids`, in order: s0, s1, …
    """

    statement: Statement
    segment_ids: tuple[Id, ...] = ()
    plan: QueryPlan | None = None
    findings: tuple[Finding, ...] = ()

    def sql(self, params: Params) -> str:
        """The text to read. It differs from the one that runs in white space between words alone."""
        match params:
            case Params.NAMED:
                return readable(self.statement.sql)
            case Params.NUMBERED:
                return readable(self.statement.numbered_sql)
            case Params.LITERAL:
                return readable(self.statement.literal_sql())
            case _:
                assert_never(params)

    def parameters(self, params: Params) -> tuple[ShownParameter, ...]:
        """The parameters, by the names that `sql` has for them; the literal text has none, and they are p1, p2, …"""
        prefix = "$" if params is Params.NUMBERED else "p"
        return tuple(
            ShownParameter(f"{prefix}{number}", parameter.type.value, parameter.value)
            for number, parameter in enumerate(self.statement.parameters, start=1)
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """All of it. `is_alone`: without a workspace, so that only the built-in fields are known; a single tenant has no
    id either. `notes` are what else should be said.
    """

    workspace_id: WorkspaceId
    timezone: str
    now: datetime
    params: Params
    notes: tuple[str, ...]
    segments: tuple[PreviewedSegment, ...]
    statements: tuple[ShownStatement, ...]
    advised: Advised | None = None
    """Which indexes the segments lack, where a plan was asked for."""
    is_alone: bool = False


def written(value: Value) -> str:
    """A parameter's value as people read it: texts in quotes, lists in brackets, instants in ISO form."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ")
        case Decimal():
            return format(value, "f")
        case tuple():
            return f"[{', '.join(written(member) for member in value)}]"
        case str():
            return repr(value)
        case _:
            return str(value)
