"""Values written as SQL literals, for the rendering that a person pastes into psql."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlglot import exp

from segsql.plan import Parameter


def literal(parameter: Parameter) -> str:
    """The parameter's value as a literal; its type stands beside it in the statement already."""
    return _node(parameter.value).sql(dialect="postgres")


def _node(value: object) -> exp.Expression:
    match value:
        case bool():
            return exp.true() if value else exp.false()
        case int() | Decimal():
            number = exp.Literal.number(format(Decimal(value).copy_abs(), "f"))
            return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
        case datetime():
            return exp.Literal.string(value.isoformat(sep=" "))
        case tuple():
            return exp.Array(expressions=[_node(member) for member in value])
        case _:
            return exp.Literal.string(str(value))
