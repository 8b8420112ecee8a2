"""`init`: complete, repeatable, and right when many run it at once."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from postgres.conftest import connect
from postgres.dump_schema import bundled, dump
from segsql.store import migrations

_SQL = Path(__file__).parents[2] / "sql"
_FILES = tuple(sorted(path.name for path in _SQL.glob("0*.sql")))
_STARTS = 20


def _psql(dsn: str, *arguments: str | Path) -> None:
    command = [bundled("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn, *arguments]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def _ledger(dsn: str) -> list[tuple[int, str]]:
    with connect(dsn) as connection:
        return connection.execute("SELECT version, name FROM segsql_migrations ORDER BY version").fetchall()


def _invalidate(connection: psycopg.Connection, index: str) -> None:
    """Leave the index as a build that failed leaves it."""
    connection.execute(f"DROP INDEX {index}".encode())
    connection.execute("INSERT INTO workspaces (id, name) VALUES (1, 'w')")
    connection.execute("INSERT INTO contacts (workspace_id, id) VALUES (1, 1), (1, 2)")
    with pytest.raises(errors.DivisionByZero):
        connection.execute(f"CREATE INDEX CONCURRENTLY {index} ON contacts ((1 / (id - 1)))".encode())


def test_files_are_numbered_without_a_gap() -> None:
    found = migrations.migrations()
    assert tuple(m.name for m in found) == _FILES
    assert [m.version for m in found] == list(range(1, len(found) + 1))
    for m in found:
        last = m.sql.strip().splitlines()[-1]
        assert last == f"INSERT INTO segsql_migrations (version, name) VALUES ({m.version}, '{m.name}');"
        assert m.sql.isascii()


def test_migrate_applies_what_is_missing(empty_dsn: str) -> None:
    assert migrations.migrate(empty_dsn) == (*_FILES, "indexes.sql")
    assert migrations.migrate(empty_dsn) == ()
    assert [name for _, name in _ledger(empty_dsn)] == list(_FILES)


def test_migrate_goes_on_where_psql_stopped(empty_dsn: str) -> None:
    _psql(empty_dsn, "-1", "-f", _SQL / _FILES[0])
    assert migrations.migrate(empty_dsn) == (*_FILES[1:], "indexes.sql")


def test_psql_agrees_with_migrate(empty_dsn: str, dsn: str) -> None:
    for name in _FILES:
        _psql(empty_dsn, "-1", "-f", _SQL / name)
    _psql(empty_dsn, "-f", _SQL / "indexes.sql")
    assert dump(empty_dsn) == dump(dsn)
    assert _ledger(empty_dsn) == _ledger(dsn)
    assert migrations.migrate(empty_dsn) == ()


def test_the_printed_script_agrees_with_migrate(empty_dsn: str, dsn: str, tmp_path: Path) -> None:
    (tmp_path / "init.sql").write_text(migrations.script())
    _psql(empty_dsn, "-f", tmp_path / "init.sql")
    assert dump(empty_dsn) == dump(dsn)
    assert migrations.migrate(empty_dsn) == ()


def test_a_file_applies_whole_or_not_at_all(empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, *_ = migrations.migrations()
    broken = migrations.Migration(2, second.name, second.sql + "SELECT 1/0;")
    monkeypatch.setattr(migrations, "migrations", lambda: (first, broken))
    with pytest.raises(errors.DivisionByZero):
        migrations.migrate(empty_dsn)
    assert _ledger(empty_dsn) == [(1, first.name)]
    with connect(empty_dsn) as connection:
        assert connection.execute("SELECT to_regclass('email_events')").fetchone() == (None,)


@pytest.mark.parametrize("start", ["empty", "ledger", "tables", "invalid"])
def test_many_at_once(empty_dsn: str, start: str) -> None:
    files = {"empty": 0, "ledger": 1}.get(start, len(_FILES))
    for name in _FILES[:files]:
        _psql(empty_dsn, "-1", "-f", _SQL / name)
    if start == "invalid":
        migrations.migrate(empty_dsn)
        with connect(empty_dsn) as connection:
            _invalidate(connection, "contacts_created_at")
    with ThreadPoolExecutor(_STARTS) as pool:
        applied = sum(pool.map(migrations.migrate, [empty_dsn] * _STARTS), ())
    assert sorted(applied) == sorted((*_FILES[files:], "indexes.sql"))
    assert dump(empty_dsn) == (_SQL / "schema.sql").read_text()


def test_an_invalid_index_is_replaced(db: psycopg.Connection, dsn: str) -> None:
    _invalidate(db, "contacts_created_at")
    assert migrations.migrate(dsn) == ("indexes.sql",)
    assert db.execute("SELECT FROM pg_index WHERE NOT indisvalid").rowcount == 0
    assert dump(dsn) == (_SQL / "schema.sql").read_text()


def test_an_index_under_construction_is_waited_for(db: psycopg.Connection, dsn: str) -> None:
    """A killed command leaves its build running on the server: it is neither dropped nor joined."""
    db.execute("DROP INDEX contacts_created_at")
    with connect(dsn) as builder, connect(dsn, autocommit=False) as reader, ThreadPoolExecutor(2) as pool:
        reader.execute("LOCK TABLE contacts IN ROW EXCLUSIVE MODE")
        create = "CREATE INDEX CONCURRENTLY contacts_created_at ON contacts (workspace_id, created_at)"
        build = pool.submit(builder.execute, create)
        waiting = "SELECT FROM pg_index WHERE indexrelid = to_regclass('contacts_created_at') AND NOT indisvalid"
        while not db.execute(waiting).rowcount:
            assert not build.done()
        migrate = pool.submit(migrations.migrate, dsn)
        with pytest.raises(TimeoutError):
            migrate.result(0.5)
        reader.rollback()
        build.result(10)
        assert migrate.result(10) == ()
    assert dump(dsn) == (_SQL / "schema.sql").read_text()


def test_a_name_taken_by_something_else_is_an_error(db: psycopg.Connection, dsn: str) -> None:
    db.execute("ALTER INDEX contacts_created_at RENAME TO aside")
    db.execute("CREATE TABLE contacts_created_at ()")
    with pytest.raises(errors.DuplicateTable):
        migrations.migrate(dsn)


def test_functions_keep_the_schema_they_were_made_in(empty_dsn: str) -> None:
    """Whoever inserts with another search_path reaches the same tables."""
    with connect(empty_dsn) as connection:
        connection.execute("CREATE SCHEMA app")
        for m in migrations.migrations():
            with connection.transaction():
                connection.execute("SET LOCAL search_path = app")
                connection.execute(m.sql.encode())
        connection.execute("INSERT INTO app.workspaces (id, name) VALUES (1, 'w')")
        connection.execute("INSERT INTO app.contacts (workspace_id, id) VALUES (1, 1)")
        connection.execute("INSERT INTO app.email_events VALUES (1, 1, 1, 'open', now())")
        connection.execute("SELECT app.declare_builtin_fields(1), app.rebuild_contact_activity(1)")
        assert connection.execute("SELECT opens_count FROM app.contact_activity").fetchone() == (1,)


def test_the_wheel_holds_the_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=_SQL.parent)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    packed = {Path(name).name for name in names if re.fullmatch(r"segsql/sql/[^/]+\.sql", name)}
    assert packed == {path.name for path in _SQL.glob("*.sql")}
