"""What a test of a shared scan costs, and how often it is true: rough, and only to order AND and OR by.

Nanoseconds are measured (1,000,000 contacts); how often a test is true is a guess by its kind. Neither changes
what a segment means.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import assert_never

from segsql.plan import shape as s
from segsql.plan.predicate import Comparison


@dataclass(frozen=True, slots=True)
class Estimate:
    """Nanoseconds a contact, and the share of contacts for which it is true."""

    cost: float
    share: float

    def rank(self, *, is_and: bool) -> float:
        """What it costs to be decided by it: the lower, the earlier it stands."""
        return self.cost / ((1 - self.share) if is_and else self.share)


def estimate(shape: s.Shape) -> Estimate:
    """The estimate of a shape; no share is quite 0 or 1."""
    match shape:
        case s.All(members):
            inner = [estimate(member) for member in members]
            return Estimate(sum(each.cost for each in inner), max(0.001, prod(each.share for each in inner)))
        case s.AnyOf(members):
            inner = [estimate(member) for member in members]
            return Estimate(sum(each.cost for each in inner), min(0.999, 1 - prod(1 - each.share for each in inner)))
        case s.Complement(test):
            positive = _of_test(test)
            return Estimate(positive.cost, 1 - positive.share)
        case _:
            return _of_test(shape)


def _of_test(test: s.Test) -> Estimate:
    match test:
        case s.LookedUp(inner):
            return _of_test(inner)
        case s.Once(inner):
            return Estimate(5, _of_test(inner).share)
        case s.Present() | s.RateKnown():
            return Estimate(5, 0.7)
        case s.Coded(_, ((Comparison.EQ, _),)):
            return Estimate(8, 0.15)
        case s.Coded(_, bounds):
            return Estimate(8 * len(bounds), 0.4)
        case s.Between(_, bounds) | s.LastEvent(_, bounds):
            return Estimate(8 * max(1, len(bounds)), 0.4)
        case s.Tagged():
            return Estimate(15, 0.1)
        case s.CodedAmong():
            return Estimate(20, 0.35)
        case s.Compared(_, comparison, _):
            return Estimate(20, 0.15 if comparison is Comparison.EQ else 0.4)
        case s.RateCompared():
            return Estimate(50, 0.4)
        case s.AmongTexts() | s.AmongAnyCase():
            return Estimate(50, 0.3)
        case s.Matches():
            return Estimate(70, 0.2)
        case s.SharesText() | s.SameSet():
            return Estimate(150, 0.2)
        case _:
            assert_never(test)
