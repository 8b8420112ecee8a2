"""Which indexes a mapping lacks: what is advised can be pasted, and then nothing lacks."""

from __future__ import annotations

from contextlib import closing

import pytest

from postgres.conftest import connect
from postgres.foreign import create, mapping_of, text_of
from segsql.catalog import Mapping, default_mapping, read_mapping
from segsql.checkup import Level, schema
from segsql.store import Database
from segsql.store.fitting import lacking_indexes
from segsql.store.inspection import ask, indexes

pytestmark = pytest.mark.planner

LACKING = {
    "events": [
        'profiles USING gin ("labels");',
        'events ("tenant_id", "profile_id", "name", "message_id", "occurred_at"); /* partitioned: writes wait */',
    ],
    "newsletter": [
        'subscriber_lists ("list_id", "subscriber_id");',
        'campaign_deliveries ("subscriber_id", "campaign_id", "delivered_at");',
        'campaign_views ("subscriber_id", "campaign_id", "created_at");',
        'link_clicks ("subscriber_id", "campaign_id", "created_at");',
    ],
    "prisma": [
        '"Contact" ("workspaceId", "id");',
        '"Contact" USING gin ("tags");',
        '"EmailEvent" ("workspaceId", "contactId", "type", "messageId", "createdAt");',
        '"Segment" ("workspaceId", "id");',
    ],
    "rails": [
        'contacts ("account_id", "id");',
        'custom_field_values ("custom_field_id", "contact_id");',
        'taggings ("taggable_type", "tag_id", "taggable_id");',
    ],
}


def lacking(dsn: str, mapping: Mapping) -> list[str]:
    with closing(Database(dsn)) as database, database.reading() as connection:
        return [each.sql for each in lacking_indexes(connection, mapping)]


def test_the_default_schema_lacks_none(dsn: str) -> None:
    assert lacking(dsn, default_mapping()) == []


@pytest.mark.parametrize("name", LACKING)
def test_what_is_advised_can_be_pasted(empty_dsn: str, name: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, name)
        advised = lacking(empty_dsn, mapping_of(name))
        assert [each.partition(" ON ")[2] for each in advised] == LACKING[name]
        for statement in advised:
            connection.execute(statement.encode())
    assert lacking(empty_dsn, mapping_of(name)) == []


def test_writers_are_not_blocked_but_where_partitions_are(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "events")
    of_profiles, of_events = (each.partition(" ON ")[0] for each in lacking(empty_dsn, mapping_of("events")))
    assert of_profiles == 'CREATE INDEX CONCURRENTLY IF NOT EXISTS "segsql_profiles_labels"'
    assert of_events == 'CREATE INDEX IF NOT EXISTS "segsql_events_tenant_id_profile_id_name_message_id_occurred_at"'


def test_each_index_has_a_name_of_its_own(empty_dsn: str) -> None:
    """Names that differ in case alone, behind the 63rd byte, or in where a column ends."""
    long, text = "a" * 40, text_of("newsletter")
    changes = {
        'contact = "subscriber_id"\ntag = "list_id"': f'contact = "{long}_contact"\ntag = "{long}_tag"',
        'table = "campaign_views"\ncontact = "subscriber_id"\nmessage = "campaign_id"': (
            'table = "mails"\ncontact = "on"\nmessage = "Campaign"'
        ),
        'table = "link_clicks"\ncontact = "subscriber_id"\nmessage = "campaign_id"': (
            'table = "mails"\ncontact = "on"\nmessage = "campaign"'
        ),
        'table = "campaign_deliveries"\ncontact = "subscriber_id"\nmessage = "campaign_id"': (
            'table = "mails"\ncontact = "on_campaign"\nmessage = "created"'
        ),
        'at = { column = "delivered_at", null = false }': 'at = "at"',
    }
    for right, other in changes.items():
        assert right in text
        text = text.replace(right, other)
    with connect(empty_dsn) as connection:
        create(connection, "newsletter")
        connection.execute(
            f"""
            ALTER TABLE subscriber_lists RENAME subscriber_id TO {long}_contact;
            ALTER TABLE subscriber_lists RENAME list_id TO {long}_tag;
            ALTER TABLE subscriber_lists DROP CONSTRAINT subscriber_lists_pkey;
            CREATE TABLE mails ("on" uuid, on_campaign uuid, "Campaign" uuid, campaign uuid, created uuid,
                created_at timestamptz, at timestamptz);
        """.encode()
        )
        advised = lacking(empty_dsn, read_mapping(text, "segsql.toml"))
        assert len(advised) == 5
        for statement in advised:
            connection.execute(statement.encode())
    assert lacking(empty_dsn, read_mapping(text, "segsql.toml")) == []


def test_an_index_of_the_living_will_do(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "prisma")
        connection.execute('CREATE INDEX ON "Contact" ("workspaceId", "id") WHERE "deletedAt" IS NULL')
        assert not any('"Contact" ("workspaceId"' in each for each in lacking(empty_dsn, mapping_of("prisma")))


def test_other_partial_indexes_and_invalid_ones_do_not(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "prisma")
        connection.execute("""CREATE INDEX ON "Contact" ("workspaceId", "id") WHERE "status" = 'subscribed'""")
        connection.execute('CREATE INDEX broken ON "Contact" ("workspaceId", "id")')
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass")
        assert any('"Contact" ("workspaceId"' in each for each in lacking(empty_dsn, mapping_of("prisma")))


def test_check_advises_them(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "rails")
    with closing(Database(empty_dsn, mapping=mapping_of("rails"))) as database:
        verdict = schema.indexes(ask(database, indexes))
        assert verdict.level is Level.WARNING
        assert verdict.found == (
            "lacking: contacts for a workspace's contacts in the order of their ids, custom_field_values for a field's "
            "custom values, taggings for contacts of a tag"
        )
        with connect(empty_dsn) as connection:
            for statement in verdict.advice.replace("; ", ";\n").splitlines():
                connection.execute(statement.encode())
        assert schema.indexes(ask(database, indexes)).level is Level.OK
