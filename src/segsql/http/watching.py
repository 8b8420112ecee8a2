"""Around every request: its metrics, and the end of its connection once the server is to stop."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segsql.http.metrics import Metrics

ROUTE = "segsql.route"
"""Where in a request's scope its endpoint's path stands, once it is known."""


@dataclass(slots=True)
class Draining:
    """Whether the server is about to stop: then each answer is the last on its connection."""

    has_begun: bool = False


class Watching:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, draining: Draining) -> None:
        self._app = app
        self._metrics = metrics
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._draining.has_begun:
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        with self._metrics.under_way.track_inprogress():
            try:
                await self._app(scope, receive, watched)
            finally:
                seconds = time.perf_counter() - begun
                self._metrics.answered(scope["method"], scope.get(ROUTE, "other"), status, seconds)
