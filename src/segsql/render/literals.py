"""Values written as SQL literals, for the rendering that a person pastes into psql."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlglot import exp

from segsql.plan import Parameter


def literal(parameter: Parameter) -> str:
    """The parameter's value as a literal on one line; its type stands beside it in the statement already."""
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
            return _text(str(value))


def _text(value: str) -> exp.Expression:
    """A text as it is where all of it can be seen, else with escapes.

    A terminal that this is pasted into would take a tab for a key, a line break for the end of a command, and marks
    of direction would show one thing and run another.
    """
    if value.isprintable():
        return exp.Literal.string(value)
    escaped = "".join(_ESCAPES.get(c, c) if c.isprintable() or c in _ESCAPES else _by_number(c) for c in value)
    return exp.Var(this=f"E'{escaped}'")


_ESCAPES = {"\\": r"\\", "'": "''", "\n": r"\n", "\t": r"\t", "\r": r"\r"}


def _by_number(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
