"""The process about the application: its socket, and an end that cuts off no request."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import uvicorn

from segsql.errors import ConfigurationError
from segsql.http.app import Api, make_app
from segsql.http.log import adopt_others
from segsql.http.watching import Draining

IDLE_SECONDS = 5
"""How long a connection is kept for its next request."""

BACKLOG = 1024

POLL_SECONDS = 0.05


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Raises ConfigurationError.

    Its connections send at once what they have: asyncio sees to that for sockets of its own making alone, and an
    answer's body would wait some 40 ms for the client to acknowledge the headers.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        hint = "--host and --port say where to listen."
        raise ConfigurationError(f"Can't listen on {host} port {port}: {why}", hint=hint) from error
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def run(api: Api, listening: socket.socket, grace: timedelta, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, whose handlers are called once every request is answered, or `grace` is over.

    `on_ready` is called when both are heeded already.
    """
    adopt_others()
    config = uvicorn.Config(
        make_app(api),
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="on",
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=1,
        backlog=BACKLOG,
    )
    with closing(listening):
        server = _Server(config, api.draining, grace)
        before = {number: signal.signal(number, server.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            on_ready()
            server.run(sockets=[listening])
        finally:
            api.service.database.hurry()
            api.service.database.cancel_reading()
            for number, handler in before.items():
                signal.signal(number, handler)
    for heeded in server.heeded:
        signal.raise_signal(heeded)


class _Server(uvicorn.Server):
    """Uvicorn closes a connection that has no request at the moment it is to stop; but the next one may be on its way.

    So before that, every answer says that it is the last on its connection, and the connections go by themselves:
    a busy one after its next answer, an idle one after IDLE_SECONDS.
    """

    def __init__(self, config: uvicorn.Config, draining: Draining, grace: timedelta) -> None:
        super().__init__(config)
        self._draining = draining
        self._grace = grace

    @property
    def heeded(self) -> list[int]:
        """The signals that ended it."""
        return self._captured_signals[:1]

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are captured already."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, wait for those that are there, then stop."""
        self._draining.has_begun = True
        await self._take_in(sockets or [])
        for server in self.servers:
            server.close()
        until = time.monotonic() + self._grace.total_seconds()
        while self.server_state.connections and time.monotonic() < until and not self.force_exit:
            await asyncio.sleep(POLL_SECONDS)
        await super().shutdown(sockets)

    async def _take_in(self, sockets: list[socket.socket]) -> None:
        """Accept those who wait to be: closing the socket would reset them."""
        loop = asyncio.get_running_loop()
        for listening in sockets:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    break
                await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn's own
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol
