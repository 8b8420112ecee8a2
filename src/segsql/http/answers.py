"""Answers: statuses, headers, bodies; and which error is answered with what."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from segsql.errors import DatabaseUnavailable, Diagnostic, InvalidDefinition
from segsql.http.log import logger
from segsql.http.refusals import Refused
from segsql.store import Conflict, NotMapped, QueryFailed, QueryTimedOut

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers; `body` is JSON already, where an earlier answer is sent again."""

    status: int
    content: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def encoded(self) -> bytes:
        """The body's bytes."""
        return orjson.dumps(self.content) if self.body is None else self.body


def page_links(path: str, query: Mapping[str, str], page: int, limit: int, total_pages: int) -> str:
    """A Link header (RFC 8288) to the first, previous, next and last page, relative to the server."""

    def link(relation: str, number: int) -> str:
        return f'<{path}?{urlencode({**query, "page": str(number), "limit": str(limit)})}>; rel="{relation}"'

    last = max(total_pages, 1)
    links = [link("first", 1), link("last", last)]
    if page > 1:
        links.insert(1, link("prev", min(page - 1, last)))
    if page < last:
        links.insert(-1, link("next", page + 1))
    return ", ".join(links)


def response(answer: Answer, *, if_none_match: str | None = None) -> Response:
    """The answer as it is sent. What was read has an ETag, and 304 says that it is still the same."""
    if answer.status == 204:
        return Response(status_code=204, headers=dict(answer.headers))
    body = answer.encoded()
    headers = dict(answer.headers)
    if if_none_match is not None:
        headers |= {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
        if _matches(if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    return Response(body, answer.status, headers, media_type=JSON)


def _matches(if_none_match: str, etag: str) -> bool:
    given = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in given or etag in given


def error_response(
    status: int,
    message: str,
    diagnostics: tuple[Diagnostic, ...] = (),
    headers: Mapping[str, str] | None = None,
    error_id: str | None = None,
) -> Response:
    """An error: `message`, and in `errors` all that is known of it one by one."""
    content: dict[str, object] = {
        "message": _encodable(message),
        "errors": [
            {"code": each.code, "path": _encodable(each.path), "message": _encodable(each.message)}
            for each in diagnostics
        ],
    }
    if error_id is not None:
        content["id"] = error_id
    return Response(orjson.dumps(content), status, dict(headers or {}), media_type=JSON)


def _encodable(words: str) -> str:
    """Words that may quote what is no character: half of a surrogate pair is shown by its number."""
    return words.encode("utf-8", "backslashreplace").decode()


def failure(error: Exception, what: str) -> Response:
    """The answer to a request that ended with an error; `what` tells the log which request it was."""
    match error:
        case Refused():
            return error_response(error.status, error.message, error.diagnostics, error.headers)
        case InvalidDefinition():
            return error_response(400, error.diagnostics[0].message, error.diagnostics)
        case NotMapped():
            return error_response(501, str(error))
        case QueryTimedOut():
            return error_response(503, "The database took too long over this", headers={"Retry-After": "60"})
        case Conflict():
            return error_response(503, "Another request is in the way: try again", headers={"Retry-After": "1"})
        case DatabaseUnavailable() | QueryFailed(may_pass=True):
            logger().warning("unavailable", request=what, error=str(error))
            return error_response(503, "The database is unavailable: try again", headers={"Retry-After": "5"})
        case _:
            error_id = uuid.uuid4().hex
            logger().error("failed", id=error_id, request=what, error=repr(error), exc_info=error)
            message = f"Something went wrong here. The log says more under the id {error_id}"
            return error_response(500, message, error_id=error_id)
