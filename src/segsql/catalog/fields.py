"""Fields: the built-in ones, and those that a workspace declares (spec 2).

A built-in reads a column of the contact or of its activity. A declared field either re-reads a
built-in under a key and type of its own, or reads one key of the contact's custom values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from segsql.catalog.places import ColumnType, Id, InJson, Place
from segsql.catalog.types import FieldType

RESERVED_KEYS = frozenset({"tags", "open_rate", "click_rate", "metadata", "segment"})


def can_be_key(key: str) -> bool:
    """Whether a field may have the key, in a database with rules of its own: it must mean nothing else in filters."""
    return len(key) > 0 and key.isprintable() and key not in RESERVED_KEYS and not key.startswith("metadata.")


class EventKind(StrEnum):
    """What happens to a message, as the events name it."""

    DELIVERED = "delivered"
    OPEN = "open"
    CLICK = "click"


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A built-in field: one column, of the contact or (with an `event`) of its activity. One of each, in `BUILTINS`.

    A NUMBER of the activity counts the messages with such an event, a DATE is the time of the last one.
    Such a count is there for every contact, also one that has no activity: it is 0 then (spec 4.5).
    `ignore_case` is how `eq` and `in` compare it. `types` are those a declared field may give it.
    """

    name: str
    types: tuple[FieldType, ...]
    event: EventKind | None = None
    ignore_case: bool = False

    @property
    def type(self) -> FieldType:
        """The type that the built-in has by itself."""
        return self.types[0]

    @property
    def is_count(self) -> bool:
        """Whether it counts messages."""
        return self.event is not None and self.type is FieldType.NUMBER


_TEXT_OR_CHOICE = (FieldType.TEXT, FieldType.DROPDOWN_SINGLE)

BUILTINS: Mapping[str, Builtin] = {
    builtin.name: builtin
    for builtin in (
        Builtin("email", (FieldType.TEXT,), ignore_case=True),
        Builtin("first_name", _TEXT_OR_CHOICE),
        Builtin("last_name", _TEXT_OR_CHOICE),
        Builtin("country", (FieldType.COUNTRY, *_TEXT_OR_CHOICE)),
        Builtin("status", _TEXT_OR_CHOICE),
        Builtin("created_at", (FieldType.DATE,)),
        Builtin("updated_at", (FieldType.DATE,)),
        Builtin("last_open_at", (FieldType.DATE,), EventKind.OPEN),
        Builtin("last_click_at", (FieldType.DATE,), EventKind.CLICK),
        Builtin("delivered_count", (FieldType.NUMBER,), EventKind.DELIVERED),
        Builtin("opens_count", (FieldType.NUMBER,), EventKind.OPEN),
        Builtin("clicks_count", (FieldType.NUMBER,), EventKind.CLICK),
    )
}
"""The built-ins by name, in the order of the ids that the default schema declares them with (1 email, …)."""


@dataclass(frozen=True)
class Field:
    """A field as a workspace declares it. Looked up often, so its hash is kept.

    `source` names a built-in, `place` is where the field's own values lie; with neither it is the contact's custom
    value under `key`. `options` None means that any value is allowed. A declaration that contradicts itself is kept:
    it is an error of the segments that use it, not of the catalog (spec 2).
    """

    id: Id
    key: str
    name: str
    type: FieldType
    source: str | None = None
    options: tuple[str, ...] | None = None
    place: Place | None = None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.id, self.key, self.name, self.type, self.source, self.options, self.place))


@cache
def declared_builtins() -> tuple[Field, ...]:
    """The built-ins as a new workspace declares them: ids from 1, key and source the built-in's name."""
    return tuple(
        Field(id=number, key=builtin.name, name=builtin.name, type=builtin.type, source=builtin.name)
        for number, builtin in enumerate(BUILTINS.values(), start=1)
    )


_WORDS = (ColumnType.TEXT, ColumnType.ENUM)

READABLE: Mapping[FieldType, tuple[ColumnType, ...]] = {
    FieldType.TEXT: _WORDS,
    FieldType.NUMBER: (ColumnType.NUMERIC, ColumnType.TEXT),
    FieldType.BOOLEAN: (ColumnType.BOOLEAN, ColumnType.TEXT),
    FieldType.DATE: (ColumnType.TIMESTAMPTZ, ColumnType.TIMESTAMP, ColumnType.DATE, ColumnType.TEXT),
    FieldType.DROPDOWN_SINGLE: _WORDS,
    FieldType.DROPDOWN_MULTIPLE: (ColumnType.TEXT_ARRAY, ColumnType.TEXT),
    FieldType.COUNTRY: _WORDS,
}
"""What a column may be that a field is read from, the usual first; a text counts where it strictly is a value of the
field's type."""


def place_fault(place: Place, type_: FieldType) -> str | None:
    """Why a field of a type can't be read from there, as a clause for a message; None where it can."""
    if isinstance(place, InJson) or place.type in READABLE[type_]:
        return None
    return f"its column {place.column} is {place.type.value} and can't be read as {type_}"


def declaration_fault(field: Field) -> str | None:
    """What is wrong with the declaration, as a clause for a message; None where nothing is."""
    if field.source is None:
        return None if field.place is None else place_fault(field.place, field.type)
    builtin = BUILTINS.get(field.source)
    if builtin is None:
        return f"its source {field.source} is no built-in field"
    if field.type not in builtin.types:
        return f"its source {field.source} can't be read as {field.type}"
    return None
