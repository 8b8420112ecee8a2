"""Small builders of sqlglot nodes. Nodes are built, never parsed: text from a user cannot become SQL here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from sqlglot import exp

from segsql.catalog import ColumnType, Relation, SqlType
from segsql.plan.predicate import Comparison
from segsql.plan.shape import Slot

_COMPARISONS: dict[Comparison, type[exp.EQ | exp.LT | exp.LTE | exp.GT | exp.GTE]] = {
    Comparison.EQ: exp.EQ,
    Comparison.LT: exp.LT,
    Comparison.LTE: exp.LTE,
    Comparison.GT: exp.GT,
    Comparison.GTE: exp.GTE,
}


def name(text: str) -> exp.Identifier:
    """An identifier, always quoted. A `%` is doubled in text that is sent with parameters."""
    return exp.Identifier(this=text.replace("%", "%%"), quoted=True)


def column(text: str, table: str) -> exp.Expression:
    """A column of a table alias."""
    return exp.Column(this=name(text), table=name(table))


def table(relation: Relation, alias: str) -> exp.Table:
    """A table or view under an alias."""
    schema = None if relation.schema is None else name(relation.schema)
    return exp.Table(this=name(relation.name), db=schema, alias=exp.TableAlias(this=name(alias)))


def constants(relation: Relation, alias: str) -> list[exp.Expression]:
    """The rows of a table that count."""
    return [equal(column(of, alias), constant(value)) for of, value in relation.where]


def constant(value: str | int | bool) -> exp.Expression:
    """A literal of the mapping; a number as a text, which takes the type of what it is compared with."""
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    return text(str(value))


def where(conditions: list[exp.Expression]) -> exp.Where | None:
    """The rows that satisfy all conditions; all rows where there is none."""
    return exp.Where(this=all_of(conditions)) if conditions else None


def text(value: str) -> exp.Expression:
    """A text literal: of segsql's own, or of the catalog. A `%` is doubled in text that is sent with parameters."""
    return exp.Literal.string(value.replace("%", "%%"))


def number(value: int) -> exp.Expression:
    """A number literal of segsql's own."""
    return exp.Literal.number(value)


def parameter(slot: Slot) -> exp.Expression:
    """A parameter with its explicit type."""
    return cast(exp.Placeholder(this=parameter_name(slot.number)), slot.type)


def instant(slot: Slot, of: ColumnType) -> exp.Expression:
    """A parameter that is an instant, as a column of that type holds it: of a `timestamp` in UTC, bare for an index."""
    return _in_utc(parameter(slot)) if of is ColumnType.TIMESTAMP else parameter(slot)


def as_instant(value: exp.Expression, of: ColumnType) -> exp.Expression:
    """A column's value, a time as timestamptz."""
    return _in_utc(value) if of is ColumnType.TIMESTAMP else value


def _in_utc(value: exp.Expression) -> exp.Expression:
    return exp.AtTimeZone(this=value, zone=exp.Literal.string("UTC"))


def parameter_name(number_: int) -> str:
    """The name of a parameter in the named rendering: p1, p2, …"""
    return f"p{number_}"


def data_type(type_: SqlType) -> exp.DataType:
    """The sqlglot type of a PostgreSQL type, as a node of its own: to build one is cheaper than to copy it."""
    known = _TYPES[type_]
    members = [exp.DataType(this=member.this, nested=False) for member in known.expressions]
    return exp.DataType(this=known.this, expressions=members, nested=bool(members))


_TYPES: Mapping[SqlType, exp.DataType] = {
    type_: exp.DataType.build(type_.value, dialect="postgres") for type_ in SqlType
}


def cast(value: exp.Expression, type_: SqlType) -> exp.Expression:
    """A value cast to a type."""
    return exp.Cast(this=value, to=data_type(type_))


def compare(left: exp.Expression, comparison: Comparison, right: exp.Expression) -> exp.Expression:
    """Two values compared."""
    return _COMPARISONS[comparison](this=left, expression=right)


def equal(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """Two values compared with plain `=`."""
    return exp.EQ(this=left, expression=right)


def all_of(members: Iterable[exp.Expression]) -> exp.Expression:
    """The members joined by AND; at least one."""
    return reduce(lambda left, right: exp.And(this=left, expression=right), members)


def call(function: str, *arguments: exp.Expression) -> exp.Expression:
    """A call of one of PostgreSQL's functions that sqlglot has no node for."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def equals_any(value: exp.Expression, array: exp.Expression) -> exp.Expression:
    """`value = ANY (array)`; sqlglot prints it right only with the parentheses as a node of their own."""
    return exp.EQ(this=value, expression=exp.Any(this=exp.Paren(this=array)))


def case(condition: exp.Expression, value: exp.Expression) -> exp.Expression:
    """The value where the condition holds, else NULL: what guards a cast, as AND does not."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def is_not(value: exp.Expression, what: exp.Expression) -> exp.Expression:
    """`value IS NOT what`, which is never NULL."""
    return exp.Is(this=value, expression=what, negate=True)
