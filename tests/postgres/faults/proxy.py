"""A small TCP proxy before the server's Unix socket, which can be cut and can lose what it should carry."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from enum import Enum, auto

_LINGER_NOT = struct.pack("ii", 1, 0)
_BYTES = 65536


class Mode(Enum):
    """What the proxy does with what it is given."""

    FORWARD = auto()
    SILENT = auto()  # carries nothing, and closes nothing
    LOSE_COMMIT = auto()  # the first COMMIT after an update of counts does not reach the server
    LOSE_ACKNOWLEDGEMENT = auto()  # the server's answer to it does not reach the client


class Proxy:
    """Forwards from `port` on 127.0.0.1 to a Unix socket. Both ends of a connection are closed at once."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.mode = Mode.FORWARD
        self.lost = 0
        self._pairs: list[_Pair] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection; new ones are carried."""
        for pair in self._pairs:
            pair.reset()
        self._pairs.clear()

    def silence(self) -> None:
        """From now on the connections that there are carry nothing, and nobody is told; new ones are carried."""
        for pair in self._pairs:
            pair.mode = Mode.SILENT

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            pair = _Pair(self, client, server)
            self._pairs.append(pair)
            for work in (pair.carry_questions, pair.carry_answers):
                threading.Thread(target=work, daemon=True).start()


class _Pair:
    """A client's connection and the server's."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.mode = Mode.FORWARD
        self._proxy = proxy
        self._client = client
        self._server = server
        self._has_updated = False
        self._is_losing = False

    def carry_questions(self) -> None:
        while data := _received(self._client):
            if self.mode is Mode.SILENT:
                continue
            self._has_updated |= b'UPDATE "segments"' in data
            if b"COMMIT" in data and self._has_updated and self._proxy.mode is not Mode.FORWARD:
                lose, self._proxy.mode = self._proxy.mode, Mode.FORWARD
                self._proxy.lost += 1
                if lose is Mode.LOSE_COMMIT:
                    break
                self._is_losing = True
            with suppress(OSError):
                self._server.sendall(data)
        if self.mode is not Mode.SILENT:
            self.reset()

    def carry_answers(self) -> None:
        while data := _received(self._server):
            if self.mode is Mode.SILENT:
                continue
            if self._is_losing:
                break
            with suppress(OSError):
                self._client.sendall(data)
        if self.mode is not Mode.SILENT:
            self.reset()

    def reset(self) -> None:
        """Close both ends, the client's with a reset."""
        with suppress(OSError):
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _received(end: socket.socket) -> bytes:
    """What comes next; nothing at the end."""
    try:
        return end.recv(_BYTES)
    except OSError:
        return b""
