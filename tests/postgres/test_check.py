"""`segsql check` on a real server: each fault is made, found, and gone once its advice is followed."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postgres.conftest import connect
from postgres.pretended_citus import distribute, pretend
from postgres.test_migrations import _invalidate
from postgres.test_recount import Role, as_role
from postgres.test_recount_support import INVALID, add_segment, add_workspace, recount, refers, server_time
from segsql import embedded
from segsql.catalog import default_mapping
from segsql.checkup import EXAMINATIONS, Criteria, Level, Verdict, definitions, examine, schema
from segsql.errors import UsageError
from segsql.store import Database, migrations
from segsql.store.inspection import Privilege, needs, route

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEEDS = needs(default_mapping())
NAMES = tuple(examination.name for examination in EXAMINATIONS)


def check(dsn: str, **criteria: Any) -> dict[str, Verdict]:
    """Every verdict by its name."""
    with closing(Database(dsn, connections=2)) as database:
        return {found.name: found.verdict for found in examine(database, Criteria(**criteria))}


def worst(verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """Those that are not ok; how many connections are free is the affair of all tests together."""
    return {
        name: verdict
        for name, verdict in verdicts.items()
        if verdict.level is not Level.OK and (name, verdict.level) != ("connections", Level.WARNING)
    }


@pytest.fixture
def well(dsn: str, db: psycopg.Connection) -> str:
    """A database with a workspace and a segment that was just counted."""
    add_workspace(db)
    add_segment(db, 1)
    recount(dsn)
    return dsn


@pytest.fixture
def role(db: psycopg.Connection) -> Iterator[str]:
    with Role(db) as name:
        yield name


def test_a_database_that_is_well(well: str) -> None:
    verdicts = check(well)
    assert tuple(verdicts) == NAMES
    assert worst(verdicts) == {}


@pytest.mark.direct
def test_a_role_with_the_least_rights_is_well(well: str, role: str) -> None:
    assert worst(check(as_role(well, role))) == {}


@pytest.mark.direct
def test_it_writes_nothing(well: str, role: str, db: psycopg.Connection) -> None:
    """It needs no more than reading, and no transaction of its changes a row."""
    tables = [name for (name,) in db.execute("SELECT relname FROM pg_stat_user_tables ORDER BY relname")]
    before = [db.execute(f"SELECT xmin, ctid, t.* FROM {name} t ORDER BY ctid".encode()).fetchall() for name in tables]
    check(as_role(well, role))
    after = [db.execute(f"SELECT xmin, ctid, t.* FROM {name} t ORDER BY ctid".encode()).fetchall() for name in tables]
    assert after == before


def follow(db: psycopg.Connection, verdict: Verdict) -> None:
    """Paste the advice."""
    db.execute(verdict.advice.encode())


@pytest.mark.direct
@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.privilege} {need.table}")
def test_a_missing_privilege_and_its_grant(well: str, db: psycopg.Connection, role: str, need: Any) -> None:
    columns = f"({', '.join(need.columns)})" if need.privilege is Privilege.UPDATE else ""
    db.execute(f"REVOKE {need.privilege} {columns} ON {need.table} FROM {role}".encode())
    found = check(as_role(well, role))
    assert tuple(found) == NAMES
    verdict = found["privileges"]
    assert verdict.level is Level.PROBLEM
    assert f"{need.privilege}{' ' + columns if columns else ''} ON {need.table}" in verdict.found
    follow(db, verdict)
    assert worst(check(as_role(well, role))) == {}


@pytest.mark.direct
def test_columns_alone_are_enough(well: str, db: psycopg.Connection, role: str) -> None:
    """A column that counting does not read may be kept from the role."""
    db.execute("ALTER TABLE contacts ADD COLUMN secret text")
    columns = next(", ".join(need.columns) for need in NEEDS if need.table == "contacts")
    db.execute(f"REVOKE SELECT ON contacts FROM {role}".encode())
    db.execute(f"GRANT SELECT ({columns}) ON contacts TO {role}".encode())
    assert worst(check(as_role(well, role))) == {}


@pytest.mark.direct
def test_a_role_whose_name_needs_quotes(well: str, db: psycopg.Connection) -> None:
    db.execute("""CREATE ROLE "Segsql ""test"" role" LOGIN PASSWORD 'test'""")
    try:
        verdict = check(as_role(well, 'Segsql "test" role'))["privileges"]
        assert verdict.level is Level.PROBLEM
        follow(db, verdict)
        assert check(as_role(well, 'Segsql "test" role'))["privileges"].level is Level.OK
    finally:
        db.execute("""DROP OWNED BY "Segsql ""test"" role"; DROP ROLE "Segsql ""test"" role" """)


@pytest.mark.direct
def test_what_a_role_may_not_look_at_is_said_so(well: str, db: psycopg.Connection, role: str) -> None:
    db.execute(f"REVOKE SELECT ON segsql_migrations FROM {role}".encode())
    found = check(as_role(well, role))
    assert list(worst(found)) == ["migrations"]
    assert found["migrations"].level is Level.WARNING
    assert "could not be looked at: permission denied for table segsql_migrations" in found["migrations"].found
    assert "Grant" in found["migrations"].advice


@pytest.mark.direct
def test_a_schema_that_may_not_be_used(well: str, db: psycopg.Connection, role: str) -> None:
    db.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    verdict = check(as_role(well, role))["schema"]
    assert (verdict.level, verdict.advice) == (Level.PROBLEM, f"GRANT USAGE ON SCHEMA public TO {role};")
    follow(db, verdict)
    assert worst(check(as_role(well, role))) == {}


@pytest.mark.direct
def test_a_schema_that_search_path_does_not_lead_to(well: str, db: psycopg.Connection, role: str) -> None:
    db.execute('ALTER SCHEMA public RENAME TO "My shop"')
    db.execute(f'GRANT USAGE ON SCHEMA "My shop" TO {role}'.encode())
    verdict = check(as_role(well, role))["schema"]
    assert (verdict.level, verdict.advice) == (Level.PROBLEM, f'ALTER ROLE {role} SET search_path = "My shop";')
    follow(db, verdict)
    assert worst(check(as_role(well, role))) == {}


def test_an_empty_database(empty_dsn: str) -> None:
    """Everything that can be looked at is; what can't says so, and what to do."""
    found = check(empty_dsn)
    assert tuple(found) == NAMES
    assert found["schema"].level is Level.PROBLEM
    for name in ("migrations", "privileges", "HOT updates", "statistics", "counts", "definitions", "time zones"):
        assert found[name].level is Level.WARNING, name
        assert "segsql init" in found[name].advice
    migrations.migrate(empty_dsn)
    assert worst(check(empty_dsn)) == {}


