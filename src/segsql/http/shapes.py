"""Rows as the two documents show them: camelCase for reading, snake_case for the typed family.

Times are ISO 8601 in UTC, to the second, as both documents have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from segsql.store import SegmentPage, ShownContact, ShownSegment

Shape = dict[str, object]

_MATCH_TYPE: Mapping[str | None, str] = {"AND": "all", "OR": "any", "all": "all", "any": "any"}
_CONDITION: Mapping[str | None, str] = {"AND": "AND", "OR": "OR", "all": "AND", "any": "OR"}
_NO_FILTERS = "[]"


def flat_segment(segment: ShownSegment) -> Shape:
    """The segment object of the read document; of a typed definition the root is translated."""
    return {
        "id": segment.public_id,
        "name": segment.name,
        "description": segment.description,
        "matchType": _MATCH_TYPE.get(segment.root, "all"),
        "filters": _json(segment.filters or _NO_FILTERS),
        "cachedCount": segment.cached_count or 0,
        "lastCountedAt": moment(segment.last_counted_at),
        "createdAt": moment(segment.created_at),
    }


def typed_segment(segment: ShownSegment) -> Shape:
    """The segment object of the typed family; of a flat definition the root is translated."""
    return {
        "id": segment.id,
        "name": segment.name,
        "filters": _typed_filters(segment),
        "contact_count": segment.cached_count,
        "last_calculated_at": moment(segment.last_counted_at),
        "created_at": moment(segment.created_at),
        "updated_at": moment(segment.updated_at),
    }


def created_segment(segment: ShownSegment) -> Shape:
    """The body of the create document's 201."""
    return {
        "id": segment.id,
        "name": segment.name,
        "filters": _typed_filters(segment),
        "contact_count": 0,
        "created_at": moment(segment.created_at),
        "updated_at": moment(segment.updated_at),
    }


def contact(found: ShownContact) -> Shape:
    """A member of a segment."""
    return {
        "id": found.id,
        "status": found.status,
        "fields": _json(found.fields),
        "tags": [{"id": id_, "name": name} for id_, name in found.tags],
        "created_at": moment(found.created_at),
        "updated_at": moment(found.updated_at),
        "last_opened_at": moment(found.last_opened_at),
        "last_clicked_at": moment(found.last_clicked_at),
    }


def flat_page(page: SegmentPage, number: int, limit: int) -> Shape:
    """A page of the read document."""
    total_pages = pages(page.total, limit)
    pagination = {"page": number, "limit": limit, "total": page.total, "totalPages": total_pages}
    return {"data": [flat_segment(segment) for segment in page.segments], "pagination": pagination}


def typed_page(what: str, rows: list[Shape], number: int, limit: int, total: int) -> Shape:
    """A page of the typed family: `data` with the rows under `what`, and the pagination."""
    pagination = {
        "current_page": number,
        "per_page": limit,
        "total_pages": pages(total, limit),
        "total_count": total,
    }
    return {"data": {what: rows, "pagination": pagination}}


def pages(total: int, limit: int) -> int:
    """How many pages there are; none where there is nothing."""
    return -(-total // limit)


def moment(at: datetime | None) -> str | None:
    """An instant, cut to the second."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _typed_filters(segment: ShownSegment) -> Shape:
    return {"condition": _CONDITION.get(segment.root, "AND"), "filters": _json(segment.filters or _NO_FILTERS)}


def _json(text: str) -> orjson.Fragment:
    """JSON as PostgreSQL prints it: put into the answer as it is, so that no number is rounded."""
    return orjson.Fragment(text)
