"""The application on Prisma: cuids everywhere, times to the millisecond, tags by their names, flat segments alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from properties.loading import WRITTEN_AT
from properties.model import Activity, StoredSegment, json_text
from properties.products.product import Ids, Product, cuid, events, insert, translated, with_few_messages, without_zone
from properties.world import WORLD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import psycopg

    from properties.model import Contact, Workspace

KINDS = {"delivered": "DELIVERED", "open": "OPENED", "click": "CLICKED"}


def _tag(workspace: Workspace, tag: int) -> str:
    return workspace.tags.get(tag, f"no tag {tag}")


IDS = Ids(
    workspace=lambda workspace: cuid("workspace", workspace.id),
    contact=lambda workspace, number: cuid("contact", workspace.id, number),
    tag=_tag,
    field=lambda workspace, number: cuid("field", workspace.id, number),
    segment=lambda workspace, number: cuid("segment", workspace.id, number),
)


def _millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _held(contact: Contact) -> Contact:
    had = contact.activity or Activity()
    return replace(
        contact,
        created_at=_millisecond(contact.created_at),
        updated_at=_millisecond(contact.updated_at),
        activity=replace(
            had,
            last_open_at=had.last_open_at and _millisecond(had.last_open_at),
            last_click_at=had.last_click_at and _millisecond(had.last_click_at),
        ),
    )


def _workspace(workspace: Workspace) -> Workspace:
    flat = tuple(segment for segment in workspace.segments if "matchType" in segment.definition)
    plan = {"field": "plan", "operator": "ne", "value": "free"}
    interests = {"field": "interests", "operator": "contains", "value": ["a", "b"]}
    more = {"matchType": "any", "filters": [{"matchType": "none", "filters": [plan]}, interests]}
    return replace(
        workspace,
        contacts=tuple(_held(with_few_messages(contact)) for contact in workspace.contacts),
        segments=(*flat, StoredSegment(34, "", "Plans", more)),
    )


WORKSPACES = (_workspace(WORLD.workspaces[0]), _workspace(WORLD.workspaces[2]))


def load(connection: psycopg.Connection[Any], _: Path) -> None:
    """Both workspaces, and a third one of which nothing may be seen."""
    ids = IDS
    insert(
        connection,
        "Workspace",
        "id name slug timezone",
        [(ids.workspace(each), each.name, f"w{each.id}", each.timezone) for each in WORKSPACES]
        + [("clnoise", "Noise", "noise", "Pacific/Auckland")],
    )
    insert(connection, "Contact", CONTACT, [("clnoise1", "clnoise", *_noise(contact)) for contact in _first()])
    for each in WORKSPACES:
        own = ids.workspace(each)
        insert(
            connection,
            "ContactField",
            "id workspaceId key label type source options",
            [
                (ids.field(each, one.id), own, one.key, one.name, one.type, one.source, one.options and [*one.options])
                for one in each.fields
            ],
        )
        insert(
            connection,
            "Contact",
            CONTACT,
            [
                (ids.contact(each, contact.id), own, *_contact(each, contact, number))
                for number, contact in enumerate(each.contacts)
            ],
        )
        occurred = [(one.contact, one.message, KINDS[one.kind], one.at) for one in events(each)]
        occurred += [(contact, 0, kind, WRITTEN_AT) for contact in each.contacts for kind in ("QUEUED", "BOUNCED")]
        insert(
            connection,
            "EmailEvent",
            "id workspaceId contactId messageId type createdAt",
            [
                (f"e{own}{number}", own, ids.contact(each, contact.id), str(message), kind, without_zone(at))
                for number, (contact, message, kind, at) in enumerate(occurred)
            ],
        )
        insert(
            connection,
            "Segment",
            "id workspaceId name matchType filters updatedAt",
            [
                (
                    ids.segment(each, one.id),
                    own,
                    one.name,
                    one.definition["matchType"],
                    json_text(translated(one.definition, each, IDS)["filters"]),
                    "2026-01-01",
                )
                for one in each.segments
            ],
        )


CONTACT = "id workspaceId email firstName lastName country status data tags createdAt updatedAt deletedAt"


def _contact(workspace: Workspace, contact: Contact, number: int) -> Sequence[object]:
    """Tags in any order, some twice, with nulls; of those who have none a list or nothing at all."""
    tags: list[str | None] = [_tag(workspace, tag) for tag in sorted(contact.tags, reverse=True)]
    tags += tags if number % 2 else []
    tags += [None] if number % 3 == 0 else []
    return (
        contact.email,
        contact.first_name,
        contact.last_name,
        contact.country,
        contact.status,
        json_text(contact.fields),
        tags if tags or number % 4 else None,
        without_zone(contact.created_at),
        without_zone(contact.updated_at),
        without_zone(contact.deleted_at),
    )


def _first() -> Sequence[Contact]:
    return WORKSPACES[0].living[:1]


def _noise(contact: Contact) -> Sequence[object]:
    return _contact(WORKSPACES[0], replace(contact, tags=frozenset(WORKSPACES[0].tags)), 0)


PRODUCT = Product("prisma", WORKSPACES, IDS, load)
