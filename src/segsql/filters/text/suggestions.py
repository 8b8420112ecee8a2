"""What somebody may have meant: other languages' operators, values without their quotes."""

from __future__ import annotations

from collections.abc import Mapping

from segsql.catalog import Operator
from segsql.catalog.hints import did_you_mean
from segsql.filters.text.tokens import Token, TokenKind
from segsql.filters.text.vocabulary import ACTIVITY, HAS_ALL, HAS_ANY, SYMBOLS

ACTIVITY_WORDS = ", ".join(ACTIVITY.values())

_OPERATORS = (*SYMBOLS.values(), HAS_ANY, HAS_ALL)
_MEANT: Mapping[str, str] = {
    **{operator.value: symbol for operator, symbol in SYMBOLS.items()},
    **{operator.value: symbol for operator, symbol in ACTIVITY.items()},
    "neq": SYMBOLS[Operator.NE],
    "is": f"{SYMBOLS[Operator.EQ]}, {SYMBOLS[Operator.EXISTS]} or {SYMBOLS[Operator.NOT_EXISTS]}",
    "like": f"{SYMBOLS[Operator.CONTAINS]}, {SYMBOLS[Operator.STARTS_WITH]} or {SYMBOLS[Operator.ENDS_WITH]}",
    "between": f"{SYMBOLS[Operator.GTE]} and {SYMBOLS[Operator.LTE]}",
    "after": SYMBOLS[Operator.GT],
    "before": SYMBOLS[Operator.LT],
    "any": HAS_ANY,
    "all": HAS_ALL,
    "~": SYMBOLS[Operator.CONTAINS],
}
_ALIASES = {**{symbol.split()[0]: symbol for symbol in _OPERATORS}, **_MEANT}


def operator_hint(word: str, following: str) -> str:
    """The operator that stands for another, such as a definition's own name of it; else all that there are."""
    if meant := _MEANT.get(word.lower()) or _MEANT.get(following.lower() if word.lower() == "not" else ""):
        return f"Did you mean {meant}?"
    near = did_you_mean(word, _ALIASES)
    for alias, meant in _ALIASES.items():
        if near == f"Did you mean {alias}?":
            return f"Did you mean {meant}?"
    return f"Operators: {', '.join(_OPERATORS)}"


def value_hint(token: Token) -> str:
    """How the value should have been written that stands here."""
    match token.kind:
        case TokenKind.WORD:
            return f"A text stands in single quotes: '{token.text}'"
        case TokenKind.NAME:
            return f"A text stands in single quotes: '{token.text[1:-1]}'"
        case _ if token.text == "=":
            return f"Did you mean {SYMBOLS[Operator.EQ]}?"
        case _:
            return ""


def joint_hint(before: Token, token: Token) -> str:
    """What may have been meant where conditions are joined."""
    joint = {"&": "and", "|": "or", ",": "and"}.get(token.text)
    return f"Did you mean {joint}?" if joint else date_hint(before, token) or did_you_mean(token.text, ("and", "or"))


def date_hint(before: Token, token: Token) -> str:
    """What a number is that goes on as a date does."""
    is_date = before.kind is TokenKind.NUMBER and token.text in ("-", "/", ".", ":")
    return "A date stands in single quotes: '2026-03-01'" if is_date else ""


def translated(message: str) -> str:
    """The operators that a message lists by a definition's names, as a text has them."""
    _, found, names = message.partition("Must be one of: ")
    words = dict.fromkeys(_MEANT.get(name, name) for name in names.split(", "))
    return f"In a text: {', '.join(words)}" if found else ""
