"""Tests -> the indexes that would serve them: made of the very expressions that statements compare (spec 6)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from segsql.catalog import FieldType, Tables
from segsql.plan import predicate as p
from segsql.plan.shape import Operand
from segsql.render import nodes
from segsql.render.operands import read

LONGEST_NAME = 63
"""Bytes of an identifier that PostgreSQL keeps."""

SHORTEST_TRIGRAM = 3
"""Characters of a text part below which an index of trigrams finds nothing faster."""

_UNSAFE = re.compile(r"[^a-z0-9_]+")


class Method(StrEnum):
    """The access method of an index."""

    BTREE = "btree"
    GIN = "gin"


@dataclass(frozen=True, slots=True)
class Index:
    """An index that does not exist yet. `keys` are SQL; `extension` is what has to be installed first, if anything."""

    name: str
    table: str
    keys: tuple[str, ...]
    method: Method = Method.BTREE
    extension: str | None = None

    @property
    def is_on_expression(self) -> bool:
        """Whether the server has no statistics of what it is on before it exists."""
        return any("(" in key for key in self.keys)

    def ddl(self, *, concurrently: bool) -> str:
        """The statement that creates it, without an end; `concurrently` without a lock that stops writers."""
        how = "CONCURRENTLY IF NOT EXISTS " if concurrently else ""
        using = "" if self.method is Method.BTREE else f" USING {self.method}"
        return f"CREATE INDEX {how}{_quoted(self.name)} ON {_quoted(self.table)}{using} ({', '.join(self.keys)})"


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
            key = f"{_value(operand, tables, is_lower=True)} gin_trgm_ops"
            return _named("trigrams", operand, tables.contacts.name, (key,), Method.GIN, "pg_trgm")
        case p.SetOverlaps(operand):
            return _named("", operand, tables.contacts.name, (_value(operand, tables),), Method.GIN)
        case p.NumberTest(operand) | p.BooleanTest(operand) | p.DateTest(operand) | p.WithinDays(operand):
            return _ordered(operand, tables)
        case _:
            return None


def _ordered(operand: p.Operand, tables: Tables, suffix: str = "", *, operators: str = "") -> Index | None:
    """A btree behind the workspace; with a suffix it is on the value in lower case."""
    if isinstance(operand, p.Column) and operand.builtin.event is not None:
        if tables.activity is None or operand.builtin.type is FieldType.NUMBER:
            return None
        keys = (_quoted(tables.activity.workspace_id), _quoted(operand.builtin.name))
        return _named("", operand, tables.activity.name, keys)
    value = _value(operand, tables, is_lower=bool(suffix))
    keys = (_quoted(tables.contacts.workspace_id), f"{value}{operators}")
    return _named(suffix, operand, tables.contacts.name, keys)


def _named(
    suffix: str,
    operand: p.Operand,
    table: str,
    keys: tuple[str, ...],
    method: Method = Method.BTREE,
    extension: str | None = None,
) -> Index:
    """The index under a name that says what it is on; one that would be cut, or has lost characters, ends in a hash."""
    key = operand.builtin.name if isinstance(operand, p.Column) else f"fields_{operand.key}"
    wanted = "_".join(filter(None, (table, key, suffix)))
    name = _UNSAFE.sub("_", wanted.lower())
    if name != wanted or len(name) > LONGEST_NAME:
        digest = hashlib.sha256("".join(keys).encode()).hexdigest()[:8]
        name = f"{name[: LONGEST_NAME - 9]}_{digest}"
    return Index(name, table, keys, method, extension)


def _value(operand: p.Operand, tables: Tables, *, is_lower: bool = False) -> str:
    """What statements compare, as a key of an index: without a table's alias, in parentheses where it is no column."""
    value = read(_with_key(operand), tables).value
    if is_lower:
        value = exp.Lower(this=value)
    bare = value.transform(lambda node: nodes.name(node.name) if isinstance(node, exp.Column) else node)
    sql = bare.sql(dialect="postgres")
    return sql if isinstance(bare, exp.Identifier | exp.Lower) else f"({sql})"


def _with_key(operand: p.Operand) -> Operand:
    """An index is on one key, also where the statement has it as a parameter: the planner knows its value."""
    return p.CustomValue(operand.key, operand.reading) if isinstance(operand, p.UndeclaredValue) else operand


def _quoted(name: str) -> str:
    return nodes.name(name).sql(dialect="postgres")
