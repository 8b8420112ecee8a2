"""Sides in turn on one server, and the ratios of their medians."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

PAIRS = 3
SEGSQL = "segsql"
"""The name of the side that the others are compared with."""


@dataclass(frozen=True, slots=True)
class Side:
    """Something to measure, and how many times."""

    name: str
    work: Callable[[], object]
    runs: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The seconds that each side took, run by run."""

    seconds: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        """A side's median."""
        return median(self.seconds[name])

    def show(self) -> None:
        """Print each side's median, how many times longer than segsql's it is, and every run."""
        for name, runs in self.seconds.items():
            ratio = f"x {self.median(name) / self.median(SEGSQL):6.2f}" if name != SEGSQL else " " * 8
            print(f"{name:<32} {self.median(name):9.3f} s   {ratio}   {'  '.join(f'{run:.3f}' for run in runs)}")


def in_turn(sides: Sequence[Side]) -> Measured:
    """Run the sides in turn, each as many times as it says. They should be warm."""
    seen: dict[str, list[float]] = {side.name: [] for side in sides}
    for turn in range(max(side.runs for side in sides)):
        for side in sides:
            if turn < side.runs:
                seen[side.name].append(seconds(side.work))
    return Measured({name: tuple(runs) for name, runs in seen.items()})


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
