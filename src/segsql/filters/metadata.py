"""Conditions on undeclared custom values: the definition's own value decides how a stored one is read (spec 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from segsql.catalog import PRESENCE_OPERATORS, Operator, read_operator
from segsql.catalog.hints import did_you_mean
from segsql.errors import Code
from segsql.filters import values
from segsql.filters.decode import Json
from segsql.filters.nodes import MetadataTest, Place
from segsql.filters.problems import Problems

MAX_KEY = 128

_TEXT_OPERATORS = (
    Operator.EQ,
    Operator.NE,
    Operator.CONTAINS,
    Operator.NOT_CONTAINS,
    Operator.STARTS_WITH,
    Operator.ENDS_WITH,
)
_LIST_OPERATORS = (Operator.IN, Operator.NOT_IN)
_NUMBER_OPERATORS = (Operator.EQ, Operator.NE, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_BOOLEAN_OPERATORS = (Operator.EQ, Operator.NE)

_ALL_OPERATORS: tuple[Operator, ...] = (
    *_TEXT_OPERATORS,
    *_LIST_OPERATORS,
    *_NUMBER_OPERATORS[2:],
    Operator.WITHIN_DAYS,
    *PRESENCE_OPERATORS,
)

_BY_KIND: Mapping[str, tuple[Operator, ...]] = {
    "a text": _TEXT_OPERATORS,
    "a list of texts": _LIST_OPERATORS,
    "a number": _NUMBER_OPERATORS,
    "a boolean": _BOOLEAN_OPERATORS,
}


def read_metadata(key: str, condition: dict[str, Json], place: Place, problems: Problems) -> MetadataTest | None:
    """Read a condition on `metadata.<key>`; the key is one key, dots and all."""
    if not 1 <= len(key) <= MAX_KEY:
        message = f"A metadata key has 1 to {MAX_KEY} characters; this one has {len(key)}"
        problems.add(Code.METADATA_KEY, place, "field", message)
    operator = read_operator(condition.get("operator"))
    if operator not in _ALL_OPERATORS:
        _refuse_operator(condition, _ALL_OPERATORS, place, problems)
        return None
    if operator in PRESENCE_OPERATORS:
        return MetadataTest(place, key, operator, None) if values.nothing(condition, place, problems) else None
    if operator is Operator.WITHIN_DAYS:
        days = values.days(condition, place, problems)
        return None if days is None else MetadataTest(place, key, operator, days)
    return _read_compared(key, operator, condition, place, problems)


def _read_compared(
    key: str, operator: Operator, condition: dict[str, Json], place: Place, problems: Problems
) -> MetadataTest | None:
    value = condition.get("value")
    kind = _kind(value)
    if kind is None:
        message = "Value must be a text, a number, true or false, or a list of texts"
        problems.add(Code.VALUE, place, "value", message)
        return None
    if operator not in _BY_KIND[kind]:
        if operator in (*_TEXT_OPERATORS[2:], *_LIST_OPERATORS):
            wanted = "a list of texts" if operator in _LIST_OPERATORS else "a text"
            problems.add(Code.VALUE, place, "value", f"{operator} takes {wanted}")
        else:
            _refuse_operator(condition, _BY_KIND[kind], place, problems)
        return None
    if value == "" and operator not in _BOOLEAN_OPERATORS:
        problems.add(Code.VALUE, place, "value", f"{operator} takes a text that is not empty")
        return None
    match value:
        case list():
            return MetadataTest(place, key, operator, tuple(sorted({str(text) for text in value})))
        case bool() | str():
            return MetadataTest(place, key, operator, value)
        case int() | Decimal():
            return MetadataTest(place, key, operator, Decimal(value))
        case _:
            raise AssertionError(kind)


def _kind(value: Json) -> str | None:
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a text"
        case int() | Decimal():
            return "a number"
        case list() if value and all(isinstance(text, str) for text in value):
            return "a list of texts"
        case _:
            return None


def _refuse_operator(
    condition: dict[str, Json], operators: tuple[Operator, ...], place: Place, problems: Problems
) -> None:
    message = f"Invalid operator for metadata filter. Must be one of: {', '.join(operators)}"
    hint = did_you_mean(condition.get("operator"), operators)
    problems.add(Code.OPERATOR, place, "operator", message, hint=hint)
