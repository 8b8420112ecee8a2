"""`sql/roles.sql`: each role may do its part, every privilege of it is needed, and there is not one more."""

from __future__ import annotations

import os
import random
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from postgres.conftest import KEYS, READER, RECOUNTER, ROLES_SQL, connect, database, login
from postgres.dump_schema import bundled
from postgres.test_recount_support import add_segment, add_workspace, flat, tagged
from segsql.cli.main import run as run_command
from segsql.store import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.direct  # connections are refused by the server itself, and a search_path comes with them

GRANTED = {
    "segsql_reader": {
        "CONNECT ON DATABASE",
        "USAGE ON SCHEMA",
        "SELECT ON workspaces",
        "SELECT ON contacts",
        "SELECT ON contact_fields",
        "SELECT ON tags",
        "SELECT ON contact_tags",
        "SELECT ON contact_activity",
        "SELECT ON email_events",
        "SELECT ON segments",
        "SELECT ON segsql_migrations",
    },
    "segsql_recounter": {
        "MEMBER OF segsql_reader",
        "UPDATE (cached_count) ON segments",
        "UPDATE (last_counted_at) ON segments",
        "SELECT ON segment_counts",
        "INSERT ON segment_counts",
        "DELETE ON segment_counts",
    },
    "segsql_worker": {"MEMBER OF segsql_recounter"},
    "segsql_server": {
        "CONNECT ON DATABASE",
        "USAGE ON SCHEMA",
        "SELECT ON workspaces",
        "UPDATE (created_at) ON workspaces",
        "SELECT ON contacts",
        "SELECT ON contact_fields",
        "SELECT ON tags",
        "SELECT ON contact_tags",
        "SELECT ON contact_activity",
        "SELECT ON segments",
        *(f"INSERT ({column}) ON segments" for column in ("workspace_id", "name", "definition")),
        *(f"UPDATE ({column}) ON segments" for column in ("name", "definition")),
        "DELETE ON segments",
        "UPDATE ON segments_id_seq",
        *(
            f"SELECT ({column}) ON api_keys"
            for column in ("workspace_id", "prefix", "key_hash", "scopes", "revoked_at")
        ),
        "SELECT ON idempotency_keys",
        *(f"INSERT ({column}) ON idempotency_keys" for column in ("workspace_id", "key", "fingerprint")),
        "UPDATE (response) ON idempotency_keys",
        "DELETE ON idempotency_keys",
        *(f"{what} ON member_lists" for what in ("SELECT", "INSERT", "UPDATE", "DELETE")),
    },
    "segsql_keys": {
        "CONNECT ON DATABASE",
        "USAGE ON SCHEMA",
        "SELECT (id) ON workspaces",
        *(
            f"SELECT ({column}) ON api_keys"
            for column in ("workspace_id", "id", "prefix", "scopes", "created_at", "revoked_at")
        ),
        *(f"INSERT ({column}) ON api_keys" for column in ("workspace_id", "prefix", "key_hash", "scopes")),
        "UPDATE (revoked_at) ON api_keys",
    },
}
"""What the server does with each of its privileges is in `http_api/test_privileges.py`."""

_ALL_GRANTS = """
    SELECT g.grantee::regrole::text, g.privilege_type || ' ON ' || on_what FROM (
        SELECT (aclexplode(relacl)).*, relname::text AS on_what FROM pg_class WHERE relkind <> 'i'
        UNION ALL SELECT (aclexplode(nspacl)).*, 'SCHEMA' FROM pg_namespace
        UNION ALL SELECT (aclexplode(datacl)).*, 'DATABASE' FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT (aclexplode(proacl)).*, proname::text FROM pg_proc
        UNION ALL SELECT (aclexplode(typacl)).*, typname::text FROM pg_type
        UNION ALL SELECT (aclexplode(defaclacl)).*, 'DEFAULT' FROM pg_default_acl
    ) g WHERE g.grantee::regrole::text LIKE 'segsql\\_%' AND g.grantee::regrole::text NOT LIKE 'segsql\\_test%'
    UNION ALL
    SELECT g.grantee::regrole::text, format('%s (%s) ON %s', g.privilege_type, column_name, on_what) FROM (
        SELECT (aclexplode(attacl)).*, attname AS column_name, attrelid::regclass::text AS on_what FROM pg_attribute
    ) g WHERE g.grantee::regrole::text LIKE 'segsql\\_%'
    UNION ALL
    SELECT member::regrole::text, 'MEMBER OF ' || roleid::regrole FROM pg_auth_members
    WHERE member::regrole::text LIKE 'segsql\\_%' AND member::regrole::text NOT LIKE 'segsql\\_test%'
"""

DRY = ("recount", "--dry-run")
BY_EVENTS = (*DRY, "--strategy", "activity=events_exists")


