"""The world is as awkward as it says, and the strategies draw what may be compared on it."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from properties import pools
from properties.model import Workspace, json_text
from properties.near import fits
from properties.oracle import BUILT_INS, count
from properties.strategies import definitions, same_shape
from properties.texts import simple_lower
from properties.world import NOW, WORLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from properties.model import Definition

FULL = WORLD.workspaces[:-1]


@pytest.mark.parametrize("workspace", FULL, ids=lambda workspace: workspace.name)
@pytest.mark.parametrize(
    ("key", "pool"),
    [
        ("note", pools.TEXTS),
        ("nick", pools.OTHER_TYPES),
        ("score", pools.NUMBERS),
        ("ratio", pools.OTHER_TYPES),
        ("vip", pools.OTHER_TYPES),
        ("birthday", pools.DATES),
        ("renewal", pools.NOT_DATES),
        ("renewal", pools.OTHER_TYPES),
        ("plan", pools.CHOICES),
        ("tier", pools.OTHER_TYPES),
        ("interests", pools.LISTS),
        ("colours", pools.OTHER_TYPES),
        ("residence", pools.COUNTRIES),
        ("it's", pools.METADATA),
        (pools.SEEN_KEY, pools.SEEN),
    ],
)
def test_each_awkward_value_is_stored_with_a_living_contact(
    workspace: Workspace, key: str, pool: tuple[Any, ...]
) -> None:
    stored = {repr(contact.fields.get(key, pools.MISSING)) for contact in workspace.living}
    assert not {repr(value) for value in pool} - stored


@pytest.mark.parametrize("workspace", FULL, ids=lambda workspace: workspace.name)
def test_addresses_are_unique_among_the_living_alone(workspace: Workspace) -> None:
    living = Counter(simple_lower(contact.email) for contact in workspace.living if contact.email is not None)
    assert max(living.values()) == 1
    deleted = [contact for contact in workspace.contacts if contact.deleted_at is not None]
    assert {simple_lower(one.email) for one in deleted if one.email is not None} & set(living)


def test_ids_are_shared_but_not_what_they_mean() -> None:
    first, second, *_ = WORLD.workspaces
    assert [one.id for one in first.contacts] == [one.id for one in second.contacts]
    assert first.tags.keys() == second.tags.keys()
    assert [one.id for one in first.segments] == [one.id for one in second.segments]
    assert {one.id for one in first.fields} == {one.id for one in second.fields}
    types = {one.id: one.type for one in second.fields}
    assert sum(types[one.id] != one.type for one in first.fields) > 10


def test_declarations_keep_the_rules() -> None:
    for workspace in FULL:
        for declared in workspace.fields:
            assert declared.key not in BUILT_INS or declared.source == declared.key
            assert not declared.key.startswith(("metadata", "segment"))


def test_activity_is_what_events_could_have_made() -> None:
    for workspace in FULL:
        for one in workspace.contacts:
            if one.activity is not None:
                assert (one.activity.opens_count == 0) is (one.activity.last_open_at is None)
                assert (one.activity.clicks_count == 0) is (one.activity.last_click_at is None)


def _conditions(definition: Definition) -> Iterator[Definition]:
    for part in definition["filters"]:
        if "filters" in part:
            yield from _conditions(part)
        else:
            yield part


def _depth(definition: Definition) -> int:
    return 1 + max(_depth(part) if "filters" in part else 0 for part in definition["filters"])


def _shape(value: Any, seen: dict[Any, int]) -> Any:
    """A definition without its values: each scalar value is its JSON kind and when it was first seen."""
    if "filters" in value:
        return {**value, "filters": [_shape(part, seen) for part in value["filters"]]}
    result = dict(value)
    if str(value.get("field", "")).startswith("metadata."):
        result["field"] = seen.setdefault(("text", value["field"].removeprefix("metadata.")), len(seen))
    if "value" in value and value.get("type") != "segment":
        many = value["value"] if isinstance(value["value"], list) else [value["value"]]
        shapes = [(_kind(one), seen.setdefault((_kind(one), one), len(seen))) for one in many]
        result["value"] = shapes if isinstance(value["value"], list) else shapes[0]
    return result


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | Decimal():
            return "number"
        case _:
            return "text"


@settings(deadline=None)
@given(st.data())
def test_definitions_keep_the_limits(data: st.DataObject) -> None:
    definition = data.draw(st.sampled_from(WORLD.workspaces).flatmap(definitions))
    assert _depth(definition) <= 5
    assert len(list(_conditions(definition))) <= 400
    written = json_text(definition)
    assert len(written.encode()) < 200_000
    assert json.loads(written, parse_float=Decimal) == definition
    for condition in _conditions(definition):
        value = condition.get("value")
        for one in value if isinstance(value, list) else [value]:
            assert not isinstance(one, float)
            if isinstance(one, str):
                assert len(one) <= 1024
                assert "\0" not in one
            elif isinstance(one, int | Decimal):
                assert fits(one)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_same_shape_changes_values_alone(data: st.DataObject) -> None:
    workspace = data.draw(st.sampled_from(WORLD.workspaces))
    definition = data.draw(definitions(workspace))
    other = data.draw(same_shape(definition, workspace))
    assert _shape(other, {}) == _shape(definition, {})
    count(other, workspace, NOW)


def test_definitions_are_seldom_trivial() -> None:
    """Otherwise an evaluator that says no to everything would agree with the compiler most of the time."""
    trivial = Counter[bool]()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        workspace = data.draw(st.sampled_from(FULL))
        result = count(data.draw(definitions(workspace)), workspace, NOW)
        trivial[result in {0, len(workspace.living)}] += 1

    draw()
    assert trivial[False] > trivial.total() * 0.4
