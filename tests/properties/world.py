"""A fixed database of seven small workspaces in which everything that can be awkward is.

Each value of each pool is stored with a living contact of each workspace: contact i takes the i-th value of
every pool, shifted by the column so that awkward values meet different company. Then come deleted contacts
(with addresses of the living) and some of values drawn with a fixed seed. Workspaces 1 and 2 share every id
(contacts, fields, tags, segments) but neither contents nor zone nor what a field id means. The last workspace
is empty.

The zones: Beirut skips the midnight before `NOW`, Havana skips and repeats midnights, St John's repeats the
last hour of a day after its next day has begun, Samoa skipped a whole day, Kathmandu is off by 5:45.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from properties.loading import load
from properties.model import (
    Activity,
    Contact,
    Definition,
    FieldDecl,
    StoredSegment,
    Workspace,
    World,
    json_text,
)
from properties.pools import (
    CHOICES,
    COUNTRIES,
    DATES,
    EMAILS,
    LISTS,
    METADATA,
    METADATA_KEYS,
    MISSING,
    NAMES,
    NOT_DATES,
    NUMBERS,
    OTHER_TYPES,
    SEEN,
    SEEN_KEY,
    STATUSES,
    TEXTS,
)
from properties.stored import segments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "NOW",
    "WORLD",
    "Activity",
    "Contact",
    "Definition",
    "FieldDecl",
    "StoredSegment",
    "Workspace",
    "World",
    "json_text",
    "load",
]

NOW = datetime(2026, 3, 29, 1, 30, 0, 123457, tzinfo=UTC)

MICROSECOND = timedelta(microseconds=1)

SYSTEMATIC = 90
DELETED = 12
MIXED = 18

DAY_BOUNDARIES: Mapping[str, tuple[str, ...]] = {
    "Asia/Beirut": (
        "2026-03-27T22:00:00",
        "2026-03-28T22:00:00",
        "2026-03-29T21:00:00",
        "2025-10-25T21:00:00",
        "2025-10-25T22:00:00",
    ),
    "America/Havana": (
        "2026-03-08T05:00:00",
        "2026-03-09T04:00:00",
        "2025-11-02T04:00:00",
        "2025-11-02T05:00:00",
        "2025-11-03T05:00:00",
    ),
    "America/St_Johns": (
        "2010-11-06T02:30:00",
        "2010-11-07T02:30:00",
        "2010-11-07T02:31:00",
        "2010-11-07T03:30:00",
        "2010-11-08T03:30:00",
    ),
    "Pacific/Apia": (
        "2011-12-29T10:00:00",
        "2011-12-30T10:00:00",
        "2011-12-31T10:00:00",
        "2026-03-28T11:00:00",
    ),
    "Asia/Kathmandu": ("2026-03-27T18:15:00", "2026-03-28T18:15:00", "2026-03-29T18:15:00"),
    "UTC": ("2026-03-28T00:00:00", "2026-03-29T00:00:00", "2026-03-30T00:00:00"),
    "Europe/London": ("2026-03-29T00:00:00",),
}
"""Instants in UTC at which a day begins there, or at which it would by another reading of the rule."""

OPTIONS = ("a", "b", "c", "Ä", "ä", "it's", '"', "{a}", "a,b", "NULL", "")


def _declarations(workspace_id: int) -> tuple[FieldDecl, ...]:
    """The same fields everywhere, but their ids go round, so that one id is another type elsewhere."""
    built_in = (
        FieldDecl(1, "email", "E-mail", "TEXT", "email"),
        FieldDecl(2, "first_name", "First name", "TEXT", "first_name"),
        FieldDecl(3, "last_name", "Last name", "TEXT", "last_name"),
        FieldDecl(4, "country", "Country", "TEXT" if workspace_id == 3 else "COUNTRY", "country"),
        FieldDecl(5, "status", "Status", *_redeclared_status(workspace_id)),
        FieldDecl(6, "created_at", "Created", "DATE", "created_at"),
        FieldDecl(8, "last_open_at", "Last open", "DATE", "last_open_at"),
        FieldDecl(11, "opens_count", "Opens", "NUMBER", "opens_count"),
    )
    custom: tuple[tuple[str, str, str | None, tuple[str, ...] | None], ...] = (
        ("note", "TEXT", None, None),
        ("nick", "TEXT", None, None),
        ("score", "NUMBER", None, None),
        ("ratio", "NUMBER", None, None),
        ("vip", "BOOLEAN", None, None),
        ("birthday", "DATE", None, None),
        ("renewal", "DATE", None, None),
        ("plan", "DROPDOWN_SINGLE", None, ("free", "pro", "Größe L", "100%_\\", "")),
        ("tier", "DROPDOWN_SINGLE", None, None),
        ("interests", "DROPDOWN_MULTIPLE", None, OPTIONS),
        ("colours", "DROPDOWN_MULTIPLE", None, None),
        ("residence", "COUNTRY", None, None),
        ("state", "DROPDOWN_SINGLE", "status", ("subscribed", "unsubscribed", "bounced")),
        ("land", "TEXT", "country", None),
        ("land_choice", "DROPDOWN_SINGLE", "country", None),
        ("mail", "TEXT", "email", None),
        ("joined", "DATE", "created_at", None),
        ("clicked", "DATE", "last_click_at", None),
        ("deliveries", "NUMBER", "delivered_count", None),
        ("given", "DROPDOWN_SINGLE", "first_name", None),
    )
    return built_in + tuple(
        FieldDecl(20 + (number + 5 * workspace_id) % len(custom), key, key.title(), kind, source, options)
        for number, (key, kind, source, options) in enumerate(custom)
    )


def _redeclared_status(workspace_id: int) -> tuple[str, str, tuple[str, ...] | None]:
    """A built-in's name is free for a field that reads this built-in, also as another type."""
    if workspace_id == 3:
        return "DROPDOWN_SINGLE", "status", ("subscribed", "unsubscribed", "cleaned")
    return "TEXT", "status", None


