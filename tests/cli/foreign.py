"""Small databases of other programs, with the mappings of `tests/postgres/schemas` and a few rows each.

In each a tenant has three living contacts, of whom one has the tag and two the plan `pro`, and one that is deleted.
The segments are `tagged` (1), `pro` (2), `both`, which refers to them where the dialect can (1), and `broken`, which
names no field that there is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from postgres.conftest import connect

if TYPE_CHECKING:
    import psycopg

SCHEMAS = Path(__file__).parents[1] / "postgres" / "schemas"

Json = dict[str, object]

OWN = """
[own]
segment_counts = "segsql_history"
api_keys = "segsql_keys"
idempotency_keys = "segsql_idempotency_keys"
member_lists = "segsql_lists"
"""


def flat(*filters: Json) -> Json:
    return {"matchType": "all", "filters": [*filters]}


def tagged(tag: object) -> Json:
    return {"field": "tags", "operator": "contains", "value": [tag]}


def plan(value: str) -> Json:
    return {"field": "plan", "operator": "eq", "value": value}


def within_both(*segments: object) -> Json:
    filters = [{"type": "segment", "operator": "in", "value": [each]} for each in segments]
    return {"condition": "AND", "filters": filters}


BROKEN: Json = {"field": "no_such_field", "operator": "eq", "value": "x"}


@dataclass(frozen=True)
class Foreign:
    """A database: how it is filled, the tenant that is looked at, and the ids of things in it."""

    name: str
    rows: str
    workspace: str | None
    tag: object
    tagged: str
    pro: str
    both: str
    broken: str
    edit: str
    """Makes `pro` a definition that counts three."""
    newer: str
    """Writes another count of `tagged`, of this moment."""
    first: str
    """The id of the contact with the tag."""

    @property
    def options(self) -> tuple[str, ...]:
        """How the tenant is named."""
        return () if self.workspace is None else ("-w", self.workspace)

    def fill(self, dsn: str, folder: Path) -> Path:
        """Make the schema and its rows, and the mapping beside them; give the mapping's file."""
        with connect(dsn) as connection:
            connection.execute((SCHEMAS / self.name / "schema.sql").read_bytes())
            connection.execute(self.rows.encode())
        text = (SCHEMAS / self.name / "segsql.toml").read_text()
        file = folder / "segsql.toml"
        file.write_text(text.replace('files = "segments"', 'files = "segments"\ncounts = "segsql_counts"') + OWN)
        if self.name == "events":
            self.write_files(folder)
        return file

    def write_files(self, folder: Path) -> None:
        """The definitions: one of them a whole segment object."""
        (folder / "segments").mkdir()
        for name, definition in (
            (self.tagged, flat(tagged(self.tag))),
            (self.pro, {"name": "Professionals", "description": "Who pays", **flat(plan("pro"))}),
            (self.both, within_both(self.tagged, self.pro)),
            (self.broken, flat(BROKEN)),
        ):
            (folder / "segments" / f"{name}.json").write_text(json.dumps(definition, indent=2))

    def edit_pro(self, db: psycopg.Connection, folder: Path) -> None:
        if self.name == "events":
            (folder / "segments" / f"{self.pro}.json").write_text(self.edit)
        else:
            db.execute(self.edit.encode())


def _quoted(value: object) -> str:
    return "'" + json.dumps(value) + "'"


EVERYONE: Json = {"field": "email", "operator": "exists"}

