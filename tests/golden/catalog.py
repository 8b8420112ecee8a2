"""The one catalog, workspace and instant that every golden case is compiled for.

Every field type, the dropdowns with and without options, built-ins read under other types, and stored
segments of each kind that a `segment` condition may meet: good, deep, large, circular and broken ones.
"""

from __future__ import annotations

from datetime import UTC, datetime

from segsql.catalog import Catalog, Field, FieldType, Id, declared_builtins

WORKSPACE_ID = 7
NOW = datetime(2026, 4, 9, 2, 20, tzinfo=UTC)

FIELDS = (
    *declared_builtins(),
    Field(20, "nickname", "Nickname", FieldType.TEXT),
    Field(21, "score", "Score", FieldType.NUMBER),
    Field(22, "vip", "VIP", FieldType.BOOLEAN),
    Field(23, "birthday", "Birthday", FieldType.DATE),
    Field(24, "channel", "Channel", FieldType.DROPDOWN_SINGLE),
    Field(25, "labels", "Labels", FieldType.DROPDOWN_MULTIPLE),
    Field(26, "residence", "Residence", FieldType.COUNTRY),
    Field(30, "salutation", "Salutation", FieldType.TEXT, options=("Mr", "Ms")),
    Field(31, "plan", "Plan", FieldType.DROPDOWN_SINGLE, options=("free", "pro", "team")),
    Field(32, "interests", "Interests", FieldType.DROPDOWN_MULTIPLE, options=("events", "news", "offers")),
    Field(40, "state", "State", FieldType.DROPDOWN_SINGLE, "status", ("subscribed", "unsubscribed")),
    Field(41, "land", "Land", FieldType.TEXT, "country"),
    Field(42, "joined", "Joined", FieldType.DATE, "created_at"),
    Field(43, "deliveries", "Deliveries", FieldType.NUMBER, "delivered_count"),
    Field(44, "mail", "E-mail", FieldType.TEXT, "email"),
    Field(50, "contradiction", "Contradiction", FieldType.NUMBER, "email"),
)


def _typed(*filters: object) -> dict[str, object]:
    return {"condition": "AND", "filters": list(filters)}


def _refers_to(*segment_ids: int) -> dict[str, object]:
    return _typed({"type": "segment", "operator": "in", "value": list(segment_ids)})


def _score(number: int) -> dict[str, object]:
    return {"type": "field", "field_id": 21, "operator": "eq", "value": number}


def _nested(levels: int) -> dict[str, object]:
    definition = _typed(_score(1))
    for _ in range(levels - 1):
        definition = _typed(definition)
    return definition


SEGMENTS: dict[Id, object] = {
    1: _typed({"type": "field", "field_id": 1, "operator": "eq", "value": "test@example.com"}),
    2: {
        "matchType": "all",
        "filters": [
            {"field": "opens_count", "operator": "gte", "value": 3},
            {"field": "last_open_at", "operator": "within_days", "value": 90},
        ],
    },
    3: {
        "condition": "OR",
        "filters": [
            {"type": "segment", "operator": "in", "value": [1]},
            {"type": "tags", "operator": "not_contains", "value": [4]},
        ],
    },
    4: '{"matchType": "any", "filters": [{"field": "status", "operator": "exists"}]}',
    50: _nested(32),
    51: _typed(*map(_score, range(300))),
    52: _typed(*map(_score, range(300, 501))),
    53: _typed({"type": "field", "field_id": 20, "operator": "in", "value": [f"{i:0300}" for i in range(500)]}),
    54: _typed({"type": "field", "field_id": 20, "operator": "in", "value": [f"{i:0301}" for i in range(500)]}),
    60: _refers_to(60),
    61: _refers_to(62),
    62: _refers_to(63),
    63: _refers_to(61),
    70: _typed({"type": "field", "field_id": 999, "operator": "eq", "value": 1}),
    71: "{not json",
    72: [],
    73: _refers_to(70),
}

CATALOG = Catalog(
    workspace_id=WORKSPACE_ID,
    timezone="Europe/Berlin",
    fields=FIELDS,
    tags={1: "Customer", 2: "Trial", 3: "Partner", 4: "Press", 5: "Friend"},
    segments=SEGMENTS,
)
