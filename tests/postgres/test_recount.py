"""What a recount promises (spec 7), on a real server: the values, the time, and who is left alone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from psycopg.conninfo import make_conninfo

from postgres.conftest import RECOUNTER, connect
from postgres.test_recount_support import (
    EVERYONE,
    INVALID,
    NOBODY,
    PLAIN_TAG,
    SLOW_TAG,
    add_segment,
    add_workspace,
    by_key,
    counts,
    dsn,
    flat,
    make_tags_awkward,
    one_at_a_time,
    recount,
    report,
    server_time,
    statuses,
    stored,
    tagged,
)
from properties import oracle
from properties.model import json_text
from properties.strategies import definitions
from properties.world import WORLD, load
from segsql.cli.main import run as run_command
from segsql.errors import ConfigurationError
from segsql.recount import CONNECTIONS_PER_JOB, Counted, Options, Record, Run, Way, as_json
from segsql.store import Bounds, Database, DueWorkspace, Selection, Snapshot, snapshot, write_transaction
from segsql.store import segments as store_segments

if TYPE_CHECKING:
    import psycopg

    from properties.model import Definition, Workspace
    from segsql.render import Statement

__all__ = ["dsn"]

FUTURE = datetime(2200, 1, 1, tzinfo=UTC)
PAST = datetime(2020, 1, 1, tzinfo=UTC)
WORKSPACES = {workspace.id: workspace for workspace in WORLD.workspaces}


def test_runs_log_in_without_any_right_but_those_of_their_role(dsn: str) -> None:
    """Those of this module and of every other one that takes its `dsn` from the support module."""
    with connect(dsn) as connection:
        query = "SELECT session_user::text, pg_has_role('segsql_recounter', 'USAGE'), rolsuper FROM pg_roles"
        found = connection.execute(f"{query} WHERE rolname = session_user".encode()).fetchall()
    assert found == [(RECOUNTER, True, False)]


def test_an_empty_database_has_nothing_to_count(dsn: str) -> None:
    done = report(dsn)
    assert done.results == ()
    assert not done.has_failed


@pytest.mark.parametrize("way", [None, *Way])
def test_every_segment_of_the_world_gets_its_count(dsn: str, db: psycopg.Connection, way: Way | None) -> None:
    """As the naive evaluator has it at the very instant that is stored."""
    load(WORLD, db)
    before = server_time(db)
    results = recount(dsn, Options(way=way), jobs=3)
    after = server_time(db)
    rows = stored(db)
    assert results.keys() == rows.keys()
    for (workspace_id, segment_id), row in rows.items():
        workspace = WORKSPACES[workspace_id]
        (segment,) = (one for one in workspace.segments if one.id == segment_id)
        assert row.at is not None
        assert before <= row.at <= after
        assert row.count == len(oracle.members(segment.definition, workspace, row.at))
        assert results[workspace_id, segment_id].outcome == Counted(row.count, row.at)


def test_one_or_many_overlapping_runs_end_with_the_same_values(dsn: str, db: psycopg.Connection) -> None:
    load(WORLD, db)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: by_key(report(dsn, jobs=3)), range(8)))
    assert {result.status for results in done for result in results.values()} <= {"counted", "superseded", "skipped"}
    rows = stored(db)
    for (workspace_id, segment_id), row in rows.items():
        workspace = WORKSPACES[workspace_id]
        (segment,) = (one for one in workspace.segments if one.id == segment_id)
        assert row.at is not None
        assert row.count == len(oracle.members(segment.definition, workspace, row.at))
        written = [results[workspace_id, segment_id].outcome for results in done]
        newest = max((one for one in written if isinstance(one, Counted)), key=lambda one: one.at)
        assert (row.count, row.at) == (newest.count, newest.at)


def test_the_time_is_the_snapshots_and_everything_before_it_is_counted(dsn: str, db: psycopg.Connection) -> None:
    """One time for a workspace: the server's, between what was committed before and what came later."""
    add_workspace(db, contacts=5)
    for number in range(1, 12):
        add_segment(db, number)
    before = server_time(db)
    recount(dsn)
    after = server_time(db)
    times = {row.at for row in stored(db).values()}
    (at,) = times
    assert at is not None
    assert before <= at <= after
    assert set(counts(db).values()) == {5}


