"""A mapping against the live schema: what does not fit is told at once, with its path and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from cli.foreign import ALL, NEWSLETTER, Foreign
from cli.process import Inside
from postgres.conftest import connect
from postgres.foreign import FOREIGN, create, mapping_of, text_of
from segsql.catalog.mapping_file import default_mapping, read_mapping
from segsql.errors import InvalidMapping
from segsql.store import Database
from segsql.store.fitting import misfits, require_fit

Told = tuple[str, str, str, str]


def told(dsn: str, text: str) -> list[Told]:
    with closing(Database(dsn)) as database, database.reading() as connection:
        found = misfits(connection, read_mapping(text, "segsql.toml"))
    return [(problem.code.value, problem.path, problem.message, problem.hint) for problem in found]


def test_the_default_schema_fits_the_default_mapping(dsn: str) -> None:
    with closing(Database(dsn)) as database, database.reading() as connection:
        assert misfits(connection, default_mapping()) == ()


@pytest.mark.parametrize("name", FOREIGN)
def test_each_foreign_schema_fits_its_mapping(empty_dsn: str, name: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, name)
    with closing(Database(empty_dsn)) as database, database.reading() as opened:
        require_fit(opened, mapping_of(name), "segsql.toml")


@pytest.fixture
def prisma(empty_dsn: str) -> Iterator[psycopg.Connection]:
    with connect(empty_dsn) as connection:
        create(connection, "prisma")
        yield connection


def test_what_is_not_there_gets_the_nearest_name(prisma: psycopg.Connection, empty_dsn: str) -> None:
    text = (
        text_of("prisma")
        .replace('table = "Contact"', 'table = "contact"')
        .replace('table = "Segment"', 'table = "crm.Segment"')
        .replace('email = "email"', 'email = "mail"')
        .replace('key = "key"', 'key = "ky"')
        .replace('message = "messageId"', 'message = "message_id"')
    )
    assert told(empty_dsn, text) == [
        ("SEG511", "contacts.table", "The database has no table or view contact", "Did you mean Contact?"),
        (
            "SEG512",
            "events.message",
            '"EmailEvent" has no column message_id',
            "Did you mean messageId?",
        ),
        ("SEG512", "fields.key", '"ContactField" has no column ky', "Did you mean key?"),
        ("SEG511", "segments.table", "The database has no table or view crm.Segment", "Did you mean Segment?"),
    ]


def test_a_table_in_another_schema_is_found(prisma: psycopg.Connection, empty_dsn: str) -> None:
    prisma.execute('CREATE SCHEMA crm; ALTER TABLE "Contact" SET SCHEMA crm')
    assert [hint for _, _, _, hint in told(empty_dsn, text_of("prisma"))] == ["Did you mean crm.Contact?"]
    assert told(empty_dsn, text_of("prisma").replace('"Contact"', '"crm.Contact"')) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("public.contact", "Contact"),
        ("contact", "Contact"),
        ("hid.Contact", "hid.contact"),
        ("public.hidden", "hid.Hidden"),
    ],
)
def test_the_nearest_name_is_that_of_the_table_and_then_of_the_schema(
    prisma: psycopg.Connection, empty_dsn: str, written: str, meant: str
) -> None:
    prisma.execute('CREATE SCHEMA hid CREATE TABLE contact () CREATE TABLE "Hidden" ()')
    ((_, _, _, hint),) = told(empty_dsn, text_of("prisma").replace('"Contact"', f'"{written}"'))
    assert hint == f"Did you mean {meant}?"


def test_types_say_what_to_write(prisma: psycopg.Connection, empty_dsn: str) -> None:
    prisma.execute("""
        CREATE TYPE status AS ENUM ('subscribed', 'gone');
        CREATE DOMAIN code AS text;
        ALTER TABLE "Contact"
            ADD COLUMN kind status, ALTER COLUMN country TYPE code, ADD COLUMN seen date, ADD COLUMN extra json;
        ALTER TABLE "Segment" ADD COLUMN words text;
    """)
    text = (
        text_of("prisma")
        .replace('contact = "text"', 'contact = "bigint"')
        .replace('tag = "text"', 'tag = "uuid"')
        .replace('status = { column = "status", null = false }', 'status = "kind"')
        .replace('created_at = { column = "createdAt", type = "timestamp", null = false }', 'created_at = "createdAt"')
        .replace('json = "data"', 'json = "extra"')
        .replace('last_name = "lastName"', 'last_name = "extra"')
        .replace('count = "cachedCount"', 'count = "words"')
    )
    assert told(empty_dsn, text) == [
        (
            "SEG513",
            "contacts.id",
            'id of "Contact" is text, and the mapping says bigint',
            'Write contact = "text" in [ids]',
        ),
        (
            "SEG513",
            "contacts.builtins.last_name",
            'extra of "Contact" is json, and the mapping says text',
            'Write last_name = { json = "extra", path = ["…"], type = "json" }',
        ),
        (
            "SEG513",
            "contacts.builtins.status",
            'kind of "Contact" is enum status, and the mapping says text',
            'Write status = { column = "kind", type = "enum" }',
        ),
        (
            "SEG513",
            "contacts.builtins.created_at",
            'createdAt of "Contact" is timestamp without time zone, and the mapping says timestamptz',
            'Write created_at = { column = "createdAt", type = "timestamp" }',
        ),
        (
            "SEG513",
            "contacts.custom_values",
            'extra of "Contact" is json, and the mapping says jsonb',
            'Write type = "json"',
        ),
        (
            "SEG513",
            "contact_tags.array",
            'tags of "Contact" is text[], and the mapping says uuid[]',
            'Write type = "text[]", and tag = "text" in [ids]',
        ),
        (
            "SEG513",
            "events.contact",
            'contactId of "EmailEvent" is text, and the mapping says bigint',
            'Write contact = "text" in [ids]',
        ),
        (
            "SEG513",
            "segments.count",
            'words of "Segment" is text, and the mapping says a whole number',
            "Name a column of that type, or a view that has words::bigint",
        ),
    ]


def test_a_key_that_may_occur_twice_is_ambiguous(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "rails")
        connection.execute("DROP INDEX index_taggings_uniqueness, index_custom_field_values_on_contact_and_field")
    advice = "Name a key, a view of distinct rows, or run: CREATE UNIQUE INDEX CONCURRENTLY ON"
    field = "contact_id, custom_field_id"
    key, quoted = "taggable_id, tag_id, taggable_type", '"taggable_id", "tag_id", "taggable_type"'
    text = text_of("rails").replace('id = "id"\ndeleted', 'id = "account_id"\ndeleted')
    assert told(empty_dsn, text) == [
        (
            "SEG514",
            "contacts.id",
            "Two rows of contacts may have the same account_id: no unique index of it forbids that",
            f'{advice} contacts ("account_id");',
        ),
        (
            "SEG514",
            "contacts.custom_values.field",
            f"Two rows of custom_field_values may have the same {field}: no unique index of it forbids that",
            f'{advice} custom_field_values ("contact_id", "custom_field_id");',
        ),
        (
            "SEG514",
            "contact_tags.tag",
            f"Two rows of taggings may have the same {key}: no unique index of it forbids that",
            f"{advice} taggings ({quoted});",
        ),
    ]


def test_a_partitioned_table_takes_no_index_concurrently(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "newsletter")
        connection.execute("ALTER TABLE segments RENAME TO one")
        connection.execute("CREATE TABLE segments (LIKE one) PARTITION BY HASH (id)")
    ((_, path, _, hint),) = told(empty_dsn, text_of("newsletter"))
    assert path == "segments.id"
    assert hint.endswith('run: CREATE UNIQUE INDEX ON segments ("id");')


def test_a_definition_in_json_is_a_place_with_a_type(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "newsletter")
        connection.execute("ALTER TABLE segments ALTER COLUMN query TYPE json")
    assert told(empty_dsn, text_of("newsletter")) == [
        (
            "SEG513",
            "segments.definition",
            "query of segments is json, and the mapping says jsonb",
            'Write definition = { json = "query", type = "json" }, with its path if it has one',
        )
    ]


def test_texts_must_not_be_equal_that_differ(prisma: psycopg.Connection, empty_dsn: str) -> None:
    try:
        prisma.execute("CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("the server is built without ICU; PostgreSQL 15 in CI has it")
    prisma.execute('ALTER TABLE "Contact" ALTER COLUMN "firstName" TYPE text COLLATE no_case')
    assert told(empty_dsn, text_of("prisma")) == [
        (
            "SEG513",
            "contacts.builtins.first_name",
            'firstName of "Contact" has the collation no_case, under which different texts are equal',
            'Name a view that has firstName COLLATE "default"',
        )
    ]


def test_ids_of_contacts_sort_alike(prisma: psycopg.Connection, empty_dsn: str) -> None:
    prisma.execute('ALTER TABLE "EmailEvent" ALTER COLUMN "contactId" TYPE text COLLATE "C"')
    assert told(empty_dsn, text_of("prisma")) == [
        (
            "SEG513",
            "events.contact",
            'contactId of "EmailEvent" has the collation "C", and the contacts\' id "default"',
            'Name a view that has contactId COLLATE "default", or alter the column',
        )
    ]


def test_partial_and_expression_indexes_are_no_keys(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "newsletter")
        connection.execute("""
            ALTER TABLE segments DROP CONSTRAINT segments_pkey;
            CREATE UNIQUE INDEX ON segments (id) WHERE counted_at IS NULL;
            CREATE UNIQUE INDEX ON segments ((id::text));
        """)
    assert [path for _, path, _, _ in told(empty_dsn, text_of("newsletter"))] == ["segments.id"]


def test_views_are_taken_at_their_word(prisma: psycopg.Connection, empty_dsn: str) -> None:
    prisma.execute('CREATE VIEW people AS SELECT * FROM "Contact" WHERE "email" IS NOT NULL')
    prisma.execute('CREATE MATERIALIZED VIEW mails AS SELECT * FROM "EmailEvent"')
    text = text_of("prisma").replace('table = "Contact"', 'table = "people"')
    assert told(empty_dsn, text.replace('table = "EmailEvent"', 'table = "mails"')) == []


def test_all_that_is_wrong_is_one_error(prisma: psycopg.Connection, empty_dsn: str) -> None:
    mapping = read_mapping(text_of("prisma").replace('"Contact"', '"Contacts"').replace('"Segment"', '"Sgment"'), "m")
    with (
        closing(Database(empty_dsn)) as database,
        database.reading() as connection,
        pytest.raises(InvalidMapping, match=r"m: contacts.table: .*Contacts \(and 1 more\)"),
    ):
        require_fit(connection, mapping, "m")


def test_it_is_one_query(dsn: str) -> None:
    with closing(Database(dsn)) as database, database.reading() as connection:
        statements: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))
        misfits(connection, default_mapping())
    assert len(statements) == 1


def test_what_may_be_null_is_not_promised(prisma: psycopg.Connection, empty_dsn: str) -> None:
    if prisma.info.server_version >= 18_00_00:
        prisma.execute('ALTER TABLE "Contact" ADD CONSTRAINT from_now_on NOT NULL "email" NOT VALID')
    text = text_of("prisma").replace('email = "email"', 'email = { column = "email", null = false }')
    assert told(empty_dsn, text) == [
        (
            "SEG513",
            "contacts.builtins.email",
            'email of "Contact" may be null, and the mapping says null = false',
            'Leave null = false out, or run: ALTER TABLE "Contact" ALTER COLUMN "email" SET NOT NULL;',
        )
    ]


def test_enumerations_have_the_words(prisma: psycopg.Connection, empty_dsn: str) -> None:
    prisma.execute("""
        ALTER TABLE "EmailEvent" DROP CONSTRAINT "EmailEvent_type_check";
        CREATE TYPE kind AS ENUM ('DELIVERED', 'OPENED', 'CLICK');
        ALTER TABLE "EmailEvent" ALTER COLUMN "type" TYPE kind USING "type"::kind;
        CREATE TYPE state AS ENUM ('subscribed', 'gone');
        ALTER TABLE "Contact" ALTER COLUMN "status" DROP DEFAULT;
        ALTER TABLE "Contact" ALTER COLUMN "status" TYPE state USING "status"::state;
    """)
    text = text_of("prisma").replace('column = "status"', 'column = "status", type = "enum"')
    assert told(empty_dsn, text) == [
        ("SEG513", "events.words", "type is enum kind, which has no label CLICKED", "Did you mean CLICK?")
    ]
    assert told(empty_dsn, text.replace("CLICKED", "CLICK")) == []


WHY = "it is generated, or of a view that only shows it"

VIEWS = {
    "joined": "CREATE VIEW s AS SELECT s.* FROM segments s JOIN (SELECT 1 AS one) o ON o.one = 1",
    "computed": """CREATE VIEW s AS SELECT id, name, query, subscriber_count + 0 AS subscriber_count,
        counted_at + interval '0' AS counted_at, created_at, updated_at FROM segments""",
    "materialized": "CREATE MATERIALIZED VIEW s AS SELECT * FROM segments; CREATE UNIQUE INDEX ON s (id)",
    "generated": """CREATE TABLE s (id uuid PRIMARY KEY, name text, query jsonb, created_at timestamptz,
        updated_at timestamptz, subscriber_count int GENERATED ALWAYS AS (0) STORED,
        counted_at timestamptz GENERATED ALWAYS AS (updated_at) STORED)""",
    "distinct": "CREATE VIEW s AS SELECT DISTINCT * FROM segments",
}


@pytest.mark.parametrize("name", VIEWS)
def test_counts_need_columns_that_can_be_written(empty_dsn: str, name: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, "newsletter")
        connection.execute(VIEWS[name].encode())
    text = text_of("newsletter").replace('table = "segments"', 'table = "s"')
    hint = "Name another column, or a view that has it unchanged of one table; or make a trigger INSTEAD OF UPDATE"
    assert told(empty_dsn, text) == [
        ("SEG513", f"segments.{key}", f"No UPDATE can write {column} of s: {WHY}", hint)
        for key, column in (("count", "subscriber_count"), ("counted_at", "counted_at"))
    ]


WRITABLE = {
    "plain": "CREATE VIEW s AS SELECT * FROM segments",
    "of a view": "CREATE VIEW t AS SELECT * FROM segments; CREATE VIEW s AS SELECT * FROM t WHERE id IS NOT NULL",
    "by a rule": f"""
        {VIEWS["joined"]};
        CREATE RULE written AS ON UPDATE TO s DO INSTEAD
            UPDATE segments SET subscriber_count = NEW.subscriber_count, counted_at = NEW.counted_at WHERE id = NEW.id
            RETURNING segments.*;
    """,
    "triggered": f"""
        {VIEWS["joined"]};
        CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE segments SET subscriber_count = NEW.subscriber_count, counted_at = NEW.counted_at WHERE id = NEW.id;
            RETURN NEW;
        END $$;
        CREATE TRIGGER written INSTEAD OF UPDATE ON s FOR EACH ROW EXECUTE FUNCTION written();
    """,
}


@pytest.mark.parametrize("name", WRITABLE)
def test_views_that_counts_are_written_through(empty_dsn: str, tmp_path: Path, name: str) -> None:
    file = NEWSLETTER.fill(empty_dsn, tmp_path)
    file.write_text(text_of("newsletter").replace('table = "segments"', 'table = "s"'))
    with connect(empty_dsn) as connection:
        connection.execute(WRITABLE[name].encode())
        Inside(empty_dsn).ok("--mapping", str(file), "recount")
        counted = connection.execute("SELECT subscriber_count FROM segments ORDER BY id").fetchall()
    assert counted == [(1,), (2,), (1,), (None,)]


OWN_AND_NOT = {
    "a table of somebody else's": ("CREATE TABLE t (a int)", "SEG512", "t has no column workspace_id"),
    "another type": (
        """CREATE TABLE t (workspace_id text, segment_id text, counted_at timestamp, count bigint,
            previous_count bigint, PRIMARY KEY (workspace_id, segment_id, counted_at))""",
        "SEG513",
        "counted_at of t is timestamp without time zone, and the mapping says timestamp with time zone",
    ),
    "without its key": (
        """CREATE TABLE t (workspace_id text, segment_id text, counted_at timestamptz, count bigint,
            previous_count bigint)""",
        "SEG514",
        "Two rows of t may have the same workspace_id, segment_id, counted_at: no unique index of it forbids that",
    ),
}


@pytest.mark.parametrize("name", OWN_AND_NOT)
def test_an_own_table_is_as_init_makes_it(prisma: psycopg.Connection, empty_dsn: str, name: str) -> None:
    statement, *expected = OWN_AND_NOT[name]
    prisma.execute(statement.encode())
    code, path, message, hint = told(empty_dsn, text_of("prisma") + '[own]\nsegment_counts = "t"')[0]
    assert ([code, message], path) == (expected, "own.segment_counts")
    assert hint == "Rename or drop it, then run: segsql init"


@pytest.mark.parametrize("foreign", ALL, ids=lambda foreign: foreign.name)
def test_own_tables_fit_once_they_are_made(foreign: Foreign, empty_dsn: str, tmp_path: Path) -> None:
    file = foreign.fill(empty_dsn, tmp_path)
    assert {(code, hint) for code, _, _, hint in told(empty_dsn, file.read_text())} == {("SEG511", "Run: segsql init")}
    Inside(empty_dsn).ok("--mapping", str(file), "init")
    assert told(empty_dsn, file.read_text()) == []
