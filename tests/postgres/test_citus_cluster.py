"""The whole on a real Citus cluster: a coordinator and two workers in containers, distributed in both ways.

Needs a Docker daemon and an image of a few hundred megabytes. Where none answers, each test is reported as not
run, by its name and with the reason; what can be shown without a cluster is in `test_distributed`,
`test_citus_sql` and `unit/render/test_citus_rules`.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import given
from psycopg.conninfo import make_conninfo

from golden.cases import cases_of_the_default, compiled
from postgres.conftest import connect, docker_answers
from postgres.pretended_citus import distribute
from postgres.test_properties import DEFAULT, EVENTS_ALONE, Case, Reach, cases, examples
from postgres.test_recount_support import add_segment, add_workspace, counts, edit, recount, tagged
from postgres.test_rollup import ROLLUP, TRUTH
from properties import oracle
from properties.world import WORLD, load
from segsql.catalog import Distribution, Id, default_tables
from segsql.compiler import WorkspaceCompiler
from segsql.plan import ActivityStrategy, Forced, Output, TagStrategy
from segsql.store import DEFAULT_BOUNDS, Database, Selection, distribution_of, load_catalog, migrations, snapshot
from unit.render.test_citus_rules import golden_scans

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.cluster

IMAGE = "citusdata/citus:13.0"
WORKERS = ("worker-1", "worker-2")
BY = {"workspace_id": Distribution.BY_WORKSPACE, "contact_id": Distribution.BY_CONTACT}
READY_WITHIN = 120

REACHES = (
    DEFAULT,
    EVENTS_ALONE,
    *(
        Reach(default_tables(), Forced(tags, activity))
        for tags, activity in product((TagStrategy.EXISTS, TagStrategy.GROUPED), ActivityStrategy)
    ),
)


@dataclass(frozen=True)
class Cluster:
    """The schema in a namespace of its own on the coordinator, distributed by a column, with the world in it.

    The world's activity was loaded as events: its rollup is what `rebuild_contact_activity` made of them.
    """

    dsn: str
    distribution: Distribution


@pytest.fixture(scope="session")
def coordinator() -> Iterator[str]:
    """An administrator's connection string to a coordinator that knows its workers."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.network import Network

    with ExitStack() as running:
        network = running.enter_context(Network())

        def start(name: str) -> str:
            node = DockerContainer(IMAGE).with_env("POSTGRES_HOST_AUTH_METHOD", "trust").with_exposed_ports(5432)
            running.enter_context(node.with_network(network).with_network_aliases(name))
            return make_conninfo(
                host=node.get_container_host_ip(), port=node.get_exposed_port(5432), user="postgres", dbname="postgres"
            )

        dsn, *workers = [start(name) for name in ("coordinator", *WORKERS)]
        for each in (dsn, *workers):
            _wait_for(each)
        with connect(dsn) as connection:
            connection.execute("SELECT citus_set_coordinator_host('coordinator')")
            for name in WORKERS:
                connection.execute("SELECT citus_add_node(%s, 5432)", (name,))
            connection.execute("ALTER DATABASE postgres SET citus.shard_count = 8")
        yield dsn


