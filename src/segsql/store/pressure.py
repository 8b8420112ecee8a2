"""How hard the primary has it: what a run looks at before it takes another snapshot (spec 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from segsql.errors import ConfigurationError

_MAY_LOOK = sa.text("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")

_PRESSURE = sa.text("""
    SELECT (SELECT max(replay_lag) FROM pg_stat_replication) AS replica_lag,
           greatest(
               (SELECT max(age(backend_xmin)) FROM pg_stat_activity),
               (SELECT max(age(backend_xmin)) FROM pg_stat_replication),
               (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots),
               (SELECT max(age(transaction)) FROM pg_prepared_xacts)
           ) AS xmin_age
""")
"""All that keeps VACUUM from removing dead rows: sessions, standbys with feedback, slots, prepared transactions."""


@dataclass(frozen=True, slots=True)
class Pressure:
    """The longest time that a standby is behind, and the age, in transactions, of the oldest xmin that is held.

    `replica_lag` is None where no standby is connected, or none has anything left to replay.
    """

    replica_lag: timedelta | None
    xmin_age: int


def pressure_on(connection: sa.Connection) -> Pressure:
    """Look. Raises ConfigurationError where the role may not see other sessions: it would see no pressure at all."""
    if connection.scalar(_MAY_LOOK) is not True:
        raise ConfigurationError(
            "The database role may not see how far standbys are behind, or how old other snapshots are",
            hint="GRANT pg_read_all_stats to it, or leave --max-replica-lag and --max-xmin-age out.",
        )
    row = connection.execute(_PRESSURE).one()
    return Pressure(row.replica_lag, row.xmin_age or 0)
