"""The database side: connections, reading catalogs and definitions, counting, writing back.

The only part of segsql that knows SQLAlchemy and psycopg.
"""

from segsql.store.ages import Ages, read_ages
from segsql.store.catalogs import load_catalog, load_catalogs
from segsql.store.changes import Transaction, changing
from segsql.store.connection import SLACK
from segsql.store.contacts import ContactRow, find_contact, in_workspace, look_at
from segsql.store.database import DEFAULT_BOUNDS, USUAL_MANNER, Bounds, Database, Manner, lower_knows_umlauts
from segsql.store.distribution import distribution_of
from segsql.store.due import DueSegment, DueWork, due_segments, due_work
from segsql.store.explaining import explain, stored_rows
from segsql.store.failures import (
    LOCK_NOT_AVAILABLE,
    Conflict,
    ConnectionLost,
    Phase,
    QueryFailed,
    QueryTimedOut,
    translated,
)
from segsql.store.health import is_ready
from segsql.store.hypothetical import HYPOPG, extensions_of, hypothetical
from segsql.store.idempotency import Earlier, claim, keep
from segsql.store.keys import KeyHash, StoredKey, add_key, keys_with_prefix, list_keys, revoke_key
from segsql.store.listening import listening
from segsql.store.member_lists import ListKey, MemberPage, forget_list, keep_list, kept_page
from segsql.store.members import MemberIds, ShownContact, member_ids, shown_contacts
from segsql.store.own_tables import make_own_tables, own_script
from segsql.store.pressure import Pressure, pressure_on
from segsql.store.schema import Schema, schema_for, schema_of
from segsql.store.segment_changes import (
    NotMapped,
    add_segment,
    delete_segment,
    edit_segment,
    has_room,
    hold_workspace,
    lock_definitions,
)
from segsql.store.segment_pages import SegmentPage, ShownSegment, segment_page, shown_segment
from segsql.store.segments import (
    DueWorkspace,
    StoredSegment,
    StoredWorkspace,
    contact_count,
    due_workspaces,
    find_segment,
    list_segments,
    list_workspaces,
    segment_names,
)
from segsql.store.selection import Key, Retry, Selection, Shard, gone
from segsql.store.snapshots import Estimate, Snapshot, snapshot
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
    "HYPOPG",
    "LOCK_NOT_AVAILABLE",
    "SLACK",
    "USUAL_MANNER",
    "Ages",
    "Bounds",
    "Conflict",
    "ConnectionLost",
    "ContactRow",
    "Database",
    "DueSegment",
    "DueWork",
    "DueWorkspace",
    "Earlier",
    "Estimate",
    "Identity",
    "Key",
    "KeyHash",
    "ListKey",
    "Manner",
    "MemberIds",
    "MemberPage",
    "NewCount",
    "NotMapped",
    "Phase",
    "Pressure",
    "QueryFailed",
    "QueryTimedOut",
    "Retry",
    "Schema",
    "SegmentPage",
    "Selection",
    "Shard",
    "ShownContact",
    "ShownSegment",
    "Snapshot",
    "StoredKey",
    "StoredSegment",
    "StoredWorkspace",
    "Transaction",
    "UnknownReplayTime",
    "WriteRules",
    "Writer",
    "Written",
    "add_key",
    "add_segment",
    "changing",
    "claim",
    "contact_count",
    "delete_segment",
    "distribution_of",
    "due_segments",
    "due_work",
    "due_workspaces",
    "edit_segment",
    "explain",
    "extensions_of",
    "find_contact",
    "find_segment",
    "forget_list",
    "gone",
    "has_room",
    "hold_workspace",
    "hypothetical",
    "identity_of",
    "in_workspace",
    "is_ready",
    "keep",
    "keep_list",
    "kept_page",
    "keys_with_prefix",
    "list_keys",
    "list_segments",
    "list_workspaces",
    "listening",
    "load_catalog",
    "load_catalogs",
    "lock_definitions",
    "look_at",
    "lower_knows_umlauts",
    "make_own_tables",
    "member_ids",
    "own_script",
    "pressure_on",
    "read_ages",
    "revoke_key",
    "schema_for",
    "schema_of",
    "segment_names",
    "segment_page",
    "shown_contacts",
    "shown_segment",
    "snapshot",
    "stored_rows",
    "translated",
    "would_hold",
    "write_transaction",
]
