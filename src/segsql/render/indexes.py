"""Tests -> the indexes that would serve them: made of the very expressions that statements compare (spec 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlglot import exp

from segsql.catalog import Builtin, ColumnType, InJson, Place, Relation, RollupColumns, Tables
from segsql.catalog.index_name import index_name
from segsql.plan import predicate as p
from segsql.render import nodes
from segsql.render.operands import read

SHORTEST_TRIGRAM = 3
"""Characters of a text part below which an index of trigrams finds nothing faster."""

_READ_OTHERWISE = (ColumnType.JSONB, ColumnType.TEXT)
"""What one value in may be read in several ways, each with an index of its own."""

_READ_AS: Mapping[p.Reading, str] = {
    p.Reading.NUMBER: "number",
    p.Reading.BOOLEAN: "boolean",
    p.Reading.DAY: "day",
    p.Reading.DAY_PREFIX: "day_prefix",
    p.Reading.STRINGS: "strings",
}
"""How the names of such indexes tell them apart; that of a text says nothing."""


class Method(StrEnum):
    """The access method of an index."""

    BTREE = "btree"
    GIN = "gin"


@dataclass(frozen=True, slots=True)
class Index:
    """An index that does not exist yet. `keys` are SQL; `extension` is what has to be installed first, if anything."""

    name: str
    relation: Relation
    keys: tuple[str, ...]
    method: Method = Method.BTREE
    extension: str | None = None

    @property
    def table(self) -> str:
        """The table's name as people write it."""
        return ".".join(filter(None, (self.relation.schema, self.relation.name)))

    @property
    def is_on_expression(self) -> bool:
        """Whether the server has no statistics of what it is on before it exists."""
        return any("(" in key for key in self.keys)

    def ddl(self, *, concurrently: bool) -> str:
        """The statement that creates it, without an end; `concurrently` without a lock that stops writers."""
        how = "CONCURRENTLY " if concurrently else ""
        using = "" if self.method is Method.BTREE else f" USING {self.method}"
        on = f"{_qualified(self.relation)}{using} ({', '.join(self.keys)})"
        return f"CREATE INDEX {how}IF NOT EXISTS {_quoted(self.name)} ON {on}"


def index_for(test: p.Test, tables: Tables) -> Index | None:
    """The index that lets the planner find the contacts that satisfy a test; None where none would.

    A count of the activity is none: a contact without a row of activity has the count 0, so that the contacts have to
    be read. Tags have theirs by the schema.
    """
    match test:
        case p.TextEquals(operand) | p.TextIn(operand):
            return _ordered(operand, tables, "lower" if p.ignores_case(operand) else "")
        case p.TextMatches(operand, p.Part.START):
            return _ordered(operand, tables, "prefix", operators=" text_pattern_ops")
        case p.TextMatches(operand, _, text) if len(text) >= SHORTEST_TRIGRAM:
            return _on_contact("trigrams", operand, tables, " gin_trgm_ops", Method.GIN, "pg_trgm")
        case p.SetOverlaps(operand):
            return _on_contact("", operand, tables, "", Method.GIN)
        case p.NumberTest(operand) | p.BooleanTest(operand) | p.DateTest(operand) | p.WithinDays(operand):
            return _ordered(operand, tables)
        case _:
            return None


def _ordered(operand: p.Operand, tables: Tables, suffix: str = "", *, operators: str = "") -> Index | None:
    """A btree behind the workspace; with a suffix it is on the value in lower case."""
    if isinstance(operand, p.Activity):
        return None if operand.builtin.is_count else _of_activity(operand.builtin, tables)
    return _on_contact(suffix, operand, tables, operators)


def _of_activity(builtin: Builtin, tables: Tables) -> Index | None:
    """One on the time of the last event, where a rollup has it."""
    place, activity = tables.rolled_up.get(builtin.name), tables.activity
    if place is None or activity is None:
        return None
    of = tables.contacts if isinstance(activity, RollupColumns) else activity
    return _named("", (place.column,), of.relation, (*_workspace(of.workspace), _quoted(place.column)))


def _on_contact(
    suffix: str,
    operand: p.Operand,
    tables: Tables,
    operators: str,
    method: Method = Method.BTREE,
    extension: str | None = None,
) -> Index | None:
    """An index on the contacts' own value, with a suffix on it in lower case; None where it can't be on one.

    Nothing that `json` is asked for is immutable, and what is a row of another table has its index there.
    """
    place = _place(operand, tables)
    if place is None or place.type is ColumnType.JSON:
        return None
    lead = _workspace(tables.contacts.workspace) if method is Method.BTREE else ()
    keys = (*lead, f"{_value(p.Stored(place, operand.reading), tables, is_lower=bool(suffix))}{operators}")
    path = place.path if isinstance(place, InJson) else ()
    read = "" if place.type not in _READ_OTHERWISE else _READ_AS.get(operand.reading, "")
    return _named(
        "_".join(filter(None, (read, suffix))), (place.column, *path), tables.contacts.relation, keys, method, extension
    )


def _place(operand: p.Operand, tables: Tables) -> Place | None:
    """Where the value lies on the contact; an index is on one key, also where the statement has it as a parameter."""
    values = tables.contacts.custom_values
    match operand:
        case p.Stored(place):
            return place
        case p.UndeclaredValue(key) if isinstance(values, InJson):
            return replace(values, path=(*values.path, key))
        case _:
            return None


def _named(
    suffix: str,
    on: tuple[str, ...],
    relation: Relation,
    keys: tuple[str, ...],
    method: Method = Method.BTREE,
    extension: str | None = None,
) -> Index:
    """The index under a name that says what it is on."""
    name = index_name("_".join(filter(None, (relation.name, *on, suffix))), "".join(keys))
    return Index(name, relation, keys, method, extension)


def _workspace(column: str | None) -> tuple[str, ...]:
    return () if column is None else (_quoted(column),)


def _value(operand: p.Stored, tables: Tables, *, is_lower: bool = False) -> str:
    """What statements compare, as a key of an index: without a table's alias, in parentheses where it is no column."""
    value = read(operand, tables).value
    if is_lower:
        value = exp.Lower(this=value)
    bare = value.transform(lambda node: node.this if isinstance(node, exp.Column) else node)
    sql = _undoubled(bare)
    return sql if isinstance(bare, exp.Identifier | exp.Lower) else f"({sql})"


def _qualified(relation: Relation) -> str:
    return ".".join(_quoted(part) for part in (relation.schema, relation.name) if part is not None)


def _quoted(name: str) -> str:
    return _undoubled(nodes.name(name))


def _undoubled(node: exp.Expr) -> str:
    """The text of a node for a statement without parameters, in which a percent sign is itself."""
    return node.sql(dialect="postgres").replace("%%", "%")
