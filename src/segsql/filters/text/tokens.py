"""Text -> tokens: the one place outside of render that knows sqlglot, of which it takes the tokenizer alone.

The tokenizer finds where tokens begin and end; what they mean is read from the text itself. It knows no word of
SQL here: no statement, no hint, no template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


def tokenize(source: Source) -> Iterator[Token]:
    """The tokens of the text, and one for its end, made as they are asked for: an error early in it costs little.

    Raises InvalidDefinition for what begins and does not end, and for what no definition can have room for.
    """
    if len(source.text) > MAX_TEXT_BYTES:
        raise source.error(Code.TOO_LARGE, 0, f"The text is longer than {MAX_TEXT_BYTES:,} characters")
    tokenizer, start = _Tokenizer(), 0
    for end in _cuts(source):
        for each in tokenizer.tokenize(source.text[start:end]):
            span = Span(start + each.start, start + each.end + 1)
            kind = _KINDS.get(each.token_type, TokenKind.SYMBOL)
            yield Token(kind, source.text[span.start : span.end], span)
        start = end
    yield Token(TokenKind.END, "", Span(start, start))


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
    rf"""'(?:[^']|'')*+'|"(?:[^"]|"")*+"|/\*.*?\*/|(?P<space>\s+)|(?P<word>[^\s{re.escape(_SIGNS)}]++)|(?P<open>'|"|/\*|{{\#)|.""",
    re.DOTALL,
)
"""A part of a text; there are at least as many as tokens."""

_CHUNK = 4096
"""Characters after which the text may be cut, where a part begins that nothing can belong to before it."""

_LONGEST_CHUNK = 16 * _CHUNK
"""Characters after which it is cut anyhow: no filter has so many without a space or parenthesis."""


def _cuts(source: Source) -> Iterator[int]:
    """Where the text can be cut, and its end; refuses what the tokenizer must not see before it does."""
    start = number = open_parentheses = 0
    for part in _PART.finditer(source.text):
        at, text = part.start(), part[0]
        if part["space"]:
            if at - start >= _CHUNK:
                yield at
                start = at
            continue
        number += 1
        open_parentheses += (text == "(") - (text == ")")
        if number > MAX_BYTES:
            raise source.error(Code.TOO_LARGE, at, f"The text has more than {MAX_BYTES:,} words and signs")
        if open_parentheses > MAX_DEPTH:
            raise source.error(Code.TOO_DEEP, at, f"More than {MAX_DEPTH} parentheses are open here")
        if part["word"] and len(text) > MAX_TEXT:
            raise source.error(Code.TEXT_TOO_LONG, at, f"A word has {len(text)} characters; {MAX_TEXT} are allowed")
        if part["open"]:
            raise source.error(Code.TEXT_UNCLOSED, at, f"What begins with {text} here does not end")
        if at - start >= (_CHUNK if text in ("(", ")", ",") else _LONGEST_CHUNK):
            yield at
            start = at
    yield len(source.text)
