"""What is known of texts and names, and what is not claimed where it is not known."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from golden.catalog import CATALOG, NOW
from segsql.catalog import Id
from segsql.filters import parse
from segsql.lint import Linter, Title
from unit.compiling import Json, flat, named, typed


def codes(definition: Json, title: str = "") -> list[str]:
    linter = Linter(CATALOG, NOW, {})
    return [found.code for found in linter.lint(linter.document(parse(definition), Title(title)))]


@pytest.mark.parametrize(
    "definition",
    [
        flat(named("email", "eq", "MAIL@example.com"), named("email", "ne", "mail@example.com")),
        flat(named("email", "eq", "Ärger@example.com"), named("email", "ne", "ärger@example.com")),
        flat(named("nickname", "eq", "Ä"), named("nickname", "not_contains", "ä")),
        flat(named("nickname", "contains", "FIN"), named("nickname", "not_contains", "fin")),
        flat(named("nickname", "not_contains", "a"), named("nickname", "ne", "b")),
        flat(named("score", "gt", 3), named("score", "lt", 5), match="any"),
        flat(flat(named("score", "gt", 5), match="none"), flat(named("score", "lt", 3), match="none")),
        flat(named("last_open_at", "within_days", 7), named("last_open_at", "lt", "2030-01-01")),
        flat(named("last_open_at", "gt", "2030-01-01"), named("last_open_at", "within_days", 7)),
        flat(named("birthday", "gt", "2026-02-28"), named("birthday", "lt", "2026-03-01")),
        flat(named("labels", "contains", "a"), named("labels", "contains", "b")),
        flat(named("metadata.x", "neq", 1), named("metadata.x", "neq", "a")),
        typed(
            {"type": "last_activity", "operator": "is_after", "value": "2026-01-01"},
            {"type": "last_activity", "operator": "is_before", "value": "2025-01-01"},
        ),
    ],
)
def test_what_can_be_is_no_finding(definition: Json) -> None:
    """Letters that databases lower each in its own way, values that are missing, windows that move on."""
    assert codes(definition) == []


@pytest.mark.parametrize(
    ("title", "is_told"),
    [
        ("No open in the last 180 days", True),
        ("no open within 90 days", True),
        ("Silent for 6 months", True),
        ("Not seen the past year", True),
        ("90-day sleepers", True),
        ("Never opened", False),
        ("Last names", False),
        ("Passed tests", False),
        ("Top 100", False),
        ("", False),
    ],
)
def test_names_that_speak_of_a_span_of_time(title: str, *, is_told: bool) -> None:
    assert codes(flat(named("last_open_at", "not_exists")), title) == (["SEG405"] if is_told else [])


def test_a_date_that_is_asked_for_otherwise_too_is_no_trap() -> None:
    both = flat(named("birthday", "not_exists"), named("birthday", "lt", "2026-01-01"), match="any")
    assert codes(both, "Not within 90 days") == []
    new = flat(named("created_at", "within_days", 30), named("last_open_at", "not_exists"))
    assert codes(new, "Came within 30 days and never opened") == []
    assert codes(flat(named("nickname", "not_exists")), "Not within 90 days") == []


def test_many_segments_that_are_the_same() -> None:
    """Each names the first of the others, however many; in time that grows with their number alone."""
    segments: dict[Id, object] = dict.fromkeys(range(1, 3_001), flat(named("score", "gt", 1)))
    linter = Linter(replace(CATALOG, segments=segments), NOW, {id_: Title(f"S{id_}") for id_ in segments})
    linter.compare_with_all()
    messages = {id_: linter.lint(linter.stored(id_))[0].message for id_ in segments}
    assert messages[2] == "The same contacts as in segments 1 (S1), 3 (S3), 4 (S4) and 2,996 more"
    assert set(messages.values()) == {
        *(messages[id_] for id_ in (1, 2, 3)),
        "The same contacts as in segments 1 (S1), 2 (S2), 3 (S3) and 2,996 more",
    }
    elsewhere = linter.document(parse(flat(flat(named("score", "gt", 1)))), Title())
    assert linter.lint(elsewhere)[-1].message.endswith("3 (S3) and 2,997 more")


def test_an_unknown_time_zone_is_told_and_nothing_else() -> None:
    linter = Linter(replace(CATALOG, timezone="Mars/Base"), NOW, {})
    linter.compare_with_all()
    assert [found.code for found in linter.lint(linter.stored(2))] == ["SEG211"]


def test_the_largest_definitions_are_looked_at_in_seconds() -> None:
    """500 conditions on one value, in one group and deep in others; thousands of tags; lists of texts beside parts."""
    numbers = [named("score", ("gt", "lt", "ne")[number % 3], number) for number in range(500)]
    deep = flat(*numbers[:20])
    for level in range(30):
        deep = flat(deep, *numbers[:15], match=("all", "any")[level % 2])
    lists = [named("nickname", "in", [f"text {number} {each}" for each in range(40)]) for number in range(100)]
    parts = [named("nickname", "contains", f"{number}") for number in range(100)]
    windows = [named("last_open_at", "within_days", number) for number in range(1, 250)]
    days = [named("last_open_at", "gt", f"2026-{1 + day % 12:02}-{1 + day % 28:02}") for day in range(250)]
    begun = time.process_time()
    for definition in (flat(*numbers), flat(*numbers, match="any"), deep, flat(*lists, *parts), flat(*windows, *days)):
        codes(definition)
    assert time.process_time() - begun < 20
