"""A definition's fingerprint: the same for definitions that say the same in other words.

The order of filters and of lists, groups in groups of their kind, dialects, spellings of an operator, of a number or
of an instant, double negations, and a list in place of an OR make no difference. Equal fingerprints are equal
definitions; definitions that are equal for deeper reasons may have different ones.
"""

from __future__ import annotations

import math
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar, assert_never

from segsql.lint import texts
from segsql.lint.formulas import Every, Formula, Literal, Some
from segsql.plan import predicate as p
from segsql.plan import values
from segsql.plan.bind import INSTANT_BOUNDS
from segsql.plan.values import Context

Comparison = p.Comparison
T = TypeVar("T")

_OPPOSITE = {
    Comparison.LT: Comparison.GTE,
    Comparison.LTE: Comparison.GT,
    Comparison.GT: Comparison.LTE,
    Comparison.GTE: Comparison.LT,
}


def fingerprint(formula: Formula, context: Context) -> bytes:
    """32 bytes that tell the formula from every other; dates as they are in the context's time zone."""
    return _digest(*_branch(formula, context))


Branch = tuple[str, frozenset[bytes]]
"""A word for how members are joined, and each member's own fingerprint; a single one is joined to nothing."""


def _branch(formula: Formula, context: Context) -> Branch:
    match formula:
        case Literal():
            return _literal(formula, context)
        case Every(members):
            word = "every"
        case Some(members):
            word = "some"
        case _:
            assert_never(formula)
    branches = {_branch(member, context) for member in members}
    if len(branches) == 1:
        return branches.pop()
    found: set[bytes] = set()
    for joined, inner in branches:
        found |= inner if joined == word else {_digest(joined, inner)}
    return word, frozenset(found)


def _digest(word: str, members: frozenset[bytes]) -> bytes:
    if len(members) == 1:
        return next(iter(members))
    return sha256(b"".join([word.encode(), *sorted(members)])).digest()


def _literal(literal: Literal, context: Context) -> Branch:
    test = literal.test
    if isinstance(test, p.TextIn):
        each = {_of(Literal(p.TextEquals(test.operand, text), literal.holds), context) for text in test.texts}
        return "some" if literal.holds and len(each) > 1 else "every", frozenset(each)
    return "every", frozenset((_of(literal, context),))


def _of(literal: Literal, context: Context) -> bytes:
    test, holds = literal.test, literal.holds
    told: tuple[object, ...]
    match test:
        case p.NumberTest(operand, comparison, number):
            holds, bounds = _turned(operand, holds=holds, bounds=(_whole(operand, comparison, number),))
            told = _named(operand), [(each, _plain(value)) for each, value in bounds]
        case p.RateTest(rate, comparison, percent):
            told = rate.value, comparison, _plain(percent)
        case p.DateTest(operand):
            made = tuple((each, make(test, context)) for each, make in INSTANT_BOUNDS[test.comparison])
            days = ((test.comparison, values.calendar_day(test, context)),)
            holds, dated = _turned(operand, holds=holds, bounds=made if operand.reading is p.Reading.INSTANT else days)
            told = _named(operand), [(each, str(value)) for each, value in dated]
        case p.TextEquals(operand, text):
            told = _named(operand), texts.key(text) if p.ignores_case(operand) else text
        case p.TextMatches(operand, part, text):
            told = _named(operand), part, texts.key(text)
        case p.TagTest(mode, tag_ids):
            told = mode, tag_ids
        case p.HasRate(rate):
            told = (rate.value,)
        case p.SetEquals(operand, members) | p.SetOverlaps(operand, members) | p.TextIn(operand, members):
            told = _named(operand), members
        case p.BooleanTest(operand, value):
            told = _named(operand), value
        case p.WithinDays(operand, number_of_days):
            told = _named(operand), number_of_days
        case p.HasValue(operand):
            told = (_named(operand),)
        case _:
            assert_never(test)
    return sha256(repr((type(test).__name__, holds, told)).encode("utf-8", "surrogatepass")).digest()


def _named(operand: p.Operand) -> tuple[object, ...]:
    match operand:
        case p.Activity(builtin):
            return (builtin.name,)
        case p.Stored(place, reading):
            return reading, place
        case p.UndeclaredValue(key, reading) | p.RowValue(key, _, reading):
            return reading, key
        case _:
            assert_never(operand)


def _turned(
    operand: p.Operand, *, holds: bool, bounds: tuple[tuple[Comparison, T], ...]
) -> tuple[bool, tuple[tuple[Comparison, T], ...]]:
    """Of a value that every contact has, "not less than" is "at least"."""
    if holds or not p.always_exists(operand) or len(bounds) > 1 or bounds[0][0] not in _OPPOSITE:
        return holds, bounds
    ((comparison, value),) = bounds
    return True, ((_OPPOSITE[comparison], value),)


def _whole(operand: p.Operand, comparison: Comparison, number: Decimal) -> tuple[Comparison, Decimal]:
    """Of a count, "more than 2" is "at least 3"."""
    if not isinstance(operand, p.Activity) or comparison is Comparison.EQ:
        return comparison, number
    below = math.floor(number)
    least = below if number == below and comparison in (Comparison.GTE, Comparison.LT) else below + 1
    return Comparison.LT if comparison in (Comparison.LT, Comparison.LTE) else Comparison.GTE, Decimal(least)


def _plain(number: Decimal) -> str:
    """A number as each spelling of it is."""
    text = f"{number:f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short