def test_a_missing_column(well: str, db: psycopg.Connection) -> None:
    db.execute("ALTER TABLE contacts DROP COLUMN country")
    assert check(well)["schema"].found == "no column contacts.country"


def test_tables_of_two_schemas(well: str, db: psycopg.Connection) -> None:
    """A forgotten copy, earlier in search_path than the table that programs write."""
    name = db.info.user.encode()
    db.execute(b"CREATE SCHEMA AUTHORIZATION " + name + b" CREATE TABLE tags (workspace_id bigint, id int, name text)")
    verdict = check(well)["schema"]
    assert verdict.level is Level.WARNING
    assert f"{db.info.user}, public" in verdict.found


def test_an_older_schema(empty_dsn: str) -> None:
    with connect(empty_dsn) as connection:
        for migration in migrations.migrations()[:-1]:
            connection.execute(migration.sql.encode())
    verdict = check(empty_dsn)["migrations"]
    assert verdict.level is Level.PROBLEM
    assert migrations.migrations()[-1].name in verdict.found
    migrations.migrate(empty_dsn)
    assert worst(check(empty_dsn)) == {}


def test_a_newer_schema(well: str, db: psycopg.Connection) -> None:
    db.execute("INSERT INTO segsql_migrations VALUES (999999, '999999_later.sql')")
    verdict = check(well)["migrations"]
    assert verdict.level is Level.WARNING
    assert "999999_later.sql" in verdict.found


