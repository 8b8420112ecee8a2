"""Definitions for a workspace: valid, of both dialects, every kind of condition, five levels of groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from properties import near
from properties.model import Definition
from properties.oracle import BUILT_INS
from properties.pools import METADATA_KEYS, SEEN_KEY
from properties.rewrites import complement, same_shape, shuffled
from properties.world import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from properties.model import Workspace

__all__ = ["closely_related", "complement", "definitions", "moments", "same_shape", "shuffled"]

DEEPEST = 5

OPERATORS = {
    "TEXT": ("eq", "ne", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in"),
    "NUMBER": ("eq", "ne", "gt", "lt", "gte", "lte"),
    "BOOLEAN": ("eq", "ne"),
    "DATE": ("eq", "ne", "gt", "lt", "gte", "lte"),
    "DROPDOWN_SINGLE": ("eq", "ne", "in", "not_in"),
    "DROPDOWN_MULTIPLE": ("eq", "ne", "contains", "not_contains"),
    "COUNTRY": ("eq", "ne", "in", "not_in"),
}

ZONE_DAYS = {
    "Asia/Beirut": ("2026-03-29", "2025-10-25", "2025-10-26"),
    "America/Havana": ("2026-03-08", "2025-11-02"),
    "America/St_Johns": ("2010-11-06", "2010-11-07"),
    "Pacific/Apia": ("2011-12-29", "2011-12-30", "2011-12-31"),
}
FAR_DAYS = ("0001-01-01", "9999-12-31", "2024-02-29", "2026-03-29")


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a condition is about: how its dialect names it, what type it has, where contacts hold it."""

    named: Definition
    type: str
    options: tuple[str, ...] | None
    place: str


@cache
def definitions(workspace: Workspace) -> st.SearchStrategy[Definition]:
    """Any definition that the workspace accepts."""
    return _group(workspace, typed=True, level=1) | _group(workspace, typed=False, level=1)


@cache
def moments(workspace: Workspace) -> st.SearchStrategy[datetime]:
    """Instants to count at: the fixed one, and those at which a stored time is just on the edge."""
    instants = near.stored(workspace, "created_at").instants
    usual = [moment for moment in instants if 1900 < moment.year < 9000]
    edges = [moment + timedelta(microseconds=step) for moment in usual for step in (-1, 0, 1)]
    return st.just(NOW) | st.sampled_from(edges)


