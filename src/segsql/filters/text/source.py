"""The text of a filter, and how a place in it is told: line, column, and a caret under it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from segsql.errors import Code, Diagnostic, InvalidDefinition, printable

SHOWN = 76
"""Characters of a line that an excerpt shows."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the text: the offset of its first character, and that of the first one after it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A filter's text."""

    text: str

    def error(self, code: Code, at: int, message: str, hint: str = "") -> InvalidDefinition:
        """The text is wrong at this offset, and nothing more can be said about it."""
        return InvalidDefinition((self.diagnostic(code, at, message, hint),))

    def diagnostic(self, code: Code, at: int, message: str, hint: str = "") -> Diagnostic:
        """A problem at an offset; its path is the column, from 1, and the line where there are several."""
        start = self.text.rfind("\n", 0, at) + 1
        column = f"column {at - start + 1}"
        path = f"line {self.text.count(chr(10), 0, at) + 1}, {column}" if "\n" in self.text else column
        return Diagnostic(code, path, printable(message), printable(hint), self._excerpt(start, at))

    def _excerpt(self, start: int, at: int) -> str:
        """The line, cut where it is long, and under it the caret."""
        end = self.text.find("\n", at)
        line = self.text[start : end if end >= 0 else None]
        column = at - start
        first = max(0, min(column - SHOWN // 2, len(line) - SHOWN))
        before, behind = line[first:column], line[column : first + SHOWN]
        left, right = "…" if first else "", "…" if first + SHOWN < len(line) else ""
        return f"{left}{_shown(before)}{_shown(behind)}{right}\n{' ' * (len(left) + _width(_shown(before)))}^"


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _width(text: str) -> int:
    """Columns of a terminal that the text takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
