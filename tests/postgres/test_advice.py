"""Advised indexes, made for real: the planner takes them, and what gains is what was said to gain."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg
import pytest

from cli.process import Inside
from postgres.conftest import connect, database
from postgres.test_recount_support import add_segment
from segsql.advice import Advised, Subject, advise
from segsql.catalog import Id
from segsql.plan import Output, Resolver, plan_segment
from segsql.render import Method, render
from segsql.store import DEFAULT_BOUNDS, Database, load_catalog, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONTACTS = 20_000

SEGMENTS: dict[int, tuple[str | None, dict[str, object]]] = {
    1: ("contacts_fields_plan", {"field": "plan", "operator": "eq", "value": "gold"}),
    2: ("contacts_fields_age_number", {"field": "age", "operator": "gte", "value": 99}),
    3: ("contacts_status", {"field": "status", "operator": "in", "value": ["bounced", "cleaned"]}),
    4: ("contacts_first_name_prefix", {"field": "first_name", "operator": "starts_with", "value": "Zo"}),
    5: ("contacts_last_name_trigrams", {"field": "last_name", "operator": "contains", "value": "quist"}),
    6: ("contacts_fields_renewal_day", {"field": "renewal", "operator": "lt", "value": "2020-01-05"}),
    7: ("contacts_fields_we_ird_key", {"field": "metadata.We'ird \"key", "operator": "eq", "value": "yes"}),
    8: ("contact_activity_last_click_at", {"field": "last_click_at", "operator": "within_days", "value": 2}),
    9: ("contacts_fields_interests_strings", {"field": "interests", "operator": "contains", "value": ["falconry"]}),
    # Nothing to gain: most contacts match, a complement, an index that is there, a part too short, a count, everyone.
    11: (None, {"field": "status", "operator": "eq", "value": "subscribed"}),
    12: (None, {"field": "plan", "operator": "ne", "value": "gold"}),
    13: (None, {"field": "created_at", "operator": "within_days", "value": 1}),
    14: (None, {"field": "last_name", "operator": "contains", "value": "qu"}),
    15: (None, {"field": "opens_count", "operator": "gte", "value": 90}),
    16: (None, {"field": "status", "operator": "exists"}),
}

_CONTACTS = """
INSERT INTO contacts (workspace_id, id, email, status, first_name, last_name, fields, created_at)
SELECT w, n, 'user' || n || '@example.com',
    CASE n % 200 WHEN 3 THEN 'bounced' WHEN 4 THEN 'cleaned' ELSE 'subscribed' END,
    CASE n % 300 WHEN 0 THEN 'Zoe' ELSE 'Ann' || n % 97 END,
    CASE n % 500 WHEN 0 THEN 'Lindquist' ELSE 'Smith' || n END,
    jsonb_strip_nulls(jsonb_build_object(
        'plan', CASE n % 400 WHEN 7 THEN 'gold' ELSE 'free' END,
        'age', n % 200 / 2,
        'renewal', (date '2020-01-01' + (n % 1000))::text,
        'interests', CASE n % 250 WHEN 0 THEN '["falconry"]' ELSE '["tea", "go"]' END::jsonb,
        'We''ird "key', CASE n % 333 WHEN 0 THEN 'yes' END
    )),
    timestamptz '2026-03-01' - n * interval '1 hour'
FROM generate_series(1, 2) w, generate_series(1, $1) n
"""
_ACTIVITY = """
INSERT INTO contact_activity (workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_click_at)
SELECT workspace_id, id, 100, id % 100, 1, created_at FROM contacts
"""
_FIELDS = """
INSERT INTO contact_fields (workspace_id, id, key, name, type)
VALUES (1, 100, 'plan', 'Plan', 'TEXT'), (1, 101, 'age', 'Age', 'NUMBER'), (1, 102, 'renewal', 'Renewal', 'DATE'),
    (1, 103, 'interests', 'Interests', 'DROPDOWN_MULTIPLE')
