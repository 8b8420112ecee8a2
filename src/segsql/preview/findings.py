"""What a DBA would stop at in a plan: data, from the plan and the sizes of its tables alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from segsql.preview.queryplan import PlanNode, QueryPlan

LARGE = 100_000
"""A table of so many rows is large: reading all of it takes longer than a person notices."""

FEW = 0.1
"""Of a table's rows: an index on what is asked for would read less than all of them."""

OFF_BY = 10.0
"""An estimate is off where it is so many times too high or too low."""

ENOUGH_ROWS = 100
"""Fewer rows than this, estimated and counted, lead to no bad plan."""

PAGE_KILOBYTES = 8


class FindingCode(StrEnum):
    """What was found, for programs; stable."""

    SEQUENTIAL_SCAN = "sequential_scan"
    ESTIMATE_OFF = "estimate_off"
    SPILLED = "spilled"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one node: what it is, and what can be done about it."""

    code: FindingCode
    node: PlanNode
    message: str
    hint: str


def find(plan: QueryPlan, stored_rows: Mapping[str, int]) -> tuple[Finding, ...]:
    """All that is remarkable, in the plan's order. `stored_rows` are the tables' sizes in rows, where known."""
    return tuple(finding for node in plan.root.walk() for finding in _about(node, stored_rows))


def _about(node: PlanNode, stored_rows: Mapping[str, int]) -> Iterator[Finding]:
    if node.kind == "Seq Scan" and node.relation is not None:
        yield from _sequential_scan(node, stored_rows.get(node.relation, 0))
    if _factor(node) > OFF_BY and not any(_factor(child) > OFF_BY for child in node.children):
        yield _estimate_off(node)
    yield from _spilled(node)


def _sequential_scan(node: PlanNode, stored: int) -> Iterator[Finding]:
    """`stored` of the whole table; where the scan was measured, what it read is known."""
    read = max(stored, round(node.all_rows + node.removed * (node.measured.loops if node.measured else 0)))
    if read < LARGE:
        return
    share = node.all_rows / read
    keeps = "keeps" if node.measured else "is estimated to keep"
    yield Finding(
        FindingCode.SEQUENTIAL_SCAN,
        node,
        f"Reads all {read:,} rows of {node.relation} and {keeps} {node.all_rows:,.0f} of them ({share:.1%})",
        "Less than a tenth of it is needed: an index on what is asked for would read that alone."
        if share < FEW
        else "More than a tenth of it is needed: an index would save little.",
    )


def _factor(node: PlanNode) -> float:
    """How many times the estimate of a loop's rows is too low or too high; 1 where it can't be told or is no matter."""
    if node.measured is None or node.measured.loops == 0 or max(node.rows, node.measured.rows) < ENOUGH_ROWS:
        return 1.0
    estimated, counted = max(1.0, node.rows), max(1.0, node.measured.rows)
    return max(estimated / counted, counted / estimated)


def _estimate_off(node: PlanNode) -> Finding:
    assert node.measured is not None, "only what was measured is found to be off"
    way = "too few" if node.measured.rows > node.rows else "too many"
    return Finding(
        FindingCode.ESTIMATE_OFF,
        node,
        f"Estimated {node.rows:,.0f} rows, counted {node.measured.rows:,.0f}: {_factor(node):,.0f} times {way}",
        "ANALYZE the table; where that does not help, CREATE STATISTICS on the columns that are asked for together.",
    )


def _spilled(node: PlanNode) -> Iterator[Finding]:
    written = node.own_buffers.spilled
    if written:
        yield Finding(
            FindingCode.SPILLED,
            node,
            f"Wrote {written * PAGE_KILOBYTES:,} kB to temporary files: work_mem was too small for it",
            "Raise work_mem for this job (recount has --work-mem) until it stays in memory.",
        )
    elif node.planned_partitions and node.measured is None:
        yield Finding(
            FindingCode.SPILLED,
            node,
            f"Is planned to go to temporary files, in {node.planned_partitions:,} parts: work_mem is too small for it",
            "Raise work_mem for this job (recount has --work-mem) until it stays in memory.",
        )
