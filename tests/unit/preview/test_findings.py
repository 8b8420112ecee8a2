"""What is remarkable in a plan, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from segsql.preview import Finding, FindingCode, find, read_plan
from segsql.preview.findings import ENOUGH_ROWS, LARGE

MEASURED = {"Actual Startup Time": 0.1, "Actual Total Time": 2.0, "Actual Loops": 1}


Raw = dict[str, Any]


def node(kind: str, *plans: Raw, **more: Any) -> Raw:
    """A node of EXPLAIN's JSON, of `rows` estimated; measured where `actual` ones are given."""
    rows, actual = more.pop("rows", 1), more.pop("actual", None)
    measured = {} if actual is None else MEASURED | {"Actual Rows": actual}
    inner = {"Plans": list(plans)} if plans else {}
    return {"Node Type": kind, "Total Cost": 10.0, "Plan Rows": rows, **measured, **more, **inner}


def scan(**more: Any) -> Raw:
    return node("Seq Scan", **{"Relation Name": "contacts", "Alias": "c", **more})


def found(plan: dict[str, Any], **stored_rows: int) -> list[Finding]:
    return list(find(read_plan({"Plan": plan}), stored_rows))


def codes(plan: dict[str, Any], **stored_rows: int) -> list[FindingCode]:
    return [finding.code for finding in found(plan, **stored_rows)]


def test_a_large_table_read_from_end_to_end() -> None:
    (one,) = found(node("Aggregate", scan(rows=50)), contacts=1_000_000)
    assert one.code is FindingCode.SEQUENTIAL_SCAN
    assert one.message == "Reads all 1,000,000 rows of contacts and is estimated to keep 50 of them (0.0%)"
    assert "an index" in one.hint
    assert one.node.json_path == "$.Plan.Plans[0]"
    (most,) = found(scan(rows=900_000), contacts=1_000_000)
    assert "save little" in most.hint
    assert codes(scan(), contacts=LARGE) == [FindingCode.SEQUENTIAL_SCAN]
    assert codes(scan(), contacts=LARGE - 1) == []
    assert codes(scan(), others=LARGE) == [], "nothing is known of its size"
    assert codes(node("Index Scan", **{"Relation Name": "contacts"}), contacts=LARGE) == []


def test_what_was_read_is_known_where_it_was_measured() -> None:
    """Also of a table that was never analyzed; by all processes together."""
    measured: Raw = {"actual": 10_000.0, "rows": 10_000, "Rows Removed by Filter": 50_000, "Actual Loops": 3}
    gather = node("Gather", scan(**{"Parallel Aware": True, **measured}), actual=30_000.0, rows=30_000)
    (one,) = found(gather)
    assert one.message == "Reads all 180,000 rows of contacts and keeps 30,000 of them (16.7%)"
    assert one.node.title == "Parallel Seq Scan on contacts c"


def test_a_parallel_scan_is_estimated_for_one_process() -> None:
    gather = node("Gather", scan(rows=1_000, **{"Parallel Aware": True}), **{"Workers Planned": 2})
    (one,) = found(gather, contacts=100_000)
    assert "keep 2,400 of them (2.4%)" in one.message
    assert one.node.processes == pytest.approx(2.4)


@pytest.mark.parametrize(
    ("estimated", "counted", "words"),
    [
        (100, 1_000, None),
        (99, 1_000, "10 times too few"),
        (1_000, 99, "10 times too many"),
        (1, ENOUGH_ROWS, "100 times too few"),
        (ENOUGH_ROWS, 0, "100 times too many"),
        (1, ENOUGH_ROWS - 1, None),
        (5_000, 4_000, None),
    ],
)
def test_an_estimate_that_is_off_by_more_than_ten(estimated: int, counted: int, words: str | None) -> None:
    messages = [one.message for one in found(node("Hash Join", rows=estimated, actual=float(counted)))]
    assert [message.partition(": ")[2] for message in messages] == ([] if words is None else [words])


def test_an_estimate_is_told_where_it_begins_to_be_off() -> None:
    """What goes wrong below goes wrong above it too."""
    low = node("Index Scan", rows=5, actual=900.0)
    (one,) = found(node("Aggregate", node("Sort", low, rows=5, actual=900.0), rows=1, actual=1.0))
    assert one.node.kind == "Index Scan"
    never_run = node("Index Scan", rows=900, actual=0.0) | {"Actual Loops": 0}
    assert codes(never_run) == []


def test_what_went_to_disk() -> None:
    """Told of the node that wrote, though those above it count its pages too."""
    sort = node("Sort", node("Index Scan", actual=1.0), actual=1.0, **{"Temp Written Blocks": 100})
    (one,) = found(node("Aggregate", sort, actual=1.0, **{"Temp Written Blocks": 100}))
    assert (one.code, one.node.kind) == (FindingCode.SPILLED, "Sort")
    assert "800 kB" in one.message
    assert "--work-mem" in one.hint
    hashed: Raw = {"Strategy": "Hashed", "Planned Partitions": 4}
    planned = node("Aggregate", **hashed)
    assert [(each.code, each.node.title) for each in found(planned)] == [(FindingCode.SPILLED, "HashAggregate")]
    assert codes(planned | MEASURED | {"Actual Rows": 1.0}) == [], "measured, it stayed in memory"
