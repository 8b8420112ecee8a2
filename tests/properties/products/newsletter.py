"""The newsletter tool: one organisation, uuids, attributes within attributes, a table for each kind of event."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

from properties.model import json_text
from properties.pools import MISSING
from properties.products.product import (
    Ids,
    Product,
    events,
    fitted_segments,
    insert,
    translated,
    uuid_of,
    with_few_messages,
    with_fields,
)
from properties.world import WORLD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg

    from properties.model import Contact, Workspace

FIELDS = ("note", "plan", "score", "vip", "birthday", "interests")
"""Those that the mapping's file declares, without options."""


def key_of(workspace: Workspace, number: int) -> str:
    """A field declared in the file has its key for an id, unless it has another."""
    return next((each.key for each in workspace.fields if each.id == number), "gone")


IDS = Ids(
    workspace=lambda _: None,
    contact=lambda _, number: uuid_of("subscriber", number),
    tag=lambda _, tag: uuid_of("list", tag),
    field=key_of,
    segment=lambda _, number: uuid_of("segment", number),
)

NO_COUNTRIES: Sequence[Any] = (
    MISSING,
    None,
    {},
    {"country": None},
    {"country": ["DE"]},
    {"land": "DE"},
    "DE",
    ["country"],
    5,
    True,
)
"""What lies where an address is expected, and gives no country."""


def _workspace(workspace: Workspace) -> Workspace:
    fields = tuple(replace(each, options=None, name=each.key) for each in with_fields(workspace, FIELDS))
    held = replace(workspace, fields=fields, contacts=tuple(map(with_few_messages, workspace.contacts)))
    return replace(held, segments=fitted_segments(held))


WORKSPACES = (_workspace(WORLD.workspaces[5]),)


def load(connection: psycopg.Connection[Any], _: Path) -> None:
    """The whole database: nothing says whose it is."""
    (own,) = WORKSPACES
    awkward = cycle(NO_COUNTRIES)
    insert(connection, "lists", "id name", [(IDS.tag(own, tag), name) for tag, name in own.tags.items()])
    insert(connection, "subscribers", SUBSCRIBER, [_subscriber(own, each, next(awkward)) for each in own.contacts])
    subscribed = [(contact.id, tag) for contact in own.contacts for tag in contact.tags]
    insert(
        connection,
        "subscriber_lists",
        "subscriber_id list_id",
        [(IDS.contact(own, contact_id), IDS.tag(own, tag)) for contact_id, tag in subscribed],
    )
    every = list(events(own))
    campaigns = sorted({each.message for each in every})
    insert(
        connection,
        "campaigns",
        "id name subject body",
        [(uuid_of("campaign", number), f"Campaign {number}", "News", "…") for number in campaigns],
    )
    for kind, table, at in (
        ("delivered", "campaign_deliveries", "delivered_at"),
        ("open", "campaign_views", "created_at"),
        ("click", "link_clicks", "created_at"),
    ):
        insert(
            connection,
            table,
            f"campaign_id subscriber_id {at}",
            [
                (uuid_of("campaign", each.message), IDS.contact(own, each.contact.id), each.at)
                for each in every
                if each.kind == kind
            ],
        )
    insert(
        connection,
        "segments",
        "id name query updated_at",
        [
            (IDS.segment(own, one.id), one.name, json_text(translated(one.definition, own, IDS)), "2026-01-01Z")
            for one in own.segments
        ],
    )


SUBSCRIBER = "id email first_name last_name status attribs created_at updated_at deleted_at"


def _subscriber(workspace: Workspace, contact: Contact, instead: Any) -> Sequence[object]:
    address = instead if contact.country is None else {"city": "…", "country": contact.country}
    attributes = dict(contact.fields) | ({} if address is MISSING else {"address": address})
    return (
        IDS.contact(workspace, contact.id),
        contact.email,
        contact.first_name,
        contact.last_name,
        contact.status,
        json_text(attributes),
        contact.created_at,
        contact.updated_at,
        contact.deleted_at,
    )


PRODUCT = Product("newsletter", WORKSPACES, IDS, load)
