"""`segsql map` as a command: where the proposal goes, and what is told beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.process import Inside
from postgres.conftest import connect
from postgres.foreign import create
from segsql.catalog.mapping_file import read_mapping

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rails(empty_dsn: str) -> Inside:
    with connect(empty_dsn) as connection:
        create(connection, "rails")
    return Inside(empty_dsn)


def test_it_prints_a_mapping_that_can_be_read(rails: Inside) -> None:
    done = rails.ok("map")
    assert read_mapping(done.out, "proposed").contacts.workspace == "account_id"
    assert done.err == ""


def test_it_writes_a_new_file_alone(rails: Inside, tmp_path: Path) -> None:
    file = tmp_path / "segsql.toml"
    assert rails.ok("map", "-o", str(file)).out == ""
    assert read_mapping(file.read_text(), "proposed").contacts.workspace == "account_id"
    refused = rails("map", "-o", str(file))
    assert refused.code == 2
    assert "is there already" in refused.err


def test_what_does_not_fit_yet_is_told(rails: Inside, empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        connection.execute("ALTER TABLE segments DROP COLUMN contacts_count")
    done = rails.ok("map")
    assert "# Not found: the column for the count." in done.out
    assert done.err.split("\n")[:2] == ["segsql: Correct in the proposal:", "SEG512 segments.count"]


def test_a_schema_by_its_name(rails: Inside, empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        connection.execute("CREATE SCHEMA crm; CREATE TABLE crm.leads (id uuid PRIMARY KEY, email text)")
    assert 'table = "crm.leads"' in rails.ok("map", "--schema", "crm").out
    refused = rails("map", "--schema", "nowhere")
    assert refused.code == 78
    assert "No table looks like one of contacts: there is no table" in refused.err


def test_tables_without_contacts(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        connection.execute("CREATE TABLE invoices (id int PRIMARY KEY); CREATE TABLE films (id int)")
    refused = Inside(empty_dsn)("map")
    assert refused.code == 78
    assert "No table looks like one of contacts; there are: films, invoices" in refused.err


def test_the_schema_for_editors(inside_alone: Inside) -> None:
    assert json.loads(inside_alone.ok("map", "--json-schema").out)["title"] == "segsql.toml"


def test_what_is_proposed_can_be_counted_with(rails: Inside, empty_dsn: str, tmp_path: Path) -> None:
    """An enumeration is read as its labels, and a kind of events may be one."""
    with connect(empty_dsn) as connection:
        connection.execute("""
            CREATE TYPE state AS ENUM ('subscribed', 'gone');
            ALTER TABLE contacts ALTER COLUMN state DROP DEFAULT;
            ALTER TABLE contacts ALTER COLUMN state TYPE state USING state::state, DROP COLUMN opens_count;
            CREATE TYPE kind AS ENUM ('delivered', 'opened', 'clicked');
            CREATE TABLE email_events (contact_id bigint, message_id bigint, kind kind, created_at timestamptz);
            INSERT INTO accounts (name) VALUES ('one');
            INSERT INTO contacts (account_id, email, state)
            SELECT 1, n || '@example.org', (ARRAY['subscribed', 'gone'])[n % 2 + 1]::state FROM generate_series(1, 9) n;
            INSERT INTO email_events SELECT 1, 7, 'opened', now() FROM generate_series(1, 3);
        """)
    file = tmp_path / "segsql.toml"
    rails.ok("map", "-o", str(file))
    for condition, count in (
        ({"field": "status", "operator": "eq", "value": "gone"}, 5),
        ({"field": "status", "operator": "contains", "value": "SCRIBE"}, 4),
        ({"field": "status", "operator": "exists"}, 9),
        ({"field": "opens_count", "operator": "eq", "value": 1}, 1),
    ):
        definition = json.dumps({"matchType": "all", "filters": [condition]})
        done = rails.ok("--mapping", str(file), "count", "-w", "1", "-", stdin=definition)
        assert done.out.strip() == str(count), condition


def test_a_faulty_mapping_is_one_error_before_any_query(rails: Inside, tmp_path: Path) -> None:
    file = tmp_path / "segsql.toml"
    rails.ok("map", "-o", str(file))
    file.write_text(
        file.read_text().replace('"discarded_at"', '"discarded"').replace('contact = "big', 'contact = "uu')
    )
    unread = rails("--mapping", str(file), "count", "-w", "1", "-", stdin="{}")
    assert unread.code == 78
    assert "SEG504 ids.contact" in unread.err
    file.write_text(file.read_text().replace('"uuint"', '"uuid"'))
    unfit = rails("--mapping", str(file), "recount")
    assert unfit.code == 78
    assert unfit.err.count("SEG51") == 4
    assert "SEG512 contacts.deleted\n  contacts has no column discarded\n  Did you mean discarded_at?" in unfit.err
