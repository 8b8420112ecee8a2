"""Which text conditions an index on contacts serves, by what the index is made on.

An index serves an expression that is written as its own (docs/operations.md): `lower(email)`, `fields ->> 'plan'`.
Equality takes a b-tree that begins with it, after the workspace at most; the beginning of a text one in the order of
bytes; any other part of a text a trigram index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segsql.catalog import ColumnType, InColumn, InJson, Tables
from segsql.errors import Code
from segsql.filters import Problem
from segsql.lint.formulas import Every, Formula, Literal, Some
from segsql.lint.placed import Placed
from segsql.lint.wording import Wording, finding
from segsql.plan import predicate as p

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_CAST_COLUMN = re.compile(r'\(("?\w+"?)\)::text')

_RESERVED = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "initially",
        "intersect",
        "into",
        "lateral",
        "leading",
        "limit",
        "localtime",
        "localtimestamp",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "placing",
        "primary",
        "references",
        "returning",
        "select",
        "session_user",
        "some",
        "symmetric",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "when",
        "where",
        "window",
        "with",
    ]
)
"""Words that PostgreSQL takes for a name in quotes alone."""

_BY_BYTES = ("text_pattern_ops", "varchar_pattern_ops")
_TRIGRAMS = ("gin_trgm_ops", "gist_trgm_ops")


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One column of an index: what it is made on as PostgreSQL writes it, its operator class, and whether it is in the
    order of bytes."""

    expression: str
    operator_class: str
    by_bytes: bool


@dataclass(frozen=True, slots=True)
class TextIndex:
    """A valid index that covers all living contacts."""

    method: str
    keys: tuple[IndexKey, ...]


def index_finding(
    condition: Placed, indexes: Iterable[TextIndex], tables: Tables, wording: Wording, *, holds: bool
) -> Iterator[Problem]:
    """At most one finding: the condition reads a text, and no index leads to the contacts that it matches.

    Conditions that a negation turns round match most contacts, and no index would help.
    """
    for test in _positive(condition.when(holds=holds)):
        expression = _expression(test, tables)
        if expression is None or any(_serves(index, expression, test, tables) for index in indexes):
            continue
        message = f"No index serves {wording.of(condition.node)}: to find its contacts all of the workspace are read"
        yield finding(Code.NO_INDEX, condition.node.place, message, _hint(expression, test, tables))
        return


_TextTest = p.TextEquals | p.TextIn | p.TextMatches


def _positive(formula: Formula) -> Iterator[_TextTest]:
    match formula:
        case Literal(p.TextEquals() | p.TextIn() | p.TextMatches() as test, True):
            yield test
        case Literal():
            return
        case Every(members) | Some(members):
            for member in members:
                yield from _positive(member)


def _expression(test: _TextTest, tables: Tables) -> str | None:
    """What the statement reads, as PostgreSQL would write an index on it: an operator in parentheses of its own, and in
    another pair where it is no function's argument. None for what no index on contacts can be on."""
    match test.operand:
        case p.Stored(InColumn(column)):
            read = named(column)
        case p.Stored(InJson(column, ColumnType.JSONB, (*keys, key))):
            read = _member(column, keys, key)
        case p.UndeclaredValue(key) if isinstance(tables.contacts.custom_values, InJson):
            values = tables.contacts.custom_values
            if values.type is not ColumnType.JSONB:
                return None
            read = _member(values.column, values.path, key)
        case _:
            return None
    if isinstance(test, p.TextMatches) or p.ignores_case(test.operand):
        return f"lower({read})"
    return f"({read})" if read.startswith("(") else read


def _member(column: str, keys: Iterable[str], key: str) -> str:
    """A member of a document, as PostgreSQL writes it."""
    document = named(column)
    for each in keys:
        document = f"({document} -> {_quoted(each)}::text)"
    return f"({document} ->> {_quoted(key)}::text)"


def named(*parts: str | None) -> str:
    """A name as PostgreSQL writes it: in quotes where it must be."""
    each = (part for part in parts if part is not None)
    return ".".join(part if _PLAIN.fullmatch(part) and part not in _RESERVED else _in_quotes(part) for part in each)


def _in_quotes(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _quoted(text: str) -> str:
    """A literal as PostgreSQL writes it: backslashes as they are."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _serves(index: TextIndex, expression: str, test: _TextTest, tables: Tables) -> bool:
    for place, key in enumerate(index.keys):
        if _bare(key.expression) != _bare(expression):
            continue
        leads = all(_bare(before.expression) == tables.contacts.workspace for before in index.keys[:place])
        if key.operator_class in _TRIGRAMS:
            return isinstance(test, p.TextMatches)
        if not isinstance(test, p.TextMatches):
            return leads and index.method in ("btree", "hash")
        in_order = key.by_bytes or key.operator_class in _BY_BYTES
        return test.part is p.Part.START and index.method == "btree" and leads and in_order
    return False


def _bare(expression: str) -> str:
    """An expression as one on a column of text is written: one of `varchar` is cast to it."""
    return _CAST_COLUMN.sub(r"\1", expression).replace('"', "")


def _hint(expression: str, test: _TextTest, tables: Tables) -> str:
    contacts = named(tables.contacts.relation.schema, tables.contacts.relation.name)
    first = "" if tables.contacts.workspace is None else f"{named(tables.contacts.workspace)}, "
    made = expression.replace("::text", "")
    match test:
        case p.TextMatches(_, p.Part.START):
            ddl = f"CREATE INDEX CONCURRENTLY ON {contacts} ({first}{made} text_pattern_ops)"
        case p.TextMatches():
            ddl = f"CREATE INDEX CONCURRENTLY ON {contacts} USING gin ({made} gin_trgm_ops), with the extension pg_trgm"
        case _:
            ddl = f"CREATE INDEX CONCURRENTLY ON {contacts} ({first}{made})"
    return f"Where few contacts match and it is asked for often: {ddl}."
