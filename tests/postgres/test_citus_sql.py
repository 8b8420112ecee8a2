"""`sql/citus.sql` on a database that stands in for a cluster: what it leaves, and the rollup there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.conftest import connect
from postgres.pretended_citus import FOREIGN_KEYS_THAT_CITUS_REFUSES, distribute, pretend
from postgres.test_rollup import ROLLUP, TRUTH
from segsql.store import migrations

if TYPE_CHECKING:
    import psycopg

pytestmark = pytest.mark.planner

BY = ("workspace_id", "contact_id")
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=BY)
def distributed(request: pytest.FixtureRequest, db: psycopg.Connection, dsn: str) -> psycopg.Connection:
    pretend(db)
    done = distribute(dsn, request.param)
    assert (done.returncode, done.stderr) == (0, "")
    return db


def distribution(db: psycopg.Connection) -> dict[str, str | None]:
    return dict(db.execute("SELECT logicalrelid::text, partkey FROM pg_dist_partition").fetchall())


def test_what_grows_with_the_contacts_is_distributed(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    assert distribute(dsn).stderr == ""
    grown = ("contacts", "contact_tags", "contact_activity", "email_events", "tags")
    assert distribution(db) == dict.fromkeys(grown, "workspace_id")
    assert db.execute("SELECT DISTINCT colocated_with::text FROM pg_dist_partition").fetchall() == [("contacts",)]


def test_by_contact(db: psycopg.Connection, dsn: str) -> None:
    """Addresses are no longer unique there, and are still found by an index."""
    pretend(db)
    assert distribute(dsn, "contact_id").stderr == ""
    assert distribution(db) == {
        "contacts": "id",
        "contact_tags": "contact_id",
        "contact_activity": "contact_id",
        "email_events": "contact_id",
        "tags": None,
    }
    indexes = db.execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%lower(email)%'")
    [(name, definition)] = indexes.fetchall()
    assert name == "contacts_email"
    assert "UNIQUE" not in definition
    assert "(workspace_id, lower(email) text_pattern_ops) WHERE (deleted_at IS NULL)" in definition


def test_by_workspace_addresses_stay_unique(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    distribute(dsn)
    [(definition,)] = db.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'contacts_email_key'").fetchall()
    assert "UNIQUE" in definition


def test_every_foreign_key_is_one_that_citus_takes(distributed: psycopg.Connection) -> None:
    assert distributed.execute(FOREIGN_KEYS_THAT_CITUS_REFUSES).fetchall() == []
    names = distributed.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' ORDER BY 1").fetchall()
    assert [name for (name,) in names] == [
        "api_keys_workspace_id_fkey",
        "contact_activity_workspace_id_contact_id_fkey",
        "contact_fields_workspace_id_fkey",
        "contact_tags_workspace_id_contact_id_fkey",
        "contact_tags_workspace_id_tag_id_fkey",
        "email_events_workspace_id_contact_id_fkey",
        "idempotency_keys_workspace_id_fkey",
        "member_lists_workspace_id_segment_id_fkey",
        "segment_counts_workspace_id_segment_id_fkey",
        "segments_workspace_id_fkey",
    ]


def test_a_foreign_key_across_would_be_noticed(distributed: psycopg.Connection) -> None:
    """The check itself can fail."""
    distributed.execute("ALTER TABLE contacts ADD CONSTRAINT wrong FOREIGN KEY (workspace_id) REFERENCES workspaces")
    assert distributed.execute(FOREIGN_KEYS_THAT_CITUS_REFUSES).fetchall() == [("wrong",)]


def test_triggers_are_left_on_plain_tables_alone(distributed: psycopg.Connection) -> None:
    triggers = distributed.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")
    assert set(triggers.fetchall()) == {
        ("segments", "segments_notify_edited"),
        ("segments", "segments_notify_new"),
        ("segments", "segments_updated_at"),
        ("workspaces", "workspaces_delete_contacts"),
    }


def test_an_edit_still_moves_updated_at(distributed: psycopg.Connection) -> None:
    distributed.execute("INSERT INTO workspaces (id, name) VALUES (1, 'w')")
    distributed.execute("""INSERT INTO segments (workspace_id, id, name, definition, updated_at)
        VALUES (1, 1, 's', '{}', '2026-01-01')""")
    distributed.execute("""UPDATE segments SET definition = '{"a": 1}'""")
    assert distributed.execute("SELECT updated_at > '2026-01-01' FROM segments").fetchall() == [(True,)]


def test_a_workspace_takes_its_contacts_along(distributed: psycopg.Connection) -> None:
    distributed.execute("INSERT INTO workspaces (id, name) VALUES (1, 'w'), (2, 'w')")
    distributed.execute("INSERT INTO tags (workspace_id, id, name) VALUES (1, 1, 't'), (2, 1, 't')")
    distributed.execute("INSERT INTO contacts (workspace_id, id) VALUES (1, 1), (2, 1)")
    distributed.execute("INSERT INTO contact_tags (workspace_id, contact_id, tag_id) VALUES (1, 1, 1), (2, 1, 1)")
    distributed.execute("INSERT INTO contact_activity (workspace_id, contact_id) VALUES (1, 1), (2, 1)")
    distributed.execute("DELETE FROM workspaces WHERE id = 1")
    for table in ("tags", "contacts", "contact_tags", "contact_activity"):
        left = distributed.execute(f"SELECT workspace_id FROM {table}".encode()).fetchall()
        assert left == [(2,)], table


@pytest.mark.parametrize("only", [1, 2, None])
def test_the_rollup_is_rebuilt(distributed: psycopg.Connection, only: int | None) -> None:
    """Of one workspace or of all; activity that no event explains becomes zero; nothing else is touched."""
    distributed.execute("INSERT INTO workspaces (id, name) VALUES (1, 'w'), (2, 'w')")
    distributed.execute("""INSERT INTO contacts (workspace_id, id)
        SELECT w, c FROM generate_series(1, 2) w, generate_series(1, 6) c""")
    distributed.execute(
        """INSERT INTO email_events (workspace_id, contact_id, message_id, kind, occurred_at)
        SELECT w, c, m %% 3, (ARRAY['delivered', 'open', 'click'])[1 + (c + m) %% 3], %s + m * interval '1 hour'
        FROM generate_series(1, 2) w, generate_series(1, 4) c, generate_series(1, 7) m""",
        (AT,),
    )
    assert distributed.execute(ROLLUP).fetchall() == [], "nothing keeps it by itself"
    distributed.execute(
        """INSERT INTO contact_activity SELECT w, c, 7, 7, 7, %s, %s
        FROM generate_series(1, 2) w, generate_series(3, 5) c""",
        (AT, AT + timedelta(days=99)),
    )
    before = distributed.execute(ROLLUP).fetchall()
    distributed.execute("SELECT rebuild_contact_activity(%s)", (only,))
    after = distributed.execute(ROLLUP).fetchall()
    for workspace_id in (1, 2):
        found = [row for row in after if row[0] == workspace_id]
        if only in (workspace_id, None):
            true = [row for row in distributed.execute(TRUTH).fetchall() if row[0] == workspace_id]
            assert found == [*true, (workspace_id, 5, 0, 0, 0, None, None)]
        else:
            assert found == [row for row in before if row[0] == workspace_id]


def test_without_the_extension_nothing_is_touched(db: psycopg.Connection, dsn: str) -> None:
    done = distribute(dsn)
    assert done.returncode != 0
    assert "the extension citus is not in this database" in done.stderr
    assert db.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'email_events_rollup'").fetchall() == [(1,)]


def test_another_column_is_refused(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    done = distribute(dsn, "email")
    assert done.returncode != 0
    assert "by is workspace_id or contact_id, not email" in done.stderr
    assert distribution(db) == {}


def test_init_never_distributes(empty_dsn: str) -> None:
    """On a cluster too it is the DBA's to run; and `init` has nothing to do afterwards."""
    with connect(empty_dsn) as connection:
        pretend(connection)
        assert "citus.sql" not in migrations.migrate(empty_dsn)
        assert distribution(connection) == {}
        assert "create_distributed_table" not in migrations.script()
        assert distribute(empty_dsn).stderr == ""
    assert migrations.migrate(empty_dsn) == ()


def test_it_is_asked_for_only_once(distributed: psycopg.Connection, dsn: str) -> None:
    """A second run fails before it changes anything."""
    before = distribution(distributed)
    assert distribute(dsn, "contact_id").returncode != 0
    assert distribution(distributed) == before


def test_it_is_one_transaction_or_nothing(db: psycopg.Connection, dsn: str) -> None:
    """Without psql's -1 it stops before it changes anything."""
    pretend(db)
    done = distribute(dsn, options=())
    assert done.returncode != 0
    assert "psql -1" in done.stderr
    assert distribution(db) == {}
