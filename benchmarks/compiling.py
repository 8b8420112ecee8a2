"""How fast definitions compile: with the text rendered anew, and with a shape that was seen before."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from benchmarks import measure
from segsql.catalog import Catalog, Field, FieldType, declared_builtins
from segsql.compiler import compile_segment
from segsql.render import forget

ROUNDS = 1_000
DEFINITION = {
    "matchType": "all",
    "filters": [
        {"field": "opens_count", "operator": "gte", "value": 3},
        {"field": "last_open_at", "operator": "within_days", "value": 90},
        {"field": "tags", "operator": "contains", "value": [1, 2]},
        {"field": "country", "operator": "neq", "value": "DE"},
        {"field": "plan", "operator": "in", "value": ["pro", "team"]},
    ],
}


def main() -> None:
    """Print definitions a second on one core."""
    fields = (*declared_builtins(), Field(101, "plan", "Plan", FieldType.TEXT))
    catalog = Catalog(workspace_id=1, fields=fields, tags={1: "VIP", 2: "Trial"})
    now = datetime.now(UTC)
    text = json.dumps(DEFINITION)

    def cold() -> None:
        for _ in range(ROUNDS):
            forget()
            compile_segment(text, catalog, workspace_id=1, now=now)

    def seen() -> None:
        for _ in range(ROUNDS):
            compile_segment(text, catalog, workspace_id=1, now=now)

    for name, work in (("cold", cold), ("seen shape", seen)):
        work()
        best = min(measure.seconds(work) for _ in range(measure.PAIRS))
        print(f"{name:<10} {ROUNDS / best:10,.0f} definitions a second")
