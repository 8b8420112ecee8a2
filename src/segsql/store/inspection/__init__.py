"""What `segsql check` asks a database: catalogs and settings, and of the tables only what the checks are about.

Everything is read in read-only transactions, each bounded; the answers are plain values, which `segsql.checkup`
judges.
"""

from segsql.store.inspection.needs import Need, Privilege, needs
from segsql.store.inspection.route import Route, route
from segsql.store.inspection.rows import (
    Statistics,
    TableStatistics,
    Zone,
    statistics,
    workspaces_after,
    zones,
)
from segsql.store.inspection.schema import (
    Access,
    Indexes,
    Ledger,
    SegmentRows,
    accesses,
    closed_schemas,
    hidden_tables,
    indexes,
    ledger,
    segment_rows,
)
from segsql.store.inspection.session import NAME, Elsewhere, Session, Setting, ask, read_session
from segsql.store.segments import Staleness, staleness

__all__ = [
    "NAME",
    "Access",
    "Elsewhere",
    "Indexes",
    "Ledger",
    "Need",
    "Privilege",
    "Route",
    "SegmentRows",
    "Session",
    "Setting",
    "Staleness",
    "Statistics",
    "TableStatistics",
    "Zone",
    "accesses",
    "ask",
    "closed_schemas",
    "hidden_tables",
    "indexes",
    "ledger",
    "needs",
    "read_session",
    "route",
    "segment_rows",
    "staleness",
    "statistics",
    "workspaces_after",
    "zones",
]
