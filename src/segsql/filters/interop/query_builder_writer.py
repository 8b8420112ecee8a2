"""A definition -> React Query Builder's query, with lists as arrays."""

from __future__ import annotations

from collections.abc import Mapping

from segsql.catalog import Operator
from segsql.filters.decode import Json
from segsql.filters.interop.query_builder import DENIED, OPERATORS
from segsql.filters.interop.writers import Inexpressible, Object, Said, Writer, values
from segsql.filters.nodes import Group, Quantifier

_WRITTEN: Mapping[Operator, str] = {operator: written for written, operator in OPERATORS.items()}
_OPPOSITES: Mapping[str, str] = {_WRITTEN[operator]: written for written, operator in DENIED.items()}
"""The operators that deny another of a query's, for which a definition has a negating group."""


class QueryBuilderWriter(Writer):
    """Writes queries: a group with `not` is one that negates."""

    def group(self, group: Group) -> Object:
        match group:
            case Group(_, Quantifier.NONE, (Group(_, Quantifier.ALL, (_, _, *_)) as inner,)):
                return {"not": True, **self.group(inner)}
            case _:
                return super().group(group)

    def joined(self, quantifier: Quantifier, members: list[Json]) -> Object:
        match quantifier, members:
            case Quantifier.NONE, [{"field": field, "operator": str(written), "value": value}] if written in _OPPOSITES:
                return {"field": field, "operator": _OPPOSITES[written], "value": value}
            case Quantifier.NONE, _:
                return {"not": True, "combinator": "or", "rules": members}
            case _:
                return {"combinator": "and" if quantifier is Quantifier.ALL else "or", "rules": members}

    def condition(self, said: Said) -> Object:
        match said.operator:
            case Operator.WITHIN_DAYS:
                raise Inexpressible("A query has no days before now", "Compare with a date")
            case Operator.CONTAINS | Operator.NOT_CONTAINS if isinstance(said.value, list):
                return self._contains(said)
            case operator:
                return _rule(said.field, operator, said.value)

    def _contains(self, said: Said) -> Object:
        """A rule asks for one value, so that several take a group."""
        rules: list[Json] = [_rule(said.field, Operator.CONTAINS, value) for value in values(said)]
        if len(rules) == 1:
            return _rule(said.field, said.operator, values(said)[0])
        group = self.joined(Quantifier.ALL if said.every else Quantifier.ANY, rules)
        return {"not": True, **group} if said.operator is Operator.NOT_CONTAINS else group


def _rule(field: str, operator: Operator, value: Json) -> Object:
    return {"field": field, "operator": _WRITTEN[operator], "value": value}
