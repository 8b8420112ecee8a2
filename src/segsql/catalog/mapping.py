"""Where everything lies in a database: tables, columns and types, as `segsql.toml` describes them (docs/mapping.md).

Plain data. A `Mapping` is the whole of it: what the compiler reads (contacts, tags, activity), and `Records`, which
the store reads and writes: workspaces, fields, the names of tags, segments with their counts, and what is segsql's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from segsql.catalog.fields import EventKind, Field
from segsql.catalog.places import Ids, InColumn, InJson, Place, Relation


class Deletion(StrEnum):
    """What says that a contact is deleted."""

    SET = "set"
    """The column is not null."""
    TRUE = "true"
    """The column, a boolean, is true; null is not."""


@dataclass(frozen=True, slots=True)
class DeletedBy:
    """The column that marks deleted contacts."""

    column: str
    when: Deletion


@dataclass(frozen=True, slots=True)
class EavTable:
    """Custom values, one row each: of a contact and a field, at most one for the two, as a unique index should promise.

    Either `value`, a column of text that is read as a number, date or boolean only where it strictly is one, or
    columns by type, of which those that are not null count. `is_by_key` where `field` holds keys and not ids.
    """

    relation: Relation
    workspace: str | None
    contact: str
    field: str
    is_by_key: bool = False
    value: str | None = None
    text: str | None = None
    number: str | None = None
    boolean: str | None = None
    date: InColumn | None = None


@dataclass(frozen=True, slots=True)
class Contacts:
    """One row a contact. `builtins` are the places of the built-in fields of the contact (not of its activity) that
    the database has. `custom_values` is where a declared field without a place of its own lies, by its key (in JSON)
    or by its id (in an EAV table); None: every field has its own place.
    """

    relation: Relation
    workspace: str | None
    id: str
    deleted: DeletedBy | None
    builtins: tuple[tuple[str, Place], ...]
    custom_values: InJson | EavTable | None


@dataclass(frozen=True, slots=True)
class TagRows:
    """Tags as rows of a join table, none twice."""

    relation: Relation
    workspace: str | None
    contact: str
    tag: str


class ArrayType(StrEnum):
    """How a column holds a contact's tags; a `jsonb` one is an array of texts or numbers, as the tags' ids are."""

    TEXT = "text[]"
    INTEGER = "integer[]"
    BIGINT = "bigint[]"
    UUID = "uuid[]"
    JSONB = "jsonb"


@dataclass(frozen=True, slots=True)
class TagArray:
    """Tags as an array in a column of the contact: in any order, perhaps twice; nulls are passed over."""

    column: str
    type: ArrayType


@dataclass(frozen=True, slots=True)
class RollupTable:
    """Activity as at most one row a contact; `columns` are the places of the activity's built-ins that it has.

    A count that is null, or has no row, is 0.
    """

    relation: Relation
    workspace: str | None
    contact: str
    columns: tuple[tuple[str, InColumn], ...]


@dataclass(frozen=True, slots=True)
class RollupColumns:
    """Activity as columns of the contact itself; a count that is null is 0."""

    columns: tuple[tuple[str, InColumn], ...]


@dataclass(frozen=True, slots=True)
class Events:
    """Where events of one kind lie: rows of a relation whose `kind` column, if any, is one of `words`.

    `message` tells messages apart: events of one message count once.
    """

    kind: EventKind
    relation: Relation
    workspace: str | None
    contact: str
    message: str
    at: InColumn
    kind_column: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkspaceRecords:
    """The tenants' table; None for a column that the database lacks. `timezone` is what holds where it has none."""

    relation: Relation
    id: str
    name: str | None
    timezone_column: str | None
    segment_limit: str | None


@dataclass(frozen=True, slots=True)
class FieldRecords:
    """Where fields are declared. `types` gives our word (`TEXT`, …) for each of theirs.

    `options` is a column of JSON or text[]: the values allowed. `source` a column that names a built-in.
    """

    relation: Relation
    workspace: str | None
    id: str
    key: str
    name: str
    type: str
    types: tuple[tuple[str, str], ...]
    source: str | None
    options: InColumn | None


@dataclass(frozen=True, slots=True)
class TagRecords:
    """Where the tags of a workspace are, with their names."""

    relation: Relation
    workspace: str | None
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a definition lies: one column of JSON, or `match` (all, any, AND, OR) beside `filters` (the list).

    `match_key` is the root key that `match` stands for: `matchType` or `condition`.
    """

    column: InJson
    match: str | None = None
    match_key: str = "matchType"


@dataclass(frozen=True, slots=True)
class SegmentRecords:
    """Stored segments, with the columns for their counts. None for a column that the database lacks.

    `updated_at` tells edits from counts: without it only a change of the definition between counting and writing is
    noticed. `count` is of any integer type, `counted_at` a timestamptz, or a timestamp in UTC.
    """

    relation: Relation
    workspace: str | None
    id: str
    public_id: str | None
    name: str
    description: str | None
    definition: Definition
    count: str
    counted_at: InColumn
    created_at: InColumn | None
    updated_at: InColumn | None


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """Definitions from files: every `*.json` of a folder is a segment, its name without the ending the id.

    Counts go to `counts`, a table of segsql's own, or to stdout alone where there is none.
    """

    folder: str
    counts: Relation | None


@dataclass(frozen=True, slots=True)
class OwnTables:
    """Tables of segsql's own; None for what is not kept (the history) or not used (serving HTTP)."""

    segment_counts: Relation | None = None
    api_keys: Relation | None = None
    idempotency_keys: Relation | None = None
    member_lists: Relation | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """What the store reads and writes beside the contacts.

    `fields` are declared in the file itself, each with its place; `field_records` where a table declares them. With
    `tags` None any tag may be named. `workspaces` None: a single tenant, or tenants that have a column and no table.
    """

    workspaces: WorkspaceRecords | None
    fields: tuple[Field, ...]
    field_records: FieldRecords | None
    tags: TagRecords | None
    segments: SegmentRecords | SegmentFiles
    own: OwnTables
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where everything lies in one database: what a `segsql.toml` says.

    `tag_rows` and `tag_array` are two ways to the same tags: with both either may be read, with neither no contact has
    tags. `activity` and `events` likewise; of each kind there is at most one of `events`.
    """

    ids: Ids
    contacts: Contacts
    tag_rows: TagRows | None
    tag_array: TagArray | None
    activity: RollupTable | RollupColumns | None
    events: tuple[Events, ...]
    records: Records
