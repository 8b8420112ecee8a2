"""The endpoints that create, change and delete segments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import orjson

from segsql.catalog import Id, WorkspaceId
from segsql.errors import Code, Diagnostic
from segsql.filters import Parsed
from segsql.http import shapes
from segsql.http.answers import Answer
from segsql.http.bodies import SegmentBody, read_changes, read_new
from segsql.http.calls import Call
from segsql.http.refusals import Refused, invalid
from segsql.plan import Resolved, Resolver, referred_segments
from segsql.store import (
    Transaction,
    add_segment,
    claim,
    delete_segment,
    edit_segment,
    has_room,
    keep,
    load_catalog,
    lock_definitions,
    shown_segment,
)

_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def create(call: Call) -> Answer:
    """`POST /v1/segments`: as in the create document; with an Idempotency-Key at most once in 24 hours."""
    with call.writing() as (connection, workspace_id):
        key = call.headers.get("idempotency-key")
        if key is not None and (earlier := _earlier(connection, workspace_id, key, call.body)) is not None:
            headers = {"Location": _location(call, orjson.loads(earlier)["data"]["id"]), "Idempotent-Replayed": "true"}
            return Answer(201, headers=headers, body=earlier)
        body = read_new(call.body, call.ids)
        name = _checked(connection, workspace_id, body)
        if not has_room(connection, workspace_id):
            raise invalid((Diagnostic(Code.SEGMENT_LIMIT, "$", "Billing limit error"),))
        segment = add_segment(connection, workspace_id, name or "", body.text)
        content = orjson.dumps({"data": shapes.created_segment(segment)})
        if key is not None:
            keep(connection, workspace_id, key, content.decode())
    return Answer(201, headers={"Location": _location(call, segment.id)}, body=content)


def change(call: Call) -> Answer:
    """`PATCH /v1/segments/{id}`: a name, a definition or both. The count stays until there is a new one."""
    with call.writing() as (connection, workspace_id):
        segment_id = call.segment_id()
        if shown_segment(connection, workspace_id, segment_id) is None:
            raise call.missing()
        body = read_changes(call.body, call.ids)
        if body.definition is not None and referred_segments(body.definition):
            lock_definitions(connection, workspace_id)
        _checked(connection, workspace_id, body, segment_id)
        text = None if body.definition is None else body.text
        segment = edit_segment(connection, workspace_id, segment_id, name=body.name, body=text)
    if segment is None:
        raise call.missing()
    return Answer(200, {"data": shapes.typed_segment(segment)})


def delete(call: Call) -> Answer:
    """`DELETE /v1/segments/{id}`."""
    with call.writing() as (connection, workspace_id):
        if not delete_segment(connection, workspace_id, call.segment_id()):
            raise call.missing()
    return Answer(204)


def _location(call: Call, segment_id: Id) -> str:
    return f"{call.path}/{segment_id}"


def _checked(
    connection: Transaction, workspace_id: WorkspaceId, body: SegmentBody, segment_id: Id | None = None
) -> str | None:
    """The body's name, where nothing at all is wrong with the body in this workspace. Raises Refused."""
    found: tuple[Diagnostic, ...] = ()
    if body.definition is not None:
        referred = (*referred_segments(body.definition), *(() if segment_id is None else (segment_id,)))
        resolver = Resolver(load_catalog(connection, workspace_id, referred=referred))
        resolve: Callable[[Parsed], Resolved] = resolver.resolve
        if segment_id is not None:
            found = resolver.resolve_as(segment_id, body.definition).diagnostics
        else:
            found = resolve(body.definition).diagnostics
    diagnostics = (*body.before, *found, *body.after)
    if diagnostics:
        raise invalid(diagnostics)
    return body.name


def _earlier(connection: Transaction, workspace_id: WorkspaceId, key: str, body: bytes) -> bytes | None:
    """What an earlier request with this key was answered with; None where this is the first. Raises Refused."""
    path = "headers.Idempotency-Key"
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "Idempotency-Key must be 1 to 255 printable ASCII characters"
        raise invalid((Diagnostic(Code.IDEMPOTENCY_KEY, path, message),))
    fingerprint = hashlib.sha256(body).digest()
    earlier = claim(connection, workspace_id, key, fingerprint)
    if earlier is None:
        return None
    if earlier.fingerprint != fingerprint:
        message = "This Idempotency-Key was used for another request"
        raise Refused(422, message, (Diagnostic(Code.IDEMPOTENCY_KEY, path, message),))
    return earlier.response.encode()
