"""Which way a tag test takes (spec 6)."""

from __future__ import annotations

import pytest

from segsql.plan import MAX_EXISTS, Forced, TagStrategy
from segsql.plan.predicate import And, BooleanTest, CustomValue, Not, Or, Predicate, Reading, TagMode, TagTest
from segsql.plan.strategy import choose_tags

EXISTS, GROUPED = TagStrategy.EXISTS, TagStrategy.GROUPED
A, B = TagTest(TagMode.ANY, (1,)), TagTest(TagMode.ALL, (1, 2))
VIP = BooleanTest(CustomValue("vip", Reading.BOOLEAN), True)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (VIP, {}),
        (A, {A: EXISTS}),
        (Not(A), {A: EXISTS}),
        (And((A, B, VIP)), {A: EXISTS, B: EXISTS}),
        (Or((A, VIP)), {A: GROUPED}),
        (Or((A,)), {A: EXISTS}),
        (And((VIP, Or((A, VIP)), B)), {A: GROUPED, B: EXISTS}),
        (Or((VIP, And((A, B)))), {A: GROUPED, B: GROUPED}),
        # none of: an AND of complements once the negation is pushed down
        (Not(Or((A, B))), {A: EXISTS, B: EXISTS}),
        (Not(And((A, B))), {A: GROUPED, B: GROUPED}),
        (Not(Not(And((A, B)))), {A: EXISTS, B: EXISTS}),
        (Not(And((Not(Or((A, VIP))), VIP))), {A: GROUPED}),
        # grouped in one place, grouped everywhere
        (And((A, Or((A, VIP)))), {A: GROUPED}),
        (And((Or((A, VIP)), A)), {A: GROUPED}),
    ],
)
def test_choice(predicate: Predicate, expected: dict[TagTest, TagStrategy]) -> None:
    assert choose_tags(predicate) == expected


def many(count: int) -> tuple[TagTest, ...]:
    return tuple(TagTest(TagMode.ANY, (number,)) for number in range(count))


def test_too_many_correlated_tests_are_grouped() -> None:
    assert set(choose_tags(And(many(MAX_EXISTS))).values()) == {EXISTS}
    assert set(choose_tags(And(many(MAX_EXISTS + 1))).values()) == {GROUPED}
    assert set(choose_tags(And((*many(MAX_EXISTS), *many(MAX_EXISTS)))).values()) == {EXISTS}, "the same ones twice"


def test_forced() -> None:
    both = And((A, Or((B, VIP))))
    assert choose_tags(both, Forced(tags=GROUPED)) == {A: GROUPED, B: GROUPED}
    assert choose_tags(both, Forced(tags=EXISTS)) == {A: EXISTS, B: EXISTS}
    assert set(choose_tags(And(many(MAX_EXISTS + 1)), Forced(tags=EXISTS)).values()) == {GROUPED}
