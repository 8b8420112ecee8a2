"""Two workspaces to count, each segment with what its count must be in plain SQL, and gates that hold a run up.

All old counts are 77, of 2020: no reference is 77, so whatever else is stored was counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from postgres.test_recount_support import EVERYONE, Key, flat, tagged

if TYPE_CHECKING:
    import psycopg

OLD = 77
PAST = datetime(2020, 1, 1, tzinfo=UTC)
LONG_PAST = datetime(2019, 1, 1, tzinfo=UTC)

HELD = (1, 2)
"""The segment whose count waits at the gate COUNTING: it asks for the tag that the view waits for."""

HELD_TAG = 2

COUNTING, WRITING, COMMITTING = 1, 2, 3
"""The gates: advisory locks, which a test holds closed, and at which a run's session waits."""

GATES = 4
"""The first half of the advisory locks' keys."""

_TAGGED = (
    "EXISTS (SELECT FROM contact_tags_stored t "
    "WHERE t.workspace_id = c.workspace_id AND t.contact_id = c.id AND t.tag_id = {})"
)

SEGMENTS: dict[int, tuple[dict[str, Any], str]] = {
    1: (EVERYONE, "true"),
    2: (tagged(HELD_TAG), _TAGGED.format(HELD_TAG)),
    3: (flat("tags", "not_contains", [3]), f"NOT {_TAGGED.format(3)}"),
    4: (flat("country", "eq", "DE"), "c.country = 'DE'"),
    5: (flat("created_at", "within_days", 30), "c.created_at >= %(at)s - interval '720 hours'"),
    6: (flat("created_at", "gte", "2026-02-01"), "c.created_at >= '2026-02-01'::timestamp AT TIME ZONE w.timezone"),
    7: (flat("email", "contains", "R1"), "lower(c.email) LIKE '%%r1%%'"),
}
"""Definitions by id, and which living contacts of the workspace are theirs at the time `at`."""

WHERE: dict[Key, str] = {
    **{(1, segment_id): where for segment_id, (_, where) in SEGMENTS.items()},
    **{(2, segment_id): where for segment_id, (_, where) in SEGMENTS.items() if segment_id != HELD[1]},
}

CONTACTS = {1: 20, 2: 13}

SCHEMA = """
ALTER TABLE contact_tags RENAME TO contact_tags_stored;

CREATE FUNCTION pass(gate int) RETURNS boolean LANGUAGE plpgsql COST 100000 SET lock_timeout = 0 AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4, gate);
    RETURN true;
END $$;

CREATE VIEW contact_tags AS SELECT * FROM contact_tags_stored WHERE tag_id <> 2 OR pass(1);
GRANT SELECT ON contact_tags TO segsql_reader;

CREATE FUNCTION pass_on_writing() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pass(2); RETURN NEW; END $$;
CREATE TRIGGER gate BEFORE UPDATE OF cached_count ON segments FOR EACH ROW EXECUTE FUNCTION pass_on_writing();

CREATE FUNCTION pass_on_committing() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pass(3); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER last_gate AFTER UPDATE OF cached_count ON segments DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION pass_on_committing();
"""


def build(db: psycopg.Connection) -> None:
    """Fill a database that has the schema."""
    from psycopg.types.json import Jsonb

    db.execute(SCHEMA.encode())
    db.execute("INSERT INTO workspaces (id, name, timezone) VALUES (1, 'W', 'America/New_York'), (2, 'W', 'UTC')")
    db.execute(
        "INSERT INTO tags (workspace_id, id, name) SELECT w.id, n, 'T' FROM workspaces w, generate_series(1, 3) n"
    )
    for workspace_id, contacts in CONTACTS.items():
        add_contacts(db, workspace_id, 1, contacts)
    for workspace_id, segment_id in WHERE:
        db.execute(
            """INSERT INTO segments (workspace_id, id, name, definition, cached_count, last_counted_at)
            VALUES (%s, %s, 'S', %s, %s, %s)""",
            (workspace_id, segment_id, Jsonb(SEGMENTS[segment_id][0]), OLD, PAST),
        )
    db.execute("ANALYZE")


def add_contacts(db: psycopg.Connection, workspace_id: int, first: int, last: int, *, fresh: bool = False) -> None:
    """Contacts with these ids: created this moment, or one every four days before now."""
    db.execute(
        """WITH added AS (
            INSERT INTO contacts (workspace_id, id, email, country, created_at)
            SELECT %(workspace)s, n, 'user' || n || '@example.com', CASE n %% 3 WHEN 1 THEN 'DE' ELSE 'FR' END,
                clock_timestamp() - CASE WHEN %(fresh)s THEN interval '0' ELSE n * interval '4 days' END
            FROM generate_series(%(first)s::int, %(last)s) n
            RETURNING id
        ) SELECT""",
        {"workspace": workspace_id, "first": first, "last": last, "fresh": fresh},
    )
    db.execute(
        """INSERT INTO contact_tags_stored (workspace_id, contact_id, tag_id)
        SELECT %(workspace)s, n, t FROM generate_series(%(first)s::int, %(last)s) n, generate_series(1, 3) t
        WHERE n %% t = 0""",
        {"workspace": workspace_id, "first": first, "last": last},
    )


def reference(db: psycopg.Connection, key: Key, at: datetime, where: str | None = None) -> int:
    """The count of the segment at that time, by a statement that owes nothing to segsql."""
    workspace_id, _ = key
    ((count,),) = db.execute(
        f"""SELECT count(*) FROM contacts c JOIN workspaces w ON w.id = c.workspace_id
        WHERE c.workspace_id = %(workspace)s AND c.deleted_at IS NULL AND c.created_at <= %(at)s
            AND {where or WHERE[key]}""".encode(),
        {"workspace": workspace_id, "at": at},
    ).fetchall()
    assert isinstance(count, int)
    return count
