"""What tables of other programs may hold beside what is meant: every way to count finds the same contacts."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cli.process import Inside
from postgres.conftest import connect, database
from segsql.catalog import Catalog, Id, read_mapping, tables_of
from segsql.compiler import WorkspaceCompiler
from segsql.errors import UsageError
from segsql.plan import AUTO, ActivityStrategy, EavStrategy, Forced, Output, TagStrategy, check_possible
from segsql.store import DEFAULT_BOUNDS, Database, load_catalog, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg

    from segsql.render import Statement

pytestmark = pytest.mark.planner

NOW = datetime(2026, 5, 1, tzinfo=UTC)

SCHEMA = """
CREATE TABLE people (
    id int PRIMARY KEY, score text NOT NULL, day text NOT NULL, many text[] NOT NULL, padded char(40), weight float8,
    opens numeric(10, 2), sent numeric(10, 2), tags jsonb
);
INSERT INTO people VALUES
    (1, '5', '2026-01-01', '{a}', '12', 0.1, 3, 12, '["a"]'),
    (2, 'abc', 'x', '{a,NULL}', 'true', 0.2, 0.5, 1, '[["a"]]'),
    (3, '1e400', '2026-02-30', '{}', '2026-01-01', 0.3, NULL, NULL, '[{}]'),
    (4, ' 5', '', '{b}', '["a"]', NULL, 1, 0, '[null]');
CREATE TABLE opened (person int, message int, at timestamptz);
INSERT INTO opened VALUES (1, 1, NULL), (2, 2, '2026-04-30Z'), (2, 3, NULL), (3, 1, 'infinity');
CREATE TABLE tagged (person int, tag int, UNIQUE (person, tag));
INSERT INTO tagged VALUES (1, 1), (1, NULL), (4, NULL), (2, 1), (2, 2);
CREATE TABLE declared (id int PRIMARY KEY, key text, type text, "from" text);
INSERT INTO declared VALUES
    (1, NULL, 'TEXT', NULL), (2, 'tags', 'TEXT', NULL), (3, 'opens_count', 'NUMBER', NULL),
    (4, E'two\nlines', 'TEXT', NULL),
    (5, 'twin', 'TEXT', NULL), (6, 'twin', 'NUMBER', NULL), (7, 'clicks_count', 'NUMBER', NULL);
