"""What lint asks of a database: what no contact has, and which indexes there are, as the planner has them too."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from postgres.test_recount_support import add_segment, add_workspace, flat
from segsql.catalog import ColumnType, FieldType, Id, InJson, default_tables, in_order
from segsql.compiler import WorkspaceCompiler
from segsql.lint import Choice, Facts, Linter, Mentioned
from segsql.plan.operands import stored
from segsql.store import DEFAULT_BOUNDS, Database, Snapshot, lint_facts, load_catalog, snapshot
from segsql.store.lint_facts import segment_titles, text_indexes, unused_choices, unused_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg


@contextmanager
def opened(dsn: str) -> Iterator[Snapshot]:
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as found:
        yield found


def builtin(name: str, text: str) -> Choice:
    return Choice(name, stored(default_tables().places[name], FieldType.DROPDOWN_SINGLE), text)


def custom(key: str, text: str) -> Choice:
    return Choice(key, stored(InJson("fields", ColumnType.JSONB, (key,)), FieldType.DROPDOWN_SINGLE), text)


def test_tags_that_no_living_contact_has(db: psycopg.Connection, dsn: str) -> None:
    """Of this workspace, whatever others have."""
    add_workspace(db, 1, contacts=3)
    add_workspace(db, 2, contacts=3)
    db.execute("DELETE FROM contact_tags WHERE workspace_id = 1 AND tag_id = 2")
    db.execute("DELETE FROM contact_tags WHERE workspace_id = 1 AND tag_id = 3 AND contact_id <> 1")
    db.execute("UPDATE contacts SET deleted_at = 'infinity' WHERE workspace_id = 1 AND id = 1")
    with opened(dsn) as found:
        assert unused_tags(found, 1, {1, 2, 3}) == Mentioned(tags=frozenset({2, 3}))
        assert unused_tags(found, 2, {1, 2, 3}) == Mentioned()
        assert unused_tags(found, 1, ()) == Mentioned()


def test_values_that_no_living_contact_has(db: psycopg.Connection, dsn: str) -> None:
    add_workspace(db, 1, contacts=3)
    add_workspace(db, 2, contacts=1)
    stored = {"plan": "pro", "colours": ["red", "blue"], "it's": "100%"}
    db.execute("UPDATE contacts SET fields = %s WHERE workspace_id = 1 AND id = 1", (json.dumps(stored),))
    db.execute(
        """UPDATE contacts SET fields = '{"plan": "gone"}', deleted_at = now() WHERE workspace_id = 1 AND id = 2"""
    )
    db.execute("""UPDATE contacts SET fields = '{"plan": "other"}', country = 'CH' WHERE workspace_id = 2""")
    db.execute("UPDATE contacts SET country = 'DE' WHERE workspace_id = 1 AND id = 3")
    used = {
        custom("plan", "pro"),
        custom("colours", "blue"),
        custom("it's", "100%"),
        builtin("country", "DE"),
        builtin("status", "subscribed"),
    }
    unused = {
        *(custom("plan", text) for text in ("Pro", "gone", "other", "")),
        custom("colours", "green"),
        custom("nothing", "x"),
        builtin("country", "CH"),
        custom("country", "DE"),
        builtin("first_name", "A"),
        builtin("last_name", "A"),
    }
    with opened(dsn) as found:
        assert unused_choices(found, 1, used | unused) == Mentioned(choices=frozenset(unused))
        assert unused_choices(found, 1, ()) == Mentioned()


def test_the_indexes_of_the_default_schema(db: psycopg.Connection, dsn: str) -> None:
    """Valid ones that hold every living contact; nothing is said of a small table."""
    db.execute("CREATE INDEX some_only ON contacts (first_name) WHERE id > 5")
    db.execute('CREATE INDEX by_bytes ON contacts (workspace_id, lower(last_name) COLLATE "C")')
    db.execute("CREATE INDEX hashed ON contacts USING hash (country)")
    with opened(dsn) as found:
        assert text_indexes(found) is None
    with patch.object(lint_facts, "LARGE_BYTES", 0), opened(dsn) as found:
        indexes = text_indexes(found)
    assert indexes is not None
    found_keys = {key.expression: (index.method, key) for index in indexes for key in index.keys}
    assert found_keys["lower(email)"][1].operator_class == "text_pattern_ops"
    assert found_keys["lower(last_name)"][1].by_bytes
    assert found_keys["country"][0] == "hash"
    assert "first_name" not in found_keys


NOT_INDEXED = (
    flat("first_name", "eq", "Ann"),
    flat("first_name", "in", ["Ann", "Bo"]),
    flat("first_name", "starts_with", "An"),
    flat("nickname", "eq", "Ann"),
    flat("metadata.it's", "eq", "Ann"),
    flat("metadata.back\\slash", "starts_with", "Ann"),
)
INDEXED = (flat("email", "eq", "a@example.com"), flat("email", "in", ["a", "b"]), flat("email", "starts_with", "ann"))


def test_what_an_index_serves_is_what_the_planner_says(db: psycopg.Connection, dsn: str) -> None:
    """No finding where the planner can use an index; a finding elsewhere, and the index that it names is then used."""
    add_workspace(db, 1, contacts=3_000)
    db.execute("UPDATE contacts SET first_name = 'Name ' || id, fields = jsonb_build_object('nickname', id::text)")
    db.execute("SELECT declare_builtin_fields(1)")
    db.execute("INSERT INTO contact_fields (workspace_id, id, key, name, type) VALUES (1, 20, 'nickname', 'N', 'TEXT')")
    for number, definition in enumerate((*INDEXED, *NOT_INDEXED), start=1):
        add_segment(db, number, definition)
    before = findings(dsn)
    assert [segment for segment, messages in before.items() if messages] == [*range(len(INDEXED) + 1, 10)]
    for hints in before.values():
        for hint in hints:
            db.execute(hint.partition(": ")[2].removesuffix(".").replace(" CONCURRENTLY", "").encode())
    assert not any(findings(dsn).values())
    db.execute("VACUUM ANALYZE contacts")
    assert [segment for segment in before if not uses_an_index(db, dsn, segment)] == []


def findings(dsn: str) -> dict[Id, list[str]]:
    """The hints of the findings about indexes, by segment."""
    with patch.object(lint_facts, "LARGE_BYTES", 0), opened(dsn) as found:
        catalog, titles = load_catalog(found.connection, 1), segment_titles(found.connection, 1)
        linter, facts = Linter(catalog, found.now, titles), Facts(indexes=text_indexes(found))
        return {
            id_: [each.hint for each in linter.lint(linter.stored(id_), facts) if each.code == "SEG408"]
            for id_ in in_order(catalog.segments)
        }


def uses_an_index(db: psycopg.Connection, dsn: str, segment_id: Id) -> bool:
    """Whether the planner looks up more than the workspace."""
    with opened(dsn) as found:
        compiler = WorkspaceCompiler(load_catalog(found.connection, 1), workspace_id=1, now=found.now)
    with db.transaction(force_rollback=True):
        db.execute("SET LOCAL enable_seqscan = off")
        lines = db.execute(f"EXPLAIN {compiler.segment(segment_id).literal_sql()}".encode()).fetchall()
    return any("Index Cond: " in line and " AND " in line for (line,) in lines)