@dataclass(frozen=True)
class App:
    """A database whose tables lie in the schema `app`, where nobody may do anything but by these roles."""

    admin: str
    reader: str
    recounter: str
    keys: str
    name: str

    def of(self, role: str) -> str:
        """The connection string of a login that is a member of the role."""
        return {"segsql_reader": self.reader, "segsql_recounter": self.recounter, "segsql_keys": self.keys}[role]


@pytest.fixture(scope="module")
def app(server_dsn: str, template: str, worker: str) -> Iterator[App]:
    del template  # the logins come with it
    name = f"segsql_{worker}_roles"
    with database(server_dsn, name) as bare:
        admin = make_conninfo(bare, options="-csearch_path=app")
        with connect(bare) as connection:
            connection.execute("CREATE SCHEMA app")
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC".encode())
        migrations.migrate(admin)
        for _ in range(2):
            assert apply(admin) == 0
        with connect(admin) as connection:
            add_workspace(connection)
            for number, definition in enumerate((None, tagged(1), flat("opens_count", "gte", 0)), start=101):
                add_segment(connection, number, definition)
            connection.execute("INSERT INTO api_keys VALUES (1, 7, 'seg_aaaaaaaa', '', '{}')")
        reader, recounter, keys = (login(server_dsn, admin, role) for role in (READER, RECOUNTER, KEYS))
        yield App(admin, reader, recounter, keys, name)


def apply(dsn: str) -> int:
    """As a DBA does; what it says beyond notices fails the test."""
    command = (bundled("psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-f", str(ROLES_SQL))
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ)
    assert [line for line in done.stderr.splitlines() if "NOTICE" not in line] == []
    return done.returncode


@pytest.fixture
def admin(app: App) -> Iterator[psycopg.Connection]:
    with connect(app.admin) as connection:
        yield connection


def found(admin: psycopg.Connection) -> dict[str, set[str]]:
    granted: dict[str, set[str]] = {}
    for role, privilege in admin.execute(_ALL_GRANTS):
        granted.setdefault(role, set()).add(privilege)
    return granted


def test_nothing_more_is_granted_than_listed(admin: psycopg.Connection) -> None:
    assert found(admin) == GRANTED


