"""Many small workspaces: a recount of all their segments."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import by_hand, load, measure, peak
from benchmarks.data import fill
from benchmarks.machine import database
from benchmarks.segments import fleet_segments


def main(dsn: str | None, workspaces: int, contacts: int, segments: int, jobs: int, pairs: int) -> None:
    """Print the times, whether the sides agree, and the client's memory.

    The baseline has as many connections at work as segsql, and runs in three forms; the faster of those that
    commit each count by itself is the one to compare with.
    """
    with database(dsn) as url, ExitStack() as stack:
        literal = [stack.enter_context(by_hand.literal(url)) for _ in range(jobs)]
        prepared = [stack.enter_context(by_hand.prepared(url)) for _ in range(jobs)]
        ids = range(1, workspaces + 1)
        made = measure.seconds(lambda: fill(literal[0], dict.fromkeys(ids, contacts)))
        mixed = [each for workspace_id in ids for each in fleet_segments(segments, workspace_id)]
        load.store(literal[0], mixed)
        print(
            f"fleet: {workspaces:,} workspaces of {contacts:,} contacts and {segments} segments, "
            f"{len({each.sql for each in mixed}):,} different texts by hand; data made in {made:.0f} s; {jobs} jobs"
        )
        baselines = {
            "baseline, values in the text": by_hand.ByHand(literal, mixed),
            "baseline, prepared": by_hand.ByHand(prepared, mixed),
            "prepared, a workspace a commit": by_hand.ByHand(prepared, mixed, one_commit=True),
        }
        sides = [measure.Side(name, side.run, pairs) for name, side in baselines.items()]
        sides.append(measure.Side(measure.SEGSQL, lambda: load.recount(url, jobs=jobs), pairs))
        for side in sides:
            side.work()
        measure.in_turn(sides).show()
        for name, baseline in baselines.items():
            print(f"{name}: ", end="")
            load.check(literal[0], mixed, baseline.counts)
        peak.show("recount", peak.segsql(url, "recount", "--jobs", str(jobs)))
