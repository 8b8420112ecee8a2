"""The one catalog, workspace and instant that every golden case is compiled for.

Every field type, the dropdowns with and without options, built-ins read under other types, and stored
segments of each kind that a `segment` condition may meet: good, deep, large, circular and broken ones.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from properties.elsewhere import Form
from properties.forms import FORMS
from segsql.catalog import Catalog, ColumnType, Field, FieldType, Id, InColumn, InJson, Place, declared_builtins

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

TAGS = {1: "Customer", 2: "Trial", 3: "Partner", 4: "Press", 5: "Friend"}

CATALOG = Catalog(
    workspace_id=WORKSPACE_ID,
    timezone="Europe/Berlin",
    fields=FIELDS,
    tags=dict[Id, str](TAGS.items()),
    segments=SEGMENTS,
)


_PLACES: dict[str, dict[str, Place]] = {
    "camel": {
        "nickname": InColumn("Nick Name", ColumnType.TEXT),
        "score": InColumn("score", ColumnType.NUMERIC),
        "vip": InColumn("isVip", ColumnType.BOOLEAN),
        "birthday": InColumn("bornOn", ColumnType.DATE),
        "channel": InJson("profile", ColumnType.JSONB, ("channels", "first")),
        "labels": InColumn("labels", ColumnType.TEXT_ARRAY),
        "interests": InJson("interests", ColumnType.JSONB),
    },
    "json": {"interests": InJson("interests", ColumnType.JSON)},
}
"""Fields that have places of their own in databases of other forms."""


@cache
def golden_form(name: str) -> Form:
    """A form for the fields of this catalog."""
    return replace(FORMS[name], places=_PLACES.get(name, {}))


def catalog_of(form: Form) -> Catalog:
    """This catalog in a database of another form; of the segments only the first ones, which are good anywhere."""
    keys = form.keys
    return Catalog(
        workspace_id=None if form.tables.is_single_tenant else keys.workspace(WORKSPACE_ID),
        timezone=CATALOG.timezone,
        fields=tuple(
            replace(field, id=keys.field(int(field.id)), place=form.places.get(field.key)) for field in FIELDS
        ),
        tags={keys.tag(tag): name for tag, name in TAGS.items()},
        segments={keys.segment(1): form.translated(SEGMENTS[1])},
        tables=form.tables,
    )
