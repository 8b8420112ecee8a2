"""PostgreSQL's plan of a statement as a tree: what it names, what it estimates, what was measured.

Read from EXPLAIN (FORMAT JSON). A node's own cost, time and buffers are what is left of its totals without its
children's. Milliseconds are of the clock: where several processes work on a node, their times are divided by their
number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from segsql.preview.nodetitles import details, title

_T = TypeVar("_T", int, float)


@dataclass(frozen=True, slots=True)
class Buffers:
    """Pages of 8 kB: found in PostgreSQL's cache, read from the system, written to temporary files."""

    hit: int = 0
    read: int = 0
    spilled: int = 0

    def __sub__(self, other: Buffers) -> Buffers:
        """What is left of it, and never less than nothing: workers' counts come in late."""
        return Buffers(
            max(0, self.hit - other.hit), max(0, self.read - other.read), max(0, self.spilled - other.spilled)
        )

    def __add__(self, other: Buffers) -> Buffers:
        return Buffers(self.hit + other.hit, self.read + other.read, self.spilled + other.spilled)


@dataclass(frozen=True, slots=True)
class Measured:
    """What running a node showed: `startup_ms`, `total_ms` and `rows` of one loop, as EXPLAIN prints them."""

    startup_ms: float
    total_ms: float
    rows: float
    loops: int
    elapsed_ms: float
    buffers: Buffers


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node of the plan. `path` leads to it from the root, by positions; rows are those of one loop.

    `processes` work on it side by side, by the planner's reckoning where nothing was measured.
    """

    path: tuple[int, ...]
    kind: str
    title: str
    relation: str | None
    details: tuple[tuple[str, str], ...]
    startup_cost: float
    cost: float
    rows: float
    width: int
    planned_partitions: int
    removed: float
    processes: float
    measured: Measured | None
    children: tuple[PlanNode, ...]

    @property
    def json_path(self) -> str:
        """Where it stands in EXPLAIN's JSON: `$.Plan.Plans[0]`."""
        return "$.Plan" + "".join(f".Plans[{position}]" for position in self.path)

    @property
    def own_cost(self) -> float:
        """The cost without that of its children."""
        return max(0.0, self.cost - sum(child.cost for child in self.children))

    @property
    def own_ms(self) -> float:
        """The time without that of its children; 0 where nothing was measured."""
        if self.measured is None:
            return 0.0
        inner = (child.measured.elapsed_ms for child in self.children if child.measured)
        return max(0.0, self.measured.elapsed_ms - sum(inner))

    @property
    def own_buffers(self) -> Buffers:
        """The pages without those of its children; none where nothing was measured."""
        if self.measured is None:
            return Buffers()
        inner = sum((child.measured.buffers for child in self.children if child.measured), Buffers())
        return self.measured.buffers - inner

    @property
    def all_rows(self) -> float:
        """Rows that it gave in all its loops together; what is estimated of one where nothing was measured.

        A parallel scan's estimate is that of one process; other nodes are estimated whole.
        """
        if self.measured is not None:
            return self.measured.rows * self.measured.loops
        return self.rows * (self.processes if self.title.startswith("Parallel ") and self.relation else 1)

    def walk(self) -> Iterator[PlanNode]:
        """The node and all below it, in the order in which EXPLAIN prints them."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """A statement's plan. `source` is EXPLAIN's own JSON, for any plan viewer; times are in milliseconds."""

    root: PlanNode
    settings: Mapping[str, str]
    planning_ms: float | None
    execution_ms: float | None
    source: Mapping[str, object]

    @property
    def is_measured(self) -> bool:
        """Whether the statement was run."""
        return self.root.measured is not None

    @property
    def relations(self) -> frozenset[str]:
        """The tables that it reads."""
        return frozenset(node.relation for node in self.root.walk() if node.relation)


def read_plan(source: Mapping[str, object]) -> QueryPlan:
    """The plan that EXPLAIN's JSON (the one object of its list) describes."""
    settings = source.get("Settings")
    return QueryPlan(
        _node(_object(source.get("Plan")), (), processes=1),
        {name: str(value) for name, value in settings.items()} if isinstance(settings, dict) else {},
        _time(source, "Planning Time"),
        _time(source, "Execution Time"),
        source,
    )


def _node(raw: Mapping[str, object], path: tuple[int, ...], processes: float) -> PlanNode:
    plans = raw.get("Plans")
    inner = [_object(each) for each in plans] if isinstance(plans, list) else []
    kind, relation = str(raw.get("Node Type", "?")), raw.get("Relation Name")
    below = _processes(raw, inner[0]) if inner and kind.startswith("Gather") else processes
    return PlanNode(
        path=path,
        kind=kind,
        title=title(raw),
        relation=str(relation) if relation else None,
        details=details(raw),
        startup_cost=_number(raw, "Startup Cost", 0.0),
        cost=_number(raw, "Total Cost", 0.0),
        rows=_number(raw, "Plan Rows", 0.0),
        width=_number(raw, "Plan Width", 0),
        planned_partitions=_number(raw, "Planned Partitions", 0),
        removed=_number(raw, "Rows Removed by Filter", 0.0),
        processes=processes,
        measured=_measured(raw, processes),
        children=tuple(_node(each, (*path, place), below) for place, each in enumerate(inner)),
    )


def _processes(gather: Mapping[str, object], child: Mapping[str, object]) -> float:
    """How many processes a Gather has below it; as the planner reckons, the leader is busy with 30 % for a worker."""
    if "Actual Loops" in child:
        return max(1, _number(child, "Actual Loops", 1))
    workers = _number(gather, "Workers Planned", 0)
    return max(1.0, workers + max(0.0, 1 - 0.3 * workers))


def _measured(raw: Mapping[str, object], processes: float) -> Measured | None:
    if "Actual Loops" not in raw:
        return None
    total, loops = _number(raw, "Actual Total Time", 0.0), _number(raw, "Actual Loops", 0)
    return Measured(
        startup_ms=_number(raw, "Actual Startup Time", 0.0),
        total_ms=total,
        rows=_number(raw, "Actual Rows", 0.0),
        loops=loops,
        elapsed_ms=total * loops / processes,
        buffers=Buffers(
            _number(raw, "Shared Hit Blocks", 0) + _number(raw, "Local Hit Blocks", 0),
            _number(raw, "Shared Read Blocks", 0) + _number(raw, "Local Read Blocks", 0),
            _number(raw, "Temp Written Blocks", 0),
        ),
    )


def _number(raw: Mapping[str, object], key: str, otherwise: _T) -> _T:
    value = raw.get(key)
    return type(otherwise)(value) if isinstance(value, int | float) else otherwise


def _time(source: Mapping[str, object], key: str) -> float | None:
    return _number(source, key, 0.0) if key in source else None


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
