"""The words of the grammar, for the printer and the reader alike (docs/filters.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from segsql.catalog import Operator
from segsql.filters.nodes import ActivityOperator

SYMBOLS: Mapping[Operator, str] = {
    Operator.EQ: "=",
    Operator.NE: "!=",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.CONTAINS: "contains",
    Operator.NOT_CONTAINS: "not contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.IN: "in",
    Operator.NOT_IN: "not in",
    Operator.WITHIN_DAYS: "within",
    Operator.EXISTS: "exists",
    Operator.NOT_EXISTS: "not exists",
}
"""How each operator is written. After `within` stands a number of days."""

ACTIVITY: Mapping[ActivityOperator, str] = {
    ActivityOperator.IS_AFTER: "after",
    ActivityOperator.IS_BEFORE: "before",
    ActivityOperator.WITHIN_LAST_DAYS: "within",
}
"""The same for `last_activity`."""

HAS_ANY, HAS_ALL = "has any", "has all"
"""`contains` with a list of several, which must say how many of them it asks for."""

CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}

RESERVED = frozenset({"and", "any", "field", "json", "last_activity", "metadata", "not", "or", "segment", "typed"})
"""Words that begin something else: a field of that name is written in quotes."""

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A name that needs no quotes, where it is not reserved."""

ESCAPES: Mapping[str, str] = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
"""What a backslash with this character means in a text that begins with `e'`; `uXXXX` and `UXXXXXXXX` are by number."""
