"""The physical side of a catalog: which tables and columns hold contacts, tags and activity (spec 2)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property

from segsql.errors import InvalidCatalog


class SqlType(StrEnum):
    """The PostgreSQL type that a parameter is given; every parameter has one (spec 6)."""

    BIGINT = "bigint"
    INTEGER = "integer"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    TEXT = "text"
    TIMESTAMPTZ = "timestamptz"
    JSONB = "jsonb"
    TEXT_ARRAY = "text[]"
    INTEGER_ARRAY = "integer[]"
    NUMERIC_ARRAY = "numeric[]"


@dataclass(frozen=True, slots=True)
class ContactsTable:
    """One row a contact. A built-in of the contact is the column of its name.

    `tag_ids` names a column with an array of the contact's tag ids, where there is one: in any order, none
    of them null; an empty or missing array is a contact without tags.
    """

    name: str = "contacts"
    workspace_id: str = "workspace_id"
    id: str = "id"
    email: str = "email"
    custom_values: str = "fields"
    deleted_at: str = "deleted_at"
    tag_ids: str | None = None


@dataclass(frozen=True, slots=True)
class ContactTagsTable:
    """One row a tag of a contact, never twice."""

    name: str = "contact_tags"
    workspace_id: str = "workspace_id"
    contact_id: str = "contact_id"
    tag_id: str = "tag_id"


@dataclass(frozen=True, slots=True)
class ActivityTable:
    """At most one row a contact: the rollup of its events. A built-in of the activity is the column of its name."""

    name: str = "contact_activity"
    workspace_id: str = "workspace_id"
    contact_id: str = "contact_id"


class Distribution(StrEnum):
    """Where the rows of the contacts' tables lie: on one server, or over the nodes of a Citus cluster."""

    NONE = "none"
    BY_WORKSPACE = "workspace_id"
    """A workspace's rows are on one node."""
    BY_CONTACT = "contact_id"
    """A contact's rows are on one node, a workspace's on all of them."""


@dataclass(frozen=True, slots=True)
class EventsTable:
    """One row an event; of one message there may be several of a kind. The kinds are those of `EventKind`."""

    name: str = "email_events"
    workspace_id: str = "workspace_id"
    contact_id: str = "contact_id"
    message_id: str = "message_id"
    kind: str = "kind"
    occurred_at: str = "occurred_at"


@dataclass(frozen=True)
class Tables:
    """Where a catalog's data lie, and the types of the ids in them. The default is the default schema.

    Activity is read from its rollup or from the events themselves: a catalog has one of them or both. Raises
    InvalidCatalog where it has neither. Where they are distributed, statements keep to the forms that a cluster
    takes (docs/scaling.md).
    """

    contacts: ContactsTable = field(default_factory=ContactsTable)
    contact_tags: ContactTagsTable = field(default_factory=ContactTagsTable)
    activity: ActivityTable | None = field(default_factory=ActivityTable)
    events: EventsTable | None = field(default_factory=EventsTable)
    workspace_id_type: SqlType = SqlType.BIGINT
    contact_id_type: SqlType = SqlType.BIGINT
    tag_ids_type: SqlType = SqlType.INTEGER_ARRAY
    distribution: Distribution = Distribution.NONE

    def __post_init__(self) -> None:
        if self.activity is None and self.events is None:
            raise InvalidCatalog("activity needs a table: its rollup, the events, or both")

    def __hash__(self) -> int:
        """All that is kept is looked up by the tables too, so their hash is kept itself."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, each.name) for each in fields(self)))

    @property
    def is_distributed(self) -> bool:
        """Whether a statement may be sent to more than one server."""
        return self.distribution is not Distribution.NONE
