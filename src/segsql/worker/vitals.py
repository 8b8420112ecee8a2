"""How a worker fares: what it did as Prometheus metrics, and whether it is alive and of use."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from segsql.recount import STATUSES, Result

STUCK_SECONDS = 60.0
"""A loop that has not come round for so long is stuck: it never waits for the database, and wakes by itself."""


class Vitals:
    """Written by the worker's loop, read by whoever asks. Threads may share it."""

    def __init__(self) -> None:
        self._beat = time.monotonic()
        self._is_well = False
        self._registry = CollectorRegistry()
        self._segments = Counter(
            "segsql_worker_segments", "Segments tried, by what became of them.", ["result"], registry=self._registry
        )
        self._looks = Counter("segsql_worker_looks", "Looks at all segments for what is due.", registry=self._registry)
        self._heard = Counter(
            "segsql_worker_notifications", "Workspaces named by notifications.", registry=self._registry
        )
        self._waiting = Gauge(
            "segsql_worker_waiting_workspaces", "Workspaces that wait for a look.", registry=self._registry
        )
        self._listening = Gauge(
            "segsql_worker_listening", "1 while notifications are heard, else 0.", registry=self._registry
        )
        self._look_time = Gauge(
            "segsql_worker_last_look_timestamp_seconds",
            "When all segments were last looked at.",
            registry=self._registry,
        )
        for status in STATUSES:
            self._segments.labels(result=status)

    @property
    def is_alive(self) -> bool:
        """Whether the loop comes round."""
        return time.monotonic() - self._beat < STUCK_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether it counts: it is alive, and its last look at the database succeeded."""
        return self.is_alive and self._is_well

    def beat(self, waiting: int) -> None:
        """The loop has come round, with so many workspaces waiting."""
        self._beat = time.monotonic()
        self._waiting.set(waiting)

    def looked(self) -> None:
        """All segments were looked at."""
        self._is_well = True
        self._looks.inc()
        self._look_time.set_to_current_time()

    def unwell(self) -> None:
        """The database could not be used, or the worker is about to end."""
        self._is_well = False

    def heard(self, workspaces: int) -> None:
        """So many workspaces were named by notifications."""
        self._heard.inc(workspaces)

    def hears(self, *, is_on: bool) -> None:
        """Whether notifications are heard."""
        self._listening.set(int(is_on))

    def tried(self, results: Iterable[Result]) -> None:
        """What became of segments."""
        for result in results:
            self._segments.labels(result=result.status).inc()

    def metrics(self) -> bytes:
        """The metrics in Prometheus's text format."""
        return generate_latest(self._registry)
