"""A rule of JsonLogic -> a definition: `{"and": [{">": [{"var": "opens_count"}, 3]}, …]}`.

What is read is what compares a field with values, and how that is joined. Everything that computes (`+`, `if`,
`reduce`, …) has no counterpart. `startsWith` and `endsWith` are those that React Query Builder adds.
"""

from __future__ import annotations

from collections.abc import Mapping

from segsql.catalog import Ids, Operator
from segsql.catalog.hints import did_you_mean
from segsql.filters.conditions import METADATA_PREFIX
from segsql.filters.decode import Json, holds_object
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
from segsql.filters.nodes import Place, Quantifier

COMPARISONS: Mapping[str, Operator] = {
    "==": Operator.EQ,
    "===": Operator.EQ,
    "!=": Operator.NE,
    "!==": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
}
PARTS: Mapping[str, Operator] = {"startsWith": Operator.STARTS_WITH, "endsWith": Operator.ENDS_WITH}

_MIRRORED: Mapping[Operator, Operator] = {
    Operator.LT: Operator.GT,
    Operator.LTE: Operator.GTE,
    Operator.GT: Operator.LT,
    Operator.GTE: Operator.LTE,
}
_JOINTS = {"and": Quantifier.ALL, "or": Quantifier.ANY}
_OPERATIONS = (*_JOINTS, "!", "!!", *COMPARISONS, "in", *PARTS, "missing", "some", "none")
_TRUTH_HINT = 'Say what is asked for: {"==": [{"var": …}, true]}, or {"!=": [{"var": …}, null]} for any value'


def read_rule(source: Json, ids: Ids) -> Read:
    """Read a rule. Raises InvalidDefinition with everything that is no rule's, or that a definition can't say."""
    check_nesting(source)
    refusals = Refusals()
    return finish(_Reader(refusals).rule(source, "$"), refusals, ids)


