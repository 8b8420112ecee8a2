"""`segsql check` on databases of others: the privileges that it asks for are those that a recount makes use of."""

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cli.foreign import ALL, PRISMA, Foreign
from cli.process import Inside
from postgres.conftest import connect
from postgres.foreign import text_of
from postgres.test_recount import as_role
from segsql.catalog import Mapping, read_mapping
from segsql.checkup import Criteria, Level, Verdict, examine
from segsql.store import Database
from segsql.store.columns import quoted
from segsql.store.inspection import Need, Privilege, needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

pytestmark = pytest.mark.direct

ROLE = f"Segsql test {random.SystemRandom().randrange(10**12)}"


@pytest.fixture
def db(empty_dsn: str) -> Iterator[psycopg.Connection]:
    """With a role that may do nothing, whose name needs quotes."""
    with connect(empty_dsn) as connection:
        connection.execute(f"""CREATE ROLE "{ROLE}" LOGIN PASSWORD 'test'""".encode())
        yield connection
        connection.execute(f'DROP OWNED BY "{ROLE}"; DROP ROLE "{ROLE}"'.encode())


def privileges(dsn: str, mapping: Mapping) -> Verdict:
    with closing(Database(as_role(dsn, ROLE), connections=2, mapping=mapping)) as database:
        return next(found.verdict for found in examine(database, Criteria()) if found.name == "privileges")


def grant(db: psycopg.Connection, need: Need) -> None:
    """On its columns alone, one by one, where it names some."""
    columns = f" ({', '.join(map(quoted, need.columns))})" if need.columns else ""
    db.execute(f'GRANT {need.privilege}{columns} ON {need.table} TO "{ROLE}"'.encode())


def made(foreign: Foreign, dsn: str, folder: Path) -> tuple[Path, Mapping]:
    file = foreign.fill(dsn, folder)
    Inside(dsn).ok("--mapping", str(file), "init")
    return file, read_mapping(file.read_text(), str(file))


@pytest.mark.parametrize("foreign", ALL, ids=lambda foreign: foreign.name)
def test_what_is_advised_can_be_pasted_and_is_enough(
    foreign: Foreign, empty_dsn: str, db: psycopg.Connection, tmp_path: Path
) -> None:
    file, mapping = made(foreign, empty_dsn, tmp_path)
    verdict = privileges(empty_dsn, mapping)
    assert verdict.level is Level.PROBLEM
    statements = verdict.advice.split("; ")
    assert len(statements) == len(set(statements))
    db.execute(verdict.advice.encode())
    assert privileges(empty_dsn, mapping).level is Level.OK
    Inside(as_role(empty_dsn, ROLE)).ok("--mapping", str(file), "recount")


@pytest.mark.parametrize("foreign", ALL, ids=lambda foreign: foreign.name)
def test_the_columns_that_it_names_are_enough(
    foreign: Foreign, empty_dsn: str, db: psycopg.Connection, tmp_path: Path
) -> None:
    file, mapping = made(foreign, empty_dsn, tmp_path)
    for need in needs(mapping):
        grant(db, need)
    assert privileges(empty_dsn, mapping).level is Level.OK
    Inside(as_role(empty_dsn, ROLE)).ok("--mapping", str(file), "recount")


@pytest.mark.parametrize(
    ("table", "column"),
    [("Segment", "name"), ("Segment", "description"), ("Segment", "createdAt"), ("Workspace", "name")],
)
def test_a_column_that_a_subquery_names_is_needed(
    table: str, column: str, empty_dsn: str, db: psycopg.Connection, tmp_path: Path
) -> None:
    """PostgreSQL asks for each of them. Workspaces of which all columns are mapped are no subquery."""
    file, _ = made(PRISMA, empty_dsn, tmp_path)
    text = file.read_text().replace('segment_limit = "segmentLimit"', "")
    file.write_text(text)
    mapping = read_mapping(text, str(file))
    for need in needs(mapping):
        grant(db, need)
    db.execute(f'REVOKE SELECT ("{column}") ON "{table}" FROM "{ROLE}"'.encode())
    assert privileges(empty_dsn, mapping).advice == f'GRANT SELECT ON "{table}" TO "{ROLE}";'
    assert Inside(as_role(empty_dsn, ROLE))("--mapping", str(file), "recount").code == 78


def test_a_schema_that_may_not_be_used(empty_dsn: str, db: psycopg.Connection, tmp_path: Path) -> None:
    PRISMA.fill(empty_dsn, tmp_path)
    db.execute('CREATE SCHEMA "Crm"; ALTER TABLE "Contact" SET SCHEMA "Crm"')
    mapping = read_mapping(text_of("prisma").replace('"Contact"', '"Crm.Contact"'), "segsql.toml")
    verdict = privileges(empty_dsn, mapping)
    assert (verdict.level, verdict.advice) == (Level.PROBLEM, f'GRANT USAGE ON SCHEMA "Crm" TO "{ROLE}";')
    db.execute(verdict.advice.encode())
    db.execute(privileges(empty_dsn, mapping).advice.encode())
    assert privileges(empty_dsn, mapping).level is Level.OK


@pytest.mark.parametrize(
    ("columns", "kinds"),
    [
        ((), ["delivered", "open", "click"]),
        (("delivered_count", "opens_count"), ["open", "click"]),
        (("delivered_count", "opens_count", "clicks_count", "last_open_at"), ["click"]),
        (("delivered_count", "opens_count", "clicks_count", "last_open_at", "last_click_at"), []),
    ],
)
def test_events_of_which_the_rollup_lacks_something(columns: tuple[str, ...], kinds: list[str]) -> None:
    tables = {"delivered": "campaign_deliveries", "open": "campaign_views", "click": "link_clicks"}
    activity = "".join(f'{column} = "{column}"\n' for column in columns)
    text = text_of("newsletter") + (f"\n[activity]\n{activity}" if columns else "")
    needed = [need.table for need in needs(read_mapping(text, "segsql.toml")) if need.table in tables.values()]
    assert needed == [tables[kind] for kind in kinds]
    assert all(need.privilege is Privilege.SELECT for need in needs(read_mapping(text, "m")) if need.table in needed)
