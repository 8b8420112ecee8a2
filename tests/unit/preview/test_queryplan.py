"""EXPLAIN's JSON as a tree: titles, what is a node's own, how long its bars are."""

from __future__ import annotations

from typing import Any

import pytest

from segsql.preview import read_plan
from segsql.preview.drawing import SHORTEST, draw
from unit.preview.test_findings import Raw, node, scan


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ({"Node Type": "Seq Scan", "Relation Name": "contacts", "Alias": "contacts"}, "Seq Scan on contacts"),
        ({"Node Type": "Hash Join", "Join Type": "Left"}, "Hash Left Join"),
        ({"Node Type": "Hash Join", "Join Type": "Inner"}, "Hash Join"),
        ({"Node Type": "Nested Loop", "Join Type": "Semi"}, "Nested Loop Semi Join"),
        ({"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Partial"}, "Partial HashAggregate"),
        ({"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Simple"}, "Aggregate"),
        ({"Node Type": "Bitmap Index Scan", "Index Name": "i"}, "Bitmap Index Scan on i"),
        (
            {
                "Node Type": "Index Scan",
                "Scan Direction": "Backward",
                "Index Name": "i",
                "Relation Name": "t",
                "Alias": "x",
            },
            "Index Scan Backward using i on t x",
        ),
        ({"Node Type": "Append", "Parallel Aware": True}, "Parallel Append"),
        ({"Node Type": "Subquery Scan", "Alias": "y"}, "Subquery Scan on y"),
        ({"Node Type": "Result", "Subplan Name": "InitPlan 1"}, "Result (InitPlan 1)"),
        ({}, "?"),
    ],
)
def test_titles_are_explains(raw: dict[str, Any], title: str) -> None:
    assert read_plan({"Plan": raw}).root.title == title


def test_what_is_known_of_a_node_and_told_nowhere_else() -> None:
    raw = scan(
        **{
            "Filter": "(x = 1)",
            "Sort Key": ["a", "b"],
            "Rows Removed by Filter": 0,
            "Lossy Heap Blocks": 2,
            "Shared Hit Blocks": 7,
            "Peak Memory Usage": 1200,
            "Hash Batches": 4,
            "Original Hash Batches": 4,
            "Disabled": False,
            "Some Future Thing": "shown",
        }
    )
    assert read_plan({"Plan": raw}).root.details == (
        ("Filter", "(x = 1)"),
        ("Sort Key", "a, b"),
        ("Lossy Heap Blocks", "2"),
        ("Peak Memory Usage", "1,200 kB"),
        ("Hash Batches", "4"),
        ("Some Future Thing", "shown"),
    )


def test_a_nodes_own_is_what_its_children_leave() -> None:
    one: Raw = {"Total Cost": 30.0, "Shared Hit Blocks": 10, "Actual Total Time": 0.5, "Actual Loops": 4}
    two: Raw = {"Total Cost": 20.0, "Shared Read Blocks": 5, "Actual Total Time": 3.0}
    both: Raw = {"Total Cost": 60.0, "Shared Hit Blocks": 12, "Shared Read Blocks": 5, "Actual Total Time": 8.0}
    children = node("Index Scan", actual=5.0, **one), node("Seq Scan", actual=1.0, **two)
    plan = read_plan({"Plan": node("Nested Loop", *children, actual=9.0, **both)})
    root = plan.root
    assert (root.own_cost, root.own_ms, root.own_buffers.hit, root.own_buffers.read) == (10.0, 3.0, 2, 0)
    assert (root.children[0].own_ms, root.children[0].all_rows) == (2.0, 20.0)
    drawn = draw(plan, (), "p")
    assert (drawn.bars.cost, drawn.bars.time, drawn.bars.hit, drawn.bars.read) == (16.67, 37.5, 11.76, 0)
    assert [child.bars.cost for child in drawn.children] == [50.0, 33.33]
    assert [child.bars.rows for child in drawn.children] == [100.0, 5.0]
    assert [child.anchor for child in drawn.children] == ["p-0", "p-1"]


def test_processes_share_the_clock() -> None:
    """Three that work on a node for 30 ms each take 30 ms, not 90."""
    below = scan(actual=100.0, **{"Actual Total Time": 30.0, "Actual Loops": 3})
    root = read_plan({"Plan": node("Gather", below, actual=300.0, **{"Actual Total Time": 40.0})}).root
    assert (root.own_ms, root.children[0].own_ms, root.children[0].all_rows) == (10.0, 30.0, 300.0)


def test_no_bar_is_longer_than_all_or_too_short_to_see() -> None:
    """A semi join may cost less than what is below it would, read to its end."""
    little = node("Index Scan", rows=1, **{"Total Cost": 0.001})
    drawn = draw(
        read_plan({"Plan": node("Limit", node("Seq Scan", little, rows=10**9, **{"Total Cost": 99.0}))}), (), "p"
    )
    (below,) = drawn.children
    assert (drawn.bars.cost, below.bars.cost, below.children[0].bars.cost) == (0.0, 100.0, SHORTEST)
    assert (below.bars.rows, below.children[0].bars.rows, below.bars.time) == (100.0, SHORTEST, 0.0)
