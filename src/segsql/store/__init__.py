"""The database side: connections, reading catalogs and definitions, counting, writing back.

The only part of segsql that knows SQLAlchemy and psycopg.
"""

from segsql.store.catalogs import load_catalog, load_catalogs
from segsql.store.connection import SLACK
from segsql.store.database import DEFAULT_BOUNDS, USUAL_MANNER, Bounds, Database, Manner, lower_knows_umlauts
from segsql.store.distribution import distribution_of
from segsql.store.failures import Conflict, ConnectionLost, Phase, QueryFailed, QueryTimedOut, translated
from segsql.store.pressure import Pressure, pressure_on
from segsql.store.segments import (
    DueWorkspace,
    Selection,
    Shard,
    StoredSegment,
    StoredWorkspace,
    contact_count,
    due_workspaces,
    find_segment,
    list_segments,
    list_workspaces,
)
from segsql.store.snapshots import Snapshot, snapshot
from segsql.store.standby import Identity, UnknownReplayTime, identity_of
from segsql.store.write_back import (
    DEFAULT_WRITE_RULES,
    NewCount,
    Writer,
    WriteRules,
    Written,
    would_hold,
    write_transaction,
)

__all__ = [
    "DEFAULT_BOUNDS",
    "DEFAULT_WRITE_RULES",
    "SLACK",
    "USUAL_MANNER",
    "Bounds",
    "Conflict",
    "ConnectionLost",
    "Database",
    "DueWorkspace",
    "Identity",
    "Manner",
    "NewCount",
    "Phase",
    "Pressure",
    "QueryFailed",
    "QueryTimedOut",
    "Selection",
    "Shard",
    "Snapshot",
    "StoredSegment",
    "StoredWorkspace",
    "UnknownReplayTime",
    "WriteRules",
    "Writer",
    "Written",
    "contact_count",
    "distribution_of",
    "due_workspaces",
    "find_segment",
    "identity_of",
    "list_segments",
    "list_workspaces",
    "load_catalog",
    "load_catalogs",
    "lower_knows_umlauts",
    "pressure_on",
    "snapshot",
    "translated",
    "would_hold",
    "write_transaction",
]