def test_count_and_time_change_together(dsn: str, db: psycopg.Connection) -> None:
    """Also where the count stays what it was: the time then says that it was looked at."""
    add_workspace(db)
    add_segment(db, 1, count=3, at=PAST)
    add_segment(db, 2, count=8, at=PAST)
    add_segment(db, 3, INVALID, count=8, at=PAST)
    recount(dsn)
    rows = stored(db)
    assert [rows[1, n].count for n in (1, 2, 3)] == [3, 3, 8]
    assert rows[1, 1].at == rows[1, 2].at != PAST
    assert rows[1, 3].at == PAST


@pytest.mark.parametrize("at", [FUTURE, "infinity"])
def test_a_time_in_the_future_is_overwritten(dsn: str, db: psycopg.Connection, at: datetime | str) -> None:
    add_workspace(db)
    add_segment(db, 1, count=77, at=at)
    assert statuses(recount(dsn)) == {1: "counted"}
    row = stored(db)[1, 1]
    assert row.count == 3
    assert row.at is not None
    assert row.at <= server_time(db)


def test_a_count_never_touches_updated_at_or_anything_else(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, count=77, at=PAST)
    query = "SELECT to_jsonb(s) - 'cached_count' - 'last_counted_at' FROM segments s"
    before = db.execute(query).fetchall()
    recount(dsn)
    assert db.execute(query).fetchall() == before
    assert counts(db) == {1: 3}


