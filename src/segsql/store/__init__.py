"""The database side: connections, reading catalogs and definitions, counting, writing back.

The only part of segsql that knows SQLAlchemy and psycopg.
"""

from segsql.store.catalogs import load_catalog, load_catalogs
from segsql.store.database import DEFAULT_BOUNDS, Bounds, Database, lower_knows_umlauts
from segsql.store.distribution import distribution_of
from segsql.store.failures import QueryFailed, translated
from segsql.store.segments import (
    CountAges,
    DueWorkspace,
    Selection,
    Shard,
    StoredSegment,
    StoredWorkspace,
    contact_count,
    count_ages,
    due_workspaces,
    find_segment,
    list_segments,
    list_workspaces,
)
from segsql.store.snapshots import BRANCHES, Snapshot, snapshot
from segsql.store.write_back import NewCount, Writer, Written, write_transaction

__all__ = [
    "BRANCHES",
    "DEFAULT_BOUNDS",
    "Bounds",
    "CountAges",
    "Database",
    "DueWorkspace",
    "NewCount",
    "QueryFailed",
    "Selection",
    "Shard",
    "Snapshot",
    "StoredSegment",
    "StoredWorkspace",
    "Writer",
    "Written",
    "contact_count",
    "count_ages",
    "distribution_of",
    "due_workspaces",
    "find_segment",
    "list_segments",
    "list_workspaces",
    "load_catalog",
    "load_catalogs",
    "lower_knows_umlauts",
    "snapshot",
    "translated",
    "write_transaction",
]
