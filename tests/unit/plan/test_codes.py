"""Which operands of a scan have codes, and what their tests compare then (spec 10)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal

import pytest

from segsql.catalog import ColumnType, InJson, SqlType
from segsql.filters import Rate
from segsql.plan.codes import MIN_NUMBERS, MIN_RATES, MIN_TEXTS, CodeBook, Equal, Ordered, choose_codes
from segsql.plan.predicate import Comparison, Operand, Reading, Stored
from segsql.plan.shape import CodeKind

SCORE = Stored(InJson("fields", ColumnType.JSONB, ("score",)), Reading.NUMBER)
PLAN = Stored(InJson("fields", ColumnType.JSONB, ("plan",)), Reading.TEXT)


def at_least(number: int, of: Operand | Rate = SCORE, comparison: Comparison = Comparison.GTE) -> Ordered:
    return Ordered(of, SqlType.NUMERIC_ARRAY, ((comparison, Decimal(number)),))


def test_a_number_has_codes_from_so_many_tests_on() -> None:
    tests = [at_least(number) for number in range(MIN_NUMBERS)]
    assert choose_codes(tests[:-1]) == []
    (book,) = choose_codes(tests)
    assert book.of == SCORE
    assert book.values == tuple(map(Decimal, range(MIN_NUMBERS)))


def test_a_rate_has_codes_earlier() -> None:
    tests = [at_least(number, Rate.OPEN) for number in range(MIN_RATES)]
    assert choose_codes(tests[:-1]) == []
    assert [book.of for book in choose_codes(tests)] == [Rate.OPEN]


def test_texts_have_codes_where_there_are_more_tests_than_texts() -> None:
    def tests(times: int) -> list[Equal]:
        return [Equal(PLAN, ("free", "pro"), one=False)] * times

    assert choose_codes(tests(MIN_TEXTS + 1)) == []
    (book,) = choose_codes(tests(MIN_TEXTS + 2))
    assert (book.kind, book.values) == (CodeKind.PLACE, ("free", "pro"))
    assert book.position("pro") == 2


def test_each_operand_by_itself() -> None:
    tests = [at_least(number) for number in range(MIN_NUMBERS - 1)]
    assert choose_codes([*tests, at_least(1, Rate.OPEN), Equal(PLAN, ("free",), one=True)]) == []


OPERATORS: dict[Comparison, Callable[[int, int], bool]] = {
    Comparison.EQ: operator.eq,
    Comparison.LT: operator.lt,
    Comparison.LTE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GTE: operator.ge,
}


@pytest.mark.parametrize("comparison", list(Comparison))
@pytest.mark.parametrize("value", [0, 1, 2, 3, 4])
def test_codes_compare_as_values_do(comparison: Comparison, value: int) -> None:
    """The code as SQL computes it, compared with a position, says what the values say."""
    (book,) = choose_codes([at_least(each, comparison=comparison) for each in (3, 1) * MIN_NUMBERS])
    assert book.values == (Decimal(1), Decimal(3))
    bucket = sum(threshold <= value for threshold in (1, 3))
    is_bucket = comparison in (Comparison.GTE, Comparison.LT)
    assert book.kind is (CodeKind.BUCKET if is_bucket else CodeKind.RANK)
    code = bucket if is_bucket else 2 * bucket - (value in (1, 3))
    for threshold in (1, 3):
        compare = OPERATORS[comparison]
        assert compare(code, book.position(Decimal(threshold))) is compare(value, threshold)


def test_days_are_in_the_order_of_their_texts() -> None:
    days = ("2026-01-01", "infinity", "-infinity", "0001-01-01")
    tests = [Ordered(PLAN, SqlType.TEXT_ARRAY, ((Comparison.GT, day),)) for day in days * MIN_NUMBERS]
    (book,) = choose_codes(tests)
    assert book.values == ("-infinity", "0001-01-01", "2026-01-01", "infinity")


def test_equal_numbers_have_one_place() -> None:
    book = CodeBook(SCORE, CodeKind.BUCKET, SqlType.NUMERIC_ARRAY, (Decimal("1.5"), Decimal(2)))
    assert book.position(Decimal("1.50")) == 1