"""


@pytest.fixture(scope="module")
def whole(server_dsn: str, template: str, worker: str) -> Iterator[str]:
    """A database with two workspaces that are alike, so that a workspace is half of every table."""
    with database(server_dsn, f"segsql_{worker}_advice", template) as dsn:
        with connect(dsn) as db:
            db.execute("INSERT INTO workspaces (id, name) VALUES (1, 'W'), (2, 'X')")
            psycopg.RawCursor(db).execute(_CONTACTS.encode(), [CONTACTS])
            db.execute(_ACTIVITY)
            db.execute(_FIELDS)
            for segment_id, (_, condition) in SEGMENTS.items():
                add_segment(db, segment_id, {"matchType": "all", "filters": [condition]})
            db.execute("ANALYZE")
        yield dsn


@pytest.fixture(params=["reasoned", "tried"])
def dsn(request: pytest.FixtureRequest, server_dsn: str, worker: str, whole: str) -> Iterator[str]:
    """A copy of it, without and with HypoPG. Debian has the extension, the bundled server has not."""
    name = psycopg.conninfo.conninfo_to_dict(whole)["dbname"]
    with database(server_dsn, f"{name}_copy", str(name)) as dsn:
        with connect(dsn) as db:
            if request.param == "tried":
                if not db.execute("SELECT FROM pg_available_extensions WHERE name = 'hypopg'").rowcount:
                    pytest.skip("the server has no extension hypopg to offer; CI tries it on PostgreSQL 15")
                db.execute('CREATE SCHEMA "Hypo\'s"')
                db.execute('CREATE EXTENSION hypopg SCHEMA "Hypo\'s"')
        yield dsn


def advised(dsn: str) -> Advised:
    with closing(Database(dsn)) as database_, snapshot(database_, DEFAULT_BOUNDS) as opened:
        catalog = load_catalog(opened.connection, 1)
        predicates = {each: Resolver(catalog).resolve_segment(each).predicate for each in catalog.segments}
        subjects = [Subject(each, predicate) for each, predicate in predicates.items() if predicate is not None]
        assert len(subjects) == len(SEGMENTS)
        return advise(opened, catalog, subjects, workspace_id=1, now=NOW)


def indexes_of(dsn: str, segment_id: Id) -> frozenset[str]:
    with closing(Database(dsn)) as database_, snapshot(database_, DEFAULT_BOUNDS) as opened:
        catalog = load_catalog(opened.connection, 1)
        predicate = Resolver(catalog).resolve_segment(segment_id).predicate
        assert predicate is not None
        plan = plan_segment(predicate, catalog, workspace_id=1, now=NOW, output=Output.COUNT)
        return opened.estimate(render(plan)).indexes


def mapped(folder: Path, relation: str) -> tuple[str, str]:
    """The options for a mapping with another relation of contacts."""
    file = folder / "segsql.toml"
    text = (files("segsql.catalog") / "default.toml").read_text(encoding="utf-8")
    file.write_text(text.replace('[contacts]\ntable = "contacts"', f'[contacts]\ntable = "{relation}"'))
    return "--mapping", str(file)


def test_on_a_partitioned_table_writes_wait(dsn: str, tmp_path: Path) -> None:
    with connect(dsn) as db:
        db.execute(
            """CREATE TABLE "Parts" (LIKE contacts, PRIMARY KEY (workspace_id, id)) PARTITION BY HASH (workspace_id);
            CREATE TABLE p0 PARTITION OF "Parts" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE p1 PARTITION OF "Parts" FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO "Parts" SELECT * FROM contacts;
            ANALYZE"""
        )
    script = Inside(dsn).ok(*mapped(tmp_path, "Parts"), "advise", "-w", "1", "-s", "1").out
    assert 'CREATE INDEX IF NOT EXISTS "parts_fields_plan' in script
    assert "; /* partitioned: writes wait */" in script
    with connect(dsn) as db:
        db.execute(script.encode())


def test_of_a_view_it_is_said_that_nothing_can_be_on_it(dsn: str, tmp_path: Path) -> None:
    with connect(dsn) as db:
        db.execute("CREATE VIEW people AS SELECT * FROM contacts")
    inside, options = Inside(dsn), mapped(tmp_path, "people")
    script = inside.ok(*options, "advise", "-w", "1", "-s", "1").out
    assert "people is no table" in script
    assert "CREATE INDEX" not in script
    report = inside.ok(*options, "advise", "-w", "1", "-s", "1", "--format", "json").out
    assert json.loads(report)["views"] == ["people"]
    assert "people is no table" in inside.ok(*options, "preview", "-w", "1", "-s", "1", "--explain").out


def test_what_is_advised_is_used(dsn: str, request: pytest.FixtureRequest) -> None:
    before = advised(dsn)
    told = {gain.segment_id: each for each in before.advice for gain in each.gains}
    expected = {segment_id: name for segment_id, (name, _) in SEGMENTS.items() if name is not None}
    for segment_id, name in expected.items():
        assert told[segment_id].index.name.startswith(name), told[segment_id]
    assert told.keys() == expected.keys()
    assert before.missing_extensions == ("pg_trgm",)
    for each in before.advice:
        if not before.has_hypopg or each.index.method is Method.GIN:
            assert not each.is_tried
        elif not each.index.is_on_expression:
            assert each.is_tried
        assert 0 < each.share <= 0.02
        assert all(gain.after < 0.8 * gain.before for gain in each.gains)

    with connect(dsn) as db:
        assert not db.execute("SELECT FROM pg_class WHERE relname = 'contacts_fields_plan'").rowcount
        db.execute("CREATE EXTENSION pg_trgm")
        for each in before.advice:
            db.execute(each.index.ddl(concurrently=True).encode())
        db.execute("VACUUM ANALYZE")
    for gaining, advice in told.items():
        assert gaining is not None
        assert advice.index.name in indexes_of(dsn, gaining), (gaining, advice.index)
    assert advised(dsn).advice == ()


def test_the_command_prints_a_script(dsn: str) -> None:
    inside = Inside(dsn)
    one = inside.ok("advise", "-w", "1", "-s", "1", "--now", "2026-03-01T00:00:00Z").out
    assert "1 segment would gain" in one
    script = inside.ok("advise", "-w", "1", "--now", "2026-03-01T00:00:00Z").out
    with connect(dsn) as db:
        for statement in script.split(";\n"):
            db.execute(statement.encode())
        assert db.execute("SELECT count(*) FROM pg_class WHERE relname = 'contacts_fields_plan'").fetchone() == (1,)
        has_hypopg = bool(db.execute("SELECT FROM pg_extension WHERE extname = 'hypopg'").rowcount)
    as_json = json.loads(inside.ok("advise", "-w", "1", "--format", "json").out)
    assert as_json["hypopg"] == has_hypopg
    assert (as_json["contacts"], as_json["sampled"], as_json["segments"]) == (CONTACTS, 10_000, len(SEGMENTS))
