"""How long a list of members is kept."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime

from segsql.http.walks import KEPT_SECONDS, LONGEST_SECONDS, Walk, Walks

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def walk(ids: int = 3, definition: str = "{}") -> Walk:
    return Walk(definition, AT, array("q", range(ids)))


def test_a_list_is_one_segments_and_one_definitions() -> None:
    walks, kept = Walks(), walk()
    walks.keep((1, 7), kept)
    assert walks.find((1, 7), "{}") is kept
    assert walks.find((2, 7), "{}") is None
    assert walks.find((1, 8), "{}") is None
    assert walks.find((1, 7), "[]") is None


def test_a_newer_list_takes_the_place_of_an_older_one() -> None:
    walks, newer = Walks(), walk()
    walks.keep((1, 7), walk())
    walks.keep((1, 7), newer)
    assert walks.find((1, 7), "{}") is newer


def test_a_list_is_forgotten_when_nobody_asks_for_it() -> None:
    clock = Clock()
    walks = Walks(clock)
    walks.keep((1, 7), walk())
    for _ in range(3):
        clock.now += KEPT_SECONDS
        assert walks.find((1, 7), "{}")
    clock.now += KEPT_SECONDS + 1
    assert walks.find((1, 7), "{}") is None


def test_and_after_an_hour_in_any_case() -> None:
    clock = Clock()
    walks = Walks(clock)
    walks.keep((1, 7), walk())
    while clock.now <= LONGEST_SECONDS - 100:
        clock.now += 100
        assert walks.find((1, 7), "{}")
    clock.now += 101
    assert walks.find((1, 7), "{}") is None


def test_memory_is_bounded() -> None:
    walks = Walks(most_ids=10)
    for segment_id in (1, 2, 3):
        walks.keep((1, segment_id), walk(3))
    assert walks.find((1, 1), "{}")
    walks.keep((1, 4), walk(3))
    assert [bool(walks.find((1, segment_id), "{}")) for segment_id in (1, 2, 3, 4)] == [True, False, True, True]
    walks.keep((1, 5), walk(100))
    assert [bool(walks.find((1, segment_id), "{}")) for segment_id in (1, 3, 4, 5)] == [False, False, False, True]
