"""Which text conditions an index on contacts serves, by what the index is made on.

An index serves an expression that is written as its own (docs/operations.md): `lower(email)`, `fields ->> 'plan'`.
Equality takes a b-tree that begins with it, after the workspace at most; the beginning of a text one in the order of
bytes; any other part of a text a trigram index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segsql.catalog import Tables
from segsql.errors import Code
from segsql.filters import Problem
from segsql.lint.formulas import Every, Formula, Literal, Some
from segsql.lint.placed import Placed
from segsql.lint.wording import Wording, finding
from segsql.plan import predicate as p

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


def _expression(test: _TextTest, tables: Tables) -> str:
    """What the statement reads, as PostgreSQL would write an index on it: an operator in parentheses of its own, and in
    another pair where it is no function's argument."""
    match test.operand:
        case p.Column(builtin):
            read = builtin.name
        case p.CustomValue(key) | p.UndeclaredValue(key):
            read = f"({tables.contacts.custom_values} ->> {_quoted(key)}::text)"
    if isinstance(test, p.TextMatches) or p.ignores_case(test.operand):
        return f"lower({read})"
    return f"({read})" if read.startswith("(") else read


def _quoted(text: str) -> str:
    """A literal as PostgreSQL writes it: backslashes as they are."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _serves(index: TextIndex, expression: str, test: _TextTest, tables: Tables) -> bool:
    for place, key in enumerate(index.keys):
        if key.expression != expression:
            continue
        leads = all(before.expression == tables.contacts.workspace_id for before in index.keys[:place])
        if key.operator_class in _TRIGRAMS:
            return isinstance(test, p.TextMatches)
        if not isinstance(test, p.TextMatches):
            return leads and index.method in ("btree", "hash")
        in_order = key.by_bytes or key.operator_class in _BY_BYTES
        return test.part is p.Part.START and index.method == "btree" and leads and in_order
    return False


def _hint(expression: str, test: _TextTest, tables: Tables) -> str:
    contacts, workspace = tables.contacts.name, tables.contacts.workspace_id
    made = expression.replace("::text", "")
    match test:
        case p.TextMatches(_, p.Part.START):
            ddl = f"CREATE INDEX CONCURRENTLY ON {contacts} ({workspace}, {made} text_pattern_ops)"
        case p.TextMatches():
            ddl = f"CREATE INDEX CONCURRENTLY ON {contacts} USING gin ({made} gin_trgm_ops), with the extension pg_trgm"
        case _:
            ddl = f"CREATE INDEX CONCURRENTLY ON {contacts} ({workspace}, {made})"
    return f"Where few contacts match and it is asked for often: {ddl}."
