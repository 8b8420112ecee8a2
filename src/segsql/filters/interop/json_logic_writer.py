"""A definition -> a rule of JsonLogic that is true of a contact's values where the definition matches.

Where JsonLogic would take a missing value for 0, the rule asks first that there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import ge, gt, le, lt

from segsql.catalog import Operator
from segsql.filters.conditions import METADATA_PREFIX
from segsql.filters.decode import Json
from segsql.filters.interop.writers import Inexpressible, Object, Said, Writer, values
from segsql.filters.nodes import Quantifier

_ORDER: Mapping[Operator, tuple[str, Callable[[int, int | Decimal], bool]]] = {
    Operator.LT: ("<", lt),
    Operator.LTE: ("<=", le),
    Operator.GT: (">", gt),
    Operator.GTE: (">=", ge),
}


class JsonLogicWriter(Writer):
    """Writes rules, with React Query Builder's `startsWith` and `endsWith`."""

    def joined(self, quantifier: Quantifier, members: list[Json]) -> Object:
        match quantifier, members:
            case Quantifier.ALL, _:
                return {"and": members}
            case Quantifier.NONE, [member]:
                return {"!": member}
            case Quantifier.NONE, _:
                return {"!": {"or": members}}
            case _:
                return {"or": members}

    def condition(self, said: Said) -> Object:
        field, value = _variable(said.field), said.value
        match said.operator:
            case Operator.EXISTS | Operator.NOT_EXISTS if said.field == "tags":
                return {"!!" if said.operator is Operator.EXISTS else "!": field}
            case Operator.EXISTS:
                return {"!==": [field, None]}
            case Operator.NOT_EXISTS:
                return {"===": [field, None]}
            case Operator.EQ | Operator.NE:
                if isinstance(value, list):
                    raise Inexpressible("JsonLogic finds no two lists equal", "Ask for single values with contains")
                return {"===" if said.operator is Operator.EQ else "!==": [field, value]}
            case Operator.IN:
                return {"in": [field, value]}
            case Operator.NOT_IN:
                return {"!": {"in": [field, value]}}
            case Operator.CONTAINS:
                return _contains(said, field)
            case Operator.NOT_CONTAINS:
                return {"!": _contains(said, field)}
            case Operator.STARTS_WITH:
                return {"startsWith": [field, value]}
            case Operator.ENDS_WITH:
                return {"endsWith": [field, value]}
            case Operator.WITHIN_DAYS:
                raise Inexpressible("JsonLogic has no days before now", "Compare with a date")
            case Operator.LT | Operator.LTE | Operator.GT | Operator.GTE as operator:
                return _ordered(operator, field, value)


def _ordered(operator: Operator, field: Object, value: Json) -> Object:
    written, compare = _ORDER[operator]
    comparison: Object = {written: [field, value]}
    takes_nothing_for_zero = isinstance(value, int | Decimal) and compare(0, value)
    return {"and": [{"!==": [field, None]}, comparison]} if takes_nothing_for_zero else comparison


def _contains(said: Said, field: Object) -> Object:
    if not isinstance(said.value, list):
        return {"in": [said.value, field]}
    if said.every:
        return {"and": [{"in": [value, field]} for value in values(said)]}
    return {"some": [field, {"in": [{"var": ""}, said.value]}]}


def _variable(name: str) -> Object:
    if "." in name.removeprefix(METADATA_PREFIX):
        raise Inexpressible(f"In JsonLogic {name} is a path into a value", "Use a key without a point")
    return {"var": name}