def test_tables_without_a_ledger(well: str, db: psycopg.Connection) -> None:
    db.execute("DROP TABLE segsql_migrations")
    assert check(well)["migrations"].level is Level.WARNING


@pytest.mark.direct
def test_row_policies(well: str, db: psycopg.Connection, role: str) -> None:
    db.execute("ALTER TABLE contacts ENABLE ROW LEVEL SECURITY")
    db.execute(f"CREATE POLICY few ON contacts FOR SELECT TO {role} USING (id < 3)".encode())
    found = check(as_role(well, role))
    assert list(worst(found)) == ["row policies"]
    assert found["row policies"].level is Level.PROBLEM
    assert "contacts" in found["row policies"].found
    follow(db, found["row policies"])
    assert worst(check(as_role(well, role))) == {}


def test_a_missing_index(well: str, db: psycopg.Connection) -> None:
    db.execute("DROP INDEX contact_tags_tag")
    found = check(well)
    assert list(worst(found)) == ["indexes"]
    assert "missing: contact_tags_tag" in found["indexes"].found
    migrations.migrate(well)
    assert worst(check(well)) == {}


def test_an_invalid_index(dsn: str, db: psycopg.Connection) -> None:
    _invalidate(db, "contacts_created_at")
    verdict = check(dsn)["indexes"]
    assert verdict.level is Level.WARNING
    assert "INVALID, left by a build that failed: contacts_created_at" in verdict.found
    migrations.migrate(dsn)
    assert check(dsn)["indexes"].level is Level.OK


@pytest.mark.parametrize(
    "on",
    [
        "(last_counted_at)",
        "(workspace_id) WHERE cached_count > 0",
        "((cached_count + 1))",
        "(id) INCLUDE (cached_count)",
    ],
)
def test_an_index_on_what_a_count_changes(well: str, db: psycopg.Connection, on: str) -> None:
    db.execute(f"CREATE INDEX too_much ON segments {on}".encode())
    found = check(well)
    assert list(worst(found)) == ["HOT updates"]
    assert "too_much" in found["HOT updates"].found
    follow(db, found["HOT updates"])
    assert worst(check(well)) == {}


def test_segments_without_room(well: str, db: psycopg.Connection) -> None:
    db.execute("ALTER TABLE segments RESET (fillfactor)")
    verdict = check(well)["HOT updates"]
    assert verdict.level is Level.WARNING
    assert "fillfactor 100" in verdict.found
    db.execute(verdict.advice.split(" then ")[0].encode())
    assert worst(check(well)) == {}


def test_statistics_that_are_missing_and_that_grow_old(
    well: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "RECENT", timedelta())
    for table in ("contacts", "contact_tags"):
        db.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
    add_workspace(db, 2, contacts=20_000)
    noted(db)
    verdict = check(well)["statistics"]
    assert verdict.level is Level.WARNING
    assert "none on contacts, contact_tags" in verdict.found
    follow(db, verdict)
    noted(db)
    verdict = check(well)["statistics"]
    assert verdict.level is Level.OK
    assert "contacts 0 s ago" in verdict.found or "contacts 1 s ago" in verdict.found
    db.execute("UPDATE contacts SET country = 'DE' WHERE id % 2 = 0")
    noted(db)
    verdict = check(well)["statistics"]
    assert verdict.level is Level.WARNING
    assert re.match("out of date: contacts (49|50) % changed since ANALYZE", verdict.found)
    db.execute("DROP STATISTICS contacts_email_lower")
    verdict = check(well)["statistics"]
    assert verdict.level is Level.WARNING
    assert "CREATE STATISTICS contacts_email_lower" in verdict.advice
    for statement in verdict.advice.split(";")[:-1]:
        db.execute(statement.encode())
    assert worst(check(well)) == {}


def noted(db: psycopg.Connection) -> None:
    """Have the server note at once what a session did; else it does so within a second or at the session's end."""
    with db.transaction():
        db.execute("SELECT pg_stat_force_next_flush()")


