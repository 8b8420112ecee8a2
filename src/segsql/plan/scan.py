"""Many predicates -> one plan: the shared scan, in which what several segments ask is computed once (spec 6).

Three things make a scan of many segments cheaper than its tests one by one: values that many tests compare have
codes; a dear test that stands several times is a column of its own; and within AND and OR the cheap tests stand
first, as PostgreSQL stops at the first that decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from segsql.catalog import Catalog
from segsql.plan import predicate as p
from segsql.plan import shape as s
from segsql.plan.bind import Binder
from segsql.plan.codes import choose_codes
from segsql.plan.costs import estimate
from segsql.plan.fold import fold
from segsql.plan.plan import Plan, ScanForm
from segsql.plan.strategy import AUTO, Forced, choose_for_scan

SHARED_FROM = 2
"""A dear test that stands so often is computed once."""


def plan_scan(
    predicates: Sequence[p.Predicate],
    catalog: Catalog,
    *,
    workspace_id: int,
    now: datetime,
    split_ids: Sequence[int] = (),
    forced: Forced = AUTO,
) -> Plan:
    """Plan one statement that counts many segments of `workspace_id` in one scan of its contacts.

    `split_ids`, in order, cut the contacts into ranges, which the server scans in parallel. A distributed scan
    is always one piece: its nodes work side by side already, and a cluster would run branches in turn. Nor is
    anything but stored values computed once there, as no fence would keep it so.
    """
    tables = catalog.tables
    folded = tuple(fold(predicate) for predicate in predicates)
    choice = choose_for_scan(folded, tables, forced)
    binder = Binder(catalog, workspace_id, now, choice)
    ranges, tag_pass = binder.ranges(() if tables.is_distributed else split_ids), binder.tag_pass()
    if not tables.is_distributed:
        codables = (binder.codable(test) for predicate in folded for test in _tests(predicate))
        binder.use_codes(choose_codes(codable for codable in codables if codable is not None))
    segments = tuple(binder.bind_folded(predicate) for predicate in folded)
    shared = set() if tables.is_distributed else _shared(segments)
    arranged = tuple(shape if isinstance(shape, bool) else _arranged(shape, shared) for shape in segments)
    form = ScanForm(tables, ranges, arranged, tag_pass, choice.activity, binder.workspace)
    return Plan(form, binder.parameters, choice.strategies)


def _tests(predicate: p.Predicate) -> Iterator[p.Test]:
    match predicate:
        case p.Not(member):
            yield from _tests(member)
        case p.And(members) | p.Or(members):
            for member in members:
                yield from _tests(member)
        case p.Constant():
            return
        case _:
            yield predicate


def _shared(segments: Sequence[s.Shape | bool]) -> AbstractSet[s.Test]:
    """The dear tests that stand several times."""
    stand = Counter(test for shape in segments if not isinstance(shape, bool) for test in s.tests_of(shape))
    return {test for test, times in stand.items() if times >= SHARED_FROM and _is_dear(test)}


def _is_dear(test: s.Test) -> bool:
    """Whether a test costs more than to read its outcome from a column; a code is such a column already."""
    return not isinstance(test, s.Coded | s.CodedAmong | s.Present | s.RateKnown)


def _arranged(shape: s.Shape, shared: AbstractSet[s.Test]) -> s.Shape:
    """The shape with its shared tests named as such, and each group in the order that decides soonest."""
    match shape:
        case s.All(members):
            return s.All(_quickest_first(members, shared, is_and=True))
        case s.AnyOf(members):
            return s.AnyOf(_quickest_first(members, shared, is_and=False))
        case s.Complement(test):
            return s.Complement(s.Once(test) if test in shared else test)
        case _:
            return s.Once(shape) if shape in shared else shape


def _quickest_first(members: tuple[s.Shape, ...], shared: AbstractSet[s.Test], *, is_and: bool) -> tuple[s.Shape, ...]:
    """The members in the order in which the first that decides is found soonest."""
    arranged = [_arranged(member, shared) for member in members]
    return tuple(sorted(arranged, key=lambda member: estimate(member).rank(is_and=is_and)))
