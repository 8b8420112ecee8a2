"""The definition's schemas: a union of conditions told apart by `type`, and groups of them."""

from __future__ import annotations

from segsql.catalog import FIELD_OPERATORS, PRESENCE_OPERATORS, RATE_OPERATORS, TAGS_OPERATORS, Ids
from segsql.filters import MAX_CONDITIONS, MAX_LIST, ActivityOperator
from segsql.http.openapi.building import Part, array, const, example_id, id_of, integer, one_of, record, ref, text

_FIELD_OPERATORS = tuple(dict.fromkeys(operator.value for row in FIELD_OPERATORS.values() for operator in row))
_CONDITIONS = {
    "field": "FieldCondition",
    "tags": "TagsCondition",
    "open_rate": "OpenRateCondition",
    "click_rate": "ClickRateCondition",
    "last_activity": "LastActivityCondition",
    "segment": "SegmentCondition",
}

OPEN_RATE: Part = {"type": "open_rate", "operator": "gte", "value": 50}
CLICK_RATE: Part = {"type": "click_rate", "operator": "lte", "value": 25}
IS_AFTER: Part = {"type": "last_activity", "operator": "is_after", "value": "2026-03-01T00:00:00Z"}
WITHIN_DAYS: Part = {"type": "last_activity", "operator": "within_last_days", "value": 30}


def field_example(ids: Ids) -> Part:
    """The condition of the create document's sample."""
    field_id = example_id(ids.field, 1)
    return {"type": "field", "field_id": field_id, "operator": "eq", "value": "test@example.com"}


def _tags_example(ids: Ids) -> Part:
    return {"type": "tags", "operator": "contains", "value": [example_id(ids.tag, 1), example_id(ids.tag, 2)]}


def _field(ids: Ids) -> Part:
    by_type = "; ".join(f"{type_}: {', '.join(operators)}" for type_, operators in FIELD_OPERATORS.items())
    return record(
        {
            "type": const("field"),
            "field_id": id_of(ids.field, "A field of the workspace.", least=0),
            "operator": one_of(*_FIELD_OPERATORS, "neq", *PRESENCE_OPERATORS)
            | {"description": f"By the field's type: {by_type}; all: exists, not_exists. neq is ne."},
            "value": {"description": "What the field's type takes; null or absent for exists and not_exists."},
        },
        required=("type", "field_id", "operator"),
        description="The value of a contact's field.",
    ) | {"examples": [field_example(ids)]}


def _tags(ids: Ids) -> Part:
    return record(
        {
            "type": const("tags"),
            "operator": one_of(*TAGS_OPERATORS),
            "value": array(id_of(ids.tag), "Tags of the workspace.", minItems=1, maxItems=MAX_LIST),
            "match": one_of("any", "all") | {"description": "With contains and not_contains: any of them, or all."},
        },
        required=("type", "operator", "value"),
        description="The contact's tags.",
    ) | {"examples": [_tags_example(ids)]}


def _rate(type_: str, example: Part) -> Part:
    return record(
        {
            "type": const(type_),
            "operator": one_of(*RATE_OPERATORS),
            "value": integer("Percent.", minimum=0, maximum=100),
        },
        description=f"The contact's {type_.replace('_', ' ')}.",
    ) | {"examples": [example]}


def _last_activity() -> Part:
    return record(
        {
            "type": const("last_activity"),
            "operator": one_of(*ActivityOperator),
            "value": {
                "oneOf": [text("RFC 3339, or YYYY-MM-DD."), integer("Days.", minimum=1, maximum=36_500)],
                "description": "A number of days for within_last_days, else a date.",
            },
        },
        description="The contact's last open or last click: one of the two is enough.",
    ) | {"examples": [IS_AFTER, WITHIN_DAYS]}


def _segment(ids: Ids) -> Part:
    return record(
        {
            "type": const("segment"),
            "operator": one_of("in", "not_in"),
            "value": array(id_of(ids.segment), "Segments of the workspace.", minItems=1, maxItems=MAX_LIST),
        },
        description="Members of any of these segments.",
    )


def _group(conditions: tuple[str, ...], description: str) -> Part:
    properties = {
        "condition": one_of(*conditions),
        "filters": array(ref("Filter"), minItems=1, maxItems=MAX_CONDITIONS),
    }
    return record(properties, description=description)


def schemas(ids: Ids) -> dict[str, Part]:
    """By name."""
    mapping = {type_: ref(name)["$ref"] for type_, name in _CONDITIONS.items()}
    union = {
        "oneOf": [ref(name) for name in _CONDITIONS.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    return {
        "Definition": _group(("AND", "OR"), "What the members of a segment have in common."),
        "Filter": {"anyOf": [ref("Condition"), ref("Group")]},
        "Group": _group(("AND", "OR", "NOT"), "Conditions, and groups of them. NOT: none of them holds."),
        "Condition": union,
        "FieldCondition": _field(ids),
        "TagsCondition": _tags(ids),
        "OpenRateCondition": _rate("open_rate", OPEN_RATE),
        "ClickRateCondition": _rate("click_rate", CLICK_RATE),
        "LastActivityCondition": _last_activity(),
        "SegmentCondition": _segment(ids),
    }