@st.composite
def closely_related(draw: st.DrawFn, workspace: Workspace, most: int = 12) -> Definition:
    """A definition of a few conditions, on one or two values, that stand in it again and again."""
    typed = draw(st.booleans())
    kinds = [st.just(_tags(workspace, {"type": "tags"} if typed else {"field": "tags"}, ()))] if workspace.tags else []
    if workspace.fields:
        kinds += [_subject(workspace, typed=typed)] * 4
    if not typed:
        kinds += [_metadata_subject(), st.just(_flat_rate("open_rate", workspace))]
    else:
        kinds += [st.just(_last_activity(workspace)), st.just(_typed_rate("open_rate"))]
    about = [draw(kind) for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2))]
    pool = [draw(condition) for condition in about for _ in range(4)]
    words = ["AND", "OR", "NOT"] if typed else ["all", "any", "none"]

    def group(level: int, size: int) -> Definition:
        filters: list[Definition] = []
        for _ in range(draw(st.integers(1, max(1, size)))):
            deeper = level < 4 and size > 1 and draw(st.integers(0, 2)) == 0
            filters.append(group(level + 1, size // 2) if deeper else draw(st.sampled_from(pool)))
        word = draw(st.sampled_from(words if level > 1 else words[:2]))
        return {"condition" if typed else "matchType": word, "filters": filters}

    return group(1, min(most, 6))


@st.composite
def _subject(draw: st.DrawFn, workspace: Workspace, *, typed: bool) -> st.SearchStrategy[Definition]:
    """Conditions on one field."""
    declared = draw(st.sampled_from(workspace.fields))
    named: Definition = {"type": "field", "field_id": declared.id} if typed else {"field": declared.key}
    operators = {*OPERATORS[declared.type], "neq", "exists", "not_exists"}
    if not typed:
        operators &= {*OPERATORS[BUILT_INS.get(declared.key, declared.type)], "neq", "exists", "not_exists"}
        operators |= {"within_days"} if declared.type == "DATE" else set()
    kind = "COUNTRY" if not typed and BUILT_INS.get(declared.key) == "COUNTRY" else declared.type
    subject = _Subject(named, kind, declared.options, declared.source or f"$.{declared.key}")
    return _test(workspace, subject, sorted(operators))


@st.composite
def _metadata_subject(draw: st.DrawFn) -> st.SearchStrategy[Definition]:
    """Conditions on one undeclared value, of every type."""
    key = draw(st.sampled_from([*METADATA_KEYS[:4], SEEN_KEY]))
    texts = st.sampled_from(["a", "abc", "AB", "b", "2026-03-29", ""])
    operators = st.sampled_from(["eq", "neq", "contains", "not_contains", "starts_with", "ends_with"])
    tests = st.one_of(
        st.builds(lambda operator, text: (operator, text or "a"), operators, texts),
        st.tuples(st.sampled_from(["eq", "neq"]), texts | st.booleans()),
        st.tuples(st.sampled_from(["in", "not_in"]), st.lists(texts, min_size=1, max_size=3)),
        st.tuples(
            st.sampled_from(["eq", "neq", "gt", "gte", "lt", "lte"]), st.sampled_from([0, 1, Decimal("1.0"), 42])
        ),
        st.tuples(st.just("within_days"), st.sampled_from([1, 2, 30])),
        st.tuples(st.sampled_from(["exists", "not_exists"]), st.none()),
    )
    return tests.map(lambda test: {"field": f"metadata.{key}", "operator": test[0], "value": test[1]})


@st.composite
def _group(draw: st.DrawFn, workspace: Workspace, *, typed: bool, level: int) -> Definition:
    words = ["AND", "OR", "NOT"] if typed else ["all", "any", "none"]
    condition = _typed_condition(workspace) if typed else _flat_condition(workspace)
    parts: st.SearchStrategy[Definition] = condition
    if level < DEEPEST:
        parts = condition | condition | _group(workspace, typed=typed, level=level + 1)
    return {
        "condition" if typed else "matchType": draw(st.sampled_from(words if level > 1 else words[:2])),
        "filters": draw(st.lists(parts, min_size=1, max_size=4)),
    }


@cache
def _typed_condition(workspace: Workspace) -> st.SearchStrategy[Definition]:
    return _weighted(
        (1, _typed_rate("open_rate")),
        (1, _typed_rate("click_rate")),
        (2, _last_activity(workspace)),
        (10 if workspace.fields else 0, _typed_field(workspace)),
        (2 if workspace.tags else 0, _tags(workspace, {"type": "tags"}, ())),
        (2 if workspace.segments else 0, _segment(workspace)),
    )


@cache
def _flat_condition(workspace: Workspace) -> st.SearchStrategy[Definition]:
    return _weighted(
        (1, _flat_rate("open_rate", workspace)),
        (1, _flat_rate("click_rate", workspace)),
        (10, _flat_field(workspace)),
        (4, _metadata(workspace)),
        (2 if workspace.tags else 0, _tags(workspace, {"field": "tags"}, ("neq", "exists", "not_exists"))),
    )


def _weighted(*kinds: tuple[int, st.SearchStrategy[Definition]]) -> st.SearchStrategy[Definition]:
    """Each in proportion to its weight; `one_of` takes every strategy only once."""
    places = [place for place, (weight, _) in enumerate(kinds) for _ in range(weight)]
    return st.sampled_from(places).flatmap(lambda place: kinds[place][1])


@st.composite
def _typed_field(draw: st.DrawFn, workspace: Workspace) -> Definition:
    declared = draw(st.sampled_from(workspace.fields))
    place = declared.source or f"$.{declared.key}"
    subject = _Subject({"type": "field", "field_id": declared.id}, declared.type, declared.options, place)
    return draw(_test(workspace, subject, (*OPERATORS[declared.type], "neq", "exists", "not_exists")))


@st.composite
def _flat_field(draw: st.DrawFn, workspace: Workspace) -> Definition:
    """By key. Where a declaration shadows a built-in, only what is valid for both of them."""
    declared = {field.key: field for field in workspace.fields}
    name = draw(st.sampled_from(sorted({*declared, *BUILT_INS})))
    field = declared.get(name)
    kind = field.type if field else BUILT_INS[name]
    operators = set(OPERATORS[kind]) & set(OPERATORS[BUILT_INS.get(name, kind)])
    operators |= {"neq", "exists", "not_exists"} | ({"within_days"} if kind == "DATE" else set())
    if BUILT_INS.get(name) == "COUNTRY":
        kind = "COUNTRY"
    place = (field.source if field else name) or f"$.{name}"
    subject = _Subject({"field": name}, kind, field.options if field else None, place)
    return draw(_test(workspace, subject, sorted(operators)))


@st.composite
def _test(draw: st.DrawFn, workspace: Workspace, subject: _Subject, operators: Sequence[str]) -> Definition:
    """A condition on the subject with one of the operators and a value that it takes."""
    operator = draw(st.sampled_from(operators))
    if operator in {"exists", "not_exists"}:
        return {**subject.named, "operator": operator, **draw(_no_value())}
    return {**subject.named, "operator": operator, "value": draw(_value(workspace, subject, operator))}


def _no_value() -> st.SearchStrategy[Definition]:
    return st.sampled_from([{}, {"value": None}])


def _value(workspace: Workspace, subject: _Subject, operator: str) -> st.SearchStrategy[Any]:
    found, options = near.stored(workspace, subject.place), subject.options
    several = operator in {"in", "not_in"}
    if operator == "within_days":
        return near.integers(1, 36_500, near.DAYS_AGO)
    match subject.type:
        case "TEXT":
            return _text_value(operator, found)
        case "NUMBER":
            return near.numbers(found.numbers)
        case "BOOLEAN":
            return st.booleans()
        case "DATE":
            return near.dates(found, _odd_days(workspace))
        case "DROPDOWN_SINGLE":
            one = st.sampled_from(options) if options else near.texts(found.texts)
            return st.lists(one, min_size=1, max_size=4) if several else one
        case "COUNTRY":
            one = st.sampled_from(near.ISO_COUNTRIES)
            return st.lists(one, min_size=1, max_size=4) if several else one
        case "DROPDOWN_MULTIPLE" if operator in {"contains", "not_contains"}:
            some = near.choices(found, options, smallest=1)
            return some | some.map(lambda items: items[0])
        case "DROPDOWN_MULTIPLE":
            return near.choices(found, options, smallest=0)
        case kind:
            raise ValueError(f"no field type: {kind}")


def _text_value(operator: str, found: near.Stored) -> st.SearchStrategy[Any]:
    match operator:
        case "in" | "not_in":
            return st.lists(near.texts(found.texts), min_size=1, max_size=5)
        case "eq" | "ne" | "neq":
            return near.texts(found.texts)
        case _:
            return near.texts(found.texts, empty=False, part=True)


def _odd_days(workspace: Workspace) -> tuple[str, ...]:
    return (*FAR_DAYS, *ZONE_DAYS.get(workspace.timezone, ()))


@st.composite
def _metadata(draw: st.DrawFn, workspace: Workspace) -> Definition:
    """A key, mostly one that is there, and a value of any type: the value decides how the key is read."""
    declared = [field.key for field in workspace.fields if field.source is None]
    kind = draw(st.sampled_from(["TEXT", "TEXT", "TEXT", "NUMBER", "BOOLEAN", "within_days", "exists"]))
    likely = [SEEN_KEY, SEEN_KEY, "birthday", "note"] if kind == "within_days" else [*METADATA_KEYS, *declared]
    key = draw(st.sampled_from([*likely, None])) or draw(st.text("aé.'\"%$\\ ", min_size=1, max_size=8))
    subject = _Subject({"field": f"metadata.{key}"}, kind, None, f"$.{key}")
    match kind:
        case "within_days":
            operators: Sequence[str] = ("within_days",)
        case "exists":
            operators = ("exists", "not_exists")
        case _:
            operators = [("neq" if one == "ne" else one) for one in OPERATORS[kind]]
    return draw(_test(workspace, subject, operators))


@st.composite
def _tags(draw: st.DrawFn, workspace: Workspace, start: Definition, more: tuple[str, ...]) -> Definition:
    operator = draw(st.sampled_from(("eq", "ne", "contains", "not_contains", *more)))
    if operator in {"exists", "not_exists"}:
        return {**start, "operator": operator, **draw(_no_value())}
    owned = [sorted(contact.tags) for contact in workspace.contacts if contact.tags] or [[*workspace.tags][:1]]
    some = st.lists(st.sampled_from(sorted(workspace.tags)), min_size=1, max_size=4)
    value = draw(st.sampled_from(owned).flatmap(st.permutations) | some)
    condition = {**start, "operator": operator, "value": value}
    if operator in {"contains", "not_contains"}:
        condition |= draw(st.sampled_from([{}, {}, {"match": "any"}, {"match": "all"}]))
    return condition


@st.composite
def _typed_rate(draw: st.DrawFn, name: str) -> Definition:
    operator = draw(st.sampled_from(("eq", "gt", "lt", "gte", "lte")))
    return {
        "type": name,
        "operator": operator,
        "value": draw(near.integers(0, 100, (0, 100, 50, 33, 66, 1, 99))),
    }


@st.composite
def _flat_rate(draw: st.DrawFn, name: str, workspace: Workspace) -> Definition:
    operator = draw(st.sampled_from(("eq", "neq", "gt", "lt", "gte", "lte", "exists", "not_exists")))
    if operator in {"exists", "not_exists"}:
        return {"field": name, "operator": operator, **draw(_no_value())}
    return {"field": name, "operator": operator, "value": draw(near.rates(workspace))}


@st.composite
def _last_activity(draw: st.DrawFn, workspace: Workspace) -> Definition:
    operator = draw(st.sampled_from(("is_after", "is_before", "within_last_days")))
    place = draw(st.sampled_from(["last_open_at", "last_click_at"]))
    value: st.SearchStrategy[Any] = near.dates(near.stored(workspace, place), _odd_days(workspace))
    if operator == "within_last_days":
        value = near.integers(1, 36_500, near.DAYS_AGO)
    return {"type": "last_activity", "operator": operator, "value": draw(value)}


@st.composite
def _segment(draw: st.DrawFn, workspace: Workspace) -> Definition:
    ids = st.sampled_from([segment.id for segment in workspace.segments])
    operator = draw(st.sampled_from(("in", "not_in")))
    return {"type": "segment", "operator": operator, "value": draw(st.lists(ids, min_size=1, max_size=3))}
