"""Stored definitions that can't be counted: each is reported, keeps its old count and stops nothing (spec 7)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postgres.test_recount_support import (
    EVERYONE,
    add_segment,
    add_workspace,
    counts,
    dsn,
    flat,
    recount,
    refers,
    statuses,
    tagged,
)
from segsql.recount import Invalid, Options, Way
from segsql.store import Selection

if TYPE_CHECKING:
    import psycopg

__all__ = ["dsn"]

PAST = datetime(2020, 1, 1, tzinfo=UTC)
GOOD = 500

DEEP = 1_500
NESTED: Any = EVERYONE["filters"][0]
for _ in range(100):
    NESTED = {"matchType": "all", "filters": [NESTED]}

DEFINITIONS: dict[str, object] = {
    "a text": '"{}"',
    "a text that is a definition": json.dumps(json.dumps(EVERYONE)),
    "an array": "[]",
    "an array of definitions": json.dumps([EVERYONE]),
    "a number": "1",
    "true": "true",
    "null": "null",
    "an empty object": "{}",
    "a huge number": "1" + "0" * 100_000,
    "a huge number as value": json.dumps(flat("opens_count", "eq", 1)).replace("1}", "1" + "0" * 100_000 + "}"),
    "a tiny number as value": json.dumps(flat("opens_count", "eq", 1)).replace("1}", "1e-16000}"),
    "deep arrays": "[" * DEEP + "]" * DEEP,
    "deep objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "deep groups": NESTED,
    "an endless text": flat("email", "eq", "x" * 3_000_000),
    "an endless list": flat("email", "in", ["x"] * 200_000),
    "very many conditions": {"matchType": "all", "filters": EVERYONE["filters"] * 20_000},
    "very many keys": {f"k{number}": 1 for number in range(50_000)},
    "an unknown tag": tagged(99),
    "a tag beyond int": tagged(2**40),
    "a tag beyond bigint": tagged(2**80),
    "an unknown field": flat("gone", "eq", "x"),
    "an unknown field id": {"condition": "AND", "filters": [{"type": "field", "field_id": 999, "operator": "exists"}]},
    "a field id beyond bigint": {
        "condition": "AND",
        "filters": [{"type": "field", "field_id": 2**80, "operator": "exists"}],
    },
    "an unknown segment": refers(987_654),
    "a segment beyond bigint": refers(2**80),
    "itself": refers(100),
    "a segment that is invalid": refers(101),
    "two dialects": {"matchType": "all", "condition": "AND", "filters": [{}]},
    "a contradictory field": flat("contradictory", "eq", 1),
    "a type that changed": flat("age", "eq", "forty"),
    "an option that is gone": flat("plan", "eq", "platinum"),
    "percent and quotes": flat("%(p1)s'\"$1;--", "eq", "x"),
    "a control character": flat("\u0001\u001b[31m\n", "eq", "x"),
}


@pytest.fixture
def poisoned(db: psycopg.Connection) -> psycopg.Connection:
    """Good segments among those, each of them counted once, long ago."""
    add_workspace(db)
    for number, key, kind, source, options in (
        (1, "contradictory", "NUMBER", "email", None),
        (2, "age", "NUMBER", None, None),
        (3, "plan", "DROPDOWN_SINGLE", None, '["free"]'),
    ):
        db.execute(
            """INSERT INTO contact_fields (workspace_id, id, key, name, type, source, options)
            VALUES (1, %s, %s, 'F', %s, %s, %s)""",
            (number, key, kind, source, options),
        )
    for number in range(GOOD, GOOD + 10):
        add_segment(db, number, count=77, at=PAST)
    return db


@pytest.mark.parametrize("way", [None, *Way])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_one_bad_definition(dsn: str, poisoned: psycopg.Connection, name: str, way: Way | None) -> None:
    if way is not None and name not in {"a text", "an unknown tag", "itself"}:
        return
    add_segment(poisoned, 101, "{}", count=77, at=PAST)
    add_segment(poisoned, 100, DEFINITIONS[name], count=77, at=PAST)
    begun = time.monotonic()
    results = recount(dsn, Options(way=way))
    assert time.monotonic() - begun < 5
    found = statuses(results)
    assert found.pop(100) == "invalid", results[1, 100].message
    assert found.pop(101) == "invalid"
    assert set(found.values()) == {"counted"}
    outcome = results[1, 100].outcome
    assert isinstance(outcome, Invalid)
    assert outcome.diagnostics
    assert len(results[1, 100].message) < 1_000
    assert "\n" not in results[1, 100].message
    assert counts(poisoned) == {100: 77, 101: 77, **dict.fromkeys(range(GOOD, GOOD + 10), 3)}


@pytest.mark.parametrize("stale_for", [None, timedelta(hours=1)])
def test_all_of_them_together(dsn: str, poisoned: psycopg.Connection, stale_for: timedelta | None) -> None:
    """Also where what is due is looked for in what they refer to."""
    add_segment(poisoned, 101, "{}", count=77, at=PAST)
    for number, definition in enumerate(DEFINITIONS.values(), start=100_000):
        add_segment(poisoned, number, definition, count=77, at=PAST)
    results = statuses(recount(dsn, selection=Selection(stale_for=stale_for)))
    assert {results[number] for number in range(GOOD, GOOD + 10)} == {"counted"}
    assert {status for number, status in results.items() if not GOOD <= number < GOOD + 10} == {"invalid"}


@pytest.mark.parametrize("stale_for", [None, timedelta(hours=1)])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_the_deepest_json_that_can_be_stored(
    dsn: str, poisoned: psycopg.Connection, opening: str, closing: str, stale_for: timedelta | None
) -> None:
    """As deep as the server's own parser follows; nothing that we ask it to do goes deeper."""
    low, high = 1_000, 200_000
    while high - low > 50:
        middle = (low + high) // 2
        text = opening * middle + "1" + closing * middle
        try:
            with poisoned.transaction():
                poisoned.execute("SELECT %s::jsonb::text::jsonb", (text,))
            low = middle
        except Exception:  # noqa: BLE001 - "stack depth limit exceeded", in whatever words
            high = middle
    add_segment(poisoned, 100, opening * low + "1" + closing * low, count=77, at=PAST)
    results = recount(dsn, selection=Selection(stale_for=stale_for))
    found = statuses(results)
    assert found.pop(100) == "invalid"
    assert set(found.values()) == {"counted"}


