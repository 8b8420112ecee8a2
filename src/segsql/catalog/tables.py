"""The physical side of a catalog: which tables and columns hold contacts, tags and activity (docs/mapping.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, cached_property

from segsql.catalog import mapping as m
from segsql.catalog.fields import Builtin, EventKind
from segsql.catalog.mapping_file import default_mapping
from segsql.catalog.places import Ids, IdType, InColumn, Place


class SqlType(StrEnum):
    """The PostgreSQL type that a parameter is given; every parameter has one (spec 6)."""

    BIGINT = "bigint"
    INTEGER = "integer"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    TEXT = "text"
    UUID = "uuid"
    DATE = "date"
    TIMESTAMPTZ = "timestamptz"
    JSONB = "jsonb"
    TEXT_ARRAY = "text[]"
    INTEGER_ARRAY = "integer[]"
    BIGINT_ARRAY = "bigint[]"
    UUID_ARRAY = "uuid[]"
    NUMERIC_ARRAY = "numeric[]"


SQL_TYPES: Mapping[IdType, SqlType] = {id_type: SqlType(id_type.value) for id_type in IdType}
"""The type of a parameter that is an id."""

ARRAY_TYPES: Mapping[IdType, SqlType] = {id_type: SqlType(f"{id_type.value}[]") for id_type in IdType}
"""The type of a parameter that is several ids."""


class Distribution(StrEnum):
    """Where the rows of the contacts' tables lie: on one server, or over the nodes of a Citus cluster."""

    NONE = "none"
    BY_WORKSPACE = "workspace_id"
    """A workspace's rows are on one node."""
    BY_CONTACT = "contact_id"
    """A contact's rows are on one node, a workspace's on all of them."""


@dataclass(frozen=True)
class Tables:
    """Where a catalog's data lie, and the types of the ids in them: the part of a mapping that statements are made of.

    Tags are read from rows, from an array of the contact, or from either; without both no filter may ask for them.
    Activity is likewise read from a rollup, from the events of each kind, or from either. Where contacts are
    distributed, statements keep to the forms that a cluster takes (docs/scaling.md).
    """

    ids: Ids
    contacts: m.Contacts
    tag_rows: m.TagRows | None
    tag_array: m.TagArray | None
    activity: m.RollupTable | m.RollupColumns | None
    events: tuple[m.Events, ...]
    distribution: Distribution = Distribution.NONE

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

    @property
    def is_single_tenant(self) -> bool:
        """Whether there is one tenant, and no column that names it."""
        return self.contacts.workspace is None

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Where the built-ins of the contact lie that the database has."""
        return dict(self.contacts.builtins)

    @cached_property
    def rolled_up(self) -> Mapping[str, InColumn]:
        """The columns of the activity's built-ins that the rollup has."""
        return {} if self.activity is None else dict(self.activity.columns)

    @cached_property
    def events_of(self) -> Mapping[EventKind, m.Events]:
        """The events of each kind that the database has."""
        return {events.kind: events for events in self.events}

    def has(self, builtin: Builtin) -> bool:
        """Whether the database has what the built-in reads."""
        if builtin.event is None:
            return builtin.name in self.places
        return builtin.name in self.rolled_up or builtin.event in self.events_of


@cache
def tables_of(mapping: m.Mapping, distribution: Distribution = Distribution.NONE) -> Tables:
    """A mapping's tables: the same object for equal mappings, as what is kept of statements is looked up by it."""
    return Tables(
        ids=mapping.ids,
        contacts=mapping.contacts,
        tag_rows=mapping.tag_rows,
        tag_array=mapping.tag_array,
        activity=mapping.activity,
        events=mapping.events,
        distribution=distribution,
    )


def default_tables() -> Tables:
    """Those of the default schema."""
    return tables_of(default_mapping())
