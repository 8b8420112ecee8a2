"""Holding back while the primary has it hard: no snapshot is taken until standbys and VACUUM have caught up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from segsql.store import DEFAULT_BOUNDS, Database, Pressure, pressure_on, snapshot

FRESH_SECONDS = 1.0
"""What was seen so short a time ago is not looked at again."""

POLL_SECONDS = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """The pressure from which on counting pauses; None is no limit.

    `xmin_age` is in transactions: how old a snapshot, anybody's, may be that keeps dead rows from VACUUM.
    """

    replica_lag: timedelta | None = None
    xmin_age: int | None = None

    def exceeded(self, seen: Pressure) -> str:
        """Which limit is exceeded, in words; empty where none is."""
        if self.replica_lag is not None and seen.replica_lag is not None and seen.replica_lag > self.replica_lag:
            return f"a standby is {seen.replica_lag.total_seconds():.0f} s behind"
        if self.xmin_age is not None and seen.xmin_age > self.xmin_age:
            return f"the oldest xmin is {seen.xmin_age:,} transactions old"
        return ""


NO_LIMITS = Limits()


class Brake:
    """Makes workers wait. Threads may share it."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._lock = Lock()
        self._calm_at: float | None = None

    def wait(self, is_stopped: Callable[[], bool]) -> None:
        """Return when no limit is exceeded, or the run is stopped. Raises ConfigurationError as `pressure_on` does."""
        if self._limits == NO_LIMITS:
            return
        told = False
        with self._lock:
            while not self._is_calm():
                with snapshot(self._database, DEFAULT_BOUNDS) as opened:
                    why = self._limits.exceeded(pressure_on(opened.connection))
                if not why:
                    self._calm_at = time.monotonic()
                    return
                if not told:
                    _log.warning("Paused: %s", why)
                    told = True
                if is_stopped():
                    return
                time.sleep(POLL_SECONDS)

    def _is_calm(self) -> bool:
        return self._calm_at is not None and time.monotonic() - self._calm_at < FRESH_SECONDS
