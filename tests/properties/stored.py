"""The segments that a workspace has stored, of both dialects, some referring to others."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from properties.model import Definition, StoredSegment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def segments(field_ids: Mapping[str, int], tags: Sequence[int]) -> tuple[StoredSegment, ...]:
    """Definitions that any of the workspaces can hold; the longest chain of references is four."""
    definitions: dict[int, Definition] = {
        1: _all({"field": "opens_count", "operator": "gte", "value": 3}),
        2: _all({"field": "last_open_at", "operator": "not_exists", "value": None}),
        3: {
            "matchType": "any",
            "filters": [
                {"field": "score", "operator": "gt", "value": Decimal("41.5")},
                {
                    "matchType": "none",
                    "filters": [
                        {"field": "metadata.it's", "operator": "contains", "value": "A"},
                        {"field": "tags", "operator": "exists"},
                    ],
                },
            ],
        },
        5: {
            "condition": "OR",
            "filters": [
                _field(field_ids["note"], "contains", "ä"),
                _field(field_ids["interests"], "eq", ["b", "a"]),
                {"type": "tags", "operator": "not_contains", "value": [tags[0], tags[1]], "match": "all"},
            ],
        },
        8: _and({"type": "segment", "operator": "in", "value": [1, 3]}),
        13: _and(
            {"type": "segment", "operator": "not_in", "value": [8, 5]},
            _field(field_ids["renewal"], "lte", "2026-03-29"),
        ),
        21: {
            "condition": "OR",
            "filters": [
                {"condition": "NOT", "filters": [{"type": "segment", "operator": "in", "value": [13]}]},
                {"type": "open_rate", "operator": "gte", "value": 50},
            ],
        },
        2**40: _and(
            {"type": "last_activity", "operator": "within_last_days", "value": 30},
            _field(field_ids["plan"], "ne", "free"),
        ),
    }
    return tuple(
        StoredSegment(number, f"clxseg{place:018d}", f"Segment {number}", definition)
        for place, (number, definition) in enumerate(definitions.items())
    )


def _all(*filters: Definition) -> Definition:
    return {"matchType": "all", "filters": list(filters)}


def _and(*filters: Definition) -> Definition:
    return {"condition": "AND", "filters": list(filters)}


def _field(field_id: int, operator: str, value: Any) -> Definition:
    return {"type": "field", "field_id": field_id, "operator": operator, "value": value}
