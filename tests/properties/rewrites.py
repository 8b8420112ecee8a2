"""Other definitions made from one, of which it is known what must become of the count or of the SQL text."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from properties.days import has_date_shape
from properties.near import ISO_COUNTRIES
from properties.oracle import BUILT_INS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from properties.model import Definition, Workspace


def complement(definition: Definition) -> Definition:
    """The definition that matches exactly the workspace's other contacts.

    A negating group matches where none of its filters does, so it holds an OR's filters as they are, and an
    AND as the one group that it is. The root can't negate: around the negation stands an AND of one.
    """
    key, every, one, none = (
        ("matchType", "all", "any", "none") if "matchType" in definition else ("condition", "AND", "OR", "NOT")
    )
    inside = definition["filters"] if definition[key] == one else [definition]
    return {key: every, "filters": [{key: none, "filters": inside}]}


def shuffled(definition: Definition, random: Random) -> Definition:
    """The same filters in another order, in each group."""
    filters = [shuffled(part, random) if "filters" in part else part for part in definition["filters"]]
    return {**definition, "filters": random.sample(filters, len(filters))}


Token = tuple[str, Any]
"""What makes values equal: text by its characters, numbers by their worth."""


@st.composite
def same_shape(draw: st.DrawFn, definition: Definition, workspace: Workspace) -> Definition:
    """The same definition with other values: valid, equal where they were equal, different where different.

    Lists keep their length, dates stay dates and times times, numbers stay integers or not. References to
    segments stay, and so does each value that a stored segment holds: expanded, it would be equal to that.
    """
    fixed: set[Token] = set()
    for segment in workspace.segments:
        fixed |= {token for token, _ in _places(segment.definition, workspace)}
    domains: dict[Token, set[str | tuple[Any, ...]]] = {}
    for token, domain in _places(definition, workspace):
        domains.setdefault(token, set()).add(domain)
    taken, renamed = fixed | set(domains), dict[Token, Any]()
    for token in (one for one in domains if one not in fixed):
        fresh = [one for one in _candidates(domains[token]) if _token(one) not in taken]
        if fresh:
            renamed[token] = draw(st.sampled_from(fresh))
            taken.add(_token(renamed[token]))
    if not any(kind == "boolean" for kind, _ in fixed) and draw(st.booleans()):
        renamed |= {("boolean", True): False, ("boolean", False): True}
    return _renamed(definition, renamed)


def _token(value: Any) -> Token:
    match value:
        case bool():
            return "boolean", value
        case int() | Decimal():
            return "number", Decimal(value)
        case _:
            return "text", value


def _places(definition: Definition, workspace: Workspace) -> Iterator[tuple[Token, str | tuple[Any, ...]]]:
    """Each value of the tree, with a name for (or the list of) the values that may stand in its place."""
    for part in definition.get("filters", ()):
        yield from _places(part, workspace)
    if "filters" in definition or definition.get("type") == "segment":
        return
    if str(definition.get("field", "")).startswith("metadata."):
        yield _token(definition["field"].removeprefix("metadata.")), "key"
    value = definition.get("value")
    for one in value if isinstance(value, list) else [] if value is None else [value]:
        yield _token(one), _domain(definition, one, workspace)


def _domain(condition: Definition, value: Any, workspace: Workspace) -> str | tuple[Any, ...]:
    name = condition.get("field") or condition["type"]
    if condition["operator"] in {"within_days", "within_last_days"}:
        return "days"
    if name == "tags":
        return tuple(workspace.tags)
    if name in {"open_rate", "click_rate"}:
        return "rate" if Decimal(value) == int(value) else "rate with a fraction"
    if name.startswith("metadata."):
        return _free(value)
    if name == "last_activity":
        return "date" if has_date_shape(value) else "time"
    declared = [
        one for one in workspace.fields if condition.get("field_id") == one.id or one.key == condition.get("field")
    ]
    kinds = {BUILT_INS.get(name), *(one.type for one in declared)}
    options = [one.options for one in declared if one.options is not None]
    if options:
        return options[0]
    if "COUNTRY" in kinds:
        return ISO_COUNTRIES
    if "DATE" in kinds:
        return "date" if has_date_shape(value) else "time"
    return _free(value)


def _free(value: Any) -> str:
    kind = _token(value)[0]
    return "number with a fraction" if kind == "number" and Decimal(value) != int(value) else kind


POOLS: dict[str, tuple[Any, ...]] = {
    "text": tuple(f"Text {number} with 100% _\\'\"" for number in range(60)),
    "key": tuple(f"key {number} '.\"%" for number in range(60)),
    "number": tuple(Decimal(number) for number in range(1000, 1060)),
    "days": tuple(Decimal(number) for number in range(3, 90)),
    "rate": tuple(Decimal(number) for number in range(101)),
    "number with a fraction": tuple(Decimal(f"{number}.25") for number in range(-20, 60)),
    "rate with a fraction": tuple(Decimal(f"{number}.125") for number in range(100)),
    "date": tuple(f"20{number}-02-{number - 50}" for number in range(60, 79)),
    "time": tuple(f"20{number}-07-{number - 50}t23:59:59.{number}+02:00" for number in range(60, 79)),
    "boolean": (),
}

ACCEPTS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "key": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, Decimal) and value == int(value),
    "days": lambda value: isinstance(value, Decimal) and 1 <= value <= 36_500 and value == int(value),
    "rate": lambda value: isinstance(value, Decimal) and 0 <= value <= 100 and value == int(value),
    "number with a fraction": lambda value: isinstance(value, Decimal) and value != int(value),
    "rate with a fraction": lambda value: isinstance(value, Decimal) and 0 <= value <= 100 and value != int(value),
    "date": lambda value: isinstance(value, str) and has_date_shape(value),
    "time": lambda value: isinstance(value, str) and value[10:11] == "t",
    "boolean": lambda value: isinstance(value, bool),
}


def _candidates(domains: set[str | tuple[Any, ...]]) -> list[Any]:
    """The values that may stand in every place where the one in question stands."""
    found = [one for domain in domains for one in (POOLS[domain] if isinstance(domain, str) else domain)]
    plain = [one if isinstance(one, str) else Decimal(one) for one in found]
    return [
        one
        for one in dict.fromkeys(plain)
        if all(ACCEPTS[domain](one) if isinstance(domain, str) else one in domain for domain in domains)
    ]


def _renamed(definition: Definition, renamed: dict[Token, Any]) -> Definition:
    if "filters" in definition:
        return {**definition, "filters": [_renamed(part, renamed) for part in definition["filters"]]}
    if definition.get("type") == "segment":
        return definition
    result = dict(definition)
    field = str(definition.get("field", ""))
    if field.startswith("metadata."):
        key = field.removeprefix("metadata.")
        result["field"] = f"metadata.{renamed.get(_token(key), key)}"
    value = definition.get("value")
    if isinstance(value, list):
        result["value"] = [_spelled_like(one, renamed.get(_token(one), one)) for one in value]
    elif value is not None:
        result["value"] = _spelled_like(value, renamed.get(_token(value), value))
    return result


def _spelled_like(old: Any, new: Any) -> Any:
    """An integer for an integer, `7.0` for what had a fraction of zero."""
    if isinstance(old, bool) or not isinstance(old, int | Decimal) or new != int(new):
        return new
    return int(new) if isinstance(old, int) else Decimal(f"{int(new)}.0")
