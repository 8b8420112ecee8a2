"""The tables are a public contract (spec 2): every column, default, key and check, from the catalogs."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from postgres.dump_schema import dump

pytestmark = pytest.mark.planner

_BUILTINS = {
    1: ("email", "TEXT"),
    2: ("first_name", "TEXT"),
    3: ("last_name", "TEXT"),
    4: ("country", "COUNTRY"),
    5: ("status", "TEXT"),
    6: ("created_at", "DATE"),
    7: ("updated_at", "DATE"),
    8: ("last_open_at", "DATE"),
    9: ("last_click_at", "DATE"),
    10: ("delivered_count", "NUMBER"),
    11: ("opens_count", "NUMBER"),
    12: ("clicks_count", "NUMBER"),
}

# table -> "column type[?] [= default]"; "?" allows null.
_CONTRACT = {
    "workspaces": (
        "id bigint",
        "name text",
        "timezone text = 'UTC'::text",
        "segment_limit integer?",
        "created_at timestamp with time zone = now()",
    ),
    "contacts": (
        "workspace_id bigint",
        "id bigint",
        "email text?",
        "status text = 'subscribed'::text",
        "first_name text?",
        "last_name text?",
        "country text?",
        "fields jsonb = '{}'::jsonb",
        "created_at timestamp with time zone = now()",
        "updated_at timestamp with time zone = now()",
        "deleted_at timestamp with time zone?",
    ),
    "contact_fields": (
        "workspace_id bigint",
        "id integer",
        "key text",
        "name text",
        "type text",
        "source text?",
        "options jsonb?",
    ),
    "tags": ("workspace_id bigint", "id integer", "name text"),
    "contact_tags": (
        "workspace_id bigint",
        "contact_id bigint",
        "tag_id integer",
        "created_at timestamp with time zone = now()",
    ),
    "email_events": (
        "workspace_id bigint",
        "contact_id bigint",
        "message_id bigint",
        "kind text",
        "occurred_at timestamp with time zone",
    ),
    "contact_activity": (
        "workspace_id bigint",
        "contact_id bigint",
        "delivered_count bigint = 0",
        "opens_count bigint = 0",
        "clicks_count bigint = 0",
        "last_open_at timestamp with time zone?",
        "last_click_at timestamp with time zone?",
    ),
    "segments": (
        "workspace_id bigint",
        "id bigint = identity by default",
        "public_id text = generated",
        "name text",
        "description text?",
        "definition jsonb",
        "cached_count bigint?",
        "last_counted_at timestamp with time zone?",
        "created_at timestamp with time zone = now()",
        "updated_at timestamp with time zone = now()",
    ),
    "api_keys": (
        "workspace_id bigint",
        "id bigint = identity by default",
        "prefix text",
        "key_hash bytea",
        "scopes text[]",
        "created_at timestamp with time zone = now()",
        "revoked_at timestamp with time zone?",
    ),
    "segment_counts": (
        "workspace_id bigint",
        "segment_id bigint",
        "counted_at timestamp with time zone",
        "count bigint",
        "previous_count bigint?",
    ),
    "idempotency_keys": (
        "workspace_id bigint",
        "key text",
        "fingerprint bytea",
        "response text?",
        "created_at timestamp with time zone = now()",
    ),
    "member_lists": (
        "workspace_id bigint",
        "segment_id bigint",
        "reader text",
        "definition jsonb",
        "taken_at timestamp with time zone",
        "ids bytea",
    ),
    "segsql_migrations": ("version integer", "name text", "applied_at timestamp with time zone = now()"),
}


@pytest.fixture
def workspace(db: psycopg.Connection) -> int:
    """A workspace with contacts 1 and 2 and tag 1."""
    db.execute("INSERT INTO workspaces (id, name) VALUES (7, 'w')")
    db.execute("INSERT INTO contacts (workspace_id, id, email) VALUES (7, 1, 'Ann@example.com'), (7, 2, NULL)")
    db.execute("INSERT INTO tags (workspace_id, id, name) VALUES (7, 1, 'vip')")
    return 7


@pytest.mark.parametrize("table", _CONTRACT)
def test_columns(db: psycopg.Connection, table: str) -> None:
    query = """
        SELECT concat(a.attname, ' ', format_type(a.atttypid, NULL), CASE WHEN NOT a.attnotnull THEN '?' END),
               CASE WHEN a.attidentity = 'd' THEN 'identity by default'
                    WHEN a.attname = 'public_id' THEN 'generated'
                    ELSE pg_get_expr(d.adbin, d.adrelid) END
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    """
    found = tuple(f"{column} = {default}" if default else column for column, default in db.execute(query, (table,)))
    assert found == _CONTRACT[table]


def test_nothing_else(db: psycopg.Connection) -> None:
    tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    assert {name for (name,) in tables} == set(_CONTRACT)


def test_every_key_begins_with_workspace_id(db: psycopg.Connection) -> None:
    query = """
        SELECT i.indexrelid::regclass::text, a.attname FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = current_schema()::regnamespace
    """
    assert {index: column for index, column in db.execute(query) if column != "workspace_id"} == {
        "workspaces_pkey": "id",
        "segsql_migrations_pkey": "version",
        "api_keys_prefix": "prefix",
        "idempotency_keys_created_at": "created_at",
        "member_lists_taken_at": "taken_at",
    }


def test_counts_are_hot(db: psycopg.Connection, workspace: int) -> None:
    (options,) = db.execute("SELECT reloptions FROM pg_class WHERE oid = 'segments'::regclass").fetchone() or ()
    assert options == ["fillfactor=50"]
    indexed = """
        SELECT a.attname FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = 'segments'::regclass
    """
    assert {column for (column,) in db.execute(indexed)} == {"workspace_id", "id", "public_id"}


def test_an_address_is_unique_among_the_living_in_any_case(db: psycopg.Connection, workspace: int) -> None:
    insert = "INSERT INTO contacts (workspace_id, id, email, deleted_at) VALUES (%s, %s, %s, %s)"
    with pytest.raises(errors.UniqueViolation):
        db.execute(insert, (workspace, 3, "ANN@EXAMPLE.COM", None))
    db.execute(insert, (workspace, 3, "ann@example.com", "2026-01-01"))
    db.execute(insert, (workspace, 4, "ann@example.com", "infinity"))
    db.execute(insert, (workspace, 5, None, None))
    db.execute("INSERT INTO workspaces (id, name) VALUES (8, 'other')")
    db.execute(insert, (8, 3, "ann@example.com", None))


@pytest.mark.parametrize("fields", [[], "text", 1, None, True])
def test_fields_are_an_object(db: psycopg.Connection, workspace: int, fields: object) -> None:
    with pytest.raises(errors.CheckViolation):
        db.execute("INSERT INTO contacts (workspace_id, id, fields) VALUES (7, 9, %s)", (Jsonb(fields),))


_FIELD = """
    INSERT INTO contact_fields (workspace_id, id, key, name, type, source, options)
    VALUES (7, %(id)s, %(key)s, 'n', %(type)s, %(source)s, %(options)s)
