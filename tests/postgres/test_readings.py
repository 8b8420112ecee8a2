"""What is stored can never abort a query, wherever it lies: odd values by hand, each with who must be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from postgres.conftest import connect, database
from segsql.catalog import Catalog, ColumnType, Field, FieldType, Id, InColumn, InJson, Tables, read_mapping, tables_of
from segsql.compiler import WorkspaceCompiler, compile_segment
from segsql.plan import EavStrategy, Forced, Output

pytestmark = pytest.mark.planner

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)

MAPPING = """
version = 1
[contacts]
table = "people"
id = "id"
[contacts.builtins]
email = "email"
[contacts.custom_values]
json = "document"
type = "json"
[contact_tags]
array = "tags"
type = "jsonb"
[segments]
files = "segments"
"""

TABLE = """
CREATE TABLE people (id int PRIMARY KEY, email varchar(40), document json, tags jsonb, labels text[], numbers int[],
    ratio double precision, code char(4), notes text)
"""

DOCUMENTS = {
    1: '{"a": "x"}',
    2: '{"a": 1, "a": "x"}',
    3: '{"a": "x", "b": "\\u0000"}',
    4: '{"a": "x", "b\\u0000": 1}',
    5: '{"a": "x", "b": "\\ud83d"}',
    6: '{"a": "x", "b": "\\\\u0000 \\ud83d\\ude00"}',
    7: '{"a": 1e400000}',
    8: '{"a": 1.50}',
    9: '{"a": 15e-1}',
    10: '{"a": true}',
    11: '{"a": null}',
    12: '[{"a": "x"}]',
    13: '"a"',
    14: "null",
    15: '{"a": ["x", "y", "x"]}',
    16: '{"a": ["x", 1e400000]}',
    17: '{"a": ["\\ud83d\\ude00", "\\\\"]}',
    18: '{"a": [["x"]]}',
    19: '{"a": "2026-03-29"}',
    20: None,
    21: '{"a": {"a": "x"}}',
    22: '{"a": "' + "9" * 2000 + '"}',
    23: '{"a": ' + "9" * 2000 + "}",
}

TAGS = {
    1: "[1, 2]",
    2: "[2, 1, null, 2]",
    3: "[1]",
    4: "[]",
    5: "[null]",
    6: '{"1": 2}',
    7: "1",
    8: '["1", "2"]',
    9: "[[1, 2]]",
    10: "[1.0, 2, {}]",
    11: "null",
}

ARRAYS = {1: "{a,b}", 2: "{b,a,a}", 3: "{a,NULL}", 4: "{}", 5: "{{a,b},{c,d}}", 6: "{NULL}", 7: None, 8: "{c}"}


@pytest.fixture(scope="module")
def people(server_dsn: str, worker: str) -> Iterator[psycopg.Connection[Any]]:
    with database(server_dsn, f"segsql_{worker}_readings") as dsn, connect(dsn) as connection:
        connection.execute(TABLE.encode())
        with connection.cursor() as cursor:
            rows = [
                (id_, f"{id_}@x.org", document, TAGS.get(id_), ARRAYS.get(id_), id_ / 4, f"c{id_}", f"{id_}.0")
                for id_, document in DOCUMENTS.items()
            ]
            insert = "INSERT INTO people VALUES (%s, %s, %s::json, %s::jsonb, %s::text[], NULL, %s, %s, %s)"
            cursor.executemany(insert, rows)
        yield connection


def field(id_: int, type_: FieldType, place: InColumn | InJson | None = None, key: str = "") -> Field:
    return Field(id_, key or f"f{id_}", "", type_, place=place or InJson("document", ColumnType.JSON, ("a",)))


FIELDS = (
    field(1, FieldType.TEXT),
    field(2, FieldType.NUMBER),
    field(3, FieldType.BOOLEAN),
    field(4, FieldType.DATE),
    field(5, FieldType.DROPDOWN_MULTIPLE),
    field(6, FieldType.DROPDOWN_MULTIPLE, InColumn("labels", ColumnType.TEXT_ARRAY)),
    field(7, FieldType.NUMBER, InColumn("ratio", ColumnType.NUMERIC)),
    field(8, FieldType.TEXT, InColumn("code", ColumnType.TEXT)),
    field(9, FieldType.NUMBER, InColumn("notes", ColumnType.TEXT)),
    field(10, FieldType.TEXT, InColumn("email", ColumnType.TEXT)),
)
CATALOG = Catalog(fields=FIELDS, tags=None, tables=tables_of(read_mapping(MAPPING, "readings.toml")))

READABLE = {*DOCUMENTS} - {3, 4, 5}


def flat(field_: str, operator: str, value: object = None, **more: object) -> dict[str, Any]:
    return {"matchType": "all", "filters": [{"field": field_, "operator": operator, "value": value, **more}]}


def found(connection: psycopg.Connection[Any], definition: dict[str, Any], catalog: Catalog = CATALOG) -> set[int]:
    """The members; a shared scan counts as many."""
    statement = compile_segment(definition, catalog, workspace_id=None, now=NOW, output=Output.MEMBERS)
    members = {id_ for id_, _ in connection.execute(statement.sql.encode(), statement.params)}
    scanning = replace(catalog, segments={1: definition})
    scan = WorkspaceCompiler(scanning, workspace_id=None, now=NOW).scan([1]).statement
    assert connection.execute(scan.sql.encode(), scan.params).fetchone() == (len(members),)
    return members


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (flat("f1", "eq", "x"), {1, 2, 6}),
        (flat("f1", "eq", "1.50"), {8}),
        (flat("f1", "eq", "1.5"), {9}),
        (flat("f1", "eq", "true"), {10}),
        (flat("f1", "exists"), {1, 2, 6, 8, 9, 10, 19, 22}),
        (flat("f1", "contains", "999"), {22}),
        (flat("f2", "eq", Decimal("1.5")), {8, 9}),
        (flat("f2", "gt", 0), {8, 9}),
        (flat("f2", "exists"), {8, 9}),
        (flat("f3", "eq", True), {10}),
        (flat("f4", "eq", "2026-03-29"), {19}),
        (flat("f4", "within_days", 1), {19}),
        (flat("f5", "eq", ["y", "x"]), {15}),
        (flat("f5", "contains", ["\U0001f600"]), {17}),
        (flat("f5", "contains", ["\\"]), {17}),
        (flat("f5", "exists"), {15, 17}),
        (flat("metadata.a", "exists"), READABLE - {11, 12, 13, 14, 20}),
        (flat("metadata.a", "eq", "x"), {1, 2, 6}),
        (flat("metadata.b", "contains", "\\u0000"), {6}),
    ],
)
def test_json(people: psycopg.Connection[Any], definition: dict[str, Any], expected: set[int]) -> None:
    assert found(people, definition) == expected


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (flat("tags", "contains", [1]), {1, 2, 3, 10}),
        (flat("tags", "contains", [1, 2], match="all"), {1, 2, 10}),
        (flat("tags", "eq", [2, 1]), {1, 2}),
        (flat("tags", "exists"), {1, 2, 3, 8, 10}),
        (flat("tags", "not_contains", [1]), {*DOCUMENTS} - {1, 2, 3, 10}),
        (flat("tags", "contains", [2_000_000_000]), set()),
    ],
)
def test_tags_in_jsonb(people: psycopg.Connection[Any], definition: dict[str, Any], expected: set[int]) -> None:
    assert found(people, definition) == expected


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (flat("f6", "eq", ["a", "b"]), {1, 2}),
        (flat("f6", "eq", []), {4}),
        (flat("f6", "contains", ["a"]), {1, 2, 5}),
        (flat("f6", "exists"), {1, 2, 4, 5, 8}),
        (flat("f7", "gte", 5), {20, 21, 22, 23}),
        (flat("f8", "eq", "c1"), {1}),
        (flat("f8", "in", ["c1", "c22"]), {1, 22}),
        (flat("f9", "lt", 3), {1, 2}),
        (flat("f10", "ends_with", "9@X.ORG"), {9, 19}),
    ],
)
def test_columns(people: psycopg.Connection[Any], definition: dict[str, Any], expected: set[int]) -> None:
    assert found(people, definition) == expected


def test_codes_of_a_column_of_another_width(people: psycopg.Connection[Any]) -> None:
    """Many comparisons with one column in a scan: look-ups among numerics, of doubles."""
    definitions = [flat("f7", each, n / 2) for n, each in enumerate(["gt", "lt", "eq", "gte", "lte"] * 8)]
    segments = dict[Id, object](enumerate(definitions))
    compiler = WorkspaceCompiler(replace(CATALOG, segments=segments), workspace_id=None, now=NOW)
    scan = compiler.scan([*segments]).statement
    assert "WIDTH_BUCKET" in scan.sql
    expected = tuple(len(found(people, definition)) for definition in definitions)
    assert people.execute(scan.sql.encode(), scan.params).fetchone() == expected


def with_array(column: str, type_: str) -> Tables:
    text = MAPPING.replace('array = "tags"\ntype = "jsonb"', f'array = "{column}"\ntype = "{type_}"')
    return tables_of(read_mapping('version = 1\n[ids]\ntag = "text"' + text.replace("\nversion = 1", ""), "array.toml"))


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (flat("tags", "contains", ["a"]), {1, 2, 3, 5}),
        (flat("tags", "eq", ["a"]), {3}),
        (flat("tags", "eq", ["b", "a"]), {1, 2}),
        (flat("tags", "exists"), {1, 2, 3, 8}),
        (flat("tags", "not_exists"), {*DOCUMENTS} - {1, 2, 3, 8}),
    ],
)
def test_tags_in_an_array(people: psycopg.Connection[Any], definition: dict[str, Any], expected: set[int]) -> None:
    catalog = replace(CATALOG, tables=with_array("labels", "text[]"))
    assert found(people, definition, catalog) == expected


ROWS = """
version = 1
[contacts]
table = "people"
id = "id"
[contacts.custom_values]
table = "person_values"
contact = "person"
field = "key"
by = "key"
%s
[segments]
files = "segments"
"""

VALUES = {
    1: "x", 2: "15", 3: "1e3", 4: "1e400000", 5: "NaN", 6: " 15", 7: "0x1", 8: "true", 9: "TRUE", 10: "t", 11: "",
    12: "2026-03-29", 13: "2026-03-29T10:00:00Z", 14: '["a", "b"]', 15: '["a", 1]', 16: '["\\u0000"]', 17: '["a"',
    18: "1_000", 19: "-0.50", 20: None, 21: "9" * 2000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "definition", "expected"),
    [
        (FieldType.TEXT, flat("k", "eq", "15"), {2}),
        (FieldType.TEXT, flat("k", "exists"), {*VALUES} - {20}),
        (FieldType.NUMBER, flat("k", "exists"), {2, 3, 19}),
        (FieldType.NUMBER, flat("k", "gte", 15), {2, 3}),
        (FieldType.BOOLEAN, flat("k", "eq", True), {8}),
        (FieldType.BOOLEAN, flat("k", "not_exists"), {*DOCUMENTS} - {8}),
        (FieldType.DATE, flat("k", "exists"), {12}),
        (FieldType.DATE, flat("k", "within_days", 1), {12}),
        (FieldType.DROPDOWN_MULTIPLE, flat("k", "contains", "b"), {14}),
        (FieldType.DROPDOWN_MULTIPLE, flat("k", "exists"), {14}),
        (FieldType.TEXT, flat("metadata.k", "gt", 1), {2, 3}),
        (FieldType.TEXT, flat("metadata.k", "eq", True), {8}),
        (FieldType.TEXT, flat("metadata.k", "within_days", 1), {12, 13}),
        (FieldType.TEXT, flat("metadata.k", "exists"), {*VALUES} - {20}),
        (FieldType.TEXT, flat("metadata.other", "exists"), set()),
    ],
)
def test_rows_of_text(
    people: psycopg.Connection[Any], type_: FieldType, definition: dict[str, Any], expected: set[int]
) -> None:
    """Looked up, and pivoted in the scan."""
    people.execute(b"CREATE TABLE IF NOT EXISTS person_values (person int, key text, value text)")
    people.execute(b"TRUNCATE person_values")
    with people.cursor() as cursor:
        cursor.executemany("INSERT INTO person_values VALUES (%s, 'k', %s)", [*VALUES.items()])
    tables = tables_of(read_mapping(ROWS % 'value = "value"', "rows.toml"))
    catalog = Catalog(fields=(Field(1, "k", "", type_),), tables=tables)
    assert found(people, definition, catalog) == expected
    pivoted = compile_segment(definition, catalog, workspace_id=None, now=NOW, strategy=Forced(eav=EavStrategy.PIVOTED))
    assert people.execute(pivoted.sql.encode(), pivoted.params).fetchone() == (len(expected),)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (flat("metadata.t", "eq", "x"), {1}),
        (flat("metadata.n", "gt", 1), {2}),
        (flat("metadata.t", "gt", 1), set()),
        (flat("metadata.b", "eq", False), {3}),
        (flat("metadata.d", "exists"), {4}),
        (flat("metadata.n", "exists"), {2}),
    ],
)
def test_rows_by_type(people: psycopg.Connection[Any], definition: dict[str, Any], expected: set[int]) -> None:
    people.execute(
        b"CREATE TABLE IF NOT EXISTS typed_values (person int, key text, t text, n numeric, b boolean, d date)"
    )
    people.execute(b"TRUNCATE typed_values")
    people.execute(
        b"INSERT INTO typed_values VALUES (1, 't', 'x', NULL, NULL, NULL), (2, 'n', NULL, 5, NULL, NULL),"
        b" (3, 'b', NULL, NULL, false, NULL), (4, 'd', NULL, NULL, NULL, '2026-03-29')"
    )
    typed = ROWS.replace("person_values", "typed_values") % 'text = "t"\nnumber = "n"\nboolean = "b"\ndate = "d"'
    catalog = Catalog(fields=(), tables=tables_of(read_mapping(typed, "typed.toml")))
    assert found(people, definition, catalog) == expected