PRISMA = Foreign(
    name="prisma",
    rows=f"""
        INSERT INTO "Workspace" ("id", "name", "slug") VALUES ('wrk_a', 'A', 'a'), ('wrk_b', 'B', 'b');
        INSERT INTO "Contact" ("id", "workspaceId", "email", "data", "tags", "deletedAt") VALUES
            ('c1', 'wrk_a', 'ada@example.com', '{{"plan": "pro"}}', '{{vip,new}}', NULL),
            ('c2', 'wrk_a', 'bob@example.com', '{{"plan": "pro"}}', '{{}}', NULL),
            ('c3', 'wrk_a', 'cyd@example.com', '{{}}', NULL, NULL),
            ('c4', 'wrk_a', 'dee@example.com', '{{"plan": "pro"}}', '{{vip}}', now()),
            ('c5', 'wrk_b', 'eve@example.com', '{{"plan": "pro"}}', '{{vip}}', NULL);
        INSERT INTO "ContactField" ("id", "workspaceId", "key", "label", "type")
        VALUES ('f1', 'wrk_a', 'plan', 'Plan', 'TEXT');
        INSERT INTO "EmailEvent" ("id", "workspaceId", "contactId", "messageId", "type", "createdAt")
        VALUES ('e1', 'wrk_a', 'c1', 'm1', 'OPENED', '2026-01-02 03:04:05');
        INSERT INTO "Segment" ("id", "workspaceId", "name", "filters") VALUES
            ('seg_tagged', 'wrk_a', 'Tagged', {_quoted([tagged("vip")])}),
            ('seg_pro', 'wrk_a', 'Pro', {_quoted([plan("pro")])}),
            ('seg_both', 'wrk_a', 'Both', {_quoted([tagged("vip"), plan("pro")])}),
            ('seg_broken', 'wrk_a', 'Broken', {_quoted([BROKEN])});
        UPDATE "Segment" SET "updatedAt" = '2026-01-01';
    """,
    workspace="wrk_a",
    tag="vip",
    tagged="seg_tagged",
    pro="seg_pro",
    both="seg_both",
    broken="seg_broken",
    edit=f"""UPDATE "Segment" SET "filters" = {_quoted([EVERYONE])}, "updatedAt" = now() AT TIME ZONE 'UTC'
        WHERE "id" = 'seg_pro'""",
    newer="""UPDATE "Segment" SET "cachedCount" = 77, "lastCountedAt" = clock_timestamp() AT TIME ZONE 'UTC'
        WHERE "id" = 'seg_tagged'""",
    first="c1",
)

RAILS = Foreign(
    name="rails",
    rows=f"""
        INSERT INTO accounts (id, name) VALUES (1, 'A'), (2, 'B');
        INSERT INTO contacts (id, account_id, email, discarded_at, last_opened_at) VALUES
            (1, 1, 'ada@example.com', NULL, '2026-01-02 03:04:05'), (2, 1, 'bob@example.com', NULL, NULL),
            (3, 1, 'cyd@example.com', NULL, NULL), (4, 1, 'dee@example.com', now(), NULL),
            (5, 2, 'eve@example.com', NULL, NULL);
        INSERT INTO custom_fields (id, account_id, key, label, field_type) VALUES (7, 1, 'plan', 'Plan', 'string');
        INSERT INTO custom_field_values (contact_id, custom_field_id, string_value)
        VALUES (1, 7, 'pro'), (2, 7, 'pro'), (4, 7, 'pro'), (5, 7, 'pro');
        INSERT INTO tags (id, account_id, name) VALUES (9, 1, 'vip');
        INSERT INTO taggings (tag_id, taggable_type, taggable_id)
        VALUES (9, 'Contact', 1), (9, 'Contact', 4), (9, 'User', 2);
        INSERT INTO segments (id, account_id, name, definition) VALUES
            (1, 1, 'Tagged', {_quoted(flat(tagged(9)))}), (2, 1, 'Pro', {_quoted(flat(plan("pro")))}),
            (3, 1, 'Both', {_quoted(within_both(1, 2))}), (4, 1, 'Broken', {_quoted(flat(BROKEN))});
        SELECT setval(pg_get_serial_sequence('segments', 'id'), 4);
        UPDATE segments SET updated_at = '2026-01-01';
    """,
    workspace="1",
    tag=9,
    tagged="1",
    pro="2",
    both="3",
    broken="4",
    edit=f"""UPDATE segments SET definition = {_quoted(flat(EVERYONE))}, updated_at = now() AT TIME ZONE 'UTC'
        WHERE id = 2""",
    newer="UPDATE segments SET contacts_count = 77, counted_at = clock_timestamp() AT TIME ZONE 'UTC' WHERE id = 1",
    first="1",
)

