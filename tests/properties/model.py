"""What a small database holds, as values: enough to load it into PostgreSQL and to evaluate filters on it.

JSON numbers are `int` or `Decimal`, never `float`, so that `1`, `1.0` and `1E+5` stay different texts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Definition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of the rollup. Kept as events would make it: a last time is there where its count is not 0."""

    delivered_count: int = 0
    opens_count: int = 0
    clicks_count: int = 0
    last_open_at: datetime | None = None
    last_click_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    id: int
    email: str | None
    status: str
    first_name: str | None
    last_name: str | None
    country: str | None
    fields: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    tags: frozenset[int]
    activity: Activity | None


@dataclass(frozen=True, slots=True)
class FieldDecl:
    id: int
    key: str
    name: str
    type: str
    source: str | None = None
    options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StoredSegment:
    id: int
    public_id: str
    name: str
    definition: Definition


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """One tenant. Compared by identity, so that what is derived from it can be cached by it."""

    id: int
    name: str
    timezone: str
    fields: tuple[FieldDecl, ...] = field(default=(), repr=False)
    tags: Mapping[int, str] = field(default_factory=dict, repr=False)
    segments: tuple[StoredSegment, ...] = field(default=(), repr=False)
    contacts: tuple[Contact, ...] = field(default=(), repr=False)

    @property
    def living(self) -> tuple[Contact, ...]:
        """The contacts that count: those never deleted, whatever time a deletion names."""
        return tuple(contact for contact in self.contacts if contact.deleted_at is None)


@dataclass(frozen=True, slots=True)
class World:
    workspaces: tuple[Workspace, ...]


def json_text(value: object) -> str:
    """Serialize with every number's own digits, which `json.dumps` can't do for a `Decimal`."""
    match value:
        case Decimal():
            return str(value)
        case list() | tuple():
            return f"[{', '.join(json_text(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{json_text(key)}: {json_text(item)}' for key, item in value.items())}}}"
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            raise TypeError(f"not a JSON value here: {value!r}")