@pytest.mark.direct
@pytest.mark.parametrize("of", ["ROLE {role}", "DATABASE {database}", "ROLE {role} IN DATABASE {database}"])
def test_transactions_that_are_read_only(well: str, db: psycopg.Connection, role: str, of: str) -> None:
    where = of.format(role=role, database=db.info.dbname)
    db.execute(f"ALTER {where} SET default_transaction_read_only = on".encode())
    verdict = check(as_role(well, role))["writable"]
    assert (verdict.level, verdict.advice) == (
        Level.PROBLEM,
        f"ALTER {where} RESET default_transaction_read_only;",
    )
    follow(db, verdict)
    assert worst(check(as_role(well, role))) == {}


@pytest.mark.direct
def test_read_only_by_the_dsn(well: str) -> None:
    verdict = check(make_conninfo(well, options="-c default_transaction_read_only=on"))["writable"]
    assert verdict.level is Level.PROBLEM
    assert "PGOPTIONS" in verdict.advice


@pytest.mark.direct
def test_a_role_with_another_style_of_intervals(well: str, db: psycopg.Connection, role: str) -> None:
    db.execute("ANALYZE contacts")
    db.execute(f"ALTER ROLE {role} SET IntervalStyle = iso_8601".encode())
    assert worst(check(as_role(well, role))) == {}


@pytest.mark.direct
@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("statement_timeout = '30s'", "statement_timeout is 30 s"),
        ("idle_in_transaction_session_timeout = '5s'", "idle_in_transaction_session_timeout is 5 s"),
    ],
)
def test_a_limit_of_the_role(well: str, db: psycopg.Connection, role: str, setting: str, words: str) -> None:
    """As the role has it, not as a transaction of ours sets it."""
    db.execute(f"ALTER ROLE {role} SET {setting}".encode())
    verdict = check(as_role(well, role))["time limits"]
    assert verdict.level is Level.WARNING
    assert words in verdict.found


@pytest.mark.direct
def test_a_role_that_may_not_have_as_many_connections(well: str, db: psycopg.Connection, role: str) -> None:
    db.execute(f"ALTER ROLE {role} CONNECTION LIMIT 4".encode())
    assert check(as_role(well, role), jobs=2)["connections"].level is not Level.PROBLEM
    verdict = check(as_role(well, role), jobs=3)["connections"]
    assert verdict.level is Level.PROBLEM
    db.execute(verdict.advice.partition(": ")[2].encode())
    assert check(as_role(well, role), jobs=3)["connections"].level is not Level.PROBLEM


@pytest.mark.parametrize(
    ("encoding", "level"), [("UTF8", Level.WARNING), ("LATIN1", Level.PROBLEM), ("SQL_ASCII", Level.PROBLEM)]
)
def test_a_database_for_few_letters(server_dsn: str, worker: str, encoding: str, level: Level) -> None:
    name = f"segsql_{worker}_{encoding.lower()}"
    with connect(server_dsn) as administrator:
        administrator.execute(
            f"""CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc
            LC_COLLATE 'C' LC_CTYPE 'C'""".encode()
        )
        try:
            assert check(make_conninfo(server_dsn, dbname=name))["texts"].level is level
        finally:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_unknown_time_zones(well: str, db: psycopg.Connection) -> None:
    add_workspace(db, 7, timezone="Mars/Olympus")
    verdict = check(well)["time zones"]
    assert verdict.level is Level.WARNING
    assert "'Mars/Olympus' (workspace 7)" in verdict.found
    assert check(well, workspace_ids=(1,))["time zones"].level is Level.OK


