"""React Query Builder's query -> a definition: `{"combinator": "and", "rules": [{"field", "operator", "value"}, …]}`.

Groups with a combinator of their own and those with one between every two rules are both read. What a query has for
the component alone (`id`, `path`, `disabled`) says nothing about contacts and is passed over; what is `muted` is no
part of what the query asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from segsql.catalog import BUILTINS, FieldType, Ids, Operator
from segsql.catalog.hints import did_you_mean
from segsql.filters.decode import Json, decode, holds_object
from segsql.filters.interop.drafts import (
    Draft,
    DraftCondition,
    DraftGroup,
    Read,
    Refusals,
    check_nesting,
    denied,
    finish,
)
from segsql.filters.nodes import Quantifier, Rate

OPERATORS: Mapping[str, Operator] = {
    "=": Operator.EQ,
    "!=": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
    "contains": Operator.CONTAINS,
    "doesNotContain": Operator.NOT_CONTAINS,
    "beginsWith": Operator.STARTS_WITH,
    "endsWith": Operator.ENDS_WITH,
    "null": Operator.NOT_EXISTS,
    "notNull": Operator.EXISTS,
    "in": Operator.IN,
    "notIn": Operator.NOT_IN,
}
"""The operators that both have."""

DENIED: Mapping[str, Operator] = {"doesNotBeginWith": Operator.STARTS_WITH, "doesNotEndWith": Operator.ENDS_WITH}
"""Those that a definition says with a negating group."""

RANGES = ("between", "notBetween")

_ALL = (*OPERATORS, *DENIED, *RANGES)
_ORDERED = (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
_NUMBERS = frozenset(
    {"tags", *Rate, *(name for name, builtin in BUILTINS.items() if FieldType.NUMBER in builtin.types)}
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ITEM = re.compile(r"(?:[^,\\]|\\.|\\$)+", re.DOTALL)
_COMBINATORS = {"and": Quantifier.ALL, "or": Quantifier.ANY}


def read_query(source: Json, ids: Ids) -> Read:
    """Read a query. Raises InvalidDefinition with everything that is no query's, or that a definition can't say."""
    check_nesting(source)
    refusals = Refusals()
    return finish(_Reader(refusals, ids).group(source, "$"), refusals, ids)


class _Reader:
    """Reads groups and rules; what is refused is left out."""

    def __init__(self, refusals: Refusals, ids: Ids) -> None:
        self._refusals = refusals
        self._numbers = _NUMBERS if ids.tag.is_number else _NUMBERS - {"tags"}

    def group(self, source: Json, path: str) -> DraftGroup | None:
        rules = source.get("rules") if isinstance(source, dict) else None
        if not isinstance(source, dict) or not isinstance(rules, list):
            return self._refusals.shape(path, "A query is an object with a list of rules")
        if "combinator" in source:
            quantifier = self._combinator(source["combinator"], f"{path}.combinator")
            members = [self._item(item, f"{path}.rules[{index}]") for index, item in enumerate(rules)]
            group = DraftGroup(path, quantifier, tuple([member for member in members if member is not None]))
        else:
            group = self._joined(rules, path)
        return denied(group) if source.get("not") is True else group

    def _joined(self, rules: list[Json], path: str) -> DraftGroup:
        """Rules with a combinator between every two, of which `and` binds closer."""
        alternatives: list[list[Draft]] = [[]]
        for index, item in enumerate(rules):
            place = f"{path}.rules[{index}]"
            if index % 2 == 0:
                member = self._item(item, place)
                alternatives[-1] += [] if member is None else [member]
            elif self._combinator(item, place) is Quantifier.ANY:
                alternatives.append([])
        if rules and len(rules) % 2 == 0:
            self._refusals.shape(f"{path}.rules", "After the last combinator stands no rule")
        groups = [DraftGroup(path, Quantifier.ALL, tuple(members)) for members in alternatives if members]
        if len(groups) == 1:
            return groups[0]
        members = [group.members[0] if len(group.members) == 1 else group for group in groups]
        return DraftGroup(path, Quantifier.ANY if members else Quantifier.ALL, tuple(members))

    def _combinator(self, written: Json, path: str) -> Quantifier:
        quantifier = _COMBINATORS.get(written.lower()) if isinstance(written, str) else None
        if quantifier is None:
            self._refusals.inexpressible(path, "A combinator must be and or or")
        return quantifier or Quantifier.ALL

    def _item(self, source: Json, path: str) -> Draft | None:
        if not isinstance(source, dict):
            return self._refusals.shape(path, "A rule or group is an object")
        if source.get("muted") is True:
            return None
        return self.group(source, path) if "rules" in source else self._rule(source, path)

    def _rule(self, rule: dict[str, Json], path: str) -> Draft | None:
        field, operator, value = rule.get("field"), rule.get("operator"), rule.get("value")
        if not isinstance(field, str) or not field:
            return self._refusals.shape(f"{path}.field", "A rule names its field")
        if rule.get("valueSource") not in (None, "value"):
            hint = "Compare the field with a value"
            message = f"A definition can't compare {field} with another field"
            return self._refusals.inexpressible(f"{path}.valueSource", message, hint)
        if "match" in rule:
            hint = "Use contains, which asks for one of the field's values"
            return self._refusals.inexpressible(f"{path}.match", "A definition has no conditions inside a field", hint)
        if not isinstance(operator, str) or operator not in _ALL:
            message = f"A definition has nothing for the operator {operator}"
            hint = did_you_mean(operator, _ALL) or f"Operators: {', '.join(_ALL)}"
            return self._refusals.inexpressible(f"{path}.operator", message, hint)
        if holds_object(value):
            return self._refusals.inexpressible(f"{path}.value", "A definition has no values that are objects")
        if operator in RANGES:
            return self._range(field, value, path, negated=operator == "notBetween")
        known = OPERATORS.get(operator) or DENIED[operator]
        condition = DraftCondition(path, field, known, self._value(field, known, value), f"{path}.value")
        return denied(condition) if operator in DENIED else condition

    def _range(self, field: str, value: Json, path: str, *, negated: bool) -> DraftGroup | None:
        ends = _items(value)
        if len(ends) != 2:
            return self._refusals.shape(f"{path}.value", "A range has two values")
        bounds = zip((Operator.GTE, Operator.LTE), ends, strict=True)
        members = tuple(
            DraftCondition(path, field, operator, self._value(field, operator, end), f"{path}.value")
            for operator, end in bounds
        )
        group = DraftGroup(path, Quantifier.ALL, members)
        return denied(group) if negated else group

    def _value(self, field: str, operator: Operator, value: Json) -> Json:
        """The value as a definition has it: a list where one is wanted, a number where it can't be a text."""
        if operator in (Operator.IN, Operator.NOT_IN):
            value = _items(value)
        elif field == "tags" and not isinstance(value, list):
            value = _items(value) if isinstance(value, str) else [value]
        if field in self._numbers or operator in _ORDERED:
            return [_number(item) for item in value] if isinstance(value, list) else _number(value)
        return value


def _items(value: Json) -> list[Json]:
    """A list of values; as one text they are separated by commas, before which a backslash stands for itself."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else [value]
    items = [item.replace("\\,", ",").strip() for item in _ITEM.findall(value)]
    return [item for item in items if item]


def _number(value: Json) -> Json:
    """What a text field of a form holds is a text, also where it is a number."""
    is_number = isinstance(value, str) and _NUMBER.fullmatch(value.strip())
    return decode(str(value).strip()) if is_number else value
