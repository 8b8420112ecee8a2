"""The schemas of requests and answers, and the documents' samples."""

from __future__ import annotations

from segsql.catalog import Ids, Mapping, default_mapping
from segsql.http.bodies import MAX_NAME
from segsql.http.openapi import filters
from segsql.http.openapi.building import (
    Part,
    array,
    example_id,
    id_of,
    integer,
    moment,
    one_of,
    or_null,
    record,
    ref,
    text,
)

_STORED_FILTERS = "As stored, in the dialect in which the segment was written."
_NAME = text(f"1 to {MAX_NAME} characters, not blank.", minLength=1, maxLength=MAX_NAME, pattern="\\S")

READ_RESPONSE: Part = {
    "data": [
        {
            "id": "clx_seg_high_engage_id",
            "name": "High-Engagement Users",
            "description": "Opened at least 3 campaigns in last 90 days",
            "matchType": "all",
            "filters": [
                {"field": "opens_count", "operator": "gte", "value": 3},
                {"field": "last_open_at", "operator": "within_days", "value": 90},
            ],
            "cachedCount": 1248,
            "lastCountedAt": "2026-04-20T14:00:00Z",
            "createdAt": "2026-01-05T11:00:00Z",
        },
        {
            "id": "clx_seg_churned_id",
            "name": "Churned Subscribers",
            "description": "No open in the last 180 days",
            "matchType": "all",
            "filters": [{"field": "last_open_at", "operator": "not_exists", "value": None}],
            "cachedCount": 892,
            "lastCountedAt": "2026-04-20T14:00:00Z",
            "createdAt": "2026-02-10T09:00:00Z",
        },
    ],
    "pagination": {"page": 1, "limit": 50, "total": 12, "totalPages": 1},
}


def create_request(ids: Ids) -> Part:
    """The create document's sample."""
    return {
        "name": "Active Subscribers",
        "filters": {"condition": "AND", "filters": [filters.field_example(ids)]},
    }


def create_response(ids: Ids) -> Part:
    """The create document's answer to it."""
    times = dict.fromkeys(("created_at", "updated_at"), "2026-04-09T02:20:00Z")
    return {"data": {"id": example_id(ids.segment, 1), **create_request(ids), "contact_count": 0, **times}}


def _typed_segment(mapping: Mapping, *, created: bool) -> Part:
    counted = {
        "contact_count": or_null(integer("Members when they were last counted; null: not yet.", minimum=0)),
        "last_calculated_at": or_null(moment("When that was; null: not yet.")),
    }
    uncounted = {"contact_count": {**integer("The count is made soon after."), "const": 0}}
    return record(
        {
            "id": id_of(mapping.ids.segment, least=1),
            "name": _given(mapping, text()),
            "filters": record({"condition": one_of("AND", "OR"), "filters": array({}, _STORED_FILTERS)}),
            **(uncounted if created else counted),
            "created_at": _given(mapping, moment("When it was created.")),
            "updated_at": _given(mapping, moment("When its definition changed last.")),
        }
    )


def _read_segment(mapping: Mapping) -> Part:
    return record(
        {
            "id": _given(mapping, text("Unique segment identifier (CUID).")),
            "name": _given(mapping, text("Human-readable segment name.")),
            "description": or_null(text("Optional description of the segment criteria.")),
            "matchType": one_of("all", "any"),
            "filters": array({}, _STORED_FILTERS),
            "cachedCount": integer("Members when they were last counted; 0 until then.", minimum=0),
            "lastCountedAt": or_null(moment("When that was; null: not yet.")),
            "createdAt": _given(mapping, moment("When it was created.")),
        }
    )


def _contact(mapping: Mapping) -> Part:
    tag = record({"id": id_of(mapping.ids.tag), "name": _given(mapping, text())})
    fields = {
        "type": "object",
        "description": "email, first_name, last_name and country, and the custom values by key.",
        "additionalProperties": True,
    }
    return record(
        {
            "id": id_of(mapping.ids.contact),
            "status": _given(mapping, text()),
            "fields": fields,
            "tags": array(tag),
            "created_at": _given(mapping, moment("When it was created.")),
            "updated_at": _given(mapping, moment("When it was changed last.")),
            "last_opened_at": or_null(moment("The last open.")),
            "last_clicked_at": or_null(moment("The last click.")),
        }
    )


def _given(mapping: Mapping, schema: Part) -> Part:
    """What every row of the default schema has; another database may lack it, and null is answered."""
    return schema if mapping == default_mapping() else or_null(schema)


def _page(what: str, schema: str) -> Part:
    return record({"data": record({what: array(ref(schema)), "pagination": ref("Pagination")})})


def _error() -> Part:
    problem = record(
        {
            "code": text("Stable; docs/errors.md lists them.", pattern="^SEG[0-9]{3}$"),
            "path": text("Where in the request: $.filters.filters[0].value, query.page."),
            "message": text(),
        }
    )
    properties = {
        "message": text("The first problem."),
        "errors": array(problem, "All problems, in document order; none where the message says it all."),
        "id": text("Of a 500: what the server's log has more under."),
    }
    return record(properties, required=("message", "errors"))


def schemas(mapping: Mapping) -> dict[str, Part]:
    """By name."""
    counts = {name: integer(minimum=0) for name in ("page", "limit", "total", "totalPages")}
    typed_counts = {name: integer(minimum=0) for name in ("current_page", "per_page", "total_pages", "total_count")}
    preview = {"contact_count": integer(minimum=0), "calculated_at": moment("The instant of the count.")}
    return {
        **filters.schemas(mapping.ids),
        "NewSegment": record({"name": _NAME, "filters": ref("Definition")}),
        "SegmentChanges": record({"name": _NAME, "filters": ref("Definition")}, required=()) | {"minProperties": 1},
        "UnsavedSegment": record({"name": {}, "filters": ref("Definition")}, required=("filters",)),
        "CreatedSegment": record({"data": _typed_segment(mapping, created=True)}),
        "Segment": _typed_segment(mapping, created=False),
        "OneSegment": record({"data": ref("Segment")}),
        "Segments": _page("segments", "Segment"),
        "Contact": _contact(mapping),
        "Contacts": _page("contacts", "Contact"),
        "Pagination": record(typed_counts),
        "Preview": record({"data": record(preview)}),
        "ReadSegment": _read_segment(mapping),
        "ReadSegments": record({"data": array(ref("ReadSegment")), "pagination": record(counts)}),
        "Error": _error(),
    }
