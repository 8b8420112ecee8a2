"""The routes: which endpoint answers what, with which scope."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio.to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segsql.errors import SegsqlError
from segsql.http import contacts, reading, writing
from segsql.http.answers import Answer, error_response, failure, response
from segsql.http.bodies import read_body
from segsql.http.calls import Call, Service, bearer
from segsql.http.keys import Scope
from segsql.http.log import logger
from segsql.http.metrics import CONTENT_TYPE, Metrics
from segsql.http.openapi import docs_page, openapi_json
from segsql.http.parameters import Parameters
from segsql.http.watching import ROUTE, Draining, Watching
from segsql.store import Database, is_ready

READ_SEGMENTS = "/api/v1/segments"
SEGMENTS = "/v1/segments"
PREVIEW = "/v1/segments/preview"
SEGMENT = "/v1/segments/{id}"
CONTACTS = "/v1/segments/{id}/contacts"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of a path, the scope that it asks for, and what answers it."""

    method: str
    path: str
    scope: Scope
    answer: Callable[[Call], Answer]

    @property
    def has_body(self) -> bool:
        """Whether a request has a body."""
        return self.method in ("POST", "PATCH")


ENDPOINTS = (
    Endpoint("GET", READ_SEGMENTS, Scope.READ, reading.list_flat),
    Endpoint("GET", SEGMENTS, Scope.READ, reading.list_typed),
    Endpoint("POST", SEGMENTS, Scope.WRITE, writing.create),
    Endpoint("POST", PREVIEW, Scope.READ, contacts.preview),
    Endpoint("GET", SEGMENT, Scope.READ, reading.show),
    Endpoint("PATCH", SEGMENT, Scope.WRITE, writing.change),
    Endpoint("DELETE", SEGMENT, Scope.WRITE, writing.delete),
    Endpoint("GET", CONTACTS, Scope.READ, contacts.list_contacts),
)


@dataclass(frozen=True, slots=True)
class Api:
    """What the application is made of. `probe` is a database that no other request uses; `threads` work at a time."""

    service: Service
    probe: Database
    threads: int
    draining: Draining = field(default_factory=Draining)
    metrics: Metrics = field(default_factory=Metrics)


def make_app(api: Api) -> Starlette:
    """The ASGI application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = api.threads
        yield

    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    app = Starlette(
        routes=[
            *(_route(api.service, path, endpoints) for path, endpoints in by_path.items()),
            *_own_routes(api),
        ],
        middleware=[Middleware(Watching, metrics=api.metrics, draining=api.draining)],
        exception_handlers={HTTPException: _unknown, Exception: _bug},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _route(service: Service, path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    allowed = (*endpoints, "HEAD") if "GET" in endpoints else endpoints

    async def serve(request: Request) -> Response:
        request.scope[ROUTE] = path
        endpoint = endpoints.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        try:
            return await _answer(service, endpoint, request)
        except Exception as error:  # noqa: BLE001 - whatever nobody foresaw has an id in the log, and no traceback
            return failure(error, f"{request.method} {path}")

    route = Route(path, serve)
    route.methods = None  # every method: the next path may match too, and must not answer in place of this one
    return route


async def _answer(service: Service, endpoint: Endpoint, request: Request) -> Response:
    headers = _joined(request.headers)
    token = bearer(headers.get("authorization", ""))
    body = await read_body(request) if endpoint.has_body else b""
    call = Call(
        service=service,
        scope=endpoint.scope,
        token=token,
        parameters=Parameters(request.query_params.multi_items()),
        headers=headers,
        segment=request.path_params.get("id", ""),
        body=body,
        path=request.url.path,
    )
    known = headers.get("if-none-match", "") if endpoint.method == "GET" else None
    return await run_in_threadpool(lambda: response(endpoint.answer(call), if_none_match=known))


def _joined(headers: Headers) -> dict[str, str]:
    """By lower-case name; one that is sent several times has all its values (RFC 9110, 5.3): none is passed over."""
    return {name: ", ".join(headers.getlist(name)) for name in set(headers)}


def _own_routes(api: Api) -> list[Route]:
    """What is about the server itself: no key is asked for."""
    probing = anyio.CapacityLimiter(1)
    mapping = api.service.database.schema.mapping

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        if api.draining.has_begun:
            return JSONResponse({"status": "stopping"}, 503)
        try:
            await anyio.to_thread.run_sync(is_ready, api.probe, limiter=probing)
        except SegsqlError as error:
            logger().warning("not ready", error=str(error))
            return JSONResponse({"status": "not ready"}, 503)
        return JSONResponse({"status": "ok"})

    async def metrics(_: Request) -> Response:
        return Response(api.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def openapi(_: Request) -> Response:
        return Response(openapi_json(mapping), media_type="application/json")

    async def docs(_: Request) -> Response:
        return Response(docs_page(mapping), media_type="text/html")

    pages = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics, "/openapi.json": openapi, "/docs": docs}
    return [Route(path, page, methods=["GET"]) for path, page in pages.items()]


async def _unknown(_: Request, error: Exception) -> Response:
    """A path that is none of ours, or a method that it does not have."""
    assert isinstance(error, HTTPException)
    messages = {404: "There is nothing at this path", 405: "This path does not take the request's method"}
    return error_response(error.status_code, messages.get(error.status_code, error.detail), headers=error.headers)


async def _bug(request: Request, error: Exception) -> Response:
    return failure(error, f"{request.method} {request.url.path}")
