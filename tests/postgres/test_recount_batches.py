"""Many small workspaces in one pair of transactions: the same promises, and few round trips (spec 7, 10)."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from postgres.test_recount_support import (
    BROKEN_TAG,
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
    edit,
    flat,
    make_tags_awkward,
    one_at_a_time,
    recount,
    report,
    statuses,
    stored,
    tagged,
    while_counting,
)
from properties.world import WORLD, load
from segsql.catalog import Id, WorkspaceId
from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError
from segsql.plan import Forced, TagStrategy
from segsql.recount import CONNECTIONS_PER_JOB, Options, Run, Way, explain
from segsql.recount.count import compiled
from segsql.recount.run import batches
from segsql.recount.servers import Servers
from segsql.recount.workspace import Recounted, recount_workspace
from segsql.render import Statement
from segsql.store import (
    DEFAULT_BOUNDS,
    Bounds,
    Database,
    DueWorkspace,
    Selection,
    Snapshot,
    load_catalogs,
    snapshot,
    snapshots,
    write_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


__all__ = ["dsn"]

PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def fleet(db: psycopg.Connection) -> psycopg.Connection:
    """Workspaces 1 to 12 with as many contacts as their id, and four segments each, counted long ago as 77."""
    for workspace_id in range(1, 13):
        add_workspace(db, workspace_id, contacts=workspace_id)
        for number, definition in enumerate((EVERYONE, NOBODY, tagged(PLAIN_TAG), flat("email", "contains", "r1@"))):
            add_segment(db, number + 1, definition, workspace_id=workspace_id, count=77, at=PAST)
    return db


def right(workspace_id: int) -> dict[int, int]:
    return {1: workspace_id, 2: 0, 3: workspace_id, 4: 1}


def alone(monkeypatch: pytest.MonkeyPatch) -> list[WorkspaceId]:
    """The workspaces that are recounted by themselves, as a run goes on."""
    original, seen = recount_workspace, list[WorkspaceId]()

    def noted(servers: Servers, due: DueWorkspace, *more: object) -> Recounted:
        seen.append(due.workspace_id)
        return original(servers, due, *more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("segsql.recount.batch.recount_workspace", noted)
    return seen


def all_right(fleet: psycopg.Connection, *but: int) -> None:
    for workspace_id in range(1, 13):
        if workspace_id not in but:
            assert counts(fleet, workspace_id) == right(workspace_id), workspace_id


def test_batches_take_every_workspace_once_in_order_and_spread_the_work() -> None:
    def sizes(number: int, jobs: int, segments: int = 10) -> list[int]:
        due = [DueWorkspace(each, tuple(range(segments))) for each in range(number)]
        made = list(batches(due, jobs))
        assert [one for batch in made for one in batch] == due
        return [len(batch) for batch in made]

    assert sizes(0, 2) == []
    assert sizes(1, 2) == [1]
    assert sizes(3, 1) == [3]
    assert sizes(8, 4) == [2] * 4
    assert sizes(50, 1) == [50]
    assert sizes(120, 2) == [30] * 4
    assert sizes(2_000, 2) == [50] * 40
    assert sizes(10, 1, segments=300) == [3, 3, 3, 1]
    assert sizes(3, 1, segments=5_000) == [1, 1, 1]


@pytest.mark.parametrize("way", [None, *Way])
@pytest.mark.parametrize("tags", [None, TagStrategy.EXISTS])
def test_a_batch_counts_what_single_workspaces_count(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: Way | None, tags: TagStrategy | None
) -> None:
    load(WORLD, db)
    options = Options(dry_run=True, now=datetime(2026, 3, 29, 1, 30, tzinfo=UTC), way=way, strategy=Forced(tags=tags))
    by_itself = alone(monkeypatch)
    together = recount(dsn, options)
    assert by_itself == []
    one_at_a_time(monkeypatch)
    assert {key: one.outcome for key, one in recount(dsn, options).items()} == {
        key: one.outcome for key, one in together.items()
    }
    assert len(by_itself) == sum(1 for workspace in WORLD.workspaces if workspace.segments)


@pytest.mark.parametrize(
    ("options", "statements"),
    [
        (Options(), 12),
        (Options(way=Way.SINGLE), 48),
        (Options(strategy=Forced(tags=TagStrategy.EXISTS)), 48),
    ],
)
def test_small_workspaces_share_one_statement_unless_told_otherwise(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, options: Options, statements: int
) -> None:
    """Be the due segments few or many."""
    seen = list[WorkspaceId]()

    def noted(compiler: WorkspaceCompiler, portion: tuple[int, ...]) -> Statement:
        seen.append(1)
        return compiled(compiler, portion)

    monkeypatch.setattr("segsql.recount.batch.compiled", noted)
    assert {one.status for one in recount(dsn, options).values()} == {"counted"}
    assert len(seen) == statements
    all_right(fleet)


def test_a_batch_has_one_instant_and_one_write(dsn: str, fleet: psycopg.Connection) -> None:
    fleet.execute("CREATE TABLE written (rows bigint)")
    fleet.execute(
        """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN INSERT INTO written SELECT count(*) FROM new_rows; RETURN NULL; END $$"""
    )
    fleet.execute(
        """CREATE TRIGGER note AFTER UPDATE ON segments REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION note()"""
    )
    recount(dsn)
    assert fleet.execute("SELECT * FROM written").fetchall() == [(48,)]
    assert len({row.at for row in stored(fleet).values()}) == 1


def round_trips(dsn: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    """How often the server said that it was ready for more, in the run of one job: libpq's own trace."""
    connect = psycopg.connect
    with (folder / "trace").open("wb") as file:

        def traced(*arguments: object, **options: object) -> psycopg.Connection:
            connection = connect(*arguments, **options)  # type: ignore[arg-type]  # as it was called
            connection.pgconn.trace(file.fileno())
            return connection

        with monkeypatch.context() as patched:
            patched.setattr("segsql.store.database.psycopg.connect", traced)
            assert {one.status for one in recount(dsn).values()} == {"counted"}
    return (folder / "trace").read_bytes().count(b"ReadyForQuery")


