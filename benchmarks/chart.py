"""Time against the number of segments and against the number of contacts, measured once and drawn at will."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from benchmarks import by_hand, load, measure
from benchmarks.data import fill
from benchmarks.machine import database, facts
from benchmarks.segments import mixed_segments

MEASURED = Path(__file__).parent / "measured" / "recount-time.json"
DRAWN = Path(__file__).parents[1] / "docs" / "recount-time.svg"
SEGMENTS = (10, 30, 100, 300, 1_000)
CONTACTS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
USUAL_SEGMENTS = 100

_COLORS = {"baseline": "#b35900", "segsql": "#1f5fa8"}
_NAMES = {"baseline": "one COUNT and one UPDATE each", "segsql": "segsql recount"}


@dataclass(frozen=True, slots=True)
class Point:
    """A load and the medians of both sides, in seconds."""

    contacts: int
    segments: int
    baseline: float
    segsql: float


def measure_points(dsn: str | None, contacts: int, segments: int, pairs: int) -> None:
    """Measure loads up to these sizes and write what was seen beside the benchmarks."""
    sizes = [size for size in CONTACTS if size <= contacts]
    with database(dsn) as url, by_hand.literal(url) as connection:
        fill(connection, dict(enumerate(sizes, start=1)))

        def point(workspace_id: int, number: int) -> Point:
            mixed = mixed_segments(number, workspace_id)
            load.store(connection, mixed)
            baseline = by_hand.ByHand([connection], mixed)
            by_hand.ByHand([connection], mixed[:USUAL_SEGMENTS]).run()
            load.recount(url, workspace_id)
            sides = [
                measure.Side("baseline", baseline.run, pairs),
                measure.Side(measure.SEGSQL, lambda: load.recount(url, workspace_id), pairs),
            ]
            print(f"\n{sizes[workspace_id - 1]:,} contacts, {number:,} segments")
            seen = measure.in_turn(sides)
            seen.show()
            load.check(connection, mixed, baseline.counts)
            return Point(sizes[workspace_id - 1], number, seen.median("baseline"), seen.median(measure.SEGSQL))

        points = [point(workspace_id, USUAL_SEGMENTS) for workspace_id in range(1, len(sizes) + 1)]
        points += [point(len(sizes), number) for number in SEGMENTS if number <= segments and number != USUAL_SEGMENTS]
        seen = {"machine": facts(connection), "pairs": pairs, "points": [asdict(each) for each in points]}
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(seen, indent=1) + "\n")


def draw() -> None:
    """Draw what was measured last; the same figures give the same bytes."""
    points = [Point(**each) for each in json.loads(MEASURED.read_text())["points"]]
    most = max(each.contacts for each in points)
    of_segments = sorted((each for each in points if each.contacts == most), key=lambda each: each.segments)
    of_contacts = sorted((each for each in points if each.segments == USUAL_SEGMENTS), key=lambda each: each.contacts)
    series: list[tuple[str, list[Point], Callable[[Point], int]]] = [
        (f"segments, of {most:,} contacts", of_segments, lambda each: each.segments),
        (f"contacts, with {USUAL_SEGMENTS} segments", of_contacts, lambda each: each.contacts),
    ]
    with mpl.rc_context({"svg.hashsalt": "segsql", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        for axes, (title, some, x) in zip(figure.subplots(1, 2, sharey=True), series, strict=True):
            for side, name in _NAMES.items():
                seconds = [getattr(each, side) for each in some]
                axes.loglog([x(each) for each in some], seconds, "o-", ms=4, color=_COLORS[side], label=name)
            axes.set_xlabel(title)
            axes.set_xticks([x(each) for each in some])
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
            axes.tick_params(which="minor", left=False, bottom=False)
            axes.grid(visible=True, which="major", linewidth=0.4, alpha=0.6)
        figure.axes[0].set_ylabel("seconds")
        figure.axes[0].legend(frameon=False)
        DRAWN.parent.mkdir(exist_ok=True)
        figure.savefig(DRAWN, metadata={"Date": None})
    print(DRAWN)
