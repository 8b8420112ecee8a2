"""The endpoints that count and list members: of a stored segment, or of a definition that is not stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from segsql.catalog import WorkspaceId
from segsql.compiler import WorkspaceCompiler
from segsql.errors import InvalidDefinition
from segsql.http import shapes
from segsql.http.answers import Answer, page_links
from segsql.http.bodies import read_unsaved
from segsql.http.calls import Call
from segsql.http.refusals import Refused, invalid
from segsql.http.walks import Walk
from segsql.plan import Output, referred_segments
from segsql.store import Snapshot, load_catalog, member_ids, shown_contacts


def list_contacts(call: Call) -> Answer:
    """`GET /v1/segments/{id}/contacts`: the members at one instant, by id.

    The first page reads them anew; later pages are of the same list.
    """
    with call.reading() as (opened, workspace_id):
        number, limit = call.parameters.page_and_limit()
        walk = _walk(call, opened, workspace_id, is_first=number == 1)
        ids = walk.ids[(number - 1) * limit : number * limit]
        found = shown_contacts(opened.connection, workspace_id, ids) if ids else []
    total = len(walk.ids)
    rows = [shapes.contact(contact) for contact in found]
    links = page_links(call.path, {}, number, limit, shapes.pages(total, limit))
    return Answer(200, shapes.typed_page("contacts", rows, number, limit, total), {"Link": links})


def _walk(call: Call, opened: Snapshot, workspace_id: WorkspaceId, *, is_first: bool) -> Walk:
    segment_id = call.segment_id()
    catalog = load_catalog(opened.connection, workspace_id, referred=(segment_id,))
    if segment_id not in catalog.segments:
        raise call.missing()
    definition = str(catalog.segments[segment_id])
    key, walks = (workspace_id, segment_id), call.service.walks
    if not is_first and (kept := walks.find(key, definition)) is not None:
        return kept
    try:
        compiler = WorkspaceCompiler(catalog, workspace_id=workspace_id, now=opened.now)
        statement = compiler.segment(segment_id, Output.MEMBERS)
    except InvalidDefinition as error:
        message = f"The segment's stored definition is invalid: {error}"
        raise Refused(409, message, error.diagnostics) from error
    walk = Walk(definition, opened.now, member_ids(opened, statement))
    walks.keep(key, walk)
    return walk


def preview(call: Call) -> Answer:
    """`POST /v1/segments/preview`: how many contacts a definition has now; nothing is stored."""
    service = call.service
    with call.reading(replace(service.bounds, statement=service.preview)) as (opened, workspace_id):
        count, at = _count(call, opened, workspace_id)
    return Answer(200, {"data": {"contact_count": count, "calculated_at": shapes.moment(at)}})


def _count(call: Call, opened: Snapshot, workspace_id: WorkspaceId) -> tuple[int, datetime]:
    body = read_unsaved(call.body, call.ids)
    assert body.definition is not None, "a body without filters has an empty definition"
    catalog = load_catalog(opened.connection, workspace_id, referred=referred_segments(body.definition))
    compiler = WorkspaceCompiler(catalog, workspace_id=workspace_id, now=opened.now)
    diagnostics = (*body.before, *compiler.problems(body.definition), *body.after)
    if diagnostics:
        raise invalid(diagnostics)
    statement = compiler.document(body.definition)
    (count,) = opened.count(statement)
    return count, opened.now
