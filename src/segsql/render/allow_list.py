"""The last look at a finished tree: nothing leaves the compiler that is not on this list (spec 6).

sqlglot prints whatever it is given, so the list is on what the tree *is*: node kinds, functions, tables.
"""

from __future__ import annotations

import re

from sqlglot import exp

from segsql.catalog import SqlType, Tables
from segsql.errors import Code, InternalError
from segsql.render.nodes import data_type

ALLOWED_NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Alias,
        exp.And,
        exp.Anonymous,
        exp.Any,
        exp.ArrayAgg,
        exp.ArrayContainedBy,
        exp.ArrayContainsAll,
        exp.ArrayOverlaps,
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
        "array_position",
        "bit_or",
        "cardinality",
        "jsonb_path_exists",
        "jsonb_typeof",
        "string_to_array",
        "to_jsonb",
    }
)

_TEXT_ARGUMENTS = frozenset(
    {(exp.Anonymous, "this"), (exp.Identifier, "this"), (exp.Literal, "this"), (exp.Placeholder, "this")}
)
"""Where a node may hold a bare text: sqlglot prints one as it is, and each of these is looked at below."""

_TYPE_PARTS = frozenset(part for type_ in SqlType for part in data_type(type_).find_all(exp.DataType))
"""The types that parameters have, and what they are made of."""

_PARAMETER = re.compile(r"p[1-9][0-9]*")
_NUMBER = re.compile(r"[0-9]+")


def check(statement: exp.Expression, tables: Tables) -> None:
    """Raise InternalError (SEG901) unless the tree is one SELECT made of allowed parts alone."""
    if type(statement) is not exp.Select:
        raise _forbidden(statement)
    named = (tables.contacts, tables.contact_tags, tables.activity, tables.events)
    names = {table.name for table in named if table is not None}
    for node in statement.walk():
        if type(node) not in ALLOWED_NODES or not _is_allowed(node, names) or _has_stray_text(node):
            raise _forbidden(node)


def _is_allowed(node: exp.Expr, table_names: set[str]) -> bool:
    match node:
        case exp.Anonymous():
            return node.name in ALLOWED_FUNCTIONS
        case exp.Table():
            return node.name in table_names and not node.db and not node.catalog
        case exp.Distinct():
            return isinstance(node.parent, exp.Count) and not node.args.get("on")
        case exp.Union():
            return node.args.get("distinct") is False
        case exp.Identifier():
            return node.args.get("quoted") is True
        case exp.Placeholder():
            return _PARAMETER.fullmatch(node.name) is not None
        case exp.Literal():
            return node.is_string or _NUMBER.fullmatch(node.name) is not None
        case _:
            return True


def _has_stray_text(node: exp.Expr) -> bool:
    """Whether an argument is a text that is not a name, a literal, or the word of a left join."""
    if isinstance(node, exp.DataType):
        return node not in _TYPE_PARTS
    for key, value in node.args.items():
        for part in value if isinstance(value, list) else [value]:
            is_plain = part is None or isinstance(part, bool | exp.Expr)
            is_left = isinstance(node, exp.Join) and key == "side" and part == "LEFT"
            if not (is_plain or is_left or (isinstance(part, str) and (type(node), key) in _TEXT_ARGUMENTS)):
                return True
    return False


def _forbidden(node: exp.Expr) -> InternalError:
    return InternalError(Code.FORBIDDEN_SQL, f"the compiled statement has a forbidden {type(node).__name__}")