"""

MAPPING = """
version = 1
[contacts]
table = "people"
id = "id"
[activity]
opens_count = "opens"
delivered_count = "sent"
[events.open]
table = "opened"
contact = "person"
message = "message"
at = "at"
[contact_tags]
table = "tagged"
contact = "person"
tag = "tag"
[segments]
files = "segments"
"""

FIELDS = """
[[field]]
id = 1
key = "score"
type = "NUMBER"
place = { column = "score", type = "text", null = false }
[[field]]
id = 2
key = "day"
type = "DATE"
place = { column = "day", type = "text", null = false }
[[field]]
id = 3
key = "many"
type = "DROPDOWN_MULTIPLE"
place = { column = "many", type = "text[]", null = false }
[[field]]
id = 4
key = "padded_number"
type = "NUMBER"
place = { column = "padded", type = "text" }
[[field]]
id = 5
key = "padded_day"
type = "DATE"
place = { column = "padded", type = "text" }
[[field]]
id = 6
key = "padded_boolean"
type = "BOOLEAN"
place = { column = "padded", type = "text" }
[[field]]
id = 7
key = "padded_list"
type = "DROPDOWN_MULTIPLE"
place = { column = "padded", type = "text" }
[[field]]
id = 8
key = "weight"
type = "NUMBER"
place = "weight"
"""

TAGS_IN_JSON = MAPPING.replace("version = 1", 'version = 1\n[ids]\ntag = "text"').replace(
    'table = "tagged"\ncontact = "person"\ntag = "tag"', 'array = "tags"\ntype = "jsonb"'
)


@pytest.fixture(scope="module")
def dsn(server_dsn: str, worker: str) -> Iterator[str]:
    with database(server_dsn, f"segsql_{worker}_odd_rows") as dsn:
        with connect(dsn) as db:
            db.execute(SCHEMA.encode())
        yield dsn


@pytest.fixture(scope="module")
def db(dsn: str) -> Iterator[psycopg.Connection]:
    with connect(dsn) as db:
        yield db


def flat(field: str, operator: str, value: object = None) -> dict[str, Any]:
    return {"matchType": "all", "filters": [{"field": field, "operator": operator, "value": value}]}


def found(db: psycopg.Connection, definitions: Sequence[object], text: str = MAPPING + FIELDS) -> list[set[int]]:
    """The members of each, with every strategy there is; a shared scan of all counts as many."""
    mapping = read_mapping(text, "odd.toml")
    segments: dict[Id, object] = {str(number): definition for number, definition in enumerate(definitions)}
    catalog = Catalog(fields=mapping.records.fields, tags=None, tables=tables_of(mapping), segments=segments)
    members: list[set[int]] = []
    for forced in possible(catalog):
        compiler = WorkspaceCompiler(catalog, workspace_id=None, now=NOW, strategy=forced)
        of_way = [members_of(db, compiler.segment(name, Output.MEMBERS)) for name in segments]
        assert members in ([], of_way), forced
        members = of_way
        scan = compiler.scan(list(segments)).statement
        assert db.execute(scan.sql.encode(), scan.params).fetchone() == tuple(map(len, members)), forced
    return members


def members_of(db: psycopg.Connection, statement: Statement) -> set[int]:
    return {id_ for id_, _ in db.execute(statement.sql.encode(), statement.params)}


def possible(catalog: Catalog) -> Iterator[Forced]:
    every = [*(Forced(tags=each) for each in TagStrategy), *(Forced(activity=each) for each in ActivityStrategy)]
    for forced in (AUTO, *every, *(Forced(eav=each) for each in EavStrategy)):
        try:
            check_possible(forced, catalog.tables)
        except UsageError:
            continue
        yield forced


@pytest.mark.parametrize(
    ("field", "who"),
    [
        ("last_open_at", {2, 3}),
        ("tags", {1, 2}),
        ("score", {1, 3}),
        ("day", {1, 3}),
        ("many", {1, 3, 4}),
        ("padded_number", {1}),
        ("padded_day", {3}),
        ("padded_boolean", {2}),
        ("padded_list", {4}),
    ],
)
def test_what_is_no_value_does_not_exist(db: psycopg.Connection, field: str, who: set[int]) -> None:
    """An event without a time, a row of tags without one, texts that are no number, an array with a null."""
    assert found(db, [flat(field, "exists"), flat(field, "not_exists")]) == [who, {1, 2, 3, 4} - who]


def test_a_tag_that_is_null_is_none(db: psycopg.Connection) -> None:
    assert found(db, [flat("tags", "eq", [1]), flat("tags", "ne", [1])]) == [{1}, {2, 3, 4}]


def test_a_list_within_the_list_is_no_tag(db: psycopg.Connection) -> None:
    there, absent, one = found(
        db, [flat("tags", "exists"), flat("tags", "not_exists"), flat("tags", "contains", ["a"])], TAGS_IN_JSON
    )
    assert (there, absent, one) == ({1}, {2, 3, 4}, {1})


def test_numbers_that_are_one_in_double_precision_have_no_codes(db: psycopg.Connection) -> None:
    numbers = ("0.0", "0.1", "0.1000000000000000000001", "0.2", "0.3", "0.4", "0.5")
    texts = [
        f'{{"matchType": "all", "filters": [{{"field": "weight", "operator": "{operator}", "value": {number}}}]}}'
        for operator in ("eq", "gt", "lte")
        for number in numbers
    ]
    assert found(db, texts)[1] == {1}


def test_odd_declarations_stop_nobody(dsn: str) -> None:
    """A key that is null, no text of one line, that of a built-in that there is or of something else, or another's."""
    table = """
[fields]
table = "declared"
id = "id"
key = "key"
name = "key"
type = "type"
source = "from"
"""
    mapping = read_mapping(MAPPING + table, "odd.toml")
    with closing(Database(dsn, mapping=mapping)) as opened, snapshot(opened, DEFAULT_BOUNDS) as reading:
        catalog = load_catalog(reading.connection, None, referred=())
    assert [(field.id, field.key) for field in catalog.fields] == [(5, "twin"), (7, "clicks_count")]


@pytest.mark.parametrize(
    ("contact", "words"), [(1, "3 of 12 delivered = 25.00 %"), (2, "0.50 of 1 delivered = 50.00 %")]
)
def test_counts_may_have_a_scale(dsn: str, tmp_path: Path, contact: int, words: str) -> None:
    file = tmp_path / "segsql.toml"
    file.write_text(MAPPING)
    (tmp_path / "segments").mkdir()
    done = Inside(dsn)("--mapping", str(file), "why", "--where", "open_rate >= 25", "--contact", str(contact))
    assert words in done.out, done
