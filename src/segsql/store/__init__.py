"""The database side: connections, reading catalogs and definitions, counting, writing back.

The only part of segsql that knows SQLAlchemy and psycopg.
"""

from segsql.store.ages import Ages, read_ages
from segsql.store.catalogs import load_catalog, load_catalogs
from segsql.store.connection import SLACK
from segsql.store.database import DEFAULT_BOUNDS, USUAL_MANNER, Bounds, Database, Manner, lower_knows_umlauts
from segsql.store.distribution import distribution_of
from segsql.store.due import DueSegment, DueWork, due_segments, due_work
from segsql.store.failures import (
    LOCK_NOT_AVAILABLE,
    Conflict,
    ConnectionLost,
    Phase,
    QueryFailed,
    QueryTimedOut,
    translated,
)
from segsql.store.listening import listening
from segsql.store.pressure import Pressure, pressure_on
from segsql.store.segments import (
    DueWorkspace,
    StoredSegment,
    StoredWorkspace,
    contact_count,
    due_workspaces,
    find_segment,
    list_segments,
    list_workspaces,
)
from segsql.store.selection import Retry, Selection, Shard, gone
from segsql.store.snapshots import Snapshot, snapshot
from segsql.store.standby import Identity, UnknownReplayTime, identity_of
from segsql.store.tables import MAX_ID
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
    "LOCK_NOT_AVAILABLE",
    "MAX_ID",
    "SLACK",
    "USUAL_MANNER",
    "Ages",
    "Bounds",
    "Conflict",
    "ConnectionLost",
    "Database",
    "DueSegment",
    "DueWork",
    "DueWorkspace",
    "Identity",
    "Manner",
    "NewCount",
    "Phase",
    "Pressure",
    "QueryFailed",
    "QueryTimedOut",
    "Retry",
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
    "due_segments",
    "due_work",
    "due_workspaces",
    "find_segment",
    "gone",
    "identity_of",
    "list_segments",
    "list_workspaces",
    "listening",
    "load_catalog",
    "load_catalogs",
    "lower_knows_umlauts",
    "pressure_on",
    "read_ages",
    "snapshot",
    "translated",
    "would_hold",
    "write_transaction",
]
