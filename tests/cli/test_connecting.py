"""Which database a command takes, and how it ends where there is none that it can use (spec 7, 8)."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cli.process import Inside, url, variables
from postgres.test_recount import Role, as_role
from postgres.test_recount_support import add_segment, add_workspace, counts

if TYPE_CHECKING:
    import psycopg

NOWHERE = "host=/nonexistent"
SECRET = "hunter2"


def test_every_spelling_of_a_dsn(inside_world: Inside) -> None:
    assert inside_world.dsn is not None
    for spelled in (
        inside_world.dsn,
        url(inside_world.dsn),
        url(inside_world.dsn, "postgres"),
        url(inside_world.dsn, "postgresql+psycopg"),
        url(inside_world.dsn, "postgres+psycopg2"),
        url(inside_world.dsn, "postgresql+asyncpg"),
    ):
        for bare in ({"SEGSQL_DSN": spelled}, {"DATABASE_URL": spelled}):
            assert inside_world("count", "-w", "7", "-s", "71", bare=bare).out == "12\n", spelled
        assert inside_world("--dsn", spelled, "count", "-w", "7", "-s", "71", bare={}).out == "12\n"


def test_libpqs_variables(inside_world: Inside) -> None:
    assert inside_world.dsn is not None
    assert inside_world("count", "-w", "7", "-s", "71", bare=variables(inside_world.dsn)).out == "12\n"


def test_several_hosts_of_which_one_answers(inside_world: Inside) -> None:
    """libpq tries them in turn, and takes the one that can be written to."""
    assert inside_world.dsn is not None
    given = conninfo_to_dict(inside_world.dsn)
    host, port = f"/nonexistent,{given['host']}", ",".join([str(given.get("port") or 5432)] * 2)
    several = make_conninfo(inside_world.dsn, host=host, port=port, target_session_attrs="read-write")
    assert inside_world("--dsn", several, "count", "-w", "7", "-s", "71", bare={}).out == "12\n"
    assert inside_world("--dsn", several, "recount", "-w", "7", bare={}).code == 0
    wrong = make_conninfo(several, target_session_attrs="standby")
    assert inside_world("--dsn", wrong, "count", "-w", "7", "-s", "71", bare={}).code == 69


def test_the_order_of_what_names_a_database(inside_world: Inside) -> None:
    """--dsn, SEGSQL_DSN, DATABASE_URL, PG*: the first that is there, and an empty one is not there."""
    assert inside_world.dsn is not None
    good, bad = inside_world.dsn, NOWHERE
    bad_variables = {"PGHOST": "/nonexistent"}
    count = ("count", "-w", "7", "-s", "71")
    assert inside_world("--dsn", good, *count, bare={"SEGSQL_DSN": bad, "DATABASE_URL": bad, **bad_variables}).code == 0
    assert inside_world(*count, bare={"SEGSQL_DSN": good, "DATABASE_URL": bad, **bad_variables}).code == 0
    assert inside_world(*count, bare={"DATABASE_URL": good, **bad_variables}).code == 0
    assert inside_world("--dsn", bad, *count, bare={"SEGSQL_DSN": good, "DATABASE_URL": good}).code == 69
    assert inside_world(*count, bare={"SEGSQL_DSN": bad, "DATABASE_URL": good}).code == 69
    assert inside_world(*count, bare={"DATABASE_URL": bad, **variables(good)}).code == 69
    assert inside_world(*count, bare={"SEGSQL_DSN": "", "DATABASE_URL": good}).code == 0
    assert inside_world(*count, bare={"SEGSQL_DSN": "", "DATABASE_URL": "", **variables(good)}).code == 0


def test_part_of_a_dsn_is_completed_by_variables(inside_world: Inside) -> None:
    assert inside_world.dsn is not None
    given = {key: value for key, value in variables(inside_world.dsn).items() if key != "PGDATABASE"}
    name = variables(inside_world.dsn)["PGDATABASE"]
    assert inside_world("--dsn", f"dbname={name}", "count", "-w", "7", "-s", "71", bare=given).out == "12\n"


def one_line(err: str, *, hint: bool = True) -> None:
    """One clear line, and another that says what to do."""
    lines = err.strip().splitlines()
    assert len(lines) == 1 + hint, err
    assert lines[0].startswith("segsql: ")
    assert SECRET not in err


COMMANDS = (("list",), ("count", "-w", "1", "-s", "1"), ("init",), ("members", "-w", "1", "-s", "1"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_server_is_69(inside_alone: Inside, command: tuple[str, ...]) -> None:
    done = inside_alone(*command)
    assert done.code == 69
    assert done.out == ""
    one_line(done.err)


def test_a_recount_waits_for_its_server_and_says_so(inside_alone: Inside) -> None:
    done = inside_alone("recount", "--patience", "2s")
    assert done.code == 69
    assert done.out == ""
    *retries, _, _ = done.err.strip().splitlines()
    assert retries
    assert all("event=retrying" in line and "No such file" in line for line in retries)
    one_line("\n".join(done.err.strip().splitlines()[-2:]))


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:hunter2@127.0.0.1:1/db",
        "host=127.0.0.1 port=1 connect_timeout=2",
        "postgresql://u:hunter2@no-such-host.invalid/db",
        "postgresql://u:hunter2@no-such-password.invalid/db",
    ],
)
def test_a_host_that_is_not_there_is_69(inside_alone: Inside, dsn: str) -> None:
    """Whatever words its name holds."""
    done = inside_alone("--dsn", dsn, "list")
    assert done.code == 69, done
    one_line(done.err)


def test_a_server_that_hangs_up_is_69(inside_alone: Inside, tmp_path: Path) -> None:
    directory = tmp_path / "authentication"
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / ".s.PGSQL.5432"))
        done = inside_alone("--dsn", f"host={directory}", "list")
    assert done.code == 69, done
    one_line(done.err)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("what", ["user", "dbname"])
def test_a_wrong_role_or_database_is_78(inside_world: Inside, command: tuple[str, ...], what: str) -> None:
    assert inside_world.dsn is not None
    done = inside_world("--dsn", make_conninfo(inside_world.dsn, **{what: "no_such_thing"}), *command)
    assert done.code == 78
    assert "no_such_thing" in done.err
    one_line(done.err)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:hunter2@[::1/db",
        "postgresql://u:hunter2@127.0.0.1:port/db",
        "postgres:/u:hunter2@h/db",
        "postgresql://u:hunter2%ZZ@h/db",
        "mysql://u:hunter2@h/db",
        "password=hunter2 nonsense",
        "password='hunter2",
        "password=hunter2 unknown_option=1",
        "hunter2",
        "postgresql://u:hunter2@h/db?unknown_option=1",
        "postgresql://u:hunter2@127.0.0.1/db?sslmode=banana",
        "host=127.0.0.1 password=hunter2 port=99999",
    ],
)
def test_a_malformed_dsn_is_78_and_gives_no_password_away(inside_alone: Inside, dsn: str) -> None:
    """Logs of cron jobs are read by many."""
    done = inside_alone("--dsn", dsn, "list")
    assert done.code == 78, done
    one_line(done.err)


def test_embedded_without_a_directory_is_2(inside_alone: Inside) -> None:
    assert inside_alone("--dsn", "embedded:", "list").code == 2


def test_embedded_where_no_directory_can_be_is_78(inside_alone: Inside, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = inside_alone("--dsn", f"embedded:{file}", "list")
    assert done.code == 78
    one_line(done.err, hint=False)


@pytest.mark.parametrize("command", [one for one in COMMANDS if one[0] != "init"], ids=lambda command: command[0])
def test_without_the_schema_it_is_78_and_says_init(
    inside_alone: Inside, empty_dsn: str, command: tuple[str, ...]
) -> None:
    done = inside_alone("--dsn", empty_dsn, *command)
    assert done.code == 78, done
    assert "segsql init" in done.err
    one_line(done.err)


def test_init_makes_it_work(inside_alone: Inside, empty_dsn: str) -> None:
    done = inside_alone("--dsn", empty_dsn, "init")
    assert done.code == 0
    assert "applied 000001_contacts.sql" in done.out
    again = inside_alone("--dsn", empty_dsn, "init")
    assert (again.code, again.out) == (0, "The schema is up to date.\n")
    assert inside_alone("--dsn", empty_dsn, "recount").out == "Nothing is due.\n"


def test_init_prints_what_it_would_run(inside_alone: Inside) -> None:
    done = inside_alone("init", "--print")
    assert done.code == 0
    assert "CREATE TABLE segments" in done.out
    assert "CREATE INDEX CONCURRENTLY" in done.out


@pytest.mark.parametrize("table", ["contacts", "segments", "workspaces", "contact_fields", "tags"])
@pytest.mark.parametrize("command", [("count", "-w", "1", "-s", "1"), ("recount", "-w", "1")], ids=["count", "recount"])
def test_a_missing_privilege_is_78(
    inside: Inside, db: psycopg.Connection, command: tuple[str, ...], table: str
) -> None:
    """Whatever the table: the operator has something to grant, the customers have nothing to repair."""
    add_workspace(db)
    add_segment(db, 1, count=77)
    with Role(db) as role:
        db.execute(f"REVOKE SELECT ON {table} FROM {role}".encode())
        assert inside.dsn is not None
        done = inside("--dsn", as_role(inside.dsn, role), *command)
    assert f"permission denied for table {table}" in done.err + done.out
    assert done.code == 78, done
    assert counts(db) == {1: 77}


def test_a_missing_privilege_is_said_in_one_line(inside: Inside, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1)
    with Role(db) as role:
        db.execute(f"REVOKE SELECT ON contacts FROM {role}".encode())
        assert inside.dsn is not None
        one_line(inside("--dsn", as_role(inside.dsn, role), "count", "-w", "1", "-s", "1").err)


def test_a_recount_that_may_not_write_is_78(inside: Inside, db: psycopg.Connection) -> None:
    add_workspace(db)
    add_segment(db, 1, count=77)
    with Role(db) as role:
        db.execute(f"REVOKE UPDATE (cached_count) ON segments FROM {role}".encode())
        assert inside.dsn is not None
        as_reader = as_role(inside.dsn, role)
        done = inside("--dsn", as_reader, "recount")
        assert inside("--dsn", as_reader, "recount", "--dry-run").code == 0
    assert "permission denied" in done.err + done.out
    assert done.code == 78, done
    assert counts(db) == {1: 77}


def test_a_database_that_ignores_umlauts_is_warned_about_once(
    server_dsn: str, worker: str, inside_alone: Inside
) -> None:
    from postgres.conftest import _administer

    name = f"segsql_{worker}_ascii"
    _administer(
        server_dsn, f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc"
    )
    try:
        dsn = make_conninfo(server_dsn, dbname=name)
        assert inside_alone("--dsn", dsn, "init").code == 0
        done = inside_alone("--dsn", dsn, "list")
        assert done.code == 0
        assert done.err.count("lower('Ä')") == 1
        assert inside_alone("--dsn", dsn, "recount").err.count("lower('Ä')") == 1
    finally:
        _administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")
