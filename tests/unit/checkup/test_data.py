"""What is made of counts, zones and definitions; and the words of verdicts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segsql.checkup import Level, counts, definitions
from segsql.checkup.definitions import Compiled
from segsql.checkup.verdict import amount, listed, span
from segsql.store.inspection import Staleness, Zone

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (Staleness(0, 0, 0, None, None), Level.OK, "no segments yet"),
        (Staleness(1, 0, 0, HOUR, HOUR), Level.OK, "1 segment, none stale; the oldest count is 1 h old"),
        (Staleness(9, 2, 1, HOUR, 3 * DAY), Level.WARNING, "2 of 9 segments stale"),
        (Staleness(9, 9, 0, 2 * DAY, 3 * DAY), Level.PROBLEM, "the newest count is 2 d old"),
        (Staleness(9, 9, 9, None, None), Level.PROBLEM, "no segment was ever counted"),
    ],
    ids=["none", "fresh", "some stale", "all stale", "never"],
)
def test_counts(found: Staleness, level: Level, words: str) -> None:
    verdict = counts.ages(found, DAY)
    assert verdict.level is level
    assert words in verdict.found
    assert ("segsql recount --stale-for 86400s" in verdict.advice) is (level is not Level.OK)


def test_zones() -> None:
    known, unknown = Zone("Europe/Berlin", 3, 1), Zone("Mars/Olympus", 2, 7)
    assert counts.zones([known]).level is Level.OK
    verdict = counts.zones([known, unknown])
    assert verdict.level is Level.WARNING
    assert "2 workspaces with an unknown time zone: 'Mars/Olympus' (workspace 7)" in verdict.found


def test_a_program_without_zone_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "A_ZONE", "No/Where")
    verdict = counts.zones([Zone("UTC", 1, 1)])
    assert verdict.level is Level.PROBLEM
    assert "tzdata" in verdict.advice


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (Compiled(), Level.OK, "no segments yet"),
        (Compiled(2, 10), Level.OK, "all valid: 10 segments in 2 workspaces"),
        (Compiled(2, 10, invalid=1, examples=("a",)), Level.WARNING, "1 of 10 segments in 2 workspaces are invalid"),
        (Compiled(2, 10, invalid=4, examples=("a", "b", "c")), Level.WARNING, "a · b · c · …"),
        (Compiled(2, 10, invalid=1, failed=1, examples=("a", "b")), Level.PROBLEM, "because of a bug: a · b"),
        (Compiled(2, 10, is_cut_short=True), Level.WARNING, "as far as 5 min were enough: 10 segments"),
        (Compiled(2, 10, invalid=1, is_cut_short=True), Level.WARNING, "1 of the first 10 segments"),
    ],
)
def test_definitions(found: Compiled, level: Level, words: str) -> None:
    verdict = definitions.compiles(found)
    assert verdict.level is level
    assert words in verdict.found
    assert bool(verdict.advice) is (level is not Level.OK)


def test_words() -> None:
    assert listed(["a", "b"], most=2) == "a, b"
    assert listed(["a", "b", "c", "d"], most=2) == "a, b and 2 more"
    assert [amount(number, "job") for number in (0, 1, 2_000)] == ["0 jobs", "1 job", "2,000 jobs"]
    assert [span(timedelta(seconds=n)) for n in (0, 59, 60, 7_300, 200_000)] == ["0 s", "59 s", "1 min", "2 h", "2 d"]