def test_nothing_is_granted_that_can_be_passed_on_or_owned(admin: psycopg.Connection) -> None:
    """Nor can one of them log in, create, replicate or look past a row policy."""
    roles = f"rolname IN {tuple(GRANTED)}"
    flags = "rolcanlogin OR rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
    assert admin.execute(f"SELECT count(*), bool_or({flags}) FROM pg_roles WHERE {roles}".encode()).fetchall() == [
        (5, False)
    ]
    owned = f"SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE {roles}"
    assert admin.execute(owned.encode()).rowcount == 0
    passed_on = "SELECT FROM (SELECT (aclexplode(relacl)).* FROM pg_class) g JOIN pg_roles r ON r.oid = g.grantee"
    assert admin.execute(f"{passed_on} WHERE is_grantable AND {roles}".encode()).rowcount == 0


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("list", "-w", "1"),
        ("count", "-w", "1", "-s", "102"),
        ("members", "-w", "1", "-s", "103"),
        ("preview", "-w", "1", "-s", "102", "--explain", "--analyze"),
        ("preview", "-w", "1"),
        ("preview", "-w", "1", "-s", "103", "--strategy", "activity=events_grouped", "--analyze"),
        DRY,
        BY_EVENTS,
        (*DRY, "--explain-plan"),
        (*DRY, "--hold-change", "10"),
    ],
    ids=" ".join,
)
def test_a_reader_reads(app: App, command: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--dsn", app.reader, *command]) == 0, capfd.readouterr()


def test_a_reader_writes_nothing(app: App, admin: psycopg.Connection, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--dsn", app.reader, "recount"]) == 78
    assert "Grant the database role what the message names." in capfd.readouterr().err
    tables = [name for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'app'")]
    assert "segment_counts" in tables
    with connect(app.reader) as reader:
        for table in tables:
            for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES", f"TRUNCATE {table}"):
                with pytest.raises(errors.InsufficientPrivilege):
                    reader.execute(statement.encode())


def test_a_recounter_writes_counts_and_history_alone(app: App) -> None:
    assert run_command(["--dsn", app.recounter, "recount", "--hold-change", "1000", "--keep-history", "1d"]) == 0
    with connect(app.recounter) as recounter:
        assert recounter.execute("SELECT count(*) FROM segment_counts").fetchall() == [(3,)]
        for statement in (
            "UPDATE segments SET definition = '{}'",
            "UPDATE segments SET name = 'x', cached_count = 0",
            "DELETE FROM segments",
            "UPDATE segment_counts SET count = 0",
            "TRUNCATE segment_counts",
            "UPDATE contacts SET email = NULL",
            "SELECT * FROM api_keys",
            "CREATE TABLE mine ()",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                recounter.execute(statement.encode())


def test_an_operator_of_keys_sees_no_hash(app: App) -> None:
    with connect(app.keys) as operator:
        for statement in (
            "SELECT key_hash FROM api_keys",
            "UPDATE api_keys SET scopes = '{segments:write}'",
            "DELETE FROM api_keys",
            "SELECT name FROM workspaces",
            "SELECT FROM segments",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                operator.execute(statement.encode())


MAKE_KEY = ("keys", "create", "-w", "1", "--scope", "segments:read")
LIST_KEYS = ("keys", "list", "-w", "1")
REVOKE_KEY = ("keys", "revoke", "seg_aaaaaaaa")


def one_revoked() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """A role, a privilege of it, and a command that can't do without.

    Not the memberships: they are the whole server's, where others are testing. Nor the ledger: `check` goes on
    without it, with a warning.
    """
    for privilege in sorted(GRANTED["segsql_reader"] - {"SELECT ON segsql_migrations"}):
        yield "segsql_reader", privilege, BY_EVENTS if "email_events" in privilege else DRY
    for privilege in sorted(GRANTED["segsql_recounter"] - {"MEMBER OF segsql_reader"}):
        yield "segsql_recounter", privilege, ("recount",)
    for privilege in sorted(GRANTED["segsql_keys"]):
        makes, revokes = "INSERT" in privilege or "workspaces" in privilege, "UPDATE" in privilege
        yield "segsql_keys", privilege, MAKE_KEY if makes else REVOKE_KEY if revokes else LIST_KEYS


@pytest.mark.parametrize(("role", "privilege", "command"), [*one_revoked()], ids="".join)
def test_every_privilege_is_needed(
    app: App,
    admin: psycopg.Connection,
    role: str,
    privilege: str,
    command: tuple[str, ...],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Without it the command ends with 78, and with words about what to do."""
    dsn = app.of(role)
    what = privilege.replace("SCHEMA", "SCHEMA app").replace("DATABASE", f"DATABASE {app.name}")
    revoke = f"REVOKE {what} FROM {role}"
    grant = revoke.replace("REVOKE", "GRANT").replace("FROM", "TO")
    assert run_command(["--dsn", dsn, *command]) == 0
    capfd.readouterr()
    admin.execute(revoke.encode())
    try:
        code = run_command(["--dsn", dsn, *command])
    finally:
        admin.execute(grant.encode())
    *_, message, hint = capfd.readouterr().err.splitlines()
    assert code == 78
    assert "permission denied" in message or privilege == "USAGE ON SCHEMA", message
    assert hint.strip()


def test_serving_writes_no_count_and_makes_no_keys(app: App, admin: psycopg.Connection) -> None:
    with admin.transaction(force_rollback=True):
        admin.execute("SET LOCAL ROLE segsql_server")
        for statement in (
            "UPDATE segments SET cached_count = 0",
            "UPDATE segments SET workspace_id = 2",
            "INSERT INTO segments (workspace_id, name, definition, cached_count) VALUES (1, 'S', '{}', 5)",
            "INSERT INTO api_keys (workspace_id, prefix, key_hash, scopes) VALUES (1, '', '', '{}')",
            "UPDATE api_keys SET revoked_at = NULL",
            "UPDATE workspaces SET segment_limit = NULL",
            "UPDATE contacts SET email = NULL",
            "DELETE FROM contacts",
            "SELECT FROM email_events",
            "SELECT FROM segment_counts",
        ):
            with pytest.raises(errors.InsufficientPrivilege), admin.transaction():
                admin.execute(statement.encode())


def test_what_the_file_suggests_for_a_login_works(admin: psycopg.Connection) -> None:
    """Its comments, for a login of another name."""
    text = ROLES_SQL.read_text()
    suggested = re.findall(r"^--     ((?:CREATE ROLE|ALTER ROLE|GRANT) [^;]*segsql_nightly[^;]*);", text, re.MULTILINE)
    assert len(suggested) == 8
    name = f"segsql_test_{random.SystemRandom().randrange(10**12)}"
    with admin.transaction(force_rollback=True):
        for statement in suggested:
            admin.execute(statement.replace("segsql_nightly", name).encode())
        is_recounter = "pg_has_role(rolname, 'segsql_recounter', 'USAGE')"
        query = f"SELECT rolconnlimit, rolcanlogin, {is_recounter}, rolconfig FROM pg_roles"
        [(limit, may_log_in, is_member, settings)] = admin.execute(
            f"{query} WHERE rolname = '{name}'".encode()
        ).fetchall()
    assert (limit, may_log_in, is_member) == (10, True, True)
    assert {setting.partition("=")[0] for setting in settings} == {
        *("temp_file_limit", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path")
    }


def test_init_makes_no_roles() -> None:
    assert "ROLE" not in migrations.script()


def test_without_the_schema_it_changes_nothing(empty_dsn: str) -> None:
    with pytest.raises(AssertionError, match='relation "segments" does not exist'):
        apply(empty_dsn)
    with connect(empty_dsn) as connection:
        assert connection.execute("SELECT datacl FROM pg_database WHERE datname = current_database()").fetchall() == [
            (None,)
        ]