"""
_GOOD_FIELD = {"id": 50, "key": "plan", "type": "TEXT", "source": None, "options": None}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"key": "a"},
        {"key": "a_1"},
        {"options": Jsonb([])},
        {"options": Jsonb(["a", ""]), "type": "DROPDOWN_MULTIPLE"},
        {"key": "status", "source": "status", "type": "DROPDOWN_SINGLE"},
        {"key": "state", "source": "status"},
        {"key": "email", "source": "email", "type": "NUMBER"},
    ],
)
def test_declarable(db: psycopg.Connection, workspace: int, change: dict[str, object]) -> None:
    db.execute(_FIELD, _GOOD_FIELD | change)


_NOT_OPTIONS: tuple[object, ...] = ({}, "a", None, [1], ["a", None], [["a"]], 1)


@pytest.mark.parametrize(
    "change",
    [
        *({"key": key} for key in ("", "A", "1a", "_a", "a-b", "a b", "a\n", "\u00e4", "a.b")),
        *({"key": key} for key in ("tags", "open_rate", "click_rate", "metadata", "segment")),
        *({"key": key} for key, _ in _BUILTINS.values()),
        {"key": "email", "source": "status"},
        {"source": "id"},
        {"type": "text"},
        {"type": "ARRAY"},
        *({"options": Jsonb(options)} for options in _NOT_OPTIONS),
    ],
)
def test_not_declarable(db: psycopg.Connection, workspace: int, change: dict[str, object]) -> None:
    with pytest.raises(errors.CheckViolation):
        db.execute(_FIELD, _GOOD_FIELD | change)


def test_a_field_key_is_unique_in_its_workspace(db: psycopg.Connection, workspace: int) -> None:
    db.execute(_FIELD, _GOOD_FIELD)
    with pytest.raises(errors.UniqueViolation):
        db.execute(_FIELD, _GOOD_FIELD | {"id": 51})


def test_builtin_fields_are_declared_on_demand(db: psycopg.Connection, workspace: int) -> None:
    assert db.execute("SELECT FROM contact_fields").rowcount == 0
    for _ in range(2):
        db.execute("SELECT declare_builtin_fields(%s)", (workspace,))
        found = db.execute("SELECT id, key, type, source, options, workspace_id FROM contact_fields").fetchall()
        assert {row[0]: row[1:] for row in found} == {
            id_: (key, type_, key, None, workspace) for id_, (key, type_) in _BUILTINS.items()
        }


def test_a_builtin_declared_before_is_kept(db: psycopg.Connection, workspace: int) -> None:
    db.execute(_FIELD, _GOOD_FIELD | {"key": "status", "source": "status", "type": "DROPDOWN_SINGLE"})
    db.execute("SELECT declare_builtin_fields(7)")
    found = db.execute("SELECT id, type FROM contact_fields WHERE key = 'status'").fetchall()
    assert found == [(50, "DROPDOWN_SINGLE")]


def test_a_builtin_id_taken_by_another_field_is_an_error(db: psycopg.Connection, workspace: int) -> None:
    db.execute(_FIELD, _GOOD_FIELD | {"id": 3})
    with pytest.raises(errors.UniqueViolation):
        db.execute("SELECT declare_builtin_fields(7)")
    assert db.execute("SELECT id FROM contact_fields").fetchall() == [(3,)]


@pytest.mark.parametrize("count", ["delivered_count", "opens_count", "clicks_count"])
def test_counts_are_not_negative(db: psycopg.Connection, workspace: int, count: str) -> None:
    insert = f"INSERT INTO contact_activity (workspace_id, contact_id, {count}) VALUES (7, 1, -1)"
    with pytest.raises(errors.CheckViolation):
        db.execute(insert.encode())


def test_kinds_of_events(db: psycopg.Connection, workspace: int) -> None:
    insert = "INSERT INTO email_events VALUES (7, 1, 1, %s, now())"
    for kind in ("delivered", "open", "click"):
        db.execute(insert, (kind,))
    with pytest.raises(errors.CheckViolation):
        db.execute(insert, ("bounce",))


@pytest.mark.parametrize("gone", ["tags", "contacts", "workspaces"])
def test_contact_tags_go_with_their_tag_or_contact(db: psycopg.Connection, workspace: int, gone: str) -> None:
    db.execute("INSERT INTO contact_tags (workspace_id, contact_id, tag_id) VALUES (7, 1, 1)")
    db.execute("INSERT INTO email_events VALUES (7, 1, 1, 'open', now())")
    db.execute(f"DELETE FROM {gone} WHERE id IN (1, 7)".encode())
    assert db.execute("SELECT FROM contact_tags").rowcount == 0
    left = db.execute("SELECT FROM contact_activity").rowcount
    assert left == (1 if gone == "tags" else 0)


def test_a_tag_row_needs_its_tag_and_contact(db: psycopg.Connection, workspace: int) -> None:
    for contact, tag in ((1, 2), (3, 1)):
        with pytest.raises(errors.ForeignKeyViolation):
            db.execute(
                "INSERT INTO contact_tags (workspace_id, contact_id, tag_id) VALUES (7, %s, %s)",
                (contact, tag),
            )


def test_public_ids_are_generated(db: psycopg.Connection, workspace: int) -> None:
    insert = "INSERT INTO segments (workspace_id, name, definition) VALUES (7, 'n', '{}')"
    db.cursor().executemany(insert, [()] * 99)
    found = [public_id for (public_id,) in db.execute("SELECT public_id FROM segments")]
    assert len(set(found)) == 99
    assert all(re.fullmatch("c[a-z0-9]{24}", public_id) for public_id in found)


def test_a_public_id_begins_with_a_letter_and_is_unique(db: psycopg.Connection, workspace: int) -> None:
    insert = "INSERT INTO segments (workspace_id, public_id, name, definition) VALUES (%s, %s, 'n', '{}')"
    db.execute(insert, (7, "clx_seg_high_engage_id"))
    for bad in ("", "1a", "_a", "17"):
        with pytest.raises(errors.CheckViolation):
            db.execute(insert, (7, bad))
    with pytest.raises(errors.UniqueViolation):
        db.execute(insert, (7, "clx_seg_high_engage_id"))
    db.execute("INSERT INTO workspaces (id, name) VALUES (8, 'other')")
    db.execute(insert, (8, "clx_seg_high_engage_id"))


def test_updated_at_follows_the_definition_alone(db: psycopg.Connection, workspace: int) -> None:
    db.execute("INSERT INTO segments (workspace_id, id, name, definition) VALUES (7, 1, 'n', '{\"a\": 1}')")
    read = "SELECT updated_at FROM segments"
    before = db.execute(read).fetchone()
    for untouched in (
        "cached_count = 5, last_counted_at = now()",
        "name = 'm', description = 'd'",
        "definition = '{\"a\": 1}'",
        "definition = definition, cached_count = 6",
    ):
        db.execute(f"UPDATE segments SET {untouched}".encode())
        assert db.execute(read).fetchone() == before
    with db.transaction():
        (start,) = db.execute("SELECT now() FROM pg_sleep(0.01)").fetchone() or ()
        db.execute("UPDATE segments SET definition = '{\"a\": 2}'")
        (after,) = db.execute(read).fetchone() or ()
    assert after > start


def test_schema_sql_is_what_the_migrations_give(dsn: str) -> None:
    stored = (Path(__file__).parents[2] / "sql" / "schema.sql").read_text()
    assert dump(dsn) == stored, "python tests/postgres/dump_schema.py > sql/schema.sql"
