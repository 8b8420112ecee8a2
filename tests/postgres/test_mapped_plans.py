"""What the planner makes of statements on databases of other forms: the indexes that people have there are used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from postgres.conftest import connect, database
from segsql.catalog import Catalog, Field, FieldType, Id, read_mapping, tables_of
from segsql.compiler import WorkspaceCompiler
from segsql.plan import Forced, TagStrategy

pytestmark = pytest.mark.planner

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)

MAPPING = """
version = 1
[ids]
contact = "uuid"
tag = "text"
[contacts]
table = "crm.Person"
id = "id"
[contacts.builtins]
email = "email"
created_at = { column = "createdAt", type = "timestamp" }
[contacts.custom_values]
table = "crm.Value"
contact = "personId"
field = "fieldId"
value = "value"
[contact_tags]
table = "crm.Label"
contact = "personId"
tag = "name"
array = "labels"
type = "text[]"
[activity]
opens_count = "opens"
last_open_at = { column = "openedAt", type = "timestamp" }
[segments]
files = "segments"
"""

TABLES = """
CREATE SCHEMA crm;
CREATE TABLE crm."Person" (id uuid PRIMARY KEY, email text, "createdAt" timestamp, labels text[], opens int,
    "openedAt" timestamp);
CREATE TABLE crm."Value" ("personId" uuid, "fieldId" int, value text, PRIMARY KEY ("personId", "fieldId"));
CREATE TABLE crm."Label" ("personId" uuid, name varchar(20), PRIMARY KEY ("personId", name));
INSERT INTO crm."Person" SELECT md5(n::text)::uuid, n || '@x.org', timestamp '2026-03-29' - n * interval '1 hour',
    ARRAY['l' || n % 500], n % 7, timestamp '2026-03-29' - n * interval '1 hour' FROM generate_series(1, 20000) n;
INSERT INTO crm."Value" SELECT md5(n::text)::uuid, f, n % 900 FROM generate_series(1, 20000) n, generate_series(1, 3) f;
INSERT INTO crm."Label" SELECT md5(n::text)::uuid, 'l' || n % 500 FROM generate_series(1, 20000) n;
CREATE INDEX person_created ON crm."Person" ("createdAt");
CREATE INDEX person_opened ON crm."Person" ("openedAt");
CREATE INDEX person_labels ON crm."Person" USING gin (labels);
CREATE INDEX value_of_field ON crm."Value" ("fieldId", value);
CREATE INDEX label_name ON crm."Label" (name);
ANALYZE;
"""

CATALOG = Catalog(
    fields=(Field(1, "plan", "", FieldType.TEXT), Field(2, "score", "", FieldType.NUMBER)),
    tags=None,
    tables=tables_of(read_mapping(MAPPING, "plans.toml")),
)


@pytest.fixture(scope="module")
def crm(server_dsn: str, worker: str) -> Iterator[psycopg.Connection[Any]]:
    with database(server_dsn, f"segsql_{worker}_crm") as dsn, connect(dsn) as connection:
        connection.execute(TABLES.encode())
        yield connection


def condition(field: str, operator: str, value: object = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def nodes(connection: psycopg.Connection[Any], *filters: dict[str, Any], forced: Forced | None = None) -> str:
    """The plan's nodes and indexes, as words."""
    compiler = WorkspaceCompiler(
        Catalog(
            fields=CATALOG.fields,
            tags=None,
            tables=CATALOG.tables,
            segments={1: {"matchType": "all", "filters": list(filters)}},
        ),
        workspace_id=None,
        now=NOW,
        strategy=forced or Forced(),
    )
    statement = compiler.segment(1)
    rows = connection.execute(f"EXPLAIN {statement.sql}".encode(), statement.params).fetchall()
    return "\n".join(row for (row,) in rows)


def test_a_timestamp_is_found_by_its_index(crm: psycopg.Connection[Any]) -> None:
    assert "person_created" in nodes(crm, condition("created_at", "gt", "2026-03-28"))
    assert "person_opened" in nodes(crm, condition("last_open_at", "within_days", 1))


def test_a_row_of_custom_values_drives_the_query(crm: psycopg.Connection[Any]) -> None:
    """As a semi join, or a plain one where the key says that there is one row at most; under NOT as an anti join."""
    assert "value_of_field" in nodes(crm, condition("plan", "eq", "7"))
    assert "Anti Join" in nodes(crm, condition("plan", "ne", "7"))
    assert "SubPlan" not in nodes(crm, condition("score", "gt", 5))


def test_tags_by_names(crm: psycopg.Connection[Any]) -> None:
    assert "person_labels" in nodes(crm, condition("tags", "contains", ["l7"]))
    assert "person_labels" in nodes(crm, condition("tags", "eq", ["l7"]))
    by_rows = Forced(tags=TagStrategy.EXISTS)
    assert "label_name" in nodes(crm, condition("tags", "contains", ["l7"]), forced=by_rows)
    assert "label_name" in nodes(crm, condition("tags", "eq", ["l7", "l8"]), forced=by_rows)


def test_ranges_of_uuids_are_found_by_the_key(crm: psycopg.Connection[Any]) -> None:
    segments: dict[Id, object] = {n: {"matchType": "all", "filters": [condition("plan", "eq", str(n))]} for n in (1, 2)}
    catalog = Catalog(fields=CATALOG.fields, tags=None, tables=CATALOG.tables, segments=segments)
    compiler = WorkspaceCompiler(catalog, workspace_id=None, now=NOW)
    cuts = [f"{digit}0000000-0000-0000-0000-000000000000" for digit in "12"]
    statement = compiler.scan([1, 2], cuts).statement
    plan = crm.execute(f"EXPLAIN {statement.sql}".encode(), statement.params).fetchall()
    assert any('"Person_pkey"' in line for (line,) in plan)
    whole = compiler.scan([1, 2]).statement
    found = [crm.execute(each.sql.encode(), each.params).fetchone() for each in (statement, whole)]
    assert found == [(23, 23)] * 2
