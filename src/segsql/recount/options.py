"""How a run counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from segsql.plan import AUTO, Forced
from segsql.recount.brake import NO_LIMITS, Limits
from segsql.recount.choice import Way
from segsql.store import DEFAULT_BOUNDS, DEFAULT_WRITE_RULES, Bounds, WriteRules


@dataclass(frozen=True, slots=True)
class Options:
    """How a run counts; what it counts is its `Selection`.

    `now` looks from another instant than the snapshot's own, which makes the run a dry one.
    `snapshot_limit` is how old a snapshot may grow before the segments that are left get a fresh one; `limits`
    the pressure on the primary from which on none is taken.
    """

    dry_run: bool = False
    now: datetime | None = None
    way: Way | None = None
    strategy: Forced = AUTO
    bounds: Bounds = DEFAULT_BOUNDS
    rules: WriteRules = DEFAULT_WRITE_RULES
    snapshot_limit: timedelta = timedelta(minutes=5)
    limits: Limits = NO_LIMITS

    @property
    def waiting_bounds(self) -> Bounds:
        """Those of the write transaction, which is idle while a statement of the count transaction runs."""
        return replace(self.bounds, idle=self.bounds.statement + self.bounds.idle)
