"""Other programs' forms mean what the definition means: round trips by the oracle, and an evaluator of JsonLogic."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import datalogic_py
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import oracle
from properties.days import has_date_shape
from properties.model import Activity, json_text
from properties.strategies import definitions
from properties.world import NOW, WORLD
from segsql.errors import Code, InvalidDefinition
from segsql.filters.decode import decode
from segsql.filters.interop import Form, convert, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from properties.model import Contact, Definition, Workspace

LARGEST = 1e300
"""In place of a number that no float is large enough for."""

HARMLESS = {"field": "tags", "operator": "exists"}


@st.composite
def flat(draw: st.DrawFn) -> tuple[Workspace, Definition]:
    """A workspace, and a definition of the flat dialect that it accepts."""
    workspace = draw(st.sampled_from(WORLD.workspaces))
    return workspace, draw(definitions(workspace).filter(lambda definition: "matchType" in definition))


def replaced(definition: Definition, unwanted: Callable[[Definition, str], bool], path: str = "$") -> Definition:
    """The definition with a condition that both sides have in the place of each unwanted one."""
    if "filters" not in definition:
        return HARMLESS if unwanted(definition, path) else definition
    filters = [
        replaced(member, unwanted, f"{path}.filters[{index}]") for index, member in enumerate(definition["filters"])
    ]
    return {**definition, "filters": filters}


def converted(definition: Definition, form: Form) -> str:
    return convert(read(Form.SEGSQL, json_text(definition).encode()), form)


def expressible(definition: Definition, form: Form) -> Definition:
    """What the form can say of the definition; what it can't is refused by name."""
    try:
        converted(definition, form)
    except InvalidDefinition as error:
        refused = {found.path for found in error.diagnostics if found.code is Code.NOT_EXPRESSIBLE}
        return replaced(definition, lambda _, path: path in refused)
    return definition


@pytest.mark.parametrize("form", [Form.QUERY_BUILDER, Form.JSON_LOGIC])
@settings(max_examples=50, deadline=None)
@given(flat())
def test_there_and_back_matches_the_same_contacts(form: Form, case: tuple[Workspace, Definition]) -> None:
    workspace, given_definition = case
    definition = expressible(given_definition, form)
    back: Any = decode(convert(read(form, converted(definition, form).encode()), Form.SEGSQL))
    assert oracle.members(back, workspace, NOW) == oracle.members(definition, workspace, NOW)


@settings(max_examples=100, deadline=None)
@given(flat())
def test_a_rule_is_true_where_the_definition_matches(case: tuple[Workspace, Definition]) -> None:
    """Where docs/filters.md says that both agree, by an evaluator that is not ours."""
    workspace, given_definition = case
    exact = replaced(given_definition, lambda condition, _: not agrees(condition, workspace))
    definition = expressible(exact, Form.JSON_LOGIC)
    rule = datalogic_py.Engine().compile(converted(definition, Form.JSON_LOGIC))
    for contact in workspace.living:
        expected = oracle.matches(definition, contact, workspace, NOW)
        assert rule.evaluate(values_of(contact, workspace)) is expected, (definition, contact.id)


def agrees(condition: Definition, workspace: Workspace) -> bool:
    """Whether JsonLogic has the condition's meaning: no case, no zones, no more digits than a float has."""
    name, operator, value = condition["field"], condition["operator"], cast("Any", condition.get("value"))
    if operator in {"exists", "not_exists"} or name == "tags":
        return not name.startswith("metadata.")
    if name in {"open_rate", "click_rate", "delivered_count", "opens_count", "clicks_count"}:
        return bool(int(value) == value and abs(value) < 2**53)
    if name.startswith("metadata."):
        return isinstance(value, bool) or (isinstance(value, str) and operator in {"eq", "neq"})
    declared = {field.key: field for field in workspace.fields}.get(name)
    kind = declared.type if declared else oracle.BUILT_INS[name]
    source = declared.source if declared else name
    match kind:
        case "TEXT" | "DROPDOWN_SINGLE" | "COUNTRY":
            return source != "email" and operator in {"eq", "ne", "neq", "in", "not_in"}
        case "BOOLEAN" | "DROPDOWN_MULTIPLE":
            return True
        case "DATE":
            return source is None and isinstance(value, str) and has_date_shape(value)
        case _:
            return False


def values_of(contact: Contact, workspace: Workspace) -> dict[str, Any]:
    """A contact as a rule sees it: null for what is no value of its field's type."""
    kinds = {name: (kind, oracle._built_in(name, contact)) for name, kind in oracle.BUILT_INS.items()}
    kinds |= {field.key: (field.type, oracle._read(field, contact)) for field in workspace.fields}
    activity = contact.activity or Activity()
    return {
        **{name: value(kind, stored) for name, (kind, stored) in kinds.items()},
        "tags": sorted(contact.tags),
        "open_rate": rate(activity.opens_count, activity.delivered_count),
        "click_rate": rate(activity.clicks_count, activity.delivered_count),
        "metadata": {key: one for key, one in contact.fields.items() if isinstance(one, str | bool)},
    }


def value(kind: str, stored: object) -> Any:
    match kind:
        case "TEXT":
            return oracle._as_text(stored)
        case "NUMBER":
            is_number = isinstance(stored, int | Decimal) and not isinstance(stored, bool)
            return min(float(cast("Decimal", stored)), LARGEST) if is_number else None
        case "BOOLEAN":
            return stored if isinstance(stored, bool) else None
        case "DATE":
            is_day = isinstance(stored, str) and has_date_shape(stored)
            return stored if is_day else stored.isoformat() if isinstance(stored, datetime) else None
        case "DROPDOWN_MULTIPLE":
            is_set = isinstance(stored, list) and all(isinstance(item, str) for item in stored)
            return stored if is_set else None
        case _:
            return stored if isinstance(stored, str) else None


def rate(happened: int, delivered: int) -> float | None:
    return float(Fraction(100 * min(happened, delivered), delivered)) if delivered else None
