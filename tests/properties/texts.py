"""How the database sees texts: its `lower()` and its spelling of JSON numbers, without asking it."""

from __future__ import annotations

from decimal import Decimal


def simple_lower(text: str) -> str:
    """Lower-case each character on its own and to one character, as `lower()` does under C.UTF-8.

    `str.lower` differs twice: it looks at the neighbours of a sigma (`ΟΣ` ends in `ς`), and gives two
    characters for `İ`, of which the simple mapping is the first.
    """
    return "".join(character.lower()[0] for character in text)


def number_text(number: int | Decimal) -> str:
    """The text of a JSON number as jsonb prints it: no exponent, trailing zeros kept, no sign of a zero."""
    text = format(Decimal(number), "f")
    return text.removeprefix("-") if number == 0 else text
