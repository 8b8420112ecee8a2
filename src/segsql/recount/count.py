"""Counting segments in one snapshot: one statement each, or many in a shared scan.

A statement that fails is split, and its halves are tried again in the same snapshot, until the guilty
segment stands alone (spec 7).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segsql.compiler import WorkspaceCompiler
from segsql.errors import DatabaseUnavailable, SegsqlError
from segsql.recount.outcome import Counted, Failed, Outcome, TimedOut
from segsql.store import QueryFailed, Snapshot, translated

QUERY_CANCELED = "57014"
SHARE_FROM = 7
"""Fewer due segments than this are counted one by one: each by its own index (measured)."""


class Way(StrEnum):
    """How the segments of a workspace are counted; both ways give the same counts."""

    SINGLE = "single"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcome of one segment and the milliseconds that it took."""

    segment_id: int
    outcome: Outcome
    ms: float


def portions(compiler: WorkspaceCompiler, segment_ids: Sequence[int], way: Way | None) -> list[tuple[int, ...]]:
    """The segments in the portions that are counted by one statement each; `way` None chooses."""
    chosen = way or (Way.SHARED if len(segment_ids) >= SHARE_FROM else Way.SINGLE)
    match chosen:
        case Way.SINGLE:
            return [(segment_id,) for segment_id in segment_ids]
        case Way.SHARED:
            return compiler.chunks(segment_ids)


def count_portion(
    snapshot: Snapshot, compiler: WorkspaceCompiler, portion: tuple[int, ...], still_wanted: Callable[[], None]
) -> Iterator[Measured]:
    """Count segments in one statement, or, where that fails, in smaller ones.

    `still_wanted` is called before each statement. Raises DatabaseUnavailable where the connection is gone.
    """
    waiting = [portion]
    while waiting:
        still_wanted()
        segment_ids = waiting.pop()
        begun = time.monotonic()
        try:
            with translated():
                counts = _run(snapshot, compiler, segment_ids)
        except DatabaseUnavailable:
            raise
        except SegsqlError as error:
            if len(segment_ids) > 1:
                middle = len(segment_ids) // 2
                waiting += [segment_ids[middle:], segment_ids[:middle]]
            else:
                yield Measured(segment_ids[0], _failure(error), _ms_since(begun))
            continue
        ms = _ms_since(begun) / len(segment_ids)
        for segment_id, count in zip(segment_ids, counts, strict=True):
            yield Measured(segment_id, Counted(count, snapshot.now), ms)


def _run(snapshot: Snapshot, compiler: WorkspaceCompiler, segment_ids: tuple[int, ...]) -> tuple[int, ...]:
    if len(segment_ids) == 1:
        return snapshot.count(compiler.segment(segment_ids[0]))
    return snapshot.count(compiler.scan(segment_ids).statement)


def _failure(error: SegsqlError) -> Outcome:
    is_timeout = isinstance(error, QueryFailed) and error.sqlstate == QUERY_CANCELED
    return TimedOut(str(error)) if is_timeout else Failed(str(error))


def _ms_since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 3)
