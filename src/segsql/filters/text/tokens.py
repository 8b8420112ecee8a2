"""Text -> tokens: the one place outside of render that knows sqlglot, of which it takes the tokenizer alone.

The tokenizer finds where tokens begin and end; what they mean is read from the text itself. It knows no word of
SQL here: no statement, no hint, no template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar

from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer

from segsql.errors import Code
from segsql.filters.decode import MAX_TEXT_BYTES
from segsql.filters.limits import MAX_BYTES, MAX_DEPTH, MAX_TEXT
from segsql.filters.text.source import Source, Span


class TokenKind(Enum):
    """What a token is."""

    WORD = auto()
    NAME = auto()
    """A name in double quotes."""
    TEXT = auto()
    """A text in single quotes."""
    NUMBER = auto()
    SYMBOL = auto()
    END = auto()
    """After the last token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its characters in the text, quotes and all, and where they stand."""

    kind: TokenKind
    text: str
    span: Span


def tokenize(source: Source) -> list[Token]:
    """The tokens of the text, and one for its end.

    Raises InvalidDefinition for what begins and does not end, and for what no definition can have room for, before
    anything is done that takes long.
    """
    _check(source)
    tokens = [
        _token(source, Span(each.start, each.end + 1), each.token_type) for each in _Tokenizer().tokenize(source.text)
    ]
    size = len(source.text)
    return [*tokens, Token(TokenKind.END, "", Span(size, size))]


_SIGNS = "(),.:;=<>!+-*/%&|^~?@#$\\{}[]'\"`"
"""The characters at which a word ends."""


class _Tokenizer(Tokenizer):
    """sqlglot's tokenizer without the words of SQL."""

    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        ">=": TokenType.GTE,
        "<=": TokenType.LTE,
        "!=": TokenType.NEQ,
        "<>": TokenType.NEQ,
    }
    SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = dict.fromkeys(_SIGNS, TokenType.UNKNOWN)
    QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'"]
    BYTE_STRINGS: ClassVar[list[str | tuple[str, str]]] = [("e'", "'"), ("E'", "'")]
    BYTE_STRING_ESCAPES: ClassVar[list[str]] = ["'"]
    IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ['"']
    COMMENTS: ClassVar[list[str | tuple[str, str]]] = [("/*", "*/")]
    NESTED_COMMENTS = False
    COMMANDS: ClassVar[set[TokenType]] = set()


_KINDS: Mapping[TokenType, TokenKind] = {
    TokenType.VAR: TokenKind.WORD,
    TokenType.IDENTIFIER: TokenKind.NAME,
    TokenType.STRING: TokenKind.TEXT,
    TokenType.BYTE_STRING: TokenKind.TEXT,
    TokenType.NUMBER: TokenKind.NUMBER,
}

_PART = re.compile(
    rf"""'(?:[^']|'')*+'|"(?:[^"]|"")*+"|/\*.*?\*/|\s+|(?P<word>[^\s{re.escape(_SIGNS)}]++)|(?P<open>'|"|/\*|{{\#)|.""",
    re.DOTALL,
)
"""A part of a text; there are at least as many as tokens."""


def _token(source: Source, span: Span, type_: TokenType) -> Token:
    return Token(_KINDS.get(type_, TokenKind.SYMBOL), source.text[span.start : span.end], span)


def _check(source: Source) -> None:
    if len(source.text) > MAX_TEXT_BYTES:
        raise source.error(Code.TOO_LARGE, 0, f"The text is longer than {MAX_TEXT_BYTES:,} characters")
    open_parentheses = 0
    for number, part in enumerate(_PART.finditer(source.text)):
        if number >= MAX_BYTES:
            raise source.error(Code.TOO_LARGE, 0, f"The text has more than {MAX_BYTES:,} words and signs")
        if part["word"] and len(part["word"]) > MAX_TEXT:
            message = f"A word has {len(part['word'])} characters; {MAX_TEXT} are allowed"
            raise source.error(Code.TEXT_TOO_LONG, part.start(), message)
        open_parentheses += (part[0] == "(") - (part[0] == ")")
        if open_parentheses > MAX_DEPTH:
            raise source.error(Code.TOO_DEEP, part.start(), f"More than {MAX_DEPTH} parentheses are open here")
        if part["open"]:
            raise source.error(Code.TEXT_UNCLOSED, part.start(), f"What begins with {part['open']} here does not end")
