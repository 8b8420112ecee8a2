"""What other databases may have otherwise, one thing at a time: rows are found, counted and written all the same."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from cli.process import Inside
from postgres.conftest import connect
from segsql.catalog import read_mapping
from segsql.errors import ConfigurationError
from segsql.store import (
    DEFAULT_BOUNDS,
    Database,
    NewCount,
    Selection,
    Shard,
    due_workspaces,
    list_workspaces,
    segment_page,
    snapshot,
    write_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

A, B = "aaaaaaaa-0000-4000-8000-000000000000", "bbbbbbbb-0000-4000-8000-000000000000"

ALL = {"condition": "AND", "filters": [{"type": "segment", "operator": "not_in", "value": [999]}]}
MAIL: dict[str, object] = {"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}

SCHEMA = """
    CREATE TABLE people (
        tenant uuid NOT NULL, id int NOT NULL, "Mail" varchar(99), gone boolean, PRIMARY KEY (tenant, id)
    );
    CREATE TABLE notes (
        tenant uuid NOT NULL, id int NOT NULL, kind text NOT NULL DEFAULT 'audience', title text NOT NULL DEFAULT 't',
        spec json, n smallint, at timestamp, PRIMARY KEY (tenant, id)
    );
"""

TOML = """
version = 1
[ids]
workspace = "uuid"
contact = "integer"
segment = "integer"
[settings]
timezone = "Europe/Berlin"
[contacts]
table = "people"
workspace = "tenant"
id = "id"
deleted = { column = "gone", when = "true" }
[contacts.builtins]
email = "Mail"
[segments]
table = "notes"
where = { kind = "audience" }
workspace = "tenant"
id = "id"
name = "title"
definition = { json = "spec", type = "json" }
count = "n"
counted_at = { column = "at", type = "timestamp" }
"""


class Notes:
    """Two tenants without a table, whose segments lie in json among other rows, and have no time of their last edit."""

    def __init__(self, dsn: str, db: psycopg.Connection, folder: Path) -> None:
        self.dsn = dsn
        self.db = db
        self.file = folder / "segsql.toml"
        self.file.write_text(TOML)
        db.execute(SCHEMA.encode())
        for tenant, people in ((A, 3), (B, 2)):
            db.execute(
                """INSERT INTO people SELECT %s, n, n || '@example.com', nullif(n = 1, false)
                FROM generate_series(0, %s) n""",
                (tenant, people),
            )

    @property
    def database(self) -> Database:
        return Database(self.dsn, connections=2, mapping=read_mapping(self.file.read_text(), "segsql.toml"))

    def add(self, tenant: str, id_: int, spec: object, kind: str = "audience") -> None:
        text = spec if isinstance(spec, str) else json.dumps(spec)
        query = "INSERT INTO notes (tenant, id, spec, kind) VALUES (%s, %s, %s, %s)"
        self.db.execute(query, (tenant, id_, text, kind))

    def run(self, *arguments: str) -> Any:
        return Inside(self.dsn)("--mapping", str(self.file), *arguments)

    def recount(self, *arguments: str) -> dict[tuple[str, object], Any]:
        done = self.run("recount", "--format", "json", *arguments)
        assert done.out, done
        report = done.json
        return {
            (one["workspace_id"], one["segment_id"]): one["count"] if one["status"] == "counted" else one["status"]
            for one in report["results"]
        }

    def stored(self) -> dict[tuple[str, int], int | None]:
        rows = self.db.execute("SELECT tenant::text, id, n FROM notes ORDER BY 1, 2").fetchall()
        return {(tenant, id_): n for tenant, id_, n in rows}


@pytest.fixture
def notes(empty_dsn: str, tmp_path: Path) -> Iterator[Notes]:
    with connect(empty_dsn) as db:
        yield Notes(empty_dsn, db, tmp_path)


def test_rows_that_are_no_segments_stay_as_they_are(notes: Notes) -> None:
    notes.add(A, 1, MAIL)
    notes.add(A, 2, MAIL, kind="note")
    notes.add(B, 1, MAIL)
    assert notes.recount() == {(A, 1): 3, (B, 1): 2}
    assert notes.stored() == {(A, 1): 3, (A, 2): None, (B, 1): 2}
    assert notes.recount("-w", A.upper()) == {(A, 1): 3}
    assert notes.run("list", "--format", "json").json[0]["timezone"] == "Europe/Berlin"
    assert "There is no segment 2" in notes.run("count", "-w", A, "-s", "2").err
    assert "is not a uuid" in notes.run("count", "-w", "7", "-s", "2").err


def test_json_that_jsonb_does_not_take_stops_no_other_segment(notes: Notes) -> None:
    for number, spec in enumerate(('{"a": "\\u0000"}', '{"a": 1e400000}', '{"a": "\\ud800"}', "[]", "null"), start=1):
        notes.add(A, number, spec)
    notes.add(A, 9, '{"matchType":\n  "all", "filters": [{"field": "email", "operator": "exists"}]}')
    notes.db.execute("INSERT INTO notes (tenant, id) VALUES (%s, 10)", (A,))
    expected = dict.fromkeys(((A, number) for number in (1, 2, 3, 4, 5, 10)), "invalid") | {(A, 9): 3}
    assert notes.recount() == expected
    assert {one["id"] for one in notes.run("list", "-w", A, "--format", "json").json if not one["invalid"]} == {9}


def test_a_count_that_its_column_can_not_hold_fails_alone(notes: Notes) -> None:
    for number in (1, 2, 3):
        notes.add(A, number, MAIL)
    text = notes.db.execute("SELECT spec::text FROM notes LIMIT 1").fetchall()[0][0]
    at = notes.db.execute("SELECT clock_timestamp()").fetchall()[0][0]
    with closing(notes.database) as database, write_transaction(database, DEFAULT_BOUNDS) as writer:
        written = writer.write([NewCount(A, number, text, number * 20_000, at) for number in (1, 2, 3)])
    assert written.keys == {(A, 1)}
    assert set(written.refused) == {(A, 2), (A, 3)}
    assert "out of range" in str(written.refused[A, 2])
    assert notes.stored() == {(A, 1): 20_000, (A, 2): None, (A, 3): None}


@pytest.mark.parametrize(
    "refusal",
    [
        "ALTER TABLE notes ADD CHECK (n < 3)",
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not that many'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON notes FOR EACH ROW WHEN (NEW.n > 2) EXECUTE FUNCTION refuse()""",
    ],
    ids=["check", "trigger"],
)
def test_a_count_that_the_database_refuses_fails_alone(notes: Notes, refusal: str) -> None:
    notes.add(A, 1, MAIL)
    notes.add(A, 2, {"matchType": "all", "filters": [{"field": "email", "operator": "eq", "value": "2@example.com"}]})
    notes.db.execute(refusal.encode())
    assert notes.recount() == {(A, 1): "failed", (A, 2): 1}
    assert notes.stored() == {(A, 1): None, (A, 2): 1}


