"""Lines that are too long to read, broken before AND, OR and THEN; all else of a text stays as it is.

What is shown is the statement that runs: it differs in white space between its words alone. sqlglot has laid out
most of a statement already, but for the conditions of a shared scan, which are put together from kept parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType, tokenize

WIDTH = 100
"""Columns of a line that is left as it is; one that can't be broken may be longer."""

_BREAKS = (TokenType.AND, TokenType.OR, TokenType.THEN)


def readable(sql: str) -> str:
    """The text with its long lines broken; none of its literals goes over several lines."""
    return "\n".join(_broken(line) for line in sql.split("\n"))


def _broken(line: str) -> str:
    if len(line) <= WIDTH or line.startswith("--"):
        return line
    indent = len(line) - len(line.lstrip())
    return "\n".join(_laid_out(_words(line), indent))


@dataclass(frozen=True, slots=True)
class _Word:
    """A token as it stands in the text, and whether white space comes before it."""

    text: str
    kind: TokenType
    is_apart: bool


def _words(line: str) -> list[_Word]:
    tokens = tokenize(line, read="postgres")
    return [_Word(line[token.start : token.end + 1], token.token_type, _is_apart(line, token)) for token in tokens]


def _is_apart(line: str, token: Token) -> bool:
    return token.start > 0 and line[token.start - 1].isspace()


def _laid_out(words: Sequence[_Word], indent: int) -> Iterator[str]:
    """The lines of some words: one where they fit or have nothing to break at.

    Else a line for each member of an AND or OR, and what is in parentheses further in.
    """
    flat = _joined(words)
    if indent + len(flat) <= WIDTH or not any(word.kind in _BREAKS for word in words):
        yield " " * indent + flat
        return
    for member in _members(words):
        yield from _member(member, indent)


def _member(words: Sequence[_Word], indent: int) -> Iterator[str]:
    flat = _joined(words)
    inner = _longest_parentheses(words)
    if indent + len(flat) <= WIDTH or inner is None:
        yield " " * indent + flat
        return
    opened, closed = inner
    start = opened + 1
    if words[start].text.upper() == "WHERE":
        start += 1
    yield " " * indent + _joined(words[:start])
    yield from _laid_out(words[start:closed], indent + 2)
    yield " " * indent + _joined(words[closed:])


def _members(words: Sequence[_Word]) -> Iterator[Sequence[_Word]]:
    """The words parted before each AND and OR that is in no parentheses."""
    depth = begin = 0
    for place, word in enumerate(words):
        depth += (word.kind is TokenType.L_PAREN) - (word.kind is TokenType.R_PAREN)
        if depth == 0 and word.kind in _BREAKS and place > begin:
            yield words[begin:place]
            begin = place
    yield words[begin:]


def _longest_parentheses(words: Sequence[_Word]) -> tuple[int, int] | None:
    """The outermost pair with the most in it, if there is an AND or OR in it."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for place, word in enumerate(words):
        if word.kind is TokenType.L_PAREN:
            opened.append(place)
        elif word.kind is TokenType.R_PAREN and opened:
            start = opened.pop()
            if not opened and any(inner.kind in _BREAKS for inner in words[start:place]):
                pairs.append((start, place))
    return max(pairs, key=lambda pair: pair[1] - pair[0], default=None)


def _joined(words: Sequence[_Word]) -> str:
    first, *rest = words
    return first.text + "".join(f" {word.text}" if word.is_apart else word.text for word in rest)
