"""Predicates -> the indexes that could serve them, and the tests that each would serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from segsql.catalog import Tables
from segsql.plan.fold import fold
from segsql.plan.predicate import And, Constant, Not, Or, Predicate, Test
from segsql.render import Index, index_for

Served = dict[Index, list[Test]]


def candidates(predicates: Sequence[Predicate], tables: Tables) -> Served:
    """The indexes with the tests of all predicates that they serve; those that most predicates could use first."""
    served: defaultdict[Index, dict[Test, None]] = defaultdict(dict)
    users: defaultdict[Index, set[int]] = defaultdict(set)
    for number, predicate in enumerate(predicates):
        for test in _positive(fold(predicate), negated=False):
            if index := index_for(test, tables):
                served[index][test] = None
                users[index].add(number)
    ordered = sorted(served, key=lambda index: (-len(users[index]), index.name))
    return {index: list(served[index]) for index in ordered}


def narrowing(predicate: Predicate, tables: Tables) -> Iterator[tuple[Index, Test]]:
    """The tests that every member of the predicate satisfies, with their indexes: one of them may drive its query."""
    for test in _positive(fold(predicate), negated=False, under_or=False):
        if index := index_for(test, tables):
            yield index, test


def _positive(predicate: Predicate, *, negated: bool, under_or: bool = True) -> Iterator[Test]:
    """The tests that stand without a complement: those that an index can answer; on demand none of an OR."""
    match predicate:
        case Not(member):
            yield from _positive(member, negated=not negated, under_or=under_or)
        case And(members) | Or(members):
            if under_or or isinstance(predicate, And) is not negated:
                for member in members:
                    yield from _positive(member, negated=negated, under_or=under_or)
        case Constant():
            return
        case _:
            if not negated:
                yield predicate
