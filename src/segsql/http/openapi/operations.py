"""The contract's paths: what each endpoint takes, and everything that it may answer."""

from __future__ import annotations

from segsql.catalog import Mapping, default_mapping
from segsql.http.openapi.building import Part, id_of, ref
from segsql.http.openapi.schemas import READ_RESPONSE, create_request, create_response
from segsql.http.parameters import DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE

_MEANINGS = {
    400: "Something in the request is wrong; `errors` has all of it.",
    401: "There is no valid key in the Authorization header.",
    403: "The key lacks the scope.",
    404: "The key's workspace has no such segment.",
    408: "The body did not arrive in time.",
    409: "The segment's stored definition is invalid.",
    413: "The body is larger than 256 KiB.",
    415: "The body is not application/json.",
    422: "The Idempotency-Key was used for another request.",
    501: "The database has no place for what is asked for.",
    500: "A bug, or a database that is not set up for this; `id` is in the log.",
    503: "The database is unavailable, or took too long.",
}
_ALWAYS = (401, 403, 500, 503)
_OF_BODIES = (400, 408, 413, 415)


def paths(mapping: Mapping) -> Part:
    """By path and method."""
    return {
        "/api/v1/segments": {"get": _list_read()},
        "/v1/segments": {"get": _list(), "post": _create(mapping)},
        "/v1/segments/preview": {"post": _preview(mapping)},
        "/v1/segments/{id}": {"get": _show(mapping), "patch": _change(mapping), "delete": _delete(mapping)},
        "/v1/segments/{id}/contacts": {"get": _contacts(mapping)},
    }


def _list_read() -> Part:
    public_id = _query("id", {"type": "string"}, "Return a single segment by its id.")
    return _operation(
        "listSegmentsToRead",
        "List segments",
        "All segments of the workspace, by id; with `id` that one alone, and nothing where there is none.",
        "segments:read",
        answers={200: _shown("ReadSegments", "A page of segments.", READ_RESPONSE), 304: _NOT_MODIFIED},
        errors=(400,),
        parameters=[*_PAGING, public_id, _IF_NONE_MATCH],
    )


def _list() -> Part:
    return _operation(
        "listSegments",
        "List segments",
        "All segments of the workspace, by id.",
        "segments:read",
        answers={200: _shown("Segments", "A page of segments."), 304: _NOT_MODIFIED},
        errors=(400,),
        parameters=[*_PAGING, _IF_NONE_MATCH],
    )


def _create(mapping: Mapping) -> Part:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same body creates one segment in 24 hours, and gets the same answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    }
    created = _json("CreatedSegment", "The segment. Its members are counted soon after.", create_response(mapping.ids))
    created["headers"] = {
        "Location": {"description": "The segment's path.", "schema": {"type": "string"}},
        "Idempotent-Replayed": {"description": "true: an earlier answer.", "schema": {"type": "string"}},
    }
    return _operation(
        "createSegment",
        "Create a segment",
        "The typed dialect alone. The plan's limit is checked last: `Billing limit error`.",
        "segments:write",
        answers={201: created},
        errors=(*_OF_BODIES, 422, *_unplaced(mapping)),
        parameters=[key],
        body=_body("NewSegment", create_request(mapping.ids)),
    )


def _preview(mapping: Mapping) -> Part:
    return _operation(
        "previewSegment",
        "Count a definition that is not stored",
        "Counted now, within a limit of time; nothing is stored.",
        "segments:read",
        answers={200: _json("Preview", "The count.")},
        errors=_OF_BODIES,
        body=_body("UnsavedSegment", {"filters": create_request(mapping.ids)["filters"]}),
    )


def _show(mapping: Mapping) -> Part:
    return _operation(
        "getSegment",
        "Show a segment",
        "",
        "segments:read",
        answers={200: _shown("OneSegment", "The segment.", is_page=False), 304: _NOT_MODIFIED},
        errors=(404,),
        parameters=[_id(mapping), _IF_NONE_MATCH],
    )


def _change(mapping: Mapping) -> Part:
    return _operation(
        "changeSegment",
        "Change a segment",
        "Its name, its definition or both. The old count stays until the new one is there.",
        "segments:write",
        answers={200: _json("OneSegment", "The segment as it is now.")},
        errors=(*_OF_BODIES, 404, *_unplaced(mapping)),
        parameters=[_id(mapping)],
        body=_body("SegmentChanges", {"name": "Active Subscribers"}),
    )


def _delete(mapping: Mapping) -> Part:
    return _operation(
        "deleteSegment",
        "Delete a segment",
        "Segments that refer to it become invalid.",
        "segments:write",
        answers={204: {"description": "It is gone."}},
        errors=(404, *_unplaced(mapping)),
        parameters=[_id(mapping)],
    )


def _contacts(mapping: Mapping) -> Part:
    return _operation(
        "listContacts",
        "List a segment's members",
        "By id. The first page reads the members anew; later pages are of the same list, of the same instant.",
        "segments:read",
        answers={200: _shown("Contacts", "A page of contacts."), 304: _NOT_MODIFIED},
        errors=(400, 404, 409),
        parameters=[_id(mapping), *_PAGING, _IF_NONE_MATCH],
    )


def _id(mapping: Mapping) -> Part:
    schema = id_of(mapping.ids.segment, least=1)
    return {"name": "id", "in": "path", "required": True, "description": "The segment's id.", "schema": schema}


def _unplaced(mapping: Mapping) -> tuple[int, ...]:
    """The default schema has a place for everything."""
    return () if mapping == default_mapping() else (501,)


def _operation(  # noqa: PLR0913 - an operation has as many parts
    operation_id: str,
    summary: str,
    description: str,
    scope: str,
    *,
    answers: dict[int, Part],
    errors: tuple[int, ...],
    parameters: list[Part] | None = None,
    body: Part | None = None,
) -> Part:
    refusals = {status: _json("Error", _MEANINGS[status]) for status in sorted({*errors, *_ALWAYS})}
    return {
        "operationId": operation_id,
        "summary": summary,
        "description": f"{description} Scope: `{scope}`.".strip(),
        "security": [{"key": [scope]}],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if body else {}),
        "responses": {str(status): answer for status, answer in {**answers, **refusals}.items()},
    }


def _query(name: str, schema: Part, description: str) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _json(schema: str, description: str, example: Part | None = None) -> Part:
    content = {"schema": ref(schema), **({"example": example} if example else {})}
    return {"description": description, "content": {"application/json": content}}


def _shown(schema: str, description: str, example: Part | None = None, *, is_page: bool = True) -> Part:
    headers = {"ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}}}
    if is_page:
        links = "The first, previous, next and last page (RFC 8288)."
        headers["Link"] = {"description": links, "schema": {"type": "string"}}
    return _json(schema, description, example) | {"headers": headers}


def _body(schema: str, example: Part) -> Part:
    return {"required": True, "content": {"application/json": {"schema": ref(schema), "example": example}}}


_PAGING = [
    _query("page", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1}, "Page number."),
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "Results per page.",
    ),
]
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an answer that is known already.",
    "schema": {"type": "string"},
}
_NOT_MODIFIED = {"description": "It is still what If-None-Match names."}
