"""Comparison codes: in a shared scan, one look-up a contact and then comparisons of small numbers (spec 10).

Many segments compare the same value with many others: a score with twenty numbers, a plan with five names. A
scan then finds once where a contact's value stands among all of them, and every test compares that number.

It pays where a comparison is dear and there are many. Measured on 1,000,000 contacts, nanoseconds a contact: a
comparison of numerics 25, of a rate 60, of texts 20, of codes 8; finding a code 200 for numbers, 360 for rates,
60 and 10 for each text. Instants are as cheap to compare as codes, so they have none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import assert_never

from segsql.catalog import SqlType
from segsql.filters import Rate
from segsql.plan.predicate import Comparison, Operand
from segsql.plan.shape import CodeKind

MIN_NUMBERS = 12
"""Comparisons of one number, or of one day, from which on its code pays."""

MIN_RATES = 10
"""The same for a rate."""

MIN_TEXTS = 4
"""The same for texts, and one comparison more for each text."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A test that compares its operand with values of an order."""

    of: Operand | Rate
    type: SqlType
    bounds: tuple[tuple[Comparison, Decimal | str], ...]


@dataclass(frozen=True, slots=True)
class Equal:
    """A test that asks whether its operand is one of some texts; `one` where it is made for a single one."""

    of: Operand
    texts: tuple[str, ...]
    one: bool


Codable = Ordered | Equal


@dataclass(frozen=True)
class CodeBook:
    """The values, none twice, that codes of one operand are made of; those that have an order are in it."""

    of: Operand | Rate
    kind: CodeKind
    type: SqlType
    values: tuple[Decimal, ...] | tuple[str, ...] = field(repr=False)

    def position(self, value: Decimal | str) -> int:
        """The number to compare a code with, in place of comparing with the value."""
        place = self._places[value]
        return 2 * place - 1 if self.kind is CodeKind.RANK else place

    @cached_property
    def _places(self) -> dict[Decimal | str, int]:
        values: tuple[Decimal | str, ...] = self.values
        return {value: place for place, value in enumerate(values, start=1)}


def choose_codes(codables: Iterable[Codable]) -> list[CodeBook]:
    """The operands that a scan makes codes of. `codables` has an entry for each time that a test stands in it."""
    by_operand: dict[Operand | Rate, list[Codable]] = {}
    for codable in codables:
        by_operand.setdefault(codable.of, []).append(codable)
    return [book for of, tests in by_operand.items() if (book := _book(of, tests)) is not None]


def _book(of: Operand | Rate, tests: list[Codable]) -> CodeBook | None:
    """A book where it pays. All tests of an operand are of one kind, as the operand says how it is read."""
    match tests[0]:
        case Ordered(_, type_):
            bounds = [bound for test in tests if isinstance(test, Ordered) for bound in test.bounds]
            if len(bounds) < (MIN_RATES if isinstance(of, Rate) else MIN_NUMBERS):
                return None
            if _has_twins(value for _, value in bounds):
                return None
            kinds = Counter(comparison for comparison, _ in bounds)
            kind = CodeKind.BUCKET if kinds.keys() <= {Comparison.GTE, Comparison.LT} else CodeKind.RANK
            return CodeBook(of, kind, type_, _in_order([value for _, value in bounds]))
        case Equal():
            texts = dict.fromkeys(text for test in tests if isinstance(test, Equal) for text in test.texts)
            if len(tests) < MIN_TEXTS + len(texts):
                return None
            return CodeBook(of, CodeKind.PLACE, SqlType.TEXT_ARRAY, tuple(sorted(texts)))
        case _:
            assert_never(tests[0])


def _has_twins(values: Iterable[Decimal | str]) -> bool:
    """Whether two numbers are one where the column is of double precision: there a code could not tell them apart."""
    numbers = {value for value in values if isinstance(value, Decimal)}
    return len({float(number) for number in numbers}) < len(numbers)


def _in_order(values: list[Decimal | str]) -> tuple[Decimal, ...] | tuple[str, ...]:
    """Numbers by size; days as texts, byte by byte, as SQL compares them."""
    numbers = {value for value in values if isinstance(value, Decimal)}
    texts = {value for value in values if isinstance(value, str)}
    return tuple(sorted(numbers)) or tuple(sorted(texts))