@pytest.fixture(scope="module", params=BY)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Asks for the containers only where there are any."""
    if not docker_answers():
        pytest.skip("no Docker daemon answers: not run on a Citus cluster")
    return request.getfixturevalue(f"cluster_by_{request.param}")  # type: ignore[no-any-return]  # pytest types no fixture


@pytest.fixture(scope="session")
def cluster_by_workspace_id(coordinator: str) -> Cluster:
    return _distributed(coordinator, "workspace_id")


@pytest.fixture(scope="session")
def cluster_by_contact_id(coordinator: str) -> Cluster:
    return _distributed(coordinator, "contact_id")


def _distributed(coordinator: str, by: str) -> Cluster:
    with connect(coordinator) as connection:
        connection.execute(f"CREATE SCHEMA by_{by}".encode())
    dsn = make_conninfo(coordinator, options=f"-csearch_path=by_{by}")
    migrations.migrate(dsn)
    done = distribute(dsn, by)
    assert done.returncode == 0, done.stderr
    with connect(dsn) as connection:
        load(WORLD, connection, "events")
        connection.execute("SELECT rebuild_contact_activity(NULL)")
    return Cluster(dsn, BY[by])


def _wait_for(dsn: str) -> None:
    """The image starts a server without a port first, to make its database: who connects meets the last one."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            with connect(dsn) as connection:
                connection.execute("SELECT citus_version()")
                return
        except psycopg.Error:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_it_is_noticed(cluster: Cluster) -> None:
    with closing(Database(cluster.dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert distribution_of(opened.connection) is cluster.distribution


def test_the_rows_lie_on_the_workers(cluster: Cluster) -> None:
    with connect(cluster.dsn) as connection:
        nodes = connection.execute("""
            SELECT DISTINCT nodename FROM citus_shards
            WHERE table_name = 'contacts'::regclass AND citus_table_type = 'distributed'
        """)
        assert {name for (name,) in nodes.fetchall()} == set(WORKERS)


def test_init_has_nothing_to_do_afterwards(cluster: Cluster) -> None:
    assert migrations.migrate(cluster.dsn) == ()


def test_every_golden_statement_is_planned_and_runs(cluster: Cluster) -> None:
    with connect(cluster.dsn) as connection:
        connection.execute("ALTER TABLE contacts ADD COLUMN IF NOT EXISTS tag_ids integer[]")
        statements = [
            compiled(case, cluster.distribution, output) for case in cases_of_the_default() for output in Output
        ]
        for statement in [*statements, *golden_scans(cluster.distribution)]:
            connection.execute(f"EXPLAIN {statement.sql}".encode(), statement.params)
            connection.execute(statement.sql.encode(), statement.params).fetchall()


@examples(0.1)
@given(case=cases(at_least=1, at_most=9))
def test_drawn_definitions_count_what_the_evaluator_counts(cluster: Cluster, case: Case) -> None:
    """In a shared scan and by every strategy; members in order."""
    with closing(Database(cluster.dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        stored = load_catalog(opened.connection, case.workspace.id)
        ids = range(1_000, 1_000 + len(case.definitions))
        segments: dict[Id, object] = {**stored.segments, **dict(zip(ids, case.definitions, strict=True))}
        expected = [case.expected(definition) for definition in case.definitions]
        for reach in REACHES:
            catalog = replace(
                stored, segments=segments, tables=replace(reach.tables, distribution=stored.tables.distribution)
            )
            compiler = WorkspaceCompiler(catalog, workspace_id=case.workspace.id, now=case.now, strategy=reach.forced)
            assert opened.count(compiler.scan(ids).statement) == tuple(map(len, expected))
            for segment_id, members in zip(ids, expected, strict=True):
                assert opened.count(compiler.segment(segment_id)) == (len(members),)
                listed = opened.members(compiler.segment(segment_id, Output.MEMBERS))
                assert [contact_id for contact_id, _ in listed] == members


def test_a_recount_of_the_world(cluster: Cluster) -> None:
    results = recount(cluster.dsn, jobs=2)
    assert {result.status for result in results.values()} <= {"counted", "invalid"}
    with connect(cluster.dsn) as connection:
        for workspace in WORLD.workspaces:
            stored = counts(connection, workspace.id)
            for segment in workspace.segments:
                result = results[workspace.id, segment.id]
                if result.status == "counted":
                    now = connection.execute(
                        "SELECT last_counted_at FROM segments WHERE workspace_id = %s AND id = %s",
                        (workspace.id, segment.id),
                    ).fetchall()[0][0]
                    assert stored[segment.id] == len(oracle.members(segment.definition, workspace, now))


def test_what_is_stale_is_found_and_written(cluster: Cluster) -> None:
    with connect(cluster.dsn) as connection:
        add_workspace(connection, 7, contacts=30)
        try:
            for segment_id in range(1, 9):
                add_segment(connection, segment_id, tagged(1), workspace_id=7)
            recount(cluster.dsn, selection=Selection(workspace_ids=(7,)))
            assert counts(connection, 7) == dict.fromkeys(range(1, 9), 30)
            edit(connection, 3, workspace_id=7)
            again = recount(cluster.dsn, selection=Selection(workspace_ids=(7,), stale_for=timedelta(hours=1)))
            assert set(again) == {(7, 3)}
        finally:
            connection.execute("DELETE FROM workspaces WHERE id = 7")
        left = connection.execute("SELECT count(*) FROM contacts WHERE workspace_id = 7").fetchall()
        assert left == [(0,)], "a workspace takes its contacts along"


@pytest.mark.parametrize("only", [8, None])
def test_the_rollup_is_rebuilt(cluster: Cluster, only: int | None) -> None:
    with connect(cluster.dsn) as connection, connection.transaction(force_rollback=True):
        add_workspace(connection, 8, contacts=12)
        connection.execute("""INSERT INTO email_events (workspace_id, contact_id, message_id, kind, occurred_at)
            SELECT 8, c, m % 3, (ARRAY['delivered', 'open', 'click'])[1 + (c + m) % 3],
                timestamptz '2026-01-01Z' + m * interval '1 hour'
            FROM generate_series(1, 10) c, generate_series(1, 7) m""")
        connection.execute("INSERT INTO contact_activity SELECT 8, c, 7, 7, 7 FROM generate_series(9, 12) c")
        connection.execute("SELECT rebuild_contact_activity(%s)", (only,))
        truth = [row for row in connection.execute(TRUTH).fetchall() if row[0] == 8]
        found = [row for row in connection.execute(ROLLUP).fetchall() if row[0] == 8]
        assert found == [*truth, (8, 11, 0, 0, 0, None, None), (8, 12, 0, 0, 0, None, None)]