def test_definitions_that_do_not_compile(well: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches; of many the first few are named, and all are counted."""
    monkeypatch.setattr(definitions, "BATCH", 2)
    for workspace_id in range(2, 7):
        add_workspace(db, workspace_id)
        add_segment(db, 1, workspace_id=workspace_id)
        add_segment(db, 2, INVALID, workspace_id=workspace_id)
        add_segment(db, 3, refers(99), workspace_id=workspace_id)
    verdict = check(well)["definitions"]
    assert verdict.level is Level.WARNING
    assert verdict.found.startswith(
        "10 of 16 segments in 6 workspaces are invalid and keep their old counts: -w 2 -s 2:"
    )
    assert "-w 3 -s 2: At least one filter is required · …" in verdict.found
    assert check(well, workspace_ids=(1,))["definitions"].found == "all valid: 1 segment in 1 workspace"
    assert "4 of 6 segments in 2 workspaces" in check(well, workspace_ids=(5, 6))["definitions"].found


def test_definitions_that_take_too_long(well: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "PATIENCE_SECONDS", -1.0)
    verdict = check(well)["definitions"]
    assert verdict.level is Level.WARNING
    assert "0 segments in 0 workspaces" in verdict.found


def test_ages_of_counts(dsn: str, db: psycopg.Connection) -> None:
    add_workspace(db)
    assert check(dsn)["counts"].found == "no segments yet"
    now = server_time(db)
    add_segment(db, 1, count=1, at=now - timedelta(days=3))
    add_segment(db, 2)
    verdict = check(dsn)["counts"]
    assert verdict.level is Level.PROBLEM
    assert "the newest count is 3 d old, of 2 segments" in verdict.found
    add_segment(db, 3, count=1, at=now - timedelta(hours=2))
    add_segment(db, 4, count=1, at=now + timedelta(days=300))
    verdict = check(dsn)["counts"]
    assert verdict.level is Level.WARNING
    assert verdict.found.startswith("3 of 4 segments stale (older than 1 d, edited since, or never counted: 1)")
    assert verdict.found.endswith("the oldest count is 3 d old")
    assert check(dsn, stale_for=timedelta(hours=1))["counts"].level is Level.PROBLEM
    recount(dsn)
    assert check(dsn)["counts"].level is Level.OK


@pytest.mark.parametrize("at", ["infinity", "-infinity", "0001-01-01T00:00:00Z", "294000-01-01T00:00:00Z"])
def test_a_count_at_an_impossible_time(well: str, db: psycopg.Connection, at: str) -> None:
    add_segment(db, 2, count=1, at=at)
    assert check(well)["counts"].level is Level.WARNING


def test_only_the_counts_of_some_workspaces(well: str, db: psycopg.Connection) -> None:
    add_workspace(db, 2)
    add_segment(db, 1, workspace_id=2)
    assert check(well, workspace_ids=(1,))["counts"].level is Level.OK
    assert check(well, workspace_ids=(2,))["counts"].level is Level.PROBLEM


@pytest.mark.parametrize("workspace_id", [99, -(2**70), 2**70])
def test_a_workspace_that_is_not_there_is_wrong_usage(well: str, workspace_id: int) -> None:
    with pytest.raises(UsageError, match="There is no workspace"):
        check(well, workspace_ids=(1, workspace_id))


def test_a_lock_that_others_hold_is_waited_for_no_longer_than_its_limit(well: str) -> None:
    """An `ALTER TABLE` under way: what needs the table says so, and all else is looked at."""
    with connect(well, autocommit=False) as other:
        other.execute("LOCK TABLE segments IN ACCESS EXCLUSIVE MODE")
        begun = datetime.now(UTC)
        found = check(well)
        assert datetime.now(UTC) - begun < timedelta(seconds=15)
    assert tuple(found) == NAMES
    assert "could not be looked at: canceling statement due to lock timeout" in found["counts"].found
    assert found["counts"].level is Level.WARNING
    assert found["counts"].advice


@pytest.mark.direct
def test_a_server_that_goes_away_meanwhile(well: str, server_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the last check: that is a problem. What was found until then is told."""
    compile_all = definitions.compile_all

    def shut_out(database: Database, workspace_ids: Sequence[int]) -> definitions.Compiled:
        name = str(conninfo_to_dict(well)["dbname"])
        with connect(server_dsn) as administrator:
            administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        return compile_all(database, workspace_ids)

    monkeypatch.setattr(definitions, "compile_all", shut_out)
    found = check(well)
    assert tuple(found) == NAMES
    assert list(worst(found)) == ["definitions"]
    assert found["definitions"].level is Level.PROBLEM
    assert "the connection was lost: " in found["definitions"].found


def test_a_cluster(well: str, db: psycopg.Connection) -> None:
    pretend(db)
    assert check(well)["distribution"].found == "one server, or a table that a cluster keeps whole"
    assert distribute(well).returncode == 0
    found = check(well)
    assert found["distribution"].found == "a Citus cluster, distributed by workspace_id"
    assert worst(found) == {}
    db.execute("UPDATE pg_dist_partition SET partkey = 'email' WHERE logicalrelid = 'contacts'::regclass")
    verdict = check(well)["distribution"]
    assert verdict.level is Level.PROBLEM
    assert "distributed by email" in verdict.found


def pool_mode(dsn: str) -> str | None:
    """The mode of the PgBouncer that the tests go through, from its own console; None where they go through none.

    The console answers those whom its settings name (`stats_users`).
    """
    try:
        with psycopg.connect(dsn, dbname="pgbouncer", autocommit=True) as console:
            rows = console.execute("SHOW CONFIG").fetchall()
    except psycopg.OperationalError as error:
        if 'database "pgbouncer" does not exist' not in str(error):
            raise
        return None
    return next(str(row[1]) for row in rows if row[0] == "pool_mode")


def test_what_lies_between(well: str) -> None:
    """As PgBouncer itself says, where the tests go through one."""
    mode = pool_mode(well)
    with closing(Database(well, connections=2)) as database:
        found = route(database)
    assert (found.is_pooled, found.is_shared) == (mode is not None, mode == "transaction")
    expected = {None: "no pooler between", "transaction": "transaction mode, which is fine", "session": "kept"}
    assert expected[mode] in check(well)["pooler"].found


def test_transactions_of_others_do_not_deceive(well: str) -> None:
    """While others are at work, a direct connection is still one, and a pooler still is noticed."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            with connect(well) as other:
                other.execute("SELECT pg_sleep(0.01)")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with closing(Database(well, connections=2)) as database:
            found = [route(database) for _ in range(20)]
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    mode = pool_mode(well)
    assert {each.is_pooled for each in found} == {mode is not None}
    if mode is None:
        assert not any(each.is_shared for each in found)


def test_settings_of_the_dsn_that_do_not_arrive(well: str) -> None:
    """PgBouncer drops `options` where it is told to ignore them; a server takes them."""
    asking = make_conninfo(well, options=r"-c work_mem=7MB -c search_path=public,\ pg_temp --statement-timeout=2000s")
    verdict = check(asking)["pooler"]
    if pool_mode(well) is None:
        assert verdict.level is Level.OK
    else:
        assert verdict.level is Level.WARNING
        assert "work_mem, search_path, statement_timeout" in verdict.found


@pytest.mark.direct
def test_settings_in_another_spelling_and_such_as_none_may_set(well: str) -> None:
    """A value is what the server makes of it; of what a session may not set it is not known."""
    with closing(
        Database(make_conninfo(well, options="-c work_mem=8192kB -c post_auth_delay=0 -c geqo=TRUE"), connections=2)
    ) as database:
        assert route(database).lost == ()


@pytest.mark.bundled
def test_a_standby(tmp_path: Path) -> None:
    """A server in recovery: the cluster of a primary, started with the file that says so."""
    with embedded.server(tmp_path) as uri:
        migrations.migrate(uri)
        with connect(uri) as connection:
            add_workspace(connection)
            add_segment(connection, 1)
        recount(uri)
        assert worst(check(uri)) == {}
    (tmp_path / "data" / "standby.signal").touch()
    with embedded.server(tmp_path) as uri:
        found = check(uri)
    assert list(worst(found)) == ["writable"]
    assert found["writable"].level is Level.PROBLEM


def test_every_need_is_a_table_of_the_schema(db: psycopg.Connection) -> None:
    for need in NEEDS:
        rows = db.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (need.table,)
        ).fetchall()
        assert {name for (name,) in rows} >= set(need.columns), need
