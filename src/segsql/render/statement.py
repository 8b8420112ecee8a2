"""A compiled statement: SQL text and parameters, in three renderings (spec 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from segsql.catalog import SqlType
from segsql.plan import Parameter, Strategies, Value
from segsql.render.literals import literal

LITERAL_WARNING = "-- For eyes only: the values are written into the text. Programs send parameters.\n"

_PLACEHOLDER = re.compile(r"%%|%\(p([1-9][0-9]*)\)s")
"""A parameter; or a `%` of the text itself, which stands twice beside parameters."""

Argument = int | bool | str | list[str] | list[int] | object
"""What a driver is given for a parameter: the value, arrays as lists."""


@dataclass(frozen=True)
class Statement:
    """One SELECT, its parameters, and the join strategies that it uses.

    `sql` and `params` are for psycopg: `cursor.execute(statement.sql, statement.params)`. Equal definitions,
    catalogs and instants give equal bytes.
    """

    sql: str
    parameters: tuple[Parameter, ...]
    strategies: Strategies = field(default_factory=Strategies)

    def remarked(self, remark: str) -> Statement:
        """The statement with a comment at its end; `remark` is of words and numbers of segsql's own."""
        return replace(self, sql=f"{self.sql}\n/* {remark.replace('%', '%%').replace('*/', '')} */")

    @property
    def params(self) -> dict[str, object]:
        """The parameters by the names that `sql` gives them: p1, p2, …"""
        return {f"p{number}": argument for number, argument in enumerate(self.arguments, start=1)}

    @property
    def arguments(self) -> list[object]:
        """The parameters in order, for `numbered_sql`."""
        return [_argument(parameter.value) for parameter in self.parameters]

    @property
    def types(self) -> list[SqlType]:
        """The PostgreSQL type of each parameter, in order."""
        return [parameter.type for parameter in self.parameters]

    @cached_property
    def numbered_sql(self) -> str:
        """The text with `$1`, `$2`, … as PostgreSQL itself and PREPARE number parameters."""
        return _PLACEHOLDER.sub(lambda found: f"${found[1]}" if found[1] else "%", self.sql)

    def literal_sql(self) -> str:
        """The text with the values in it, to paste into psql. For eyes only, and it says so."""

        def value(found: re.Match[str]) -> str:
            return literal(self.parameters[int(found[1]) - 1]) if found[1] else "%"

        return f"{LITERAL_WARNING}{_PLACEHOLDER.sub(value, self.sql)};"


def _argument(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value