_TAG = "0b8f5c3e-6f3e-4d5b-9d0a-111111111111"


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


NEWSLETTER = Foreign(
    name="newsletter",
    rows=f"""
        INSERT INTO subscribers (id, email, attribs, deleted_at) VALUES
            ('{_uuid(1)}', 'ada@example.com', '{{"plan": "pro"}}', NULL),
            ('{_uuid(2)}', 'bob@example.com', '{{"plan": "pro"}}', NULL),
            ('{_uuid(3)}', 'cyd@example.com', '{{}}', NULL),
            ('{_uuid(4)}', 'dee@example.com', '{{"plan": "pro"}}', now());
        INSERT INTO lists (id, name) VALUES ('{_TAG}', 'vip');
        INSERT INTO subscriber_lists (subscriber_id, list_id) VALUES ('{_uuid(1)}', '{_TAG}'), ('{_uuid(4)}', '{_TAG}');
        INSERT INTO campaigns (id, name, subject, body) VALUES ('{_uuid(1)}', 'c', 's', 'b');
        INSERT INTO campaign_views (campaign_id, subscriber_id, created_at)
        VALUES ('{_uuid(1)}', '{_uuid(1)}', '2026-01-02T03:04:05Z');
        INSERT INTO segments (id, name, query) VALUES
            ('{_uuid(11)}', 'Tagged', {_quoted(flat(tagged(_TAG)))}),
            ('{_uuid(12)}', 'Pro', {_quoted(flat(plan("pro")))}),
            ('{_uuid(13)}', 'Both', {_quoted(within_both(_uuid(11), _uuid(12)))}),
            ('{_uuid(14)}', 'Broken', {_quoted(flat(BROKEN))});
        UPDATE segments SET updated_at = '2026-01-01';
    """,
    workspace=None,
    tag=_TAG,
    tagged=_uuid(11),
    pro=_uuid(12),
    both=_uuid(13),
    broken=_uuid(14),
    edit=f"UPDATE segments SET query = {_quoted(flat(EVERYONE))}, updated_at = now() WHERE id = '{_uuid(12)}'",
    newer=f"UPDATE segments SET subscriber_count = 77, counted_at = clock_timestamp() WHERE id = '{_uuid(11)}'",
    first=_uuid(1),
)

EVENTS = Foreign(
    name="events",
    rows="""
        INSERT INTO tenants (id, name) VALUES (1, 'A'), (2, 'B');
        INSERT INTO profiles (tenant_id, id, email, properties, labels, is_deleted) VALUES
            (1, 'p1', 'ada@example.com', '{"plan": "pro"}', '["vip"]', false),
            (1, 'p2', 'bob@example.com', '{"plan": "pro"}', '[]', false),
            (1, 'p3', 'cyd@example.com', '{}', '{}', false),
            (1, 'p4', 'dee@example.com', '{"plan": "pro"}', '["vip"]', true),
            (2, 'p1', 'eve@example.com', '{"plan": "pro"}', '["vip"]', false);
        INSERT INTO events (tenant_id, profile_id, name, message_id, occurred_at)
        VALUES (1, 'p1', 'email_opened', 'm1', '2026-01-02T03:04:05Z');
    """,
    workspace="1",
    tag="vip",
    tagged="tagged",
    pro="pro",
    both="both",
    broken="broken",
    edit=json.dumps(flat(EVERYONE)),
    newer="""UPDATE segsql_counts SET count = 77, counted_at = clock_timestamp()
        WHERE workspace_id = 1 AND segment_id = 'tagged'""",
    first="p1",
)

ALL = (PRISMA, RAILS, NEWSLETTER, EVENTS)
