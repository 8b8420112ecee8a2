"""What a recount needs in the database: tables, their columns, and the privileges on them. A line each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Privilege(StrEnum):
    """A privilege on a table or on columns of it, as GRANT names it."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Need:
    """A privilege that a run makes use of, and the columns that it does so with; none for one on the whole table."""

    privilege: Privilege
    table: str
    columns: tuple[str, ...] = ()


_CONTACT = ("email", "status", "first_name", "last_name", "country", "created_at", "updated_at")
_ACTIVITY = ("delivered_count", "opens_count", "clicks_count", "last_open_at", "last_click_at")

NEEDS = (
    Need(Privilege.SELECT, "workspaces", ("id", "timezone")),
    Need(Privilege.SELECT, "contacts", ("workspace_id", "id", "fields", "deleted_at", *_CONTACT)),
    Need(Privilege.SELECT, "contact_fields", ("workspace_id", "id", "key", "name", "type", "source", "options")),
    Need(Privilege.SELECT, "tags", ("workspace_id", "id", "name")),
    Need(Privilege.SELECT, "contact_tags", ("workspace_id", "contact_id", "tag_id")),
    Need(Privilege.SELECT, "contact_activity", ("workspace_id", "contact_id", *_ACTIVITY)),
    Need(
        Privilege.SELECT,
        "segments",
        ("workspace_id", "id", "public_id", "definition", "cached_count", "last_counted_at", "updated_at"),
    ),
    Need(Privilege.UPDATE, "segments", ("cached_count", "last_counted_at")),
    Need(Privilege.SELECT, "segment_counts", ("workspace_id", "segment_id", "counted_at")),
    Need(Privilege.INSERT, "segment_counts", ("workspace_id", "segment_id", "counted_at", "count", "previous_count")),
    Need(Privilege.DELETE, "segment_counts"),
)
"""`email_events` is not among them: the rollup is what counts are made of, and a forced `events_*` strategy that
may not read the events says so itself."""

TABLES = tuple(dict.fromkeys(need.table for need in NEEDS))