def test_definitions_in_json_are_shown(notes: Notes) -> None:
    notes.add(A, 1, MAIL)
    notes.add(A, 2, '{"a": "\\u0000"}')
    with closing(notes.database) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        page = segment_page(opened.connection, A, offset=0, limit=10)
    assert [(one.id, one.root, json.loads(one.filters or "null")) for one in page.segments] == [
        (1, "all", MAIL["filters"]),
        (2, None, None),
    ]


def test_a_definition_that_was_edited_meanwhile_is_told_by_its_text(notes: Notes) -> None:
    notes.add(A, 1, MAIL)
    at = notes.db.execute("SELECT clock_timestamp()").fetchall()[0][0]
    with closing(notes.database) as database:
        with write_transaction(database, DEFAULT_BOUNDS) as writer:
            assert writer.write([NewCount(A, 1, "{}", 5, at)]).keys == frozenset()
        with write_transaction(database, DEFAULT_BOUNDS) as writer:
            assert writer.write([NewCount(A, 1, json.dumps(MAIL), 5, at)]).keys == {(A, 1)}
        with write_transaction(database, DEFAULT_BOUNDS) as writer:
            assert writer.write([NewCount(A, 1, json.dumps(MAIL), 5, at)]).there == {(A, 1)}
    (stored,) = notes.db.execute("SELECT at AT TIME ZONE 'UTC' FROM notes").fetchall()[0]
    assert stored == at


def test_without_a_time_of_edits_counts_grow_old_by_their_age_alone(notes: Notes) -> None:
    notes.add(A, 1, MAIL)
    assert notes.recount("--stale-for", "1h") == {(A, 1): 3}
    assert notes.recount("--stale-for", "1h") == {}
    notes.db.execute("UPDATE notes SET at = at - interval '2 hours'")
    assert notes.recount("--stale-for", "1h") == {(A, 1): 3}