def test_a_dry_run_writes_nothing_and_takes_no_lock(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    for number in range(1, 10):
        add_segment(db, number, count=77, at=PAST)
    before = stored(db)
    with Locked(dsn):
        results = recount(dsn, Options(dry_run=True))
    assert {result.outcome.count for result in results.values() if isinstance(result.outcome, Counted)} == {3}
    assert set(statuses(results).values()) == {"counted"}
    assert stored(db) == before


def test_a_dry_run_needs_no_more_than_reading(reader_dsn: str, db: psycopg.Connection) -> None:
    """It works for a role that may not write, on a server that takes no writes, such as a replica."""
    add_workspace(db)
    add_segment(db, 1)
    ((name,),) = db.execute("SELECT current_database()").fetchall()
    db.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    assert statuses(recount(reader_dsn, Options(dry_run=True))) == {1: "counted"}


class Locked:
    """Hold a workspace's lock in a session of its own, as another run would."""

    def __init__(self, dsn: str, workspace_id: int = 1) -> None:
        self._database = Database(dsn)
        self._workspace_id = workspace_id

    def __enter__(self) -> None:
        self._transaction = write_transaction(self._database, Bounds())
        assert self._transaction.__enter__().lock(self._workspace_id)

    def __exit__(self, *error: object) -> None:
        self._transaction.__exit__(None, None, None)
        self._database.close()


def test_a_workspace_that_another_run_holds_is_skipped_and_said_so(dsn: str, db: psycopg.Connection) -> None:
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number in (1, 2):
            add_segment(db, number, workspace_id=workspace_id)
    with Locked(dsn):
        results = recount(dsn)
    assert statuses(results) == {1: "skipped", 2: "skipped"}
    assert statuses(results, 2) == {1: "counted", 2: "counted"}
    assert "another recount" in results[1, 1].message
    assert counts(db) == {1: None, 2: None}
    assert set(statuses(recount(dsn)).values()) == {"counted"}, "the lock is gone with its holder"


@pytest.mark.direct
def test_the_lock_is_gone_after_every_run(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    recount(dsn, jobs=2)
    held = """SELECT count(*) FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    assert db.execute(held).fetchall() == [(0,)]


def test_workspaces_with_the_oldest_counts_go_first(dsn: str, db: psycopg.Connection) -> None:
    """Never counted is oldest of all; within a workspace too."""
    ages = {1: PAST + timedelta(days=2), 2: PAST, 3: None, 4: PAST + timedelta(days=1), 5: FUTURE}
    for workspace_id, at in ages.items():
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id, count=1, at=at)
        add_segment(db, 2, workspace_id=workspace_id, count=1, at=FUTURE)
    with closing(Database(dsn)) as database, snapshot(database, Bounds()) as opened:
        due = store_segments.due_workspaces(opened.connection, Selection())
    assert due == [DueWorkspace(workspace_id, (1, 2)) for workspace_id in (3, 2, 4, 1, 5)]
    done = report(dsn)
    assert list(dict.fromkeys(result.workspace_id for result in done.results)) == [3, 2, 4, 1, 5]


def test_a_workspaces_counts_are_written_by_one_statement(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_at_a_time(monkeypatch)
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number in range(1, 10):
            add_segment(db, number, workspace_id=workspace_id)
    db.execute("CREATE TABLE written (workspaces bigint[], rows bigint)")
    db.execute(
        """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            INSERT INTO written SELECT array_agg(DISTINCT workspace_id), count(*) FROM new_rows;
            RETURN NULL;
        END $$"""
    )
    db.execute(
        """CREATE TRIGGER note AFTER UPDATE ON segments REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION note()"""
    )
    recount(dsn, jobs=2)
    assert sorted(db.execute("SELECT * FROM written").fetchall()) == [([1], 9), ([2], 9)]


def test_updates_are_hot(dsn: str, db: psycopg.Connection) -> None:
    """Nearly all of them: pages are half empty, and no index holds what changes.

    The first count makes a row longer by what was null before, so that some no longer fit.
    """
    add_workspace(db)
    for number in range(1, 301):
        add_segment(db, number)
    for _ in range(3):
        recount(dsn)
        db.execute("VACUUM segments")
    query = """SELECT n_tup_upd, n_tup_hot_upd, pg_stat_clear_snapshot() FROM pg_stat_user_tables
        WHERE relname = 'segments'"""
    updates = hot = 0
    for _ in range(100):  # a session reports what it did when it ends, which nobody waits for
        ((updates, hot, _),) = db.execute(query).fetchall()
        if updates == 900:
            break
        db.execute("SELECT pg_sleep(0.05)")
    assert updates == 900
    assert hot >= 0.95 * 900


def test_one_bad_zone_stops_no_other_workspace(dsn: str, db: psycopg.Connection) -> None:
    zones = ("", "America", "No/Where", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\n", "ä" * 300, "UTC0")
    for number, zone in enumerate(zones, start=10):
        add_workspace(db, number, timezone=zone)
        add_segment(db, 1, workspace_id=number, count=7, at=PAST)
        add_segment(db, 2, INVALID, workspace_id=number, count=7, at=PAST)
    add_workspace(db)
    add_segment(db, 1)
    results = recount(dsn)
    assert statuses(results) == {1: "counted"}
    for number, zone in enumerate(zones, start=10):
        assert statuses(results, number) == {1: "invalid", 2: "invalid"}, zone
        assert "time zone" in results[number, 1].message
        assert counts(db, number) == {1: 7, 2: 7}


@pytest.mark.direct
def test_a_policy_that_hides_rows_is_an_error_and_never_an_undercount(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db, contacts=10)
    add_segment(db, 1, count=10, at=PAST)
    with Role(db) as role:
        db.execute("ALTER TABLE contacts ENABLE ROW LEVEL SECURITY")
        db.execute(f"CREATE POLICY few ON contacts FOR SELECT TO {role} USING (id <= 4)".encode())
        for options in (Options(), Options(dry_run=True), Options(way=Way.SHARED)):
            error = report(as_role(dsn, role), options).error
            assert isinstance(error, ConfigurationError)
            assert "row-level security" in str(error)
        assert counts(db) == {1: 10}
        db.execute(f"ALTER ROLE {role} BYPASSRLS".encode())
        db.execute("DELETE FROM contacts WHERE id > 8")
        assert statuses(recount(as_role(dsn, role))) == {1: "counted"}
        assert counts(db) == {1: 8}


class Role:
    """A role of its own that may do what a recount needs and owns nothing; dropped on leaving."""

    def __init__(self, db: psycopg.Connection) -> None:
        self._db = db
        self.name = f"segsql_test_{random.SystemRandom().randrange(10**12)}"

    def __enter__(self) -> str:
        self._db.execute(f"CREATE ROLE {self.name} LOGIN PASSWORD 'test'".encode())
        self._db.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {self.name}".encode())
        self._db.execute(f"GRANT UPDATE (cached_count, last_counted_at) ON segments TO {self.name}".encode())
        self._db.execute(f"GRANT INSERT, DELETE ON segment_counts TO {self.name}".encode())
        return self.name

    def __exit__(self, *error: object) -> None:
        self._db.execute(f"DROP OWNED BY {self.name}".encode())
        self._db.execute(f"DROP ROLE {self.name}".encode())


def as_role(dsn: str, role: str) -> str:
    return make_conninfo(dsn, user=role, password="test")


def test_both_ways_count_alike(dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """And they are what they say: as many statements as segments, or one."""
    statements = list[int]()
    count = Snapshot.count

    def counted(self: Snapshot, statement: Statement) -> tuple[int, ...]:
        found = count(self, statement)
        statements.append(len(found))
        return found

    one_at_a_time(monkeypatch)
    monkeypatch.setattr(Snapshot, "count", counted)
    load(WORLD, db)
    now = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    single = recount(dsn, Options(now=now, dry_run=True, way=Way.SINGLE))
    assert statements == [1] * 48
    statements.clear()
    shared = recount(dsn, Options(now=now, dry_run=True, way=Way.SHARED))
    assert statements == [8] * 6
    for key, result in single.items():
        other = shared[key]
        assert isinstance(result.outcome, Counted)
        assert isinstance(other.outcome, Counted)
        assert result.outcome.count == other.outcome.count
        workspace = WORKSPACES[key[0]]
        (segment,) = (one for one in workspace.segments if one.id == key[1])
        assert result.outcome.count == len(oracle.members(segment.definition, workspace, now))


def drawn(workspace: Workspace, number: int) -> list[Definition]:
    """The same definitions every time."""
    found: list[Definition] = []

    @seed(20_260_329 + workspace.id)
    @settings(
        max_examples=number,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(definitions(workspace))
    def collect(definition: Definition) -> None:
        found.append(definition)

    collect()
    return found[:number]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_300_drawn_segments_count_as_many_as_members_lists(
    dsn: str, db: psycopg.Connection, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    load(WORLD, db)
    added = set()
    for workspace in WORLD.workspaces[:6]:
        for number, definition in enumerate(drawn(workspace, 50), start=1000):
            add_segment(db, number, json_text(definition), workspace_id=workspace.id)
            added.add((workspace.id, number))
    assert len(added) >= 290
    results = recount(dsn, jobs=2)
    assert {key: result.message for key, result in results.items() if result.status != "counted"} == {}
    rows = stored(db)
    for workspace_id, segment_id in sorted(added):
        row = rows[workspace_id, segment_id]
        assert row.at is not None
        selected = ["-w", str(workspace_id), "-s", str(segment_id), "--now", row.at.isoformat()]
        assert run_command(["--dsn", dsn, "members", *selected, "--format", "ndjson"]) == 0
        assert len(capsysbinary.readouterr().out.splitlines()) == row.count, (workspace_id, segment_id)


def test_the_report_is_of_every_segment_that_was_due(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    add_segment(db, 2, INVALID)
    done = report(dsn)
    written = as_json(Record(done, Selection(), Options(), 0))
    assert written["run_id"] == done.run_id
    assert done.totals | {"counted": 1, "invalid": 1} == done.totals == written["totals"]
    results = written["results"]
    assert isinstance(results, list)
    assert [result["status"] for result in results] == ["counted", "invalid"]
    assert done.has_invalid
    assert not done.has_failed


def test_a_stop_is_obeyed_between_statements(dsn: str, db: psycopg.Connection) -> None:
    """What was counted by then is written, the rest is skipped and keeps its count."""
    for workspace_id in (1, 2):
        add_workspace(db, workspace_id)
        for number in range(1, 5):
            add_segment(db, number, tagged(PLAIN_TAG), workspace_id=workspace_id, count=77, at=PAST)
    with closing(Database(dsn, connections=CONNECTIONS_PER_JOB)) as database:
        run = Run(database, Selection(), Options(way=Way.SINGLE), jobs=1)
        original = Snapshot.count
        calls = []

        def counting(self: Snapshot, statement: Statement) -> tuple[int, ...]:
            calls.append(1)
            if len(calls) == 2:
                run.stop()
            return original(self, statement)

        with pytest.MonkeyPatch.context() as patched:
            one_at_a_time(patched)
            patched.setattr(Snapshot, "count", counting)
            results = by_key(run.report(lambda _: None))
    assert statuses(results) == {1: "counted", 2: "counted", 3: "skipped", 4: "skipped"}
    assert set(statuses(results, 2).values()) == {"skipped"}
    assert "stopped" in results[1, 3].message
    assert counts(db) == {1: 3, 2: 3, 3: 77, 4: 77}
    assert set(counts(db, 2).values()) == {77}


def test_statements_are_bounded(dsn: str, db: psycopg.Connection) -> None:
    """One segment's statement takes too long: that one alone keeps its count, and is called a timeout."""
    add_workspace(db, contacts=2)
    make_tags_awkward(db)
    for number in range(1, 9):
        add_segment(db, number, count=77, at=PAST)
    add_segment(db, 9, tagged(SLOW_TAG), count=77, at=PAST)
    add_segment(db, 10, flat("email", "contains", "user1"), count=77, at=PAST)
    results = recount(dsn, Options(bounds=Bounds(statement=timedelta(seconds=0.4))))
    assert statuses(results) == {n: "timeout" if n == 9 else "counted" for n in range(1, 11)}
    assert counts(db) == {**dict.fromkeys(range(1, 9), 2), 9: 77, 10: 1}
    left = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%contact_tags%' AND state = 'active'
            AND pid <> pg_backend_pid()"""
    assert db.execute(left).fetchall() == [(0,)]


def test_another_time_is_looked_from_and_nothing_is_written(dsn: str, db: psycopg.Connection) -> None:
    """`now` alone does not make a run dry here; the command line does. The instant decides what is counted."""
    add_workspace(db, contacts=4)
    add_segment(db, 1, flat("created_at", "within_days", 1), count=77, at=PAST)
    results = recount(dsn, Options(now=datetime(2026, 1, 1, 12, tzinfo=UTC), dry_run=True))
    outcome = results[1, 1].outcome
    assert isinstance(outcome, Counted)
    assert outcome.count == 4
    assert counts(db) == {1: 77}


def test_folded_segments_are_counted_too(dsn: str, db: psycopg.Connection) -> None:
    """Constants leave no predicate: all contacts, and none, in both ways."""
    add_workspace(db, contacts=6)
    nothing = {"matchType": "all", "filters": [{"matchType": "none", "filters": EVERYONE["filters"]}]}
    for number in range(1, 9):
        add_segment(db, number, EVERYONE if number % 2 else nothing)
    for way in Way:
        assert set(statuses(recount(dsn, Options(way=way))).values()) == {"counted"}
        assert counts(db) == {number: 6 if number % 2 else 0 for number in range(1, 9)}


def test_more_segments_than_one_scan_holds(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db, contacts=3)
    for number in range(1, 601):
        add_segment(db, number, flat("email", "eq", f"user{number % 5}@example.com") if number % 7 else NOBODY)
    results = recount(dsn)
    assert set(statuses(results).values()) == {"counted"}
    expected = {n: int(n % 7 != 0 and n % 5 in (1, 2, 3)) for n in range(1, 601)}
    assert counts(db) == expected


def test_many_workspaces_and_jobs(dsn: str, db: psycopg.Connection) -> None:
    for workspace_id in range(1, 31):
        add_workspace(db, workspace_id, contacts=workspace_id % 4)
        for number in range(1, 1 + workspace_id % 9):
            add_segment(db, number, workspace_id=workspace_id)
    done = report(dsn, jobs=8)
    assert {result.status for result in done.results} == {"counted"}
    for workspace_id in range(1, 31):
        assert set(counts(db, workspace_id).values()) <= {workspace_id % 4}


@pytest.mark.direct
def test_a_connection_stays_for_nobody(dsn: str, db: psycopg.Connection) -> None:
    """After a run none of its sessions is left, idle or otherwise."""
    add_workspace(db)
    add_segment(db, 1)
    recount(dsn, jobs=3)
    with connect(dsn) as fresh:
        for _ in range(50):
            others = fresh.execute(
                """SELECT count(*) FROM pg_stat_activity
                WHERE application_name LIKE 'segsql%' AND datname = current_database()"""
            ).fetchall()
            if others == [(0,)]:
                return
            fresh.execute("SELECT pg_sleep(0.02), pg_stat_clear_snapshot()")
    raise AssertionError("sessions are left")
