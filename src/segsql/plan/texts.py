"""Texts of a definition made ready to be parameters."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import assert_never

from segsql.plan.predicate import Part

_LIKE_ESCAPES = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})

_PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE))


def like_pattern(part: Part, text: str) -> str:
    """The LIKE pattern that finds the text itself, whatever characters it has."""
    literal = text.translate(_LIKE_ESCAPES)
    match part:
        case Part.ANYWHERE:
            return f"%{literal}%"
        case Part.START:
            return f"{literal}%"
        case Part.END:
            return f"%{literal}"
        case _:
            assert_never(part)


def unused_character(texts: Sequence[str]) -> str:
    """A character that is in none of the texts, to separate them by: a line feed, if it will do.

    One of which `lower()` makes nothing else, nor makes it of another; a definition is too small to hold all
    of them.
    """
    used = set().union(*texts)
    candidates = itertools.chain("\n", map(chr, itertools.chain(*_PRIVATE_USE)))
    return next(each for each in candidates if each not in used)
