"""Values in a text: numbers, texts, constants, and lists of them."""

from __future__ import annotations

import re

from segsql.errors import Code
from segsql.filters.decode import decode
from segsql.filters.limits import MAX_LIST
from segsql.filters.text.cursor import Cursor
from segsql.filters.text.literals import BadEscape, unquoted_text
from segsql.filters.text.parts import Value
from segsql.filters.text.suggestions import date_hint, value_hint
from segsql.filters.text.tokens import Token, TokenKind
from segsql.filters.text.vocabulary import CONSTANTS

_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def read_value(at: Cursor) -> Value:
    """Any value, at the next token. Raises InvalidDefinition."""
    token = at.next
    match token.kind:
        case TokenKind.TEXT:
            at.take()
            return Value(read_text(at, token), token.span)
        case TokenKind.NUMBER:
            return read_number(at)
        case TokenKind.SYMBOL if token.text == "-":
            return read_number(at)
        case TokenKind.SYMBOL if token.text == "(":
            return _list(at)
        case TokenKind.WORD if token.text.lower() in CONSTANTS:
            at.take()
            return Value(CONSTANTS[token.text.lower()], token.span)
        case _:
            raise at.expected("a value", value_hint(token))


def read_number(at: Cursor) -> Value:
    """A number, as JSON writes it, with every digit. Raises InvalidDefinition."""
    start = at.next.span.start
    sign = "-" if at.next.text == "-" else ""
    if sign:
        at.take()
    digits = at.next
    if digits.kind is not TokenKind.NUMBER or not _NUMBER.fullmatch(digits.text):
        raise at.expected("a number")
    at.take()
    return Value(decode(sign + digits.text), at.since(start))


def read_text(at: Cursor, token: Token) -> str:
    """What the literal of a token says. Raises InvalidDefinition."""
    try:
        return unquoted_text(token.text)
    except BadEscape as error:
        message = f"{error.written} means nothing in a text that begins with e'"
        hint = "A backslash is written \\\\"
        raise at.error(Code.TEXT, token.span.start + error.at, message, hint) from None


def _list(at: Cursor) -> Value:
    start = at.take().span.start
    members = [] if at.next.text == ")" else [read_value(at)]
    while at.next.text == ",":
        at.take()
        members.append(read_value(at))
        if len(members) > MAX_LIST:
            message = f"The list has more than {MAX_LIST:,} values"
            raise at.error(Code.LIST_TOO_LONG, members[-1].span.start, message)
    if at.next.text != ")":
        raise at.expected("a comma or a closing parenthesis", date_hint(at.before, at.next))
    at.take()
    return Value([member.json for member in members], at.since(start), tuple(members))
