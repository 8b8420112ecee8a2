"""`GET /healthz`, `/readyz` and `/metrics` of a worker: answered from memory, without a word to the database.

Each request has a thread of its own, for two seconds at most: whoever is slow keeps nobody else waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, SHUT_RDWR, socket
from threading import Thread, Timer

from prometheus_client import CONTENT_TYPE_LATEST

from segsql.errors import ConfigurationError
from segsql.worker.vitals import Vitals

REQUEST_SECONDS = 2.0

PLAIN = "text/plain; charset=utf-8"


@contextmanager
def serving(vitals: Vitals, host: str, port: int) -> Iterator[int]:
    """Serve for as long as the block lasts; gives the port, which the system chooses for port 0.

    Raises ConfigurationError where that address can't be had.
    """
    try:
        server = _Server(vitals, host, port)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"Can't listen on {host}:{port}: {getattr(error, 'strerror', None) or error}",
            hint="Name a free port and an address of this machine.",
        ) from error
    with server:
        thread = Thread(target=server.serve_forever, name="segsql-health", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    """Listens; a name is looked up at no request."""

    def __init__(self, vitals: Vitals, host: str, port: int) -> None:
        self.vitals = vitals
        if ":" in host:
            self.address_family = AF_INET6
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the look-up of the host's full name, which may take long."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # of any family

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "segsql", ""
    server: _Server
    connection: socket

    def handle(self) -> None:
        """Answer, if the request is there in time; a byte now and then is no reason to wait longer."""
        end = Timer(REQUEST_SECONDS, self._end)
        end.daemon = True
        end.start()
        try:
            super().handle()
        finally:
            end.cancel()

    def _end(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(SHUT_RDWR)

    def do_GET(self) -> None:
        vitals = self.server.vitals
        match self.path.partition("?")[0]:
            case "/healthz":
                self._say(*_verdict(is_good=vitals.is_alive))
            case "/readyz":
                self._say(*_verdict(is_good=vitals.is_ready))
            case "/metrics":
                self._say(HTTPStatus.OK, vitals.metrics(), CONTENT_TYPE_LATEST)
            case _:
                self._say(HTTPStatus.NOT_FOUND, b"There are /healthz, /readyz and /metrics.\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        pass

    def _say(self, status: HTTPStatus, body: bytes, content_type: str = PLAIN) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _verdict(*, is_good: bool) -> tuple[HTTPStatus, bytes]:
    return (HTTPStatus.OK, b"ok\n") if is_good else (HTTPStatus.SERVICE_UNAVAILABLE, b"not now\n")
