"""Counting a portion of segments in one snapshot: one statement for all of them (spec 7)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from segsql.catalog import Id
from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError
from segsql.recount.choice import Portion
from segsql.recount.outcome import Failed, Outcome, TimedOut
from segsql.recount.tally import Measured, counted
from segsql.render import Statement
from segsql.store import Bounds, Conflict, Phase, QueryTimedOut, Snapshot, translated


def halves(portion: Portion) -> list[Portion]:
    """A portion in two; one that fails is split until the guilty segment stands alone."""
    middle = len(portion) // 2
    return [portion[:middle], portion[middle:]]


def compiled(compiler: WorkspaceCompiler, portion: Portion, split_ids: Sequence[Id] = ()) -> Statement:
    """The statement that counts a portion; `split_ids` cut the contacts of a shared scan in pieces.

    A comment at its end tells a DBA who sees it running what it is about.
    """
    if len(portion) == 1:
        statement, what = compiler.segment(portion[0]), f"segment {portion[0]}"
    else:
        statement = compiler.scan(portion, split_ids).statement
        what = f"{len(portion)} segments: {portion[0]} to {portion[-1]}"
    return statement.remarked(f"segsql recount, workspace {compiler.workspace_id}, {what}")


def count_portion(
    snapshot: Snapshot, compiler: WorkspaceCompiler, portion: Portion, split_ids: Sequence[Id], bounds: Bounds
) -> list[Measured] | None:
    """Count segments in one statement; None where it failed and the portion can be split.

    `split_ids` cut a large workspace's contacts in pieces, which a shared scan reads side by side. Raises
    ConfigurationError, which no segment is to blame for, and what may pass: DatabaseUnavailable and Conflict.
    """
    begun = time.monotonic()
    try:
        statement = compiled(compiler, portion, split_ids)
        in_branches = split_ids and len(portion) > 1
        with translated(Phase.COUNT, bounds.statement):
            counts = snapshot.count_in_branches(statement) if in_branches else snapshot.count(statement)
    except (DatabaseUnavailable, ConfigurationError, Conflict):
        raise
    except SegsqlError as error:
        return [Measured(portion[0], failure(error), ms_since(begun))] if len(portion) == 1 else None
    return counted(portion, counts, compiler.now, ms_since(begun))


def failure(error: SegsqlError) -> Outcome:
    """The outcome of a segment whose statement failed so."""
    return (TimedOut if isinstance(error, QueryTimedOut) else Failed)(str(error), error.sqlstate)


def ms_since(begun: float) -> float:
    """The milliseconds since an earlier `time.monotonic()`."""
    return round((time.monotonic() - begun) * 1000, 3)
