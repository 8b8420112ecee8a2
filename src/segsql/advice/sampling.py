"""How many contacts tests leave, measured on a sample: what no statistics tell of values in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from segsql.catalog import Catalog, WorkspaceId
from segsql.plan import plan_scan
from segsql.plan.predicate import Constant, Test
from segsql.render import render
from segsql.store import Snapshot

WINDOWS, WINDOW_CONTACTS = 20, 500
"""A sample is of so many contacts in so many places: enough to tell 1 % from 10 %."""

TESTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Shares:
    """Which share of the living contacts satisfies each test, from 0 to 1, and of how many it was measured."""

    of_test: Mapping[Test, float]
    sampled: int


def measure(
    opened: Snapshot, catalog: Catalog, tests: Sequence[Test], *, workspace_id: WorkspaceId, now: datetime
) -> Shares:
    """The shares; all are 0 where the workspace has no contacts."""
    windows = opened.windows(workspace_id, WINDOWS, WINDOW_CONTACTS)
    shares: dict[Test, float] = {}
    if not windows:
        return Shares(dict.fromkeys(tests, 0.0), 0)
    sampled = 0
    for begin in range(0, len(tests), TESTS_AT_ONCE):
        some = tests[begin : begin + TESTS_AT_ONCE]
        predicates = [Constant(value=True), *some]
        plan = plan_scan(predicates, catalog, workspace_id=workspace_id, now=now, windows=windows)
        sampled, *counts = opened.count(render(plan))
        shares |= {test: count / max(1, sampled) for test, count in zip(some, counts, strict=True)}
    return Shares(shares, sampled)
