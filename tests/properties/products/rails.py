"""The application on Rails: custom values as rows of typed columns, taggings of anything, counters on the contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from properties.model import Activity, json_text
from properties.products.product import Ids, Product, fitted_segments, insert, translated, without_zone
from properties.world import WORLD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg

    from properties.model import Contact, FieldDecl, Workspace

TYPES = {
    "TEXT": "string",
    "NUMBER": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DROPDOWN_SINGLE": "select",
    "COUNTRY": "country",
}
"""What it calls the types that it has."""

IDS = Ids(
    workspace=lambda workspace: workspace.id,
    contact=lambda workspace, number: number if workspace.id == 1 else number ^ workspace.id << 40,
    tag=lambda workspace, tag: tag + (workspace.id << 33),
    field=lambda workspace, number: number + (workspace.id << 10),
    segment=lambda workspace, number: number ^ workspace.id << 50,
)
"""Keys are unique in all accounts."""


def _column(declared: FieldDecl, value: Any) -> str | None:
    """Where a value of this kind lies, whatever the field's type; None: nowhere."""
    match value:
        case bool():
            return "boolean_value"
        case int() | Decimal():
            return "number_value"
        case str() if declared.type == "DATE" and _is_day(value):
            return "date_value"
        case str():
            return "string_value"
        case _:
            return None


OF_TYPE = {"NUMBER": "number_value", "BOOLEAN": "boolean_value", "DATE": "date_value"}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _held(contact: Contact, fields: Sequence[FieldDecl]) -> Contact:
    """A value counts that lies in the column of its field's type."""
    kept = {
        declared.key: contact.fields[declared.key]
        for declared in fields
        if declared.source is None
        and _column(declared, contact.fields.get(declared.key)) == OF_TYPE.get(declared.type, "string_value")
    }
    return replace(contact, fields=kept, activity=contact.activity or Activity())


def _workspace(workspace: Workspace) -> Workspace:
    fields = tuple(each for each in workspace.fields if each.type in TYPES)
    contacts = tuple(_held(contact, fields) for contact in workspace.contacts)
    held = replace(workspace, fields=fields, contacts=contacts)
    return replace(held, segments=fitted_segments(held, has_metadata=False))


STORED = (WORLD.workspaces[0], WORLD.workspaces[2])
WORKSPACES = tuple(map(_workspace, STORED))


def load(connection: psycopg.Connection[Any], _: Path) -> None:
    """Both accounts; companies are tagged that have the contacts' ids."""
    for each, stored in zip(WORKSPACES, STORED, strict=True):
        own, ids = each.id, IDS
        insert(connection, "accounts", "id name time_zone", [(own, each.name, each.timezone)])
        insert(
            connection,
            "custom_fields",
            "id account_id key label field_type source options",
            [
                (
                    ids.field(each, one.id),
                    own,
                    one.key,
                    one.name,
                    TYPES[one.type],
                    one.source,
                    None if one.options is None else json_text(one.options),
                )
                for one in each.fields
            ],
        )
        insert(connection, "contacts", CONTACT, [_contact(each, contact) for contact in each.contacts])
        insert(
            connection,
            "custom_field_values",
            "contact_id custom_field_id string_value number_value boolean_value date_value",
            [row for contact in stored.contacts for row in _values(each, contact)],
        )
        insert(
            connection,
            "tags",
            "id account_id name",
            [(ids.tag(each, tag), own, name) for tag, name in each.tags.items()],
        )
        of_contacts = [(tag, "Contact", contact.id) for contact in each.contacts for tag in contact.tags]
        of_others = [(tag, "Company", contact.id) for contact in each.contacts for tag in each.tags]
        insert(
            connection,
            "taggings",
            "tag_id taggable_type taggable_id",
            [
                (ids.tag(each, tag), of, ids.contact(each, contact_id))
                for tag, of, contact_id in [*of_contacts, *of_others]
            ],
        )
        insert(
            connection,
            "segments",
            "id account_id name definition updated_at",
            [
                (
                    ids.segment(each, one.id),
                    own,
                    one.name,
                    json_text(translated(one.definition, each, IDS)),
                    "2026-01-01",
                )
                for one in each.segments
            ],
        )


CONTACT = (
    "id account_id email first_name last_name country_code state delivered_count opens_count clicks_count "
    "last_opened_at last_clicked_at discarded_at created_at updated_at"
)


def _contact(workspace: Workspace, contact: Contact) -> Sequence[object]:
    activity = contact.activity or Activity()
    return (
        IDS.contact(workspace, contact.id),
        workspace.id,
        contact.email,
        contact.first_name,
        contact.last_name,
        contact.country,
        contact.status,
        activity.delivered_count,
        activity.opens_count,
        activity.clicks_count,
        without_zone(activity.last_open_at),
        without_zone(activity.last_click_at),
        without_zone(contact.deleted_at),
        without_zone(contact.created_at),
        without_zone(contact.updated_at),
    )


COLUMNS = ("string_value", "number_value", "boolean_value", "date_value")


def _values(workspace: Workspace, contact: Contact) -> Iterator[Sequence[object]]:
    """A row a value, also where its kind is not its field's; some rows without any."""
    for declared in workspace.fields:
        if declared.source is None and declared.key in contact.fields:
            value = contact.fields[declared.key]
            column = _column(declared, value)
            values = [value if each == column else None for each in COLUMNS]
            yield IDS.contact(workspace, contact.id), IDS.field(workspace, declared.id), *values


PRODUCT = Product("rails", WORKSPACES, IDS, load, has_metadata=False)
