"""Customers go on working while their segments are counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from postgres.faults.rows import EDITS
from postgres.faults.world import SEGMENTS, WHERE

if TYPE_CHECKING:
    from postgres.faults.scene import Scene
    from postgres.test_recount_support import Key

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")

DEPTH = 3_000

POISON: dict[Key, str] = {
    (1, 1): '{"matchType": "all", "filters": [' * DEPTH + "]}" * DEPTH,
    (1, 3): json.dumps(
        {"matchType": "all", "filters": [{"field": "id) OR (1=1", "operator": "eq", "value": "'; --"}] * 900}
    ),
    (1, 4): '{"matchType": "all", "filters": [{"field": "opens_count", "operator": "gt", "value": 1e131071}]}',
    (2, 4): "null",
    (2, 7): '{"condition": "AND", "filters": [{"type": "segment", "operator": "in", "value": [7]}]}',
}


def define(scene: Scene, key: Key, definition: str) -> None:
    scene.ask("UPDATE segments SET definition = %s WHERE (workspace_id, id) = (%s, %s)", definition, *key)


def test_definitions_are_edited(scene: Scene) -> None:
    edited = {(1, 2): 4, (1, 3): 1, (2, 5): 6}
    with scene.gate() as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        for key, like in edited.items():
            definition, where = SEGMENTS[like]
            define(scene, key, json.dumps(definition))
            scene.segments[key] = where
    assert scene.ended(run, EDITS["edited"]) == {**ALL, **dict.fromkeys(edited, "superseded")}
    assert scene.untouched() == edited.keys()
    scene.heals()


def test_segments_are_deleted(scene: Scene) -> None:
    deleted: list[Key] = [(1, 2), (1, 5), (2, 1)]
    with scene.gate() as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        for key in deleted:
            scene.ask("DELETE FROM segments WHERE (workspace_id, id) = (%s, %s)", *key)
            del scene.segments[key]
    assert scene.ended(run, EDITS["deleted"]) == {**ALL, **dict.fromkeys(deleted, "superseded")}
    assert scene.untouched() == set()
    scene.heals()


def test_definitions_are_replaced_by_poison(scene: Scene) -> None:
    with scene.gate() as closed:
        run = scene.start("--jobs", "1")
        closed.waiter(run)
        for key, definition in POISON.items():
            define(scene, key, definition)
    assert scene.ended(run, EDITS["poisoned"]) == {**ALL, **dict.fromkeys(POISON, "superseded")}
    assert scene.untouched() == POISON.keys()
    scene.heals(but=POISON.keys())
