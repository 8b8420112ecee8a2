"""A bundled server that a test may break: stopped and started at will, with what it says kept to be read."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postgres.conftest import connect
from segsql import embedded
from segsql.embedded import cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "log_line_prefix": "%e %u ",
    "log_error_verbosity": "terse",
    "wal_level": "replica",
    "max_wal_senders": "4",
}
"""`fsync` matters where a machine crashes; here processes do. Commits are synchronous: none may be lost."""

_TROUBLE = re.compile(r"^(?P<sqlstate>[0-9A-Z]{5}) (?P<role>\S+) (?:ERROR|FATAL|PANIC): ", re.MULTILINE)


def until(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Wait for it; whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Server:
    """The server on `home`, which has a cluster. Leaving stops it, in whatever state the test left it."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.uri = ""
        self._settings = {**SETTINGS, **(settings or {})}
        self._uses = ExitStack()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._uses.close()

    def start(self) -> None:
        """Start it, unless it runs."""
        self.uri = self._uses.enter_context(embedded.server(self.home, self._settings))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL the end of the postmaster alone."""
        running = cluster.postmaster(self.home)
        assert running is not None
        os.kill(running.pid, how)
        assert until(lambda: not cluster.is_alive(self.home), 60)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    @property
    def socket(self) -> str:
        """The path of the socket that it listens on."""
        where = conninfo_to_dict(self.uri)
        return f"{where['host']}/.s.PGSQL.{where['port']}"

    def ask(self, query: str, *arguments: object, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the administrator, in a session of its own."""
        with connect(make_conninfo(self.uri, dbname=database)) as connection:
            cursor = connection.execute(query.encode(), arguments or None)
            return cursor.fetchall() if cursor.description else []

    def sqlstates(self, role: str) -> set[str]:
        """The SQLSTATEs of the errors that the server has told sessions of the role."""
        log = (self.home / "log").read_text(errors="replace")
        return {found["sqlstate"] for found in _TROUBLE.finditer(log) if found["role"] == role}

    def as_owner(self, *command: str | Path) -> None:
        """Run a program as the user that the server runs as."""
        owner = (self.home / "data").stat()
        user = owner.st_uid if os.geteuid() == 0 else None
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            user=user,
            group=None if user is None else owner.st_gid,
            extra_groups=None if user is None else [],
            cwd="/",
        )
        assert done.returncode == 0, done.stderr