def _stored_pool(key: str) -> Sequence[Any]:
    """What contacts have under a key of `contacts.fields`."""
    match key:
        case "note":
            return (*TEXTS, *NUMBERS[:27])
        case "nick":
            return (*OTHER_TYPES, *NUMBERS, *TEXTS[:30])
        case "score" | "ratio":
            return (*NUMBERS, *OTHER_TYPES, "1e5", "NaN", "Infinity", "0x10", " 1")
        case "vip":
            return (True, False, True, False, *OTHER_TYPES, "false", "t", "on")
        case "birthday" | "renewal":
            return (*DATES, *NOT_DATES, *OTHER_TYPES)
        case "plan" | "tier":
            return (*CHOICES, *OTHER_TYPES)
        case "interests" | "colours":
            return (*LISTS, *OTHER_TYPES, *LISTS[:8])
        case "residence":
            return (*COUNTRIES, *OTHER_TYPES)
        case _:
            return SEEN if key == SEEN_KEY else METADATA


def _instants(zone: str) -> tuple[datetime, ...]:
    """Times around `NOW`, around whole days before it, around the zone's days, and far from all."""
    exact = [NOW - timedelta(days=days) for days in (0, 1, 7, 30, 90, 365, 36_500)]
    exact += [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in DAY_BOUNDARIES[zone]]
    near = [moment + shift * MICROSECOND for moment in exact for shift in (0, -1, 1)]
    far = [
        NOW + timedelta(days=1),
        NOW + timedelta(days=400),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1883, 11, 18, 12, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ]
    return (*near, *far)


COUNTS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0), (0, 3, 1), (3, 1, 0), (3, 3, 2), (1, 2, 5), (8, 1, 7), (300, 100, 99), (7, 3, 2), (2, 1, 1),
    (1, 0, 1), (200, 1, 199), (3, 2, 1), (4, 0, 0), (100, 33, 50), (1000, 333, 334), (3, 4, 0), (1, 1, 0),
)  # fmt: skip
"""Delivered, opened, clicked: thirds and eighths, more opened than delivered, opened without delivery."""


