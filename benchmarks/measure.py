"""Two sides in turn on one server, and the ratio of their medians."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

PAIRS = 3


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compare(baseline: Callable[[], object], segsql: Callable[[], object]) -> tuple[float, float]:
    """Warm both sides once, run them in turn PAIRS times, print what was seen; give both medians in seconds."""
    baseline()
    segsql()
    pairs = [(seconds(baseline), seconds(segsql)) for _ in range(PAIRS)]
    slow, fast = median(a for a, _ in pairs), median(b for _, b in pairs)
    print(f"baseline {slow:8.3f} s   {'  '.join(f'{a:.3f}' for a, _ in pairs)}")
    print(f"segsql   {fast:8.3f} s   {'  '.join(f'{b:.3f}' for _, b in pairs)}")
    print(f"ratio    {slow / fast:8.2f}")
    return slow, fast
