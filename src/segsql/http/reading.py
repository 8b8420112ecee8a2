"""The endpoints that show what is stored."""

from __future__ import annotations

from segsql.http import shapes
from segsql.http.answers import Answer, page_links
from segsql.http.calls import Call
from segsql.store import segment_page, shown_segment


def list_flat(call: Call) -> Answer:
    """`GET /api/v1/segments`: as in the read document."""
    with call.reading() as (opened, workspace_id):
        number, limit = call.parameters.page_and_limit()
        public_id = call.parameters.text("id")
        offset = (number - 1) * limit
        page = segment_page(opened.connection, workspace_id, offset=offset, limit=limit, public_id=public_id)
    query = {} if public_id is None else {"id": public_id}
    links = page_links(call.path, query, number, limit, shapes.pages(page.total, limit))
    return Answer(200, shapes.flat_page(page, number, limit), {"Link": links})


def list_typed(call: Call) -> Answer:
    """`GET /v1/segments`."""
    with call.reading() as (opened, workspace_id):
        number, limit = call.parameters.page_and_limit()
        page = segment_page(opened.connection, workspace_id, offset=(number - 1) * limit, limit=limit)
    rows = [shapes.typed_segment(segment) for segment in page.segments]
    links = page_links(call.path, {}, number, limit, shapes.pages(page.total, limit))
    return Answer(200, shapes.typed_page("segments", rows, number, limit, page.total), {"Link": links})


def show(call: Call) -> Answer:
    """`GET /v1/segments/{id}`."""
    with call.reading() as (opened, workspace_id):
        segment = shown_segment(opened.connection, workspace_id, call.segment_id())
    if segment is None:
        raise call.missing()
    return Answer(200, {"data": shapes.typed_segment(segment)})