def test_round_trips_are_few_however_many_workspaces_there_are(
    dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("segsql.store.write_back.STAY_SECONDS", 60)
    seen = []
    for added in (range(1, 4), range(4, 16), range(16, 51)):
        for workspace_id in added:
            add_workspace(db, workspace_id)
            add_segment(db, 1, workspace_id=workspace_id)
            add_segment(db, 2, NOBODY, workspace_id=workspace_id)
        seen.append(round_trips(dsn, monkeypatch, tmp_path))
    few, some, many = seen
    assert few <= 35
    assert some <= few + 3, "15 workspaces in place of 3"
    assert many <= few + 6, "50 of them: now and then the answers to 16 statements are waited for"


def test_a_workspace_that_another_run_holds_is_skipped_alone(dsn: str, fleet: psycopg.Connection) -> None:
    with closing(Database(dsn)) as database, write_transaction(database, Bounds()) as writer:
        assert writer.lock_all([3, 7, 99]) == {3, 7, 99}
        results = recount(dsn)
    assert {key[0] for key, one in results.items() if one.status == "skipped"} == {3, 7}
    assert "another recount" in results[3, 1].message
    assert set(counts(fleet, 3).values()) == set(counts(fleet, 7).values()) == {77}
    all_right(fleet, 3, 7)


@pytest.mark.parametrize("tag", [BROKEN_TAG, SLOW_TAG])
def test_one_poisoned_segment_costs_nobody_else_a_count(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tag: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """A real failure inside the server: the batch falls apart, and the guilty one is found."""
    make_tags_awkward(fleet)
    add_segment(fleet, 5, tagged(tag), workspace_id=6, count=77, at=PAST)
    by_itself = alone(monkeypatch)
    results = recount(dsn, Options(bounds=Bounds(statement=timedelta(seconds=0.4))))
    assert [(key, one.status) for key, one in results.items() if one.status != "counted"] == [
        ((6, 5), "failed" if tag == BROKEN_TAG else "timeout")
    ]
    assert 6 in by_itself
    assert counts(fleet, 6) == right(6) | {5: 77}
    all_right(fleet, 6)
    assert capfd.readouterr().err == ""


def test_what_was_answered_before_a_failure_is_not_counted_again(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tags_awkward(fleet)
    add_segment(fleet, 5, tagged(BROKEN_TAG), workspace_id=12, count=77, at=PAST)
    monkeypatch.setattr(snapshots, "MOST_AHEAD", 2)
    by_itself = alone(monkeypatch)
    assert statuses(recount(dsn), 12) == {1: "counted", 2: "counted", 3: "counted", 4: "counted", 5: "failed"}
    assert 12 in by_itself
    assert 1 not in by_itself
    all_right(fleet, 12)


@pytest.mark.parametrize("tag", [BROKEN_TAG, PLAIN_TAG])
def test_edits_and_deletions_meanwhile(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tag: int
) -> None:
    """While the batch is counted, and where it falls apart over another's segment too."""
    make_tags_awkward(fleet)
    add_segment(fleet, 5, tagged(tag), workspace_id=12, count=77, at=PAST)

    def change() -> None:
        edit(fleet, 1, NOBODY, workspace_id=1)
        fleet.execute("DELETE FROM segments WHERE workspace_id = 2 AND id = 3")
        fleet.execute("DELETE FROM workspaces WHERE id = 3")
        fleet.execute(
            "UPDATE segments SET cached_count = 5, last_counted_at = clock_timestamp() WHERE workspace_id = 4"
        )

    while_counting(monkeypatch, change)
    results = recount(dsn)
    lost = {key for key, one in results.items() if one.status == "superseded"}
    assert lost >= {(2, 3), *((3, n) for n in range(1, 5))}
    assert lost <= {(1, 1), (2, 3), *((3, n) for n in range(1, 5)), *((4, n) for n in range(1, 5))}
    assert counts(fleet, 1)[1] == (77 if (1, 1) in lost else 0)
    assert counts(fleet, 2) == {1: 2, 2: 0, 4: 1}
    assert counts(fleet, 3) == {}
    all_right(fleet, 1, 2, 3, 4, 12)


def test_workspaces_and_segments_that_are_gone_before_the_snapshot(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(dsn, connections=CONNECTIONS_PER_JOB)) as database:
        run = Run(database, Selection(), Options())
        fleet.execute("DELETE FROM workspaces WHERE id = 5")
        fleet.execute("DELETE FROM segments WHERE workspace_id = 6 AND id = 1")
        results = by_key(run.report(lambda _: None))
    assert set(statuses(results, 5).values()) == {"superseded"}
    assert statuses(results, 6) == {1: "superseded", 2: "counted", 3: "counted", 4: "counted"}
    all_right(fleet, 5, 6)


def test_invalid_definitions_and_zones_stay_their_workspaces_own(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_itself = alone(monkeypatch)
    add_segment(fleet, 5, INVALID, workspace_id=2, count=77, at=PAST)
    fleet.execute("UPDATE workspaces SET timezone = 'No/Where' WHERE id = 4")
    results = recount(dsn)
    assert {key for key, one in results.items() if one.status == "invalid"} == {(2, 5), *((4, n) for n in range(1, 5))}
    assert by_itself == []
    all_right(fleet, 2, 4)


def test_a_large_workspace_among_small_ones_goes_on_alone(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("batch", "choice", "counting"):
        monkeypatch.setattr(f"segsql.recount.{module}.SMALL", 11)
    by_itself = alone(monkeypatch)
    results = recount(dsn, jobs=2)
    assert {one.status for one in results.values()} == {"counted"}
    assert set(by_itself) == {11, 12}
    all_right(fleet)


def test_a_bug_of_our_own_stays_its_workspaces_own(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def buggy(compiler: WorkspaceCompiler, portion: tuple[int, ...]) -> Statement:
        if compiler.workspace_id == 4:
            raise ZeroDivisionError
        return compiled(compiler, portion)

    monkeypatch.setattr("segsql.recount.batch.compiled", buggy)
    by_itself = alone(monkeypatch)
    recount(dsn)
    assert by_itself == [4]
    all_right(fleet)


@pytest.mark.parametrize("victim", ["count", "write"])
def test_a_session_that_is_killed_costs_no_count(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, victim: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The batch falls apart; its workspaces are counted by themselves, in sessions of their own."""
    is_it = "EXISTS" if victim == "write" else "NOT EXISTS"

    def kill() -> None:
        killed = fleet.execute(
            f"""SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity a
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE '%%in transaction%%' AND
                {is_it} (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND locktype = 'advisory')""".encode()
        ).fetchall()
        assert (True,) in killed

    while_counting(monkeypatch, kill)
    results = recount(dsn)
    assert {one.status for one in results.values()} == {"counted"}
    all_right(fleet)
    assert "Traceback" not in capfd.readouterr().err


def test_a_count_that_is_refused_fails_its_own_segment_alone(dsn: str, fleet: psycopg.Connection) -> None:
    fleet.execute("ALTER TABLE segments ADD CONSTRAINT odd CHECK (workspace_id <> 5 OR cached_count <> 5)")
    results = recount(dsn)
    assert statuses(results, 5) == {1: "failed", 2: "counted", 3: "failed", 4: "counted"}
    assert counts(fleet, 5) == {**right(5), 1: 77, 3: 77}
    all_right(fleet, 5)


def test_a_schema_that_is_wrong_ends_the_run(dsn: str, fleet: psycopg.Connection) -> None:
    fleet.execute("ALTER TABLE contact_tags RENAME TO elsewhere")
    assert isinstance(report(dsn).error, ConfigurationError)


def test_a_batch_heeds_a_stop(dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is finished and written, no other workspace is begun, no other batch either."""
    monkeypatch.setattr("segsql.recount.run.BATCH_WORKSPACES", 8)
    monkeypatch.setattr(snapshots, "MOST_AHEAD", 2)
    with closing(Database(dsn, connections=CONNECTIONS_PER_JOB)) as database:
        run = Run(database, Selection(), Options())
        while_counting(monkeypatch, run.stop)
        results = by_key(run.report(lambda _: None))
    by_workspace = {number: set(statuses(results, number).values()) for number in range(1, 13)}
    assert by_workspace[1] == {"counted"}
    assert by_workspace[6] == by_workspace[12] == {"skipped"}
    for number, found in by_workspace.items():
        assert set(counts(fleet, number).values()) == ({77} if found == {"skipped"} else set(right(number).values()))


def test_a_batch_whose_snapshot_grows_old_goes_on_in_others(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_itself = alone(monkeypatch)
    results = recount(dsn, Options(snapshot_limit=timedelta(microseconds=1)))
    assert {one.status for one in results.values()} == {"counted"}
    assert len(by_itself) >= 11
    all_right(fleet)


def test_a_dry_run_of_a_batch_locks_and_writes_nothing(dsn: str, fleet: psycopg.Connection) -> None:
    before = stored(fleet)
    with closing(Database(dsn)) as database, write_transaction(database, Bounds()) as writer:
        assert writer.lock_all(range(1, 13)) == set(range(1, 13))
        results = recount(dsn, Options(dry_run=True), jobs=2)
    assert {one.status for one in results.values()} == {"counted"}
    assert stored(fleet) == before


def test_an_answer_comes_in_the_order_of_its_statement(dsn: str, fleet: psycopg.Connection) -> None:
    """However many are sent ahead; the snapshot is of use afterwards."""
    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        catalogs = load_catalogs(opened.connection, range(1, 99))
        assert list(catalogs) == list(range(1, 13))
        statements = [
            (number, WorkspaceCompiler(catalog, workspace_id=number, now=opened.now).scan((1, 2, 3, 4)).statement)
            for number, catalog in catalogs.items()
        ]
        expected = [(number, tuple(right(number).values())) for number in range(1, 13)]
        assert list(opened.count_ahead(statements)) == expected
        assert list(opened.count_ahead(iter(statements * 9))) == expected * 9
        assert list(opened.count_ahead([])) == []
        assert opened.stored_contacts([1, 12, 99], at_most=5) == {1: 1, 12: 5, 99: 0}


@pytest.mark.parametrize("small", [0, 8, 1_000])
@pytest.mark.parametrize("options", [Options(), Options(strategy=Forced(tags=TagStrategy.EXISTS))])
def test_what_is_explained_is_what_a_run_does(
    dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, small: int, options: Options
) -> None:
    """The same portions, in batches and alone; the run itself asks for no plan."""
    for number in range(5, 9):
        add_segment(fleet, number, workspace_id=12)
    add_segment(fleet, 9, INVALID, workspace_id=12)
    for module in ("batch", "choice", "counting"):
        monkeypatch.setattr(f"segsql.recount.{module}.SMALL", small)
    with closing(Database(dsn)) as database:
        planned = list(explain(database, Run(database, Selection(), options).due, options))
    explained = set[tuple[WorkspaceId, ...]]()
    for workspace in planned:
        for scan in {segment.scan for segment in workspace.segments}:
            ids = [one.segment_id for one in workspace.segments if one.scan == scan and not one.message]
            explained |= {(workspace.workspace_id, *ids)} if scan else {(workspace.workspace_id, each) for each in ids}
    seen = set[tuple[WorkspaceId, ...]]()

    def noted(compiler: WorkspaceCompiler, portion: tuple[Id, ...], *more: tuple[Id, ...]) -> Statement:
        seen.add((compiler.workspace_id, *portion))
        return compiled(compiler, portion, *more)

    for module in ("batch", "count"):
        monkeypatch.setattr(f"segsql.recount.{module}.compiled", noted)
    monkeypatch.delattr(Snapshot, "cost")
    recount(dsn, options)
    assert seen == explained


def test_slow_statements_go_one_at_a_time(dsn: str, fleet: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a stop is heeded after each of them; quick ones are sent ahead."""

    def sent(opened: Snapshot, seconds: float) -> int:
        sleep = Statement(f"SELECT 1 FROM pg_sleep({seconds})", ())
        begun = list[WorkspaceId]()

        def taken() -> Iterator[tuple[int, Statement]]:
            for number in range(12):
                begun.append(number)
                yield number, sleep

        return max(len(begun) - number for number, _ in opened.count_ahead(taken()))

    with closing(Database(dsn)) as database, snapshot(database, DEFAULT_BOUNDS) as opened:
        assert sent(opened, 0.08) == 1
        monkeypatch.setattr(snapshots, "QUICK_SECONDS", 60)  # however busy the machine that the test runs on
        assert sent(opened, 0.03) > 2, "long enough that no answer is there before the next is sent"
