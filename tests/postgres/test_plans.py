"""Compiled counts use the indexes that are there for them: PostgreSQL's own plans on seeded data, by index name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from postgres.conftest import connect, database
from segsql.catalog import ArrayType, Catalog, Id, Tables, TagArray, default_tables
from segsql.compiler import WorkspaceCompiler, compile_segment
from segsql.plan import Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from segsql.render import Statement

pytestmark = pytest.mark.planner

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONTACTS = 30_000
RARE_TAG, COMMON_TAG = 7, 1
CATALOG = Catalog(workspace_id=1, tags={RARE_TAG: "rare", COMMON_TAG: "common"})

SEED = (
    "INSERT INTO workspaces (id, name) SELECT n, 'W' FROM generate_series(1, 3) n",
    """INSERT INTO tags (workspace_id, id, name)
        SELECT w, t, 'tag' FROM generate_series(1, 3) w, generate_series(1, 9) t""",
    f"""INSERT INTO contacts (workspace_id, id, email, status, country, created_at)
        SELECT w, n, 'User' || n || '@example' || n % 50 || '.com', 'subscribed', 'DE',
            timestamptz '2024-01-01Z' + n * interval '30 minutes'
        FROM generate_series(1, {CONTACTS}) n, generate_series(1, 3) w ORDER BY n, w""",
    f"""INSERT INTO contact_tags (workspace_id, contact_id, tag_id)
        SELECT w, n, CASE WHEN n % 1000 = 0 THEN {RARE_TAG} ELSE {COMMON_TAG} END
        FROM generate_series(1, {CONTACTS}) n, generate_series(1, 3) w ORDER BY n, w""",
    "ALTER TABLE contacts ADD COLUMN tag_ids integer[]",
    """UPDATE contacts c SET tag_ids = ARRAY[t.tag_id] FROM contact_tags t
        WHERE t.workspace_id = c.workspace_id AND t.contact_id = c.id""",
    "CREATE INDEX contacts_tag_ids ON contacts USING gin (tag_ids)",
    "ALTER TABLE email_events DISABLE TRIGGER USER",
    """INSERT INTO email_events (workspace_id, contact_id, message_id, kind, occurred_at)
        SELECT workspace_id, id, m, kind, created_at FROM contacts, generate_series(1, 2) m,
            unnest(ARRAY['delivered', 'open']) kind""",
    "VACUUM ANALYZE",
)
"""Three workspaces, interleaved in one heap."""


@pytest.fixture(scope="module")
def seeded(server_dsn: str, template: str, worker: str) -> Iterator[psycopg.Connection]:
    with (
        database(server_dsn, f"segsql_{worker}_plans", template) as dsn,
        connect(dsn) as connection,
    ):
        for statement in SEED:
            connection.execute(statement.encode())
        yield connection


def nodes(connection: psycopg.Connection, statement: Statement, *, cursor: bool = False) -> list[Mapping[str, Any]]:
    """Every node of the plan that PostgreSQL makes of the statement, or of a cursor that reads it."""
    query = f"EXPLAIN (FORMAT JSON) {'DECLARE c CURSOR FOR ' if cursor else ''}{statement.sql}"
    ((plans,),) = connection.execute(query.encode(), statement.params).fetchall()

    def walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield node
        for child in node.get("Plans", ()):
            yield from walk(child)

    return [node for plan in plans for node in walk(plan["Plan"])]


def indexes(connection: psycopg.Connection, statement: Statement) -> set[str]:
    return {node["Index Name"] for node in nodes(connection, statement) if "Index Name" in node}


def compiled(
    *filters: dict[str, Any], output: Output = Output.COUNT, match: str = "all", tables: Tables | None = None
) -> Statement:
    definition = {"matchType": match, "filters": list(filters)}
    catalog = replace(CATALOG, tables=tables or default_tables())
    return compile_segment(definition, catalog, workspace_id=1, now=NOW, output=output)


def condition(field: str, operator: str, value: object) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def scans(connection: psycopg.Connection, statement: Statement) -> set[str]:
    """The tables that are read from beginning to end."""
    return {node["Relation Name"] for node in nodes(connection, statement) if node["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("eq", "user4711@example11.com"),
        ("eq", "USER4711@EXAMPLE11.COM"),
        ("starts_with", "user4711"),
        ("starts_with", "USER4711@"),
        ("in", ["user1@example1.com", "user2@example2.com"]),
        ("in", [f"User{n}@example{n % 50}.com" for n in range(1, 1_000, 2)]),
    ],
)
@pytest.mark.parametrize("output", list(Output))
def test_an_address_is_found_by_the_unique_index(
    seeded: psycopg.Connection, operator: str, value: object, output: Output
) -> None:
    statement = compiled(condition("email", operator, value), output=output)
    assert indexes(seeded, statement) == {"contacts_email_key"}
    rows = seeded.execute(statement.sql.encode(), statement.params).fetchall()
    assert rows
    assert rows != [(0,)]


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("eq", "2024-03-01"),
        ("eq", "2024-03-01T00:00:00Z"),
        ("lt", "2024-01-10"),
        ("gte", "2025-09-10"),
        ("gt", "2025-09-10T00:00:00Z"),
        ("within_days", 170),
    ],
)
def test_a_time_of_creation_is_found_by_its_index(seeded: psycopg.Connection, operator: str, value: object) -> None:
    statement = compiled(condition("created_at", operator, value))
    assert indexes(seeded, statement) == {"contacts_created_at"}


def test_an_index_is_used_beside_other_conditions(seeded: psycopg.Connection) -> None:
    """A condition keeps its bare form under an AND, whatever stands beside it."""
    statement = compiled(
        condition("first_name", "contains", "x"),
        condition("email", "eq", "user4711@example11.com"),
        {"matchType": "none", "filters": [condition("country", "eq", "FR")]},
    )
    assert indexes(seeded, statement) == {"contacts_email_key"}


def test_one_of_two_addresses_or_days(seeded: psycopg.Connection) -> None:
    """Under an OR both indexes are read."""
    statement = compiled(
        condition("email", "eq", "user4711@example11.com"), condition("created_at", "eq", "2024-03-01"), match="any"
    )
    assert indexes(seeded, statement) == {"contacts_email_key", "contacts_created_at"}


@pytest.mark.parametrize("extra", [{}, {"match": "all"}])
def test_a_rare_tag_leads_to_its_contacts(seeded: psycopg.Connection, extra: dict[str, str]) -> None:
    """From the tag to the contacts, and not the other way round."""
    statement = compiled({**condition("tags", "contains", [RARE_TAG]), **extra})
    used = indexes(seeded, statement)
    assert "contact_tags_tag" in used
    assert scans(seeded, statement) == set()


def test_members_come_in_the_order_of_the_primary_key(seeded: psycopg.Connection) -> None:
    """Nothing is sorted: the first member is there at once, and memory stays the same."""
    statement = compiled(condition("status", "exists", None), output=Output.MEMBERS)
    found = nodes(seeded, statement, cursor=True)
    assert {node["Index Name"] for node in found if "Index Name" in node} == {"contacts_pkey"}
    assert "Sort" not in {node["Node Type"] for node in found}


def test_another_workspaces_rows_are_not_read(seeded: psycopg.Connection) -> None:
    """Every table of a statement is entered by the workspace, subqueries included."""
    segments: dict[Id, object] = {
        1: {"matchType": "all", "filters": [condition("tags", "contains", [RARE_TAG])]},
        2: {"matchType": "all", "filters": [condition("opens_count", "gte", 1)]},
        3: {"matchType": "all", "filters": [condition("tags", "eq", [COMMON_TAG])]},
    }
    catalog = Catalog(workspace_id=1, tags=CATALOG.tags, segments=segments)
    compiler = WorkspaceCompiler(catalog, workspace_id=1, now=NOW)
    for statement in [compiler.scan((1, 2, 3)).statement, *map(compiler.segment, segments)]:
        for node in nodes(seeded, statement):
            if "Relation Name" in node:
                conditions = " ".join(str(node.get(key, "")) for key in ("Index Cond", "Filter", "Recheck Cond"))
                assert "workspace_id" in conditions, node


def test_a_shared_scan_reads_contacts_once(seeded: psycopg.Connection) -> None:
    segments: dict[Id, object] = {
        number: {"matchType": "all", "filters": [condition("email", "contains", f"user{number}")]}
        for number in range(1, 30)
    }
    compiler = WorkspaceCompiler(Catalog(workspace_id=1, segments=segments), workspace_id=1, now=NOW)
    found = nodes(seeded, compiler.scan(tuple(segments)).statement)
    assert [node["Relation Name"] for node in found if node.get("Relation Name") == "contacts"] == ["contacts"]


@pytest.mark.parametrize("value", [True, False])
def test_what_folds_to_a_constant_reads_no_more_than_it_must(seeded: psycopg.Connection, value: bool) -> None:
    always = condition("status", "exists" if value else "not_exists", None)
    statement = compiled(always)
    read = {node["Relation Name"] for node in nodes(seeded, statement) if "Relation Name" in node}
    assert read == ({"contacts"} if value else set())


@pytest.mark.parametrize(
    ("operator", "more"), [("contains", {}), ("contains", {"match": "all"}), ("eq", {})], ids=["any", "all", "exactly"]
)
def test_an_array_of_tags_is_found_by_an_index_on_it(
    seeded: psycopg.Connection, operator: str, more: dict[str, str]
) -> None:
    rare = {**condition("tags", operator, [RARE_TAG]), **more}
    statement = compiled(rare, tables=replace(default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER)))
    assert indexes(seeded, statement) == {"contacts_tag_ids"}
    assert seeded.execute(statement.sql.encode(), statement.params).fetchall() == [(CONTACTS // 1000,)]


@pytest.mark.parametrize(
    "activity",
    [
        condition("last_open_at", "within_days", 36_000),
        condition("last_click_at", "not_exists", None),
        condition("opens_count", "eq", 2),
        condition("open_rate", "eq", 100),
    ],
    ids=lambda each: f"{each['field']} {each['operator']}",
)
def test_the_events_of_few_contacts_are_looked_up(seeded: psycopg.Connection, activity: dict[str, Any]) -> None:
    address = condition("email", "eq", "user4711@example11.com")
    statement = compiled(address, activity, tables=replace(default_tables(), activity=None))
    assert indexes(seeded, statement) == {"contacts_email_key", "email_events_message"}
    assert scans(seeded, statement) == set()
    assert seeded.execute(statement.sql.encode(), statement.params).fetchall() == [(1,)]


def test_events_are_read_once_however_many_conditions_ask(seeded: psycopg.Connection) -> None:
    many = (
        condition("opens_count", "gt", 5),
        condition("open_rate", "lt", 3),
        condition("last_open_at", "exists", None),
    )
    statement = compiled(*many, match="any", tables=replace(default_tables(), activity=None))
    read = [node.get("Relation Name") for node in nodes(seeded, statement)]
    assert read.count("email_events") == 1
    assert seeded.execute(statement.sql.encode(), statement.params).fetchall() == [(CONTACTS,)]
