"""How often a segment is tried that is edited all the time, or fails."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from segsql.recount import Counted, Failed, Invalid, Outcome, Result, Skipped, Superseded, TimedOut
from segsql.store import DueSegment
from segsql.worker.rests import (
    FIRST_PAUSE,
    FIRST_RETRY,
    LONGEST_PAUSE,
    Rest,
    Rests,
    is_old_news,
    readiness,
    rest_after,
)

EVERY = 900.0
COUNTED = Counted(1, datetime(2026, 1, 1, tzinfo=UTC))
FAILURES = (Failed("no"), TimedOut("late"), Invalid(()))


def due(segment_id: int = 1, revision: str = "a", *, is_old: bool = False, workspace_id: int = 1) -> DueSegment:
    return DueSegment(workspace_id, segment_id, revision, is_old)


def tried(segment: DueSegment, outcome: Outcome, now: float, before: Rest | None = None) -> Rest | None:
    result = Result(segment.workspace_id, segment.id, outcome, 1.0)
    return rest_after(segment, result, before, now, EVERY)


def is_ready(segment: DueSegment, rest: Rest | None, now: float) -> bool:
    rests = {} if rest is None else {(segment.workspace_id, segment.id): rest}
    return readiness([segment], rests, now).ready == (segment,)


def test_a_segment_edited_every_second_is_counted_ever_more_rarely_but_always_again() -> None:
    counts: list[float] = []
    rest: Rest | None = None
    for second in range(600):
        now = float(second)
        segment = due(revision=str(second))
        if is_ready(segment, rest, now):
            counts.append(now)
            rest = tried(segment, COUNTED, now, rest)
    gaps = [later - earlier for earlier, later in pairwise(counts)]
    assert gaps[:5] == [1, 2, 4, 8, 16]
    assert set(gaps[5:]) == {LONGEST_PAUSE}
    assert is_ready(due(revision="b"), rest, counts[-1] + LONGEST_PAUSE)


def test_after_a_quiet_time_an_edit_is_counted_at_once_and_the_pace_begins_anew() -> None:
    rest = Rest("a", 16.0, 100.0)
    later = 100 + 16 + 0.1
    assert is_ready(due(revision="b"), rest, later)
    assert tried(due(revision="b"), COUNTED, later, rest) == Rest("b", FIRST_PAUSE, later + FIRST_PAUSE)
    assert rest.is_over(later, EVERY)


def test_a_count_that_was_merely_old_is_followed_by_no_rest() -> None:
    assert tried(due(is_old=True), COUNTED, 0) is None


@pytest.mark.parametrize("outcome", FAILURES, ids=lambda one: type(one).__name__)
def test_what_fails_is_tried_ever_more_rarely(outcome: Outcome) -> None:
    tries: list[float] = []
    rest: Rest | None = None
    for now in range(5_000):
        if is_ready(due(), rest, now):
            tries.append(now)
            rest = tried(due(), outcome, now, rest)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[:5] == [FIRST_RETRY * 2**n for n in range(5)]
    assert set(gaps[5:]) == {EVERY}


def test_an_edit_ends_the_rest_of_a_failure() -> None:
    rest = tried(due(), FAILURES[0], 0)
    assert not is_ready(due(), rest, FIRST_PAUSE)
    assert is_ready(due(revision="b"), rest, FIRST_PAUSE)
    again = tried(due(revision="b"), FAILURES[0], FIRST_PAUSE, rest)
    assert again is not None
    assert again.failures == 1


def test_an_invalid_segment_is_tried_with_others_of_its_workspace_and_a_failed_one_is_not() -> None:
    invalid, failed = tried(due(1), Invalid(()), 0), tried(due(2), Failed("no"), 0)
    assert invalid is not None
    assert failed is not None
    rests: Rests = {(1, 1): invalid, (1, 2): failed, (2, 1): invalid}
    found = readiness([due(1), due(2), due(3), due(1, workspace_id=2)], rests, 1)
    assert {(each.workspace_id, each.id) for each in found.ready} == {(1, 1), (1, 3)}
    assert found.wake_at == {1: FIRST_RETRY, 2: FIRST_RETRY}


def test_a_superseded_segment_rests_too_and_a_skipped_one_as_before() -> None:
    assert tried(due(is_old=True), Superseded(), 5) == Rest("a", FIRST_PAUSE, 5 + FIRST_PAUSE)
    before = Rest("a", 4.0, 9.0)
    assert tried(due(), Skipped("held"), 5, before) == before


def test_an_invalid_segment_that_is_tried_for_the_sake_of_others_is_no_news() -> None:
    """Else whoever edits one segment fills the log with all that are invalid beside it."""
    segment, invalid = due(), Result(1, 1, Invalid(()), 1.0)
    rest = tried(segment, Invalid(()), 0)
    assert not is_old_news(segment, invalid, None, 0)
    assert is_old_news(segment, invalid, rest, FIRST_RETRY - 1)
    assert not is_old_news(segment, invalid, rest, FIRST_RETRY)
    assert not is_old_news(due(revision="b"), invalid, rest, FIRST_RETRY - 1)
    assert not is_old_news(segment, Result(1, 1, COUNTED, 1.0), rest, FIRST_RETRY - 1)
    assert not is_old_news(segment, Result(1, 1, Failed("no"), 1.0), rest, FIRST_RETRY - 1)
