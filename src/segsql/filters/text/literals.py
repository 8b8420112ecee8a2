"""What stands in quotes: `'it''s'`, `e'two\\nlines'`, `"a name"`."""

from __future__ import annotations

import re

from segsql.filters.text.vocabulary import ESCAPES

_ESCAPED = re.compile(
    r"''|\\(?:u([0-9a-fA-F]{4})|U(0000[0-9a-fA-F]{4}|000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|.)", re.DOTALL
)


class BadEscape(ValueError):
    """A backslash with something that means nothing after it, `at` characters into the literal."""

    def __init__(self, written: str, at: int) -> None:
        super().__init__(written)
        self.written = written
        self.at = at


def unquoted_text(literal: str) -> str:
    """The text that a literal writes. Raises BadEscape."""
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    return _ESCAPED.sub(_meaning, literal[:-1])[2:]


def unquoted_name(literal: str) -> str:
    """The name that stands in double quotes."""
    return literal[1:-1].replace('""', '"')


def _meaning(found: re.Match[str]) -> str:
    if found[0] == "''":
        return "'"
    if number := found[1] or found[2]:
        return chr(int(number, 16))
    meaning = ESCAPES.get(found[0][1])
    if meaning is None:
        raise BadEscape(found[0], found.start())
    return meaning