def test_a_tag_that_goes_away(dsn: str, poisoned: psycopg.Connection) -> None:
    add_segment(poisoned, 1, tagged(2), count=77, at=PAST)
    assert statuses(recount(dsn))[1] == "counted"
    poisoned.execute("DELETE FROM tags WHERE id = 2")
    results = recount(dsn)
    assert statuses(results)[1] == "invalid"
    assert "The specified tag ID does not exist: 2" in results[1, 1].message
    assert counts(poisoned)[1] == 3


def test_cycles_of_all_lengths(dsn: str, poisoned: psycopg.Connection) -> None:
    for length, first in ((1, 1), (2, 10), (3, 20), (50, 100)):
        for place in range(length):
            add_segment(poisoned, first + place, refers(first + (place + 1) % length), count=77, at=PAST)
    add_segment(poisoned, 400, refers(20), count=77, at=PAST)
    found = statuses(recount(dsn, selection=Selection(stale_for=timedelta(hours=1))))
    assert {status for number, status in found.items() if number < GOOD} == {"invalid"}
    assert {status for number, status in found.items() if number >= GOOD} == {"counted"}


def test_a_long_chain_of_references(dsn: str, poisoned: psycopg.Connection) -> None:
    """Too deep once expanded, from some link on; a message, and neither a crash nor a long wait."""
    add_segment(poisoned, 2_000, count=77, at=PAST)
    for number in range(1_000, 2_000):
        add_segment(poisoned, number, refers(number + 1), count=77, at=PAST)
    begun = time.monotonic()
    found = statuses(recount(dsn))
    assert time.monotonic() - begun < 10
    assert found[1_999] == "counted"
    assert found[1_000] == "invalid"
    assert {found[number] for number in range(GOOD, GOOD + 10)} == {"counted"}


def test_references_that_fan_out_take_no_time(dsn: str, poisoned: psycopg.Connection) -> None:
    """Each refers to all before it: 4,950 references, which a customer can store, must not stall everybody else."""
    for number in range(1, 151):
        add_segment(poisoned, number, refers(*range(1, number)) if number > 1 else EVERYONE, count=77, at=PAST)
    begun = time.monotonic()
    found = statuses(recount(dsn, Options(dry_run=True)))
    assert time.monotonic() - begun < 2
    assert found[1] == "counted"
    assert found[150] == "invalid"


def test_expanded_references_are_limited(dsn: str, poisoned: psycopg.Connection) -> None:
    many = {"matchType": "all", "filters": [EVERYONE["filters"][0]] * 400}
    add_segment(poisoned, 1, many, count=77, at=PAST)
    add_segment(poisoned, 2, refers(1), count=77, at=PAST)
    add_segment(
        poisoned, 3, {"condition": "OR", "filters": [*refers(1)["filters"], *refers(2)["filters"]]}, count=77, at=PAST
    )
    found = statuses(recount(dsn))
    assert (found[1], found[2], found[3]) == ("counted", "counted", "invalid")


def test_options_and_fields_of_any_kind(dsn: str, poisoned: psycopg.Connection) -> None:
    """A declaration is the workspace's own; whatever it may hold stops nobody."""
    for number, key in enumerate(("a" * 1_000, "a_", "zz9", "select", "nul"), start=50):
        poisoned.execute(
            """INSERT INTO contact_fields (workspace_id, id, key, name, type, options)
            VALUES (1, %s, %s, E'\\u0001%%s', 'DROPDOWN_SINGLE', '["", "a", "a", "\\u0001", "%%(p1)s"]')""",
            (number, key),
        )
        add_segment(poisoned, number, flat(key, "not_in", ["a", ""]), count=77, at=PAST)
    found = statuses(recount(dsn))
    assert set(found.values()) == {"counted"}
