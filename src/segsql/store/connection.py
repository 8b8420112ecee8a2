"""A connection that is never waited on for ever.

The server bounds every statement; but a server that is frozen, or a network that swallows packets, answers
nothing at all. Then the connection is given up from this side.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader

APPLICATION_NAME = "segsql"

SLACK = timedelta(seconds=10)
"""How much longer than a statement may take its answer is waited for."""

_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""libpq's settings that notice a dead network within a minute; what the DSN says instead is kept."""

Found = TypeVar("Found")


class Silent(psycopg.OperationalError):
    """The server did not answer in time; nothing is known about what it did."""


class Connection(psycopg.Connection[tuple[object, ...]]):
    """A psycopg connection with a limit on how long any one answer is waited for."""

    answer_within: timedelta = timedelta(seconds=120) + SLACK

    def wait(self, gen: PQGen[Found], interval: float = 0.1, timeout: float | None = None) -> Found:
        """Wait for one answer. Raises Silent, and closes the connection, where none comes in time.

        A `timeout` is the caller's own affair: it waits for what may never come, such as a notification.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        seconds = self.answer_within.total_seconds()
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.OperationalError as error:
            if error.sqlstate is None and type(error).__name__ == "_WaitTimeout":
                self.pgconn.finish()
                raise Silent(f"The server has not answered for {seconds:.0f} s") from error
            raise


def connect(dsn: str, answer_within: timedelta) -> Connection:
    """Open a connection. Statements are never prepared under a name: a pooler may stand between.

    A uuid is read as PostgreSQL writes it: an id is a number or a text (`catalog.mapping.Id`).
    """
    given = conninfo_to_dict(dsn)
    defaults = {name: value for name, value in _DEFAULTS.items() if given.get(name) is None}
    connection = Connection.connect(
        dsn,
        autocommit=False,
        prepare_threshold=None,
        fallback_application_name=APPLICATION_NAME,
        client_encoding="utf8",
        **defaults,  # type: ignore[arg-type]  # libpq's own parameters, by name
    )
    connection.answer_within = answer_within
    connection.adapters.register_loader("uuid", TextLoader)
    return connection
