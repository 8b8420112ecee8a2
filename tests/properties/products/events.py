"""The event-sourced platform: json as it was sent, text ids that tenants share, definitions in files.

The same files are every tenant's segments, so that they name nothing that one of them lacks.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from properties.model import json_text
from properties.pools import MISSING, NAMES, OTHER_TYPES
from properties.products.newsletter import FIELDS, key_of
from properties.products.product import (
    Ids,
    Product,
    events,
    fitted_segments,
    insert,
    translated,
    with_few_messages,
    with_fields,
)
from properties.world import WORLD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg

    from properties.model import Contact, Workspace

KINDS = {"delivered": "email_delivered", "open": "email_opened", "click": "email_clicked"}

IDS = Ids(
    workspace=lambda workspace: workspace.id,
    contact=lambda _, number: f"{('p', 'P', 'ä', '%', chr(39), chr(92))[number % 6]}{number}",
    tag=lambda _, tag: f"label '{tag}'",
    field=key_of,
    segment=lambda _, number: f"segment-{number}",
)

TOO_LARGE = Decimal("1E+400000")
"""A number that json stores, and nothing else."""


def _held(contact: Contact, number: int) -> Contact:
    """Of every seventh the properties hold what can't be read; else a first name may be of any type."""
    if number % 7 == 3:
        return replace(contact, fields={}, first_name=None, last_name=None, country=None, status=None)  # type: ignore[arg-type]
    names = [name for name in (*NAMES, *OTHER_TYPES) if name is not MISSING]
    read = replace(contact, first_name=names[number % len(names)], status=contact.status if number % 5 else None)  # type: ignore[arg-type]
    others = {key: value for key, value in contact.fields.items() if key not in IN_PROPERTIES}
    return replace(read, fields=others | _in_properties(read))


IN_PROPERTIES = ("first_name", "last_name", "country", "status")
"""The built-ins that are keys of the properties."""


def _in_properties(contact: Contact) -> dict[str, object]:
    found = {name: getattr(contact, name) for name in IN_PROPERTIES}
    return {name: value for name, value in found.items() if value is not None}


def _workspace(workspace: Workspace) -> Workspace:
    fields = tuple(replace(each, options=None, name=each.key) for each in with_fields(workspace, FIELDS))
    contacts = tuple(_held(with_few_messages(contact), number) for number, contact in enumerate(workspace.contacts))
    held = replace(workspace, fields=fields, contacts=contacts)
    return replace(held, segments=fitted_segments(held))


WORKSPACES = tuple(map(_workspace, WORLD.workspaces[:2]))


def load(connection: psycopg.Connection[Any], folder: Path) -> None:
    """Both tenants; the files of the first one's segments."""
    for own in WORKSPACES:
        insert(connection, "tenants", "id name tz", [(own.id, own.name, own.timezone)])
        insert(
            connection,
            "profiles",
            PROFILE,
            [_profile(own, contact, number) for number, contact in enumerate(own.contacts)],
        )
        happened = [(each.contact.id, each.message, KINDS[each.kind], each.at) for each in events(own)]
        noise = [(contact.id, 77_777, "email_bounced", contact.created_at) for contact in own.contacts]
        insert(
            connection,
            "events",
            "tenant_id profile_id name message_id occurred_at",
            [
                (own.id, IDS.contact(own, contact_id), name, f"m{message}", at)
                for contact_id, message, name, at in [*happened, *noise]
            ],
        )
    first = WORKSPACES[0]
    folder.mkdir(parents=True)
    for one in first.segments:
        definition = translated(one.definition, first, IDS)
        written = {"name": one.name, **({"filters": definition} if "condition" in definition else definition)}
        (folder / f"{IDS.segment(first, one.id)}.json").write_text(json_text(written), encoding="utf-8")


PROFILE = "tenant_id id email properties labels is_deleted first_seen_at last_seen_at"


def _profile(workspace: Workspace, contact: Contact, number: int) -> Sequence[object]:
    tags: list[object] = [IDS.tag(workspace, tag) for tag in sorted(contact.tags, reverse=True)]
    labels = [*tags, *(tags if number % 2 else []), *([None] if number % 3 == 0 else [])]
    return (
        workspace.id,
        IDS.contact(workspace, contact.id),
        contact.email,
        _properties(contact, number),
        json.dumps(labels if labels or number % 4 else {"none": "of them"}),
        contact.deleted_at is not None,
        contact.created_at,
        contact.updated_at,
    )


def _properties(contact: Contact, number: int) -> str:
    """Keys twice, of which the last counts; escapes; numbers beyond all bounds; a character that is none."""
    if number % 7 == 3:
        return json_text({"score": 42, "note": "a", "status": "subscribed"})[:-1] + ', "nul": "\\u0000"}'
    earlier = json_text(dict.fromkeys(contact.fields, "an earlier value"))[1:-1]
    huge = json_text({"huge": TOO_LARGE})[1:-1]
    text = json.dumps({key: value for key, value in contact.fields.items() if isinstance(value, str)})[1:-1]
    last = json_text({key: value for key, value in contact.fields.items() if not isinstance(value, str)})[1:-1]
    return "{" + ", ".join(part for part in (earlier, huge, text, last) if part) + "}"


PRODUCT = Product("events", WORKSPACES, IDS, load)
