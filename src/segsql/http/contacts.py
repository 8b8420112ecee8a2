"""The endpoints that count and list members: of a stored segment, or of a definition that is not stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from segsql.catalog import WorkspaceId
from segsql.compiler import WorkspaceCompiler
from segsql.errors import InvalidDefinition
from segsql.http import shapes
from segsql.http.answers import Answer, page_links
from segsql.http.bodies import read_unsaved
from segsql.http.calls import Call
from segsql.http.keys import prefix_of
from segsql.http.refusals import Refused, invalid
from segsql.plan import Output, referred_segments
from segsql.store import (
    ListKey,
    MemberIds,
    MemberPage,
    Snapshot,
    forget_list,
    keep_list,
    kept_page,
    load_catalog,
    member_ids,
    shown_contacts,
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Members that were read just now, and the definition whose members they are, as it was stored."""

    definition: str
    members: MemberIds


def list_contacts(call: Call) -> Answer:
    """`GET /v1/segments/{id}/contacts`: the members at one instant, by id.

    The first page reads them anew; later pages are of the same list, whichever process is asked.
    """
    taken = None
    with call.reading() as (opened, workspace_id):
        number, limit = call.parameters.page_and_limit()
        offset = (number - 1) * limit
        key = ListKey(workspace_id, call.segment_id(), prefix_of(call.token) or "")
        page = None if number == 1 else kept_page(opened.connection, key, offset=offset, limit=limit)
        if page is None:
            taken = _take(call, opened, key)
            page = MemberPage(taken.members.page(offset, limit), len(taken.members))
        found = shown_contacts(opened.connection, workspace_id, page.ids) if page.ids else []
    if taken is not None:
        with call.changing() as connection:
            if page.total > limit:
                keep_list(connection, key, taken.members, taken.definition)
            else:
                forget_list(connection, key)
    rows = [shapes.contact(contact) for contact in found]
    links = page_links(call.path, {}, number, limit, shapes.pages(page.total, limit))
    return Answer(200, shapes.typed_page("contacts", rows, number, limit, page.total), {"Link": links})


def _take(call: Call, opened: Snapshot, key: ListKey) -> _Taken:
    catalog = load_catalog(opened.connection, key.workspace_id, referred=(key.segment_id,))
    if key.segment_id not in catalog.segments:
        raise call.missing()
    definition = str(catalog.segments[key.segment_id])
    try:
        compiler = WorkspaceCompiler(catalog, workspace_id=key.workspace_id, now=opened.now)
        statement = compiler.segment(key.segment_id, Output.MEMBERS)
    except InvalidDefinition as error:
        message = f"The segment's stored definition is invalid: {error}"
        raise Refused(409, message, error.diagnostics) from error
    return _Taken(definition, member_ids(opened, statement))


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