class _Maker:
    """Makes one workspace's contacts; `pick(column, pool)` is how the next one gets its values."""

    def __init__(self, workspace_id: int, zone: str, tags: Sequence[int], keys: Sequence[str]) -> None:
        self.workspace_id = workspace_id
        self.instants = _instants(zone)
        self.keys = keys
        self.tag_sets = [frozenset[int](), *(frozenset(tags[:size]) for size in range(1, len(tags) + 1))]
        self.tag_sets += [frozenset({tag}) for tag in tags[1:]]
        self.tag_sets += [frozenset({tags[0], tags[-1]}), frozenset(tags[1:3])]
        self.random = random.Random(f"segsql {workspace_id}")
        self.turn: int | None = 0

    def pick(self, column: int, pool: Sequence[Any]) -> Any:
        if self.turn is None:
            return self.random.choice(pool)
        return pool[(self.turn + column * (6 + self.workspace_id)) % len(pool)]

    def activity(self) -> Activity | None:
        if self.pick(3, range(9)) == 0:
            return None
        delivered, opens, clicks = self.pick(1, COUNTS)
        return Activity(
            delivered,
            opens,
            clicks,
            self.pick(2, self.instants) if opens else None,
            self.pick(5, self.instants) if clicks else None,
        )

    def contact(self, contact_id: int, email: str | None, deleted_at: datetime | None) -> Contact:
        stored = {key: self.pick(column, _stored_pool(key)) for column, key in enumerate(self.keys)}
        return Contact(
            id=contact_id,
            email=email,
            status=self.pick(0, STATUSES),
            first_name=self.pick(1, NAMES),
            last_name=self.pick(2, NAMES),
            country=self.pick(3, (*COUNTRIES, None)),
            fields={key: value for key, value in stored.items() if value is not MISSING},
            created_at=self.pick(0, self.instants),
            updated_at=self.pick(4, self.instants),
            deleted_at=deleted_at,
            tags=self.pick(0, self.tag_sets),
            activity=self.activity(),
        )


def _contacts(maker: _Maker) -> tuple[Contact, ...]:
    total = SYSTEMATIC + DELETED + MIXED
    ids = [1, 2, *(1000 + 7 * number for number in range(total - 4)), 2**53 + 1, 2**63 - 1]
    made = []
    for number, contact_id in enumerate(ids):
        deleted = SYSTEMATIC <= number < SYSTEMATIC + DELETED
        maker.turn = number if number < SYSTEMATIC + DELETED else None
        place = number - SYSTEMATIC if deleted else number
        plain = f"User{number}@Example.{'COM' if number % 2 else 'org'}"
        email = EMAILS[place] if place < len(EMAILS) else plain
        made.append(maker.contact(contact_id, email, maker.pick(0, maker.instants) if deleted else None))
    return tuple(made)


def _workspace(workspace_id: int, name: str, zone: str, tags: Sequence[int]) -> Workspace:
    fields = _declarations(workspace_id)
    keys = [field.key for field in fields if field.source is None] + [SEEN_KEY, *METADATA_KEYS]
    return Workspace(
        id=workspace_id,
        name=name,
        timezone=zone,
        fields=fields,
        tags={tag: f"tag {tag} of {name}" for tag in tags},
        segments=segments({field.key: field.id for field in fields}, tags),
        contacts=_contacts(_Maker(workspace_id, zone, tags, keys)),
    )


WORLD = World(
    (
        _workspace(1, "Cedar", "Asia/Beirut", (1, 2, 3, 4, 2**31 - 1)),
        _workspace(2, "Malecón", "America/Havana", (1, 2, 3, 4, 2**31 - 1)),
        _workspace(3, "Newfoundland", "America/St_Johns", (3, 4, 5, 6)),
        _workspace(4, "Samoa", "Pacific/Apia", (1, 2, 3)),
        _workspace(5, "Himal", "Asia/Kathmandu", (7, 8, 9)),
        _workspace(2**40, 'It\'s 100% "UTC"', "UTC", (1, 10, 100)),
        Workspace(99, "Empty", "Europe/London"),
    )
)
