"""Where a run counts and where it writes."""

from __future__ import annotations

from dataclasses import dataclass

from segsql.errors import ConfigurationError
from segsql.store import DEFAULT_BOUNDS, Database, Identity, identity_of


@dataclass(frozen=True, slots=True)
class Servers:
    """The primary, and the standby that snapshots are taken on instead, if there is one (spec 7.8)."""

    primary: Database
    standby: Database | None = None

    @property
    def counting(self) -> Database:
        """The one whose contacts are read."""
        return self.standby or self.primary

    def hurry(self) -> None:
        """Wait no longer for servers that are unreachable."""
        for database in {self.primary, self.counting}:
            database.hurry()

    def cancel_counting(self) -> None:
        """Cancel the statements that count."""
        for database in {self.primary, self.counting}:
            database.cancel_reading()

    def check(self) -> None:
        """Raise ConfigurationError unless the standby is one of the primary, or the primary itself.

        A server that replicates logically, or a copy, would show old contacts under a new time.
        """
        if self.standby is None:
            return
        primary, read = (identity_of(each, DEFAULT_BOUNDS) for each in (self.primary, self.standby))
        if primary.is_standby:
            raise ConfigurationError(
                "The DSN leads to a standby, which nothing can be written to",
                hint="Give the primary's DSN; a standby's belongs into --read-dsn.",
            )
        if _differ(primary, read):
            raise ConfigurationError(
                "The server that --read-dsn names is no standby of the one that the counts are written to",
                hint="Name a physical standby of it, and the same database.",
            )


def _differ(primary: Identity, read: Identity) -> bool:
    return (primary.system, primary.database) != (read.system, read.database)
