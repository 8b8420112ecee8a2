"""Write a world into the default schema, by the names that it promises to other programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from properties.model import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from properties.model import Contact, Workspace, World

WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)

WORKSPACE = "INSERT INTO workspaces (id, name, timezone, created_at) VALUES (%s, %s, %s, %s)"
FIELD = """INSERT INTO contact_fields (workspace_id, id, key, name, type, source, options)
VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb)"""
TAG = "INSERT INTO tags (workspace_id, id, name) VALUES (%s, %s, %s)"
CONTACT = """INSERT INTO contacts (workspace_id, id, email, status, first_name, last_name, country, fields,
    created_at, updated_at, deleted_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)"""
CONTACT_TAG = "INSERT INTO contact_tags (workspace_id, contact_id, tag_id) VALUES (%s, %s, %s)"
ACTIVITY = """INSERT INTO contact_activity (workspace_id, contact_id, delivered_count, opens_count,
    clicks_count, last_open_at, last_click_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)"""
EVENTS = """INSERT INTO email_events (workspace_id, contact_id, message_id, kind, occurred_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])"""
SEGMENT = """INSERT INTO segments (workspace_id, id, public_id, name, definition, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s)"""


def load(world: World, connection: psycopg.Connection[Any], activity: Literal["rollup", "events"] = "rollup") -> None:
    """Insert every row in one transaction. `events` leaves the rollup to the trigger on the events."""
    with connection.transaction(), connection.cursor() as cursor:
        for workspace in world.workspaces:
            key = workspace.id
            cursor.execute(WORKSPACE, (key, workspace.name, workspace.timezone, WRITTEN_AT))
            cursor.executemany(FIELD, _fields(workspace))
            cursor.executemany(TAG, [(key, *tag) for tag in workspace.tags.items()])
            cursor.executemany(CONTACT, [_contact(key, contact) for contact in workspace.contacts])
            cursor.executemany(
                CONTACT_TAG,
                [(key, contact.id, tag) for contact in workspace.contacts for tag in sorted(contact.tags)],
            )
            if activity == "rollup":
                cursor.executemany(ACTIVITY, _rollup(workspace))
            else:
                events = [(key, one.id, *event) for one in workspace.contacts for event in events_of(one)]
                cursor.execute(EVENTS, [list(column) for column in zip(*events, strict=True)] or [[]] * 5)
            cursor.executemany(
                SEGMENT,
                [
                    (key, one.id, one.public_id, one.name, json_text(one.definition), WRITTEN_AT, WRITTEN_AT)
                    for one in workspace.segments
                ],
            )


Row = tuple[object, ...]


def _fields(workspace: Workspace) -> list[Row]:
    return [
        (
            workspace.id,
            declared.id,
            declared.key,
            declared.name,
            declared.type,
            declared.source,
            None if declared.options is None else json_text(declared.options),
        )
        for declared in workspace.fields
    ]


def _contact(workspace_id: int, contact: Contact) -> Row:
    return (
        workspace_id,
        contact.id,
        contact.email,
        contact.status,
        contact.first_name,
        contact.last_name,
        contact.country,
        json_text(contact.fields),
        contact.created_at,
        contact.updated_at,
        contact.deleted_at,
    )


def _rollup(workspace: Workspace) -> list[Row]:
    return [
        (
            workspace.id,
            contact.id,
            activity.delivered_count,
            activity.opens_count,
            activity.clicks_count,
            activity.last_open_at,
            activity.last_click_at,
        )
        for contact in workspace.contacts
        if (activity := contact.activity) is not None
    ]


def events_of(contact: Contact) -> Iterator[tuple[int, str, datetime]]:
    """Events (message, kind, time) whose rollup is the contact's; the last message is opened and clicked twice.

    So counting events gives another number, and the event stored last is not the last in time.
    """
    activity = contact.activity
    if activity is None:
        return
    for message in range(1, activity.delivered_count + 1):
        yield message, "delivered", WRITTEN_AT
    for kind, count, last in (
        ("open", activity.opens_count, activity.last_open_at),
        ("click", activity.clicks_count, activity.last_click_at),
    ):
        if last is None:
            continue
        for message in range(1, count + 1):
            yield message, kind, last
        if last.year > 1:
            yield count, kind, last - timedelta(hours=1)