class _Reader:
    """Reads rules; what is refused is left out."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def rule(self, source: Json, path: str) -> Draft | None:
        if not isinstance(source, dict) or len(source) != 1:
            message = "A rule is an object with one operation"
            return self._refusals.shape(path, message, 'Such as {"==": [{"var": "country"}, "DE"]}')
        ((operation, written),) = source.items()
        place = Place(path).key(operation)
        arguments: list[Json] = written if isinstance(written, list) else [written]
        match operation:
            case "and" | "or":
                members = [self.rule(item, f"{place}[{index}]") for index, item in enumerate(arguments)]
                return DraftGroup(path, _JOINTS[operation], tuple([each for each in members if each is not None]))
            case "!" | "!!":
                return self._truth(arguments, place, negated=operation == "!")
            case "<" | "<=" if len(arguments) == 3:
                return self._between(COMPARISONS[operation], arguments, place)
            case "missing":
                return self._missing(arguments, place)
            case "some" | "none":
                return self._some(arguments, place, negated=operation == "none")
            case "var":
                message = "A definition can't ask whether a value is truthy"
                return self._refusals.inexpressible(path, message, _TRUTH_HINT)
            case _ if operation in COMPARISONS or operation in PARTS or operation == "in":
                return self._compared(operation, arguments, place)
            case _:
                hint = did_you_mean(operation, _OPERATIONS) or f"Operations: {', '.join(_OPERATIONS)}"
                message = f"A definition has nothing for the operation {operation}"
                return self._refusals.inexpressible(path, message, hint)

    def _truth(self, arguments: list[Json], place: str, *, negated: bool) -> Draft | None:
        """A rule or its complement; of values only that there are tags, which is what their list is true for."""
        if len(arguments) != 1:
            return self._refusals.shape(place, "The operation takes one argument")
        if arguments[0] == {"var": "tags"}:
            return DraftCondition(place, "tags", Operator.NOT_EXISTS if negated else Operator.EXISTS)
        rule = self.rule(arguments[0], f"{place}[0]")
        return denied(rule) if rule is not None and negated else rule

    def _compared(self, operation: str, arguments: list[Json], place: str) -> Draft | None:
        if len(arguments) != 2:
            return self._refusals.shape(place, "The operation takes two arguments")
        left, right = arguments
        first = isinstance(left, dict)
        if first and holds_object(right):
            message = "A definition compares a field with a value, not with another field or what is computed"
            return self._refusals.inexpressible(f"{place}[1]", message, "Give a value")
        field = self._field(left if first else right, f"{place}[{0 if first else 1}]")
        value, value_path = (right, f"{place}[1]") if first else (left, f"{place}[0]")
        if field is None:
            return None
        if operation == "in":
            return self._in(field, value, place, value_path, of_list=first)
        if operation in PARTS:
            if not first:
                return self._refusals.inexpressible(place, "A definition looks for a text in a field, not the reverse")
            return DraftCondition(place, field, PARTS[operation], value, value_path)
        operator = COMPARISONS[operation]
        if isinstance(value, list):
            message, hint = "JsonLogic finds no two lists equal", 'For one of several values write {"in": [ … ]}'
            return self._refusals.inexpressible(value_path, message, hint)
        if value is None and operator in (Operator.EQ, Operator.NE):
            return DraftCondition(place, field, Operator.NOT_EXISTS if operator is Operator.EQ else Operator.EXISTS)
        return DraftCondition(place, field, operator if first else _MIRRORED.get(operator, operator), value, value_path)

    def _in(self, field: str, value: Json, place: str, value_path: str, *, of_list: bool) -> Draft | None:
        if of_list and not isinstance(value, list):
            message = "A definition asks whether a field is in a list"
            return self._refusals.inexpressible(place, message, "Give a list of values")
        if of_list:
            return DraftCondition(place, field, Operator.IN, value, value_path)
        return DraftCondition(place, field, Operator.CONTAINS, [value] if field == "tags" else value, value_path)

    def _between(self, operator: Operator, arguments: list[Json], place: str) -> Draft | None:
        low, middle, high = arguments
        field = self._field(middle, f"{place}[1]")
        if field is None:
            return None
        return DraftGroup(
            place,
            Quantifier.ALL,
            (
                DraftCondition(place, field, _MIRRORED[operator], low, f"{place}[0]"),
                DraftCondition(place, field, operator, high, f"{place}[2]"),
            ),
        )

    def _missing(self, arguments: list[Json], place: str) -> Draft:
        """Its result is the list of what is missing: true where anything is."""
        members = []
        for index, name in enumerate(arguments):
            path = f"{place}[{index}]"
            field = self._field({"var": name}, path)
            if field is not None:
                members.append(DraftCondition(path, field, Operator.NOT_EXISTS))
        return DraftGroup(place, Quantifier.ANY, tuple(members))

    def _some(self, arguments: list[Json], place: str, *, negated: bool) -> Draft | None:
        """One of several values is the one, or is among those, that the inner rule names."""
        if len(arguments) != 2:
            return self._refusals.shape(place, "The operation takes a field and a rule for each of its values")
        field = self._field(arguments[0], f"{place}[0]")
        wanted = _wanted(arguments[1])
        if wanted is None or holds_object(wanted):
            message = "Of a field's values a definition asks only whether one is among those given"
            hint = 'Write {"in": [{"var": ""}, [ … ]]} for the inner rule'
            return self._refusals.inexpressible(f"{place}[1]", message, hint)
        operator = Operator.NOT_CONTAINS if negated else Operator.CONTAINS
        return None if field is None else DraftCondition(place, field, operator, wanted, f"{place}[1]")

    def _field(self, source: Json, path: str) -> str | None:
        name = source.get("var") if isinstance(source, dict) and len(source) == 1 else None
        if isinstance(name, list) and len(name) == 1:
            name = name[0]
        if isinstance(name, list):
            message, hint = "A definition has no default for a missing value", 'Leave it out: {"var": "name"}'
            return self._refusals.inexpressible(path, message, hint)
        if not isinstance(name, str) or not name:
            message, hint = "Expected a field", 'Such as {"var": "country"}'
            return self._refusals.inexpressible(path, message, hint)
        if "." in name.removeprefix(METADATA_PREFIX):
            message, hint = f"A definition has no paths into values: {name}", "Name a field, or metadata.<key>"
            return self._refusals.inexpressible(path, message, hint)
        return name


def _wanted(rule: Json) -> list[Json] | None:
    """The values that the inner rule of `some` names."""
    if not isinstance(rule, dict) or len(rule) != 1:
        return None
    match rule:
        case {"in": [{"var": ""}, [*values]]}:
            return values
        case {"==": [{"var": ""}, value]} | {"===": [{"var": ""}, value]}:
            return [value]
        case {"==": [value, {"var": ""}]} | {"===": [value, {"var": ""}]}:
            return [value]
        case _:
            return None
