"""What is made for a Citus cluster, on one server: the forms are valid there too, and give the same counts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from golden.cases import cases_of_the_default, compiled
from postgres.conftest import connect
from postgres.pretended_citus import distribute, pretend
from postgres.test_properties import STRATEGIES, Case, Reach, cases, examples, server
from postgres.test_recount_support import add_segment, add_workspace, counts, recount, tagged
from properties.world import WORLD, load
from segsql.catalog import Distribution, SqlType, default_mapping, default_tables, tables_of
from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError
from segsql.plan import Output
from segsql.store import DEFAULT_BOUNDS, Database, distribution_of, load_catalog, snapshot, snapshots
from unit.render.test_citus_rules import golden_scans

if TYPE_CHECKING:
    from postgres.test_properties import Server

pytestmark = pytest.mark.planner

__all__ = ["server"]

CLUSTERS = (Distribution.BY_WORKSPACE, Distribution.BY_CONTACT)


@examples(0.4)
@given(case=cases(at_least=1, at_most=9), reach=st.sampled_from(STRATEGIES), distribution=st.sampled_from(CLUSTERS))
def test_a_clusters_statements_count_what_the_evaluator_counts(
    server: Server, case: Case, reach: Reach, distribution: Distribution
) -> None:
    """In a shared scan without fence or branches, one by one, and listed."""
    compiler, ids = case.compiler(reach=replace(reach, tables=replace(reach.tables, distribution=distribution)))
    expected = [case.expected(definition) for definition in case.definitions]
    (found,) = server.rows(compiler.scan(ids, split_ids=(1_000, 2_000)).statement)
    assert list(found) == [len(members) for members in expected]
    for id_, members in zip(ids, expected, strict=True):
        assert server.rows(compiler.segment(id_)) == [(len(members),)]
        assert server.ids(compiler.segment(id_, Output.MEMBERS)) == members


def test_every_golden_statement_is_planned(db: psycopg.Connection) -> None:
    db.execute("ALTER TABLE contacts ADD COLUMN tag_ids integer[]")
    for distribution in CLUSTERS:
        statements = [compiled(case, distribution, output) for case in cases_of_the_default() for output in Output]
        for statement in [*statements, *golden_scans(distribution)]:
            assert db.execute(f"EXPLAIN {statement.sql}".encode(), statement.params).fetchall(), statement.sql


HOSTILE = (
    "", " ", ",", '"', "'", "\\", "\\\\", "{", "}", "{}", "NULL", "null", "Null", "a,b", 'a"b', "%", "_", "\t", "\r",
    "A\nB", "\n", "Ä", "ẞ", "ΑΣ", "ΣΑΣ ", "Σ", "ΟΔΟΣ'", "İ", "I\u0307", "\u212a", "ǅ", "\ue000", "\x1f", "ﬁ", "É", "É",
)  # fmt: skip


def test_addresses_are_lowered_each_on_its_own(db: psycopg.Connection) -> None:
    """Joined, lowered and taken apart again: whatever they hold, and whatever stands before and behind."""
    for separator in ("\n", "\ue001", "\U000f0000"):
        texts = [text for text in HOSTILE if separator not in text]
        for some in ([], *([text] for text in texts), texts, texts[::-1]):
            joined = separator.join((*some, *some[-1:]))
            found = db.execute("SELECT string_to_array(lower(%s::text), %s::text)", (joined, separator)).fetchall()
            each = [db.execute("SELECT lower(%s::text)", (text,)).fetchall()[0][0] for text in (*some, *some[-1:])]
            assert found == [(each,)], some


def test_the_text_of_addresses_is_taken_apart_once(db: psycopg.Connection) -> None:
    """The planner does it: what it looks for is a constant, hashed in a scan and found by an index."""
    [case] = [case for case in cases_of_the_default() if case.name == "builtin/email_in"]
    statement = compiled(case)
    assert statement.types == [SqlType.BIGINT, SqlType.TEXT, SqlType.TEXT]
    plan = str(db.execute(f"EXPLAIN {statement.sql}".encode(), statement.params).fetchall())
    assert "string_to_array" not in plan
    assert "= ANY ('{" in plan


# --- noticing a cluster ---


def noticed(dsn: str) -> Distribution:
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        return distribution_of(opened.connection)


def test_one_server_is_no_cluster(dsn: str) -> None:
    assert noticed(dsn) is Distribution.NONE


def test_without_the_schema_there_is_no_cluster_yet(empty_dsn: str) -> None:
    assert noticed(empty_dsn) is Distribution.NONE
    with connect(empty_dsn) as connection:
        pretend(connection)
    assert noticed(empty_dsn) is Distribution.NONE


def test_the_extension_alone_is_no_cluster(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    assert noticed(dsn) is Distribution.NONE


def test_a_table_that_citus_keeps_whole_is_no_cluster(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    db.execute("INSERT INTO pg_dist_partition VALUES ('contacts', 'n', NULL, NULL)")
    assert noticed(dsn) is Distribution.NONE


@pytest.mark.parametrize(
    ("by", "expected"), [("workspace_id", Distribution.BY_WORKSPACE), ("contact_id", Distribution.BY_CONTACT)]
)
def test_a_cluster_is_noticed(db: psycopg.Connection, dsn: str, by: str, expected: Distribution) -> None:
    pretend(db)
    distribute(dsn, by)
    assert noticed(dsn) is expected
    db.execute("INSERT INTO workspaces (id, name) VALUES (1, 'w')")
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert load_catalog(opened.connection, 1).tables == tables_of(default_mapping(), expected)


def test_another_column_is_a_fault_of_the_set_up(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    db.execute("INSERT INTO pg_dist_partition VALUES ('contacts', 'h', 'email', 'contacts')")
    with pytest.raises(ConfigurationError, match="contacts is distributed by email"):
        noticed(dsn)


def test_a_connection_looks_once(db: psycopg.Connection, dsn: str) -> None:
    pretend(db)
    distribute(dsn)
    with closing(Database(dsn)) as database:
        asked: list[str] = []

        def note(*arguments: object) -> None:
            asked.append(str(arguments[2]))

        sa.event.listen(database._engine, "before_cursor_execute", note)
        for _ in range(3):
            with snapshot(database, DEFAULT_BOUNDS) as opened:
                assert distribution_of(opened.connection) is Distribution.BY_WORKSPACE
    assert len([text for text in asked if "pg_dist_partition" in text]) == 1


@pytest.mark.parametrize("by", ["workspace_id", "contact_id"])
def test_a_recount_there(db: psycopg.Connection, dsn: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the world, and a workspace that one server would scan in branches: here it is one piece."""
    monkeypatch.setattr(snapshots, "SPLIT_FROM", 10)
    pretend(db)
    assert distribute(dsn, by).stderr == ""
    load(WORLD, db)
    add_workspace(db, 7, contacts=100)
    for segment_id in range(1, 9):
        add_segment(db, segment_id, tagged(1), workspace_id=7)
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert opened.split_ids(7) == ()
    results = recount(dsn, jobs=2)
    assert {result.status for result in results.values()} <= {"counted", "invalid"}
    assert counts(db, 7) == dict.fromkeys(range(1, 9), 100)
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        for workspace in WORLD.workspaces:
            compiler = WorkspaceCompiler(
                replace(load_catalog(opened.connection, workspace.id), tables=default_tables()),
                workspace_id=workspace.id,
                now=opened.now,
            )
            stored = counts(db, workspace.id)
            for each in compiler.segment_ids:
                if not compiler.diagnostics(each):
                    assert opened.count(compiler.segment(each)) == (stored[int(each)],)
