"""The regret of the rule that decides whether due segments are counted one by one or share a scan.

Regret is the time of the way that a rule chose over the time of the better one: 1 is never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby
from random import Random
from statistics import mean, median, quantiles

from benchmarks import by_hand, load, measure
from benchmarks.data import fill
from benchmarks.machine import database
from benchmarks.segments import mixed_segments
from segsql.catalog import Id
from segsql.compiler import WorkspaceCompiler
from segsql.plan import AUTO
from segsql.recount import Way
from segsql.recount.choice import choose
from segsql.render import forget
from segsql.store import Bounds, Database, Snapshot, load_catalog, snapshot

WORKSPACES = (500, 5_000, 20_000, 100_000, 1_000_000)
SUBSETS = (2, 3, 5, 7, 10, 20, 50, 100)
"""Of one segment there is nothing to choose: it is counted by itself either way."""

SEGMENTS = 100
REPEATS = 3
"""Of which the median counts, where a statement takes milliseconds."""

SMALL = 50_000
_BOUNDS = Bounds(idle=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A random subset of a workspace's segments, and the seconds that both ways take for it."""

    contacts: int
    due: int
    single: float
    shared: float

    def regret(self, way: Way) -> float:
        """What the way loses against the better one."""
        return (self.single if way is Way.SINGLE else self.shared) / min(self.single, self.shared)


RULES: dict[str, Callable[[Drawn], Way]] = {
    "the rule": lambda drawn: choose(drawn.contacts, drawn.due, AUTO).way,
    "always one by one": lambda drawn: Way.SINGLE,  # noqa: ARG005 - a rule looks at what is drawn
    "always shared": lambda drawn: Way.SHARED,  # noqa: ARG005
}


def main(dsn: str | None, contacts: int, draws: int) -> None:
    """Print the medians of both ways for each size, and each rule's regret."""
    sizes = [size for size in WORKSPACES if size <= contacts]
    with database(dsn) as url, by_hand.literal(url) as connection:
        fill(connection, dict(enumerate(sizes, start=1)))
        ids = range(1, len(sizes) + 1)
        load.store(connection, [each for workspace_id in ids for each in mixed_segments(SEGMENTS, workspace_id)])
        pool = Database(url)
        drawn = [one for workspace_id in ids for one in _workspace(pool, workspace_id, sizes[workspace_id - 1], draws)]
        pool.close()
    print("\n contacts   due  one by one      shared   (median ms)")
    for (size, due), some in groupby(drawn, lambda one: (one.contacts, one.due)):
        same = list(some)
        single, shared = (median(way) * 1_000 for way in ([s.single for s in same], [s.shared for s in same]))
        print(f"{size:9,} {due:5} {single:11.1f} {shared:11.1f}")
    print("\nregret: mean and 95th percentile")
    for name, rule in RULES.items():
        print(f"{name:<20}", _summary(drawn, rule), end="")
        for size in sizes:
            print(f"   {size:,}: {_summary([one for one in drawn if one.contacts == size], rule)}", end="")
        print()


def _summary(drawn: Sequence[Drawn], rule: Callable[[Drawn], Way]) -> str:
    regrets = [one.regret(rule(one)) for one in drawn]
    return f"{mean(regrets):.2f} {quantiles(regrets, n=20, method='inclusive')[-1]:.2f}"


def _workspace(pool: Database, workspace_id: int, contacts: int, draws: int) -> list[Drawn]:
    """Measure each segment by itself, then subsets together; each way in a transaction of its own settings."""
    runs = REPEATS if contacts < SMALL else 1
    with snapshot(pool, _BOUNDS) as opened:
        compiler = _compiler(opened, workspace_id)
        alone = {int(each): partial(_alone, opened, compiler, each) for each in compiler.segment_ids}
        for work in alone.values():
            work()
        single = {each: _typical(runs, work) for each, work in alone.items()}
    random = Random(workspace_id)
    drawn = []
    with snapshot(pool, _BOUNDS) as opened:
        compiler = _compiler(opened, workspace_id)
        for due in SUBSETS:
            for _ in range(draws):
                subset = sorted(random.sample([*alone], due))
                shared = _typical(runs, partial(_together, opened, compiler, workspace_id, subset))
                drawn.append(Drawn(contacts, due, sum(single[each] for each in subset), shared))
    return drawn


def _compiler(opened: Snapshot, workspace_id: int) -> WorkspaceCompiler:
    catalog = load_catalog(opened.connection, workspace_id)
    return WorkspaceCompiler(catalog, workspace_id=workspace_id, now=opened.now)


def _alone(opened: Snapshot, compiler: WorkspaceCompiler, segment_id: Id) -> None:
    opened.count(compiler.segment(segment_id))


def _together(opened: Snapshot, compiler: WorkspaceCompiler, workspace_id: int, segment_ids: Sequence[int]) -> None:
    split_ids = opened.split_ids(workspace_id)
    for chunk in compiler.chunks(segment_ids):
        statement = compiler.scan(chunk, split_ids).statement
        _ = opened.count_in_branches(statement) if split_ids else opened.count(statement)


def _typical(runs: int, work: Callable[[], object]) -> float:
    """The median of some runs, each with the SQL made anew: in a run of many workspaces most shapes are new."""

    def anew() -> float:
        forget()
        return measure.seconds(work)

    return median(anew() for _ in range(runs))
