"""Counting a portion of segments in one snapshot: one statement for all of them (spec 7)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError
from segsql.plan import Forced
from segsql.recount.outcome import Counted, Failed, Outcome, TimedOut
from segsql.store import QueryFailed, Snapshot, translated

QUERY_CANCELED = "57014"
SHARE_FROM = 7
"""Fewer due segments than this are counted one by one: each by its own index (measured)."""

Portion = tuple[int, ...]
"""Ids of segments that one statement counts."""


class Way(StrEnum):
    """How the segments of a workspace are counted; both ways give the same counts."""

    SINGLE = "single"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcome of one segment and the milliseconds that it took."""

    segment_id: int
    outcome: Outcome
    ms: float = 0.0


def choose_way(due: int, strategy: Forced) -> Way:
    """Share a scan where enough segments are due; a forced look-up is a matter of single statements."""
    if strategy.looks_up:
        return Way.SINGLE
    return Way.SHARED if due >= SHARE_FROM else Way.SINGLE


def portions(compiler: WorkspaceCompiler, segment_ids: Sequence[int], way: Way) -> list[Portion]:
    """The segments in the portions that are counted by one statement each."""
    match way:
        case Way.SINGLE:
            return [(segment_id,) for segment_id in segment_ids]
        case Way.SHARED:
            return compiler.chunks(segment_ids)


def halves(portion: Portion) -> list[Portion]:
    """A portion in two; one that fails is split until the guilty segment stands alone."""
    middle = len(portion) // 2
    return [portion[:middle], portion[middle:]]


def count_portion(
    snapshot: Snapshot, compiler: WorkspaceCompiler, portion: Portion, split_ids: Sequence[int]
) -> list[Measured] | None:
    """Count segments in one statement; None where it failed and the portion can be split.

    `split_ids` cut a large workspace's contacts in pieces, which a shared scan reads side by side. Raises
    DatabaseUnavailable and ConfigurationError: those are no segment's fault.
    """
    begun = time.monotonic()
    try:
        with translated():
            counts = _run(snapshot, compiler, portion, split_ids)
    except (DatabaseUnavailable, ConfigurationError):
        raise
    except SegsqlError as error:
        return [Measured(portion[0], failure(error), _ms_since(begun))] if len(portion) == 1 else None
    ms = round(_ms_since(begun) / len(portion), 3)
    return [
        Measured(segment_id, Counted(count, compiler.now), ms)
        for segment_id, count in zip(portion, counts, strict=True)
    ]


def _run(
    snapshot: Snapshot, compiler: WorkspaceCompiler, portion: Portion, split_ids: Sequence[int]
) -> tuple[int, ...]:
    if len(portion) == 1:
        return snapshot.count(compiler.segment(portion[0]))
    scan = compiler.scan(portion, split_ids).statement
    return snapshot.count_in_branches(scan) if split_ids else snapshot.count(scan)


def failure(error: SegsqlError) -> Outcome:
    """The outcome of a segment whose statement failed so."""
    is_timeout = isinstance(error, QueryFailed) and error.sqlstate == QUERY_CANCELED
    return TimedOut(str(error)) if is_timeout else Failed(str(error))


def _ms_since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 3)
