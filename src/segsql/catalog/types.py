"""Field types and the operators that each takes (spec 4.2), as tables.

The order of each row is the create document's own: error messages list operators in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class FieldType(StrEnum):
    """The seven types that a field may have."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DROPDOWN_SINGLE = "DROPDOWN_SINGLE"
    DROPDOWN_MULTIPLE = "DROPDOWN_MULTIPLE"
    COUNTRY = "COUNTRY"


class Operator(StrEnum):
    """Every operator of a field, tags or rate condition. `neq` is read as `ne`."""

    EQ = "eq"
    NE = "ne"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IN = "in"
    NOT_IN = "not_in"
    GT = "gt"
    LT = "lt"
    GTE = "gte"
    LTE = "lte"
    WITHIN_DAYS = "within_days"
    EXISTS = "exists"
    NOT_EXISTS = "not_exists"


POSITIVE_TWIN: Mapping[Operator, Operator] = {
    Operator.NE: Operator.EQ,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_EXISTS: Operator.EXISTS,
}
"""Each negative operator and the positive one whose exact complement it is (spec 4.1)."""

ORDER_OPERATORS = (Operator.EQ, Operator.NE, Operator.GT, Operator.LT, Operator.GTE, Operator.LTE)
MEMBER_OPERATORS = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN)
TAGS_OPERATORS = (Operator.EQ, Operator.NE, Operator.CONTAINS, Operator.NOT_CONTAINS)
RATE_OPERATORS = (Operator.EQ, Operator.GT, Operator.LT, Operator.GTE, Operator.LTE)
PRESENCE_OPERATORS = (Operator.EXISTS, Operator.NOT_EXISTS)

FIELD_OPERATORS: Mapping[FieldType, tuple[Operator, ...]] = {
    FieldType.TEXT: (
        Operator.EQ,
        Operator.NE,
        Operator.CONTAINS,
        Operator.NOT_CONTAINS,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.IN,
        Operator.NOT_IN,
    ),
    FieldType.NUMBER: ORDER_OPERATORS,
    FieldType.BOOLEAN: (Operator.EQ, Operator.NE),
    FieldType.DATE: ORDER_OPERATORS,
    FieldType.DROPDOWN_SINGLE: MEMBER_OPERATORS,
    FieldType.DROPDOWN_MULTIPLE: TAGS_OPERATORS,
    FieldType.COUNTRY: MEMBER_OPERATORS,
}
"""The create document's table. Every type takes PRESENCE_OPERATORS too, and flat dates WITHIN_DAYS."""


def read_operator(text: object) -> Operator | None:
    """The operator that a definition names, or None where there is no such operator."""
    if text == "neq":
        return Operator.NE
    return _BY_NAME.get(text) if isinstance(text, str) else None


_BY_NAME: Mapping[str, Operator] = {operator.value: operator for operator in Operator}
