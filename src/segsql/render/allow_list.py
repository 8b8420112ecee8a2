"""The last look at a finished tree: nothing leaves the compiler that is not on this list (spec 6).

sqlglot prints whatever it is given, so the list is on what the tree *is*: node kinds, functions, tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlglot import exp

from segsql.catalog import EavTable, RollupTable, SqlType, Tables, TagRows
from segsql.errors import Code, InternalError
from segsql.render.nodes import data_type, name

ALLOWED_NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Alias,
        exp.And,
        exp.Anonymous,
        exp.Any,
        exp.Array,
        exp.ArrayAgg,
        exp.ArrayContainedBy,
        exp.ArrayContainsAll,
        exp.ArrayOverlaps,
        exp.AtTimeZone,
        exp.BitwiseAnd,
        exp.BitwiseLeftShift,
        exp.Boolean,
        exp.Case,
        exp.Cast,
        exp.Coalesce,
        exp.Collate,
        exp.Column,
        exp.Count,
        exp.DataType,
        exp.Distinct,
        exp.Div,
        exp.EQ,
        exp.Exists,
        exp.Filter,
        exp.From,
        exp.GT,
        exp.GTE,
        exp.Group,
        exp.Identifier,
        exp.If,
        exp.In,
        exp.Is,
        exp.JSONBContainsAnyTopKeys,
        exp.JSONBExtractScalar,
        exp.JSONExtract,
        exp.JSONExtractScalar,
        exp.Join,
        exp.LT,
        exp.LTE,
        exp.Least,
        exp.Left,
        exp.Like,
        exp.Limit,
        exp.Literal,
        exp.Lower,
        exp.Max,
        exp.Mul,
        exp.NEQ,
        exp.Not,
        exp.Null,
        exp.Nullif,
        exp.Offset,
        exp.Or,
        exp.Order,
        exp.Ordered,
        exp.Paren,
        exp.Placeholder,
        exp.RegexpLike,
        exp.Select,
        exp.Star,
        exp.Sub,
        exp.Subquery,
        exp.Sum,
        exp.Table,
        exp.TableAlias,
        exp.Union,
        exp.Where,
    }
)
ALLOWED_FUNCTIONS = frozenset(
    {
        "array_ndims",
        "array_position",
        "array_remove",
        "bit_or",
        "bool_or",
        "cardinality",
        "json_typeof",
        "jsonb_build_object",
        "jsonb_concat",
        "jsonb_path_exists",
        "jsonb_typeof",
        "length",
        "regexp_replace",
        "replace",
        "string_to_array",
        "strpos",
        "to_jsonb",
        "width_bucket",
    }
)

_TYPE_PARTS = frozenset(part for type_ in SqlType for part in data_type(type_).find_all(exp.DataType))
"""The types that parameters have, and what they are made of."""

_PARAMETER = re.compile(r"p[1-9][0-9]*")
_NUMBER = re.compile(r"[0-9]+")

_TEXT_ARGUMENTS = frozenset(
    {
        (exp.Anonymous, "this"),
        (exp.Identifier, "this"),
        (exp.Join, "side"),
        (exp.Literal, "this"),
        (exp.Placeholder, "this"),
    }
)
"""Where a node may hold a bare text: sqlglot prints one as it is, and each of these is looked at below."""

_CHECKS: Mapping[type[exp.Expr], Callable[[Any], bool]] = {
    exp.Anonymous: lambda node: node.name in ALLOWED_FUNCTIONS,
    exp.Distinct: lambda node: isinstance(node.parent, exp.Count) and not node.args.get("on"),
    exp.DataType: lambda node: node in _TYPE_PARTS,
    exp.Identifier: lambda node: node.args.get("quoted") is True,
    exp.Join: lambda node: node.args.get("side") in (None, "LEFT"),
    exp.Literal: lambda node: node.is_string or _NUMBER.fullmatch(node.name) is not None,
    exp.Placeholder: lambda node: _PARAMETER.fullmatch(node.name) is not None,
    exp.Table: lambda node: not node.catalog,
    exp.Union: lambda node: node.args.get("distinct") is False,
}
"""What must hold of a node beside its kind."""


def check(statement: exp.Expression, tables: Tables) -> None:
    """Raise InternalError (SEG901) unless the tree is one SELECT made of allowed parts alone."""
    if type(statement) is not exp.Select:
        raise _forbidden(statement)
    names = _names(tables)
    nodes: list[exp.Expr] = [statement]
    for node in nodes:
        kind = type(node)
        is_right = _CHECKS.get(kind)
        if kind not in ALLOWED_NODES or not (is_right is None or is_right(node)):
            raise _forbidden(node)
        if isinstance(node, exp.Table) and (node.db, node.name) not in names:
            raise _forbidden(node)
        if kind is exp.DataType:
            continue
        for key, value in node.args.items():
            if isinstance(value, exp.Expr):
                nodes.append(value)
            elif type(value) is list:
                nodes.extend(value)
            elif type(value) is str:
                if (kind, key) not in _TEXT_ARGUMENTS:
                    raise _forbidden(node)
            elif value is not None and type(value) is not bool:
                raise _forbidden(node)


@lru_cache(1024)
def _names(tables: Tables) -> frozenset[tuple[str, str]]:
    """The tables that a statement may name, as its text does."""
    relations = {tables.contacts.relation, *(events.relation for events in tables.events)}
    for table in (tables.tag_rows, tables.activity, tables.contacts.custom_values):
        if isinstance(table, TagRows | RollupTable | EavTable):
            relations.add(table.relation)
    return frozenset((name(each.schema or "").name, name(each.name).name) for each in relations)


def _forbidden(node: exp.Expr) -> InternalError:
    return InternalError(Code.FORBIDDEN_SQL, f"the compiled statement has a forbidden {type(node).__name__}")
