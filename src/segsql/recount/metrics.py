"""A run as Prometheus metrics: a handful of gauges, however many workspaces and segments there are.

One registry a run; nothing is kept in the process. Times are Unix times, durations and ages seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from segsql.recount.report import Record
from segsql.store import Ages

PREFIX = "segsql_recount_"

LAST_SUCCESS = f"{PREFIX}last_success_timestamp_seconds"


def labels_of(record: Record) -> dict[str, str]:
    """What tells this run's metrics from those of others that run beside it: the shard, where there is one."""
    shard = record.selection.shard
    return {"shard": str(shard)} if shard else {}


def success_of(record: Record) -> float | None:
    """When the run ended, if it is one that did all that it was to do: its exit code is 0."""
    return record.report.finished_at.timestamp() if record.exit_code == 0 else None


def last_success_in(text: str, labels: Mapping[str, str]) -> float | None:
    """The last success that metrics told of earlier, as text; None where they tell of none, or are no metrics."""
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == LAST_SUCCESS and sample.labels == labels and math.isfinite(sample.value):
                    return sample.value
    except (ValueError, LookupError):
        return None
    return None


def registry_of(
    record: Record, ages: Ages | None, last_success: float | None, labels: Mapping[str, str]
) -> CollectorRegistry:
    """The run's metrics, each with these labels; those that are not known are left out."""
    registry = CollectorRegistry()
    registry.register(_Gauges(record, ages, last_success, labels))
    return registry


class _Gauges(Collector):
    """Gives a registry what to expose."""

    def __init__(
        self, record: Record, ages: Ages | None, last_success: float | None, labels: Mapping[str, str]
    ) -> None:
        self._record = record
        self._ages = ages
        self._last_success = last_success
        self._labels = labels

    def collect(self) -> Iterator[GaugeMetricFamily]:
        report = self._record.report
        if self._last_success is not None:
            yield self._gauge(LAST_SUCCESS, "When a run last ended with exit code 0.", self._last_success)
        yield self._gauge(
            f"{PREFIX}last_run_timestamp_seconds", "When the last run ended.", report.finished_at.timestamp()
        )
        yield self._gauge(f"{PREFIX}duration_seconds", "How long the last run took.", report.duration.total_seconds())
        yield self._gauge(f"{PREFIX}exit_code", "The last run's exit code.", self._record.exit_code)
        segments = GaugeMetricFamily(f"{PREFIX}segments", "Segments of the last run by what became of them.")
        for status, number in report.totals.items():
            segments.add_sample(segments.name, {**self._labels, "result": status}, number)
        yield segments
        if self._ages is None:
            return
        if self._ages.oldest is not None:
            yield self._gauge(
                f"{PREFIX}oldest_count_age_seconds",
                "The age of the oldest stored count when the last run ended.",
                self._ages.oldest.total_seconds(),
            )
        yield self._gauge(
            f"{PREFIX}never_counted_segments",
            "Segments without a count when the last run ended.",
            self._ages.never_counted,
        )

    def _gauge(self, name: str, documentation: str, value: float) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, documentation)
        family.add_sample(name, dict(self._labels), value)
        return family
