"""The cells of a text: each text that is named, all others, and nothing; and what one part of a text says of another.

How letters lose their case is the database's affair. Only what every database agrees on counts as known: ASCII
letters but for I, of which Turkish makes another letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from segsql.lint.cells import NOTHING, Cells
from segsql.plan import predicate as p

Texts = p.TextEquals | p.TextIn | p.TextMatches

_OTHER = 2
"""The cell of all texts that are not named."""


def texts(tests: Sequence[Texts], *, always: bool, any_case: bool) -> Cells:
    """The cells of a text that is compared so."""
    named = dict.fromkeys(text for test in tests for text in _named(test))
    tokens = {text: _token(text, any_case=any_case) for text in named}
    certain = _certain([token for token in tokens.values() if token is not None]) if any_case else set(named)
    known = {text: token for text, token in tokens.items() if token in certain}
    bits = {token: 1 << place for place, token in enumerate(dict.fromkeys(known.values()), start=2)}
    texts_alone = _OTHER | sum(bits.values())
    full = texts_alone if always else texts_alone | NOTHING

    def masks(test: Texts) -> tuple[int, int]:
        if isinstance(test, p.TextMatches):
            never = sum(bit for token, bit in bits.items() if token is not None and _differs(test, token))
            surely = sum(bit for token, bit in bits.items() if token is not None and _is_sure(test, token))
            return texts_alone & ~never, full & ~surely
        among = 0
        for token in {known[text] for text in _named(test) if text in known}:
            among |= bits[token]
        is_exact = all(text in known for text in _named(test))
        return among if is_exact else texts_alone, full & ~among

    return Cells(full, NOTHING & full, {test: masks(test) for test in tests})


def implies(one: p.TextMatches, other: p.TextMatches) -> bool:
    """Whether each text that has the one part surely has the other."""
    whole, piece = _surely(one.text), _surely(other.text)
    if whole is None or piece is None:
        return one.part is other.part and one.text == other.text
    return (other.part in (one.part, p.Part.ANYWHERE)) and _has(other.part, whole, piece)


def excludes(one: p.TextMatches, other: p.TextMatches) -> bool:
    """Whether surely no text has both parts: two beginnings, or two ends, that differ."""
    if one.part is not other.part or one.part is p.Part.ANYWHERE or not (one.text + other.text).isascii():
        return False
    a, b = one.text.lower(), other.text.lower()
    return not _has(one.part, a, b) and not _has(one.part, b, a)


def key(text: str) -> str:
    """What equal texts have in common where case is ignored, as far as that is sure."""
    found = _surely(text)
    return text if found is None else found


def _named(test: Texts) -> tuple[str, ...]:
    match test:
        case p.TextEquals(_, text):
            return (text,)
        case p.TextIn(_, found):
            return found
        case p.TextMatches():
            return ()
        case _:
            assert_never(test)


def _surely(text: str) -> str | None:
    """The text in the lower case that it surely has, its I as they are; None where that is not known."""
    return text.replace("I", "\0").lower().replace("\0", "I") if text.isascii() else None


def _token(text: str, *, any_case: bool) -> str | None:
    return _surely(text) if any_case else text


def _certain(tokens: Sequence[str]) -> set[str]:
    """The tokens of which it is known what they equal: all but those that an i tells apart."""
    by_loose: dict[str, set[str]] = {}
    for token in tokens:
        by_loose.setdefault(token.lower(), set()).add(token)
    return {token for same in by_loose.values() if len(same) == 1 for token in same}


def _has(part: p.Part, whole: str, piece: str) -> bool:
    match part:
        case p.Part.ANYWHERE:
            return piece in whole
        case p.Part.START:
            return whole.startswith(piece)
        case p.Part.END:
            return whole.endswith(piece)
        case _:
            assert_never(part)


def _is_sure(test: p.TextMatches, text: str) -> bool:
    whole, piece = _surely(text), _surely(test.text)
    return text == test.text if whole is None or piece is None else _has(test.part, whole, piece)


def _differs(test: p.TextMatches, text: str) -> bool:
    return (text + test.text).isascii() and not _has(test.part, text.lower(), test.text.lower())
