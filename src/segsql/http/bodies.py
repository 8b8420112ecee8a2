"""Request bodies: first their bytes, then a segment to create, to change or to count; all problems at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message

from starlette.requests import ClientDisconnect, Request

from segsql.catalog import Ids
from segsql.errors import Code, Diagnostic, InvalidDefinition
from segsql.filters import (
    MAX_LIST,
    Dialect,
    Json,
    Parsed,
    Place,
    Problem,
    Problems,
    TwinKeys,
    decode,
    did_you_mean,
    parse_value,
)
from segsql.http.refusals import Refused, invalid

MAX_BODY = 256 * 1024
MOST_DRAINED = 16 * 1024 * 1024
"""So much of a body that is too large is still read, that its sender gets to read the answer."""
SECONDS = 10.0
"""How long a body may take to arrive."""

MAX_NAME = 64

_ROOT = Place()
_FILTERS = "$.filters"


async def read_body(request: Request) -> bytes:
    """The body of a JSON request. Raises Refused: 415 for another type, 413 beyond 256 KiB, 408 if it is not sent."""
    length = request.headers.get("content-length", "")
    size, chunks = int(length) if length.isascii() and length.isdigit() else 0, []
    if size <= MOST_DRAINED:
        size = 0
        try:
            async with asyncio.timeout(SECONDS):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > MOST_DRAINED:
                        break
                    if size <= MAX_BODY:
                        chunks.append(chunk)
        except (TimeoutError, ClientDisconnect):
            raise Refused(408, "The request's body did not arrive in time", headers={"Connection": "close"}) from None
    if size > MAX_BODY:
        headers = {"Connection": "close"} if size > MOST_DRAINED else {}
        raise Refused(413, f"The request's body is larger than {MAX_BODY} bytes", headers=headers)
    if not _is_json(request.headers.get("content-type", "")) or "content-encoding" in request.headers:
        raise Refused(415, "Send the body as Content-Type: application/json, not compressed")
    return b"".join(chunks)


def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "utf-8")
    return message.get_content_type() == "application/json" and str(charset).lower() in ("utf-8", "utf8", "us-ascii")


@dataclass(frozen=True, slots=True)
class SegmentBody:
    """What a body says of a segment, as far as it can be read; and what is wrong with it without any catalog."""

    text: str
    """The JSON text, without a byte order mark."""
    name: str | None
    definition: Parsed | None
    before: tuple[Diagnostic, ...]
    """What is wrong with the name: it stands before the definition in the document."""
    after: tuple[Diagnostic, ...]
    """What is wrong with other keys."""


def read_new(body: bytes, ids: Ids) -> SegmentBody:
    """A segment to create: `name` and `filters`. Raises Refused for what is no JSON object."""
    document = _object(body)
    return _read(body, document, ids, name=True, definition=True)


def read_changes(body: bytes, ids: Ids) -> SegmentBody:
    """What to change of a segment: `name`, `filters` or both. Raises Refused for what is no JSON object, or empty."""
    document = _object(body)
    if not document:
        raise invalid((Diagnostic(Code.REQUEST, "$", "Give a name, filters or both"),))
    return _read(body, document, ids, name="name" in document, definition="filters" in document)


def read_unsaved(body: bytes, ids: Ids) -> SegmentBody:
    """A definition to look at: `filters`; a `name` may stand beside it. Raises Refused for what is no JSON object."""
    return _read(body, _object(body), ids, name=False, definition=True)


def _object(body: bytes) -> dict[str, Json]:
    try:
        document = decode(body)
    except InvalidDefinition as error:
        raise invalid(error.diagnostics) from error
    if not isinstance(document, dict):
        raise invalid((Diagnostic(Code.REQUEST, "$", "The body must be a JSON object"),))
    if len(document) > MAX_LIST:
        message = f"An object has {len(document)} keys; {MAX_LIST} are allowed"
        raise invalid((Diagnostic(Code.LIST_TOO_LONG, "$", message),))
    return document


def _read(body: bytes, document: dict[str, Json], ids: Ids, *, name: bool, definition: bool) -> SegmentBody:
    others = Problems()
    for key in document.duplicates if isinstance(document, TwinKeys) else ():
        others.add(Code.DUPLICATE_KEY, _ROOT, key, "The key stands twice")
    for key in document:
        if key not in ("name", "filters"):
            hint = did_you_mean(key, ("name", "filters"))
            others.add(Code.UNKNOWN_KEY, _ROOT, key, f"Unknown key {key[:80]!r}", hint=hint)
    written = document.get("name")
    parsed = _definition(document.get("filters"), ids) if definition else None
    return SegmentBody(
        text=body.decode("utf-8-sig"),
        name=written if name and isinstance(written, str) else None,
        definition=parsed,
        before=tuple(_name_problems(written)) if name else (),
        after=tuple(problem.diagnostic for problem in others.found),
    )


def _name_problems(name: Json) -> Iterable[Diagnostic]:
    path = "$.name"
    if not isinstance(name, str) or not name.strip():
        yield Diagnostic(Code.SEGMENT_NAME, path, "Please provide a name for this segment")
        return
    if len(name) > MAX_NAME:
        yield Diagnostic(Code.SEGMENT_NAME_TOO_LONG, path, f"Segment name must be {MAX_NAME} characters or less")
    if "\0" in name:
        yield Diagnostic(Code.NUL, path, "A text holds the character NUL")
    if any("\ud800" <= character <= "\udfff" for character in name):
        yield Diagnostic(Code.SURROGATE, path, "A text holds half of a surrogate pair")


def _definition(filters: Json, ids: Ids) -> Parsed:
    """A definition of the typed dialect; what is of the other, or no object at all, has no `condition`."""
    parsed = parse_value(filters if isinstance(filters, dict) else {}, _FILTERS, ids)
    if parsed.filter is None or parsed.filter.dialect is Dialect.TYPED:
        return parsed
    path = Place(_FILTERS).key("condition")
    message = "Filter condition must be AND or OR"
    hint = "This endpoint takes the typed dialect: condition, and filters that have a type."
    return Parsed(None, (Problem(Place(_FILTERS), Diagnostic(Code.GROUP_CONDITION, path, message, hint)),))