def test_tenants_without_a_table(notes: Notes) -> None:
    """They are those that have a contact or a segment."""
    other = "cccccccc-0000-4000-8000-000000000000"
    notes.add(other, 1, MAIL)
    with closing(notes.database) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert [one.id for one in list_workspaces(opened.connection)] == [A, B, other]
    assert notes.recount() == {(other, 1): 0}
    assert notes.run("list", "-w", B).code == 0
    assert "There is no workspace" in notes.run("list", "-w", A.replace("a", "d")).err


def test_shards_of_uuids(notes: Notes) -> None:
    for number in range(20):
        notes.add(f"{number:08}-0000-4000-8000-000000000000", 1, MAIL)
    with closing(notes.database) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        parts = [
            {one.workspace_id for one in due_workspaces(opened.connection, Selection(shard=Shard(part, of=3)))}
            for part in (1, 2, 3)
        ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 20
    assert all(parts)


FILES = (
    TOML.replace('segment = "integer"\n', "").split("[segments]", maxsplit=1)[0] + '[segments]\nfiles = "audiences"\n'
)


class Files(Notes):
    """The same people, and definitions in files."""

    def __init__(self, dsn: str, db: psycopg.Connection, folder: Path) -> None:
        super().__init__(dsn, db, folder)
        self.folder = folder / "audiences"
        self.folder.mkdir()
        self.file.write_text(FILES)

    def write(self, name: str, content: object) -> None:
        (self.folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture
def files(empty_dsn: str, tmp_path: Path) -> Iterator[Files]:
    with connect(empty_dsn) as db:
        yield Files(empty_dsn, db, tmp_path)


def test_every_file_is_a_segment_of_every_tenant(files: Files) -> None:
    files.write("mail", MAIL)
    files.write("broken", "{not JSON")
    (files.folder / "latin.json").write_bytes(b'"\xff"')
    (files.folder / "README.md").write_text("no segment")
    counted = {(A, "mail"): 3, (B, "mail"): 2}
    invalid = dict.fromkeys(((tenant, name) for tenant in (A, B) for name in ("broken", "latin")), "invalid")
    assert files.recount() == counted | invalid
    assert files.recount("-s", "mail", "-w", A, "--stale-for", "1h") == {(A, "mail"): 3}, "counts are kept nowhere"
    listed = files.run("list", "-w", A, "--format", "json").json
    assert [(one["id"], one["cached_count"], one["invalid"]) for one in listed] == [
        ("broken", None, True),
        ("latin", None, True),
        ("mail", None, False),
    ]
    found = files.run("recount", "-s", "broken", "-w", A, "--format", "json").json["results"][0]
    assert "not JSON" in found["message"]


def test_a_file_that_is_edited_while_it_is_counted(files: Files) -> None:
    files.write("mail", MAIL)
    files.file.write_text(FILES + 'counts = "Counts of ours"\n')
    assert "no table Counts of ours" in files.run("recount").err
    assert files.run("init").out == 'made "Counts of ours"\n'
    with closing(files.database) as database:
        mapping = database.schema.mapping
        assert mapping.ids.segment == "text"
    assert files.recount() == {(A, "mail"): 3, (B, "mail"): 2}
    assert files.recount("--stale-for", "1h") == {}
    files.write("mail", ALL | {"name": "All of them"})
    assert files.recount("--stale-for", "1h", "-w", A) == {(A, "mail"): "invalid"}


def test_a_folder_that_is_not_there(files: Files) -> None:
    files.folder.rmdir()
    done = files.run("recount")
    assert done.code == 78
    assert "audiences can't be read" in done.err
    with closing(files.database) as database, snapshot(database, DEFAULT_BOUNDS), pytest.raises(ConfigurationError):
        assert database.schema.segments


def test_init_prints_what_it_makes(files: Files) -> None:
    files.file.write_text(FILES + 'counts = "c"\n[own]\nsegment_counts = "own.history"\napi_keys = "k"\n')
    printed = files.run("init", "--print").out
    files.db.execute("CREATE SCHEMA own")
    files.db.execute(printed.encode())
    assert files.run("init").out == "The tables are there.\n"
