"""What a standby shows, and up to when; and whose standby it is (spec 7.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segsql.errors import SegsqlError
from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database


class UnknownReplayTime(SegsqlError):
    """A standby that has replayed nothing yet since it started can't date what it shows."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A server, known by its start, and up to when it has replayed if it is a standby."""

    server: datetime
    is_standby: bool
    at: datetime | None

    def until(self) -> datetime:
        """The instant that a snapshot taken after this shows at least. Raises UnknownReplayTime."""
        if self.at is None:
            raise UnknownReplayTime("The standby does not know up to when it has replayed")
        return self.at


_REPLAYED = sa.text("SELECT pg_postmaster_start_time(), pg_is_in_recovery(), pg_last_xact_replay_timestamp()")


def replayed_on(database: Database) -> Replayed:
    """Read in a transaction of its own, before the one whose snapshot it dates."""
    with database.reading() as connection:
        return Replayed(*connection.execute(_REPLAYED).one())


@dataclass(frozen=True, slots=True)
class Identity:
    """Which cluster a server belongs to (a standby has its primary's `system`), and which database of it is read."""

    system: int
    database: int
    is_standby: bool


_IDENTITY = sa.text("""
    SELECT (SELECT system_identifier FROM pg_control_system()),
           (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
           pg_is_in_recovery()
""")


def identity_of(database: Database, bounds: Bounds) -> Identity:
    """Ask a server who it is."""
    with database.reading() as connection:
        connection.execute(sa.select(*database.settings(bounds, APPLICATION_NAME)))
        return Identity(*connection.execute(_IDENTITY).one())
