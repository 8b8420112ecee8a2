"""A plan as it is drawn: each node with the lengths of its bars, in percent of the longest there can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segsql.preview.findings import Finding
from segsql.preview.queryplan import PlanNode, QueryPlan

SHORTEST = 1.0
"""A bar of something is never shorter than this, so that it can be told from one of nothing."""

_CONDITIONS = ("Cond", "Filter", "Key")


@dataclass(frozen=True, slots=True)
class Bars:
    """Lengths in percent: of the plan's whole cost and time, of its most rows, of all its pages."""

    cost: float
    rows: float
    time: float
    hit: float
    read: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A node of the tree; `conditions` are what it tests and groups by, `facts` all else that is known of it."""

    node: PlanNode
    anchor: str
    bars: Bars
    conditions: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    children: tuple[Drawn, ...]


def anchor(prefix: str, node: PlanNode) -> str:
    """The id of a node in a page: `plan1-0.1` is the second child of the root's first, in the first plan."""
    return f"{prefix}-{'.'.join(map(str, node.path)) or 'root'}"


def draw(plan: QueryPlan, findings: Sequence[Finding], prefix: str) -> Drawn:
    """The plan's tree, with bars to one scale."""
    most_rows = max(node.all_rows for node in plan.root.walk())
    return _drawn(plan.root, plan.root, most_rows, findings, prefix)


def _drawn(node: PlanNode, root: PlanNode, most_rows: float, findings: Sequence[Finding], prefix: str) -> Drawn:
    buffers, measured = node.own_buffers, root.measured
    pages = measured.buffers.hit + measured.buffers.read if measured else 0
    is_condition = {name: name.endswith(_CONDITIONS) and "Removed" not in name for name, _ in node.details}
    return Drawn(
        node,
        anchor(prefix, node),
        Bars(
            cost=_percent(node.own_cost, root.cost),
            rows=_percent(node.all_rows, most_rows),
            time=_percent(node.own_ms, measured.elapsed_ms if measured else 0),
            hit=_percent(buffers.hit, pages),
            read=_percent(buffers.read, pages),
        ),
        tuple(each for each in node.details if is_condition[each[0]]),
        tuple(each for each in node.details if not is_condition[each[0]]),
        tuple(finding for finding in findings if finding.node is node),
        tuple(_drawn(child, root, most_rows, findings, prefix) for child in node.children),
    )


def _percent(value: float, whole: float) -> float:
    if value <= 0 or whole <= 0:
        return 0.0
    return round(min(100.0, max(SHORTEST, 100 * value / whole)), 2)
