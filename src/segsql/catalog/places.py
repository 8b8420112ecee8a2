"""What a place of a database is made of: ids by type, columns by type, values within JSON, tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Id = int | str
"""A key of the database as segsql passes it on: a number, or a text; a uuid is its canonical text, in lower case."""

WorkspaceId = Id | None
"""The tenant; None where the database has a single one, and no column that names it."""


class IdType(StrEnum):
    """The type of a key, as PostgreSQL names it; `varchar` and its like are text."""

    BIGINT = "bigint"
    INTEGER = "integer"
    UUID = "uuid"
    TEXT = "text"

    @property
    def is_number(self) -> bool:
        """Whether such a key is a JSON number in a definition; else it is a text."""
        return self in (IdType.BIGINT, IdType.INTEGER)


@dataclass(frozen=True, slots=True)
class Ids:
    """The type of each kind of key."""

    workspace: IdType = IdType.BIGINT
    contact: IdType = IdType.BIGINT
    tag: IdType = IdType.INTEGER
    field: IdType = IdType.INTEGER
    segment: IdType = IdType.BIGINT


class ColumnType(StrEnum):
    """How a column holds a value. A `timestamp` is an instant in UTC; numbers of any width are `numeric`.

    An `enum` is of any enumerated type, and is read as the text of its label.
    """

    TEXT = "text"
    ENUM = "enum"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMPTZ = "timestamptz"
    TIMESTAMP = "timestamp"
    TEXT_ARRAY = "text[]"
    JSON = "json"
    JSONB = "jsonb"


@dataclass(frozen=True, slots=True)
class InColumn:
    """A value that has a column of its own. With `never_null` it always exists, and the compiler need not look."""

    column: str
    type: ColumnType
    never_null: bool = False


@dataclass(frozen=True, slots=True)
class InJson:
    """A value within a column of JSON, under keys that lead to it; no keys: the document itself."""

    column: str
    type: ColumnType
    """JSON or JSONB."""
    path: tuple[str, ...] = ()


Place = InColumn | InJson


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. Rows count only where each column of `where` equals its constant (`owner_type = 'Contact'`)."""

    name: str
    schema: str | None = None
    where: tuple[tuple[str, str | int | bool], ...] = ()
