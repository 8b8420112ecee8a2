"""Every golden statement is one that a real server plans, in all three renderings."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import RawCursor

from golden.cases import compiled, valid_cases
from golden.catalog import golden_form
from properties.filling import fill
from properties.forms import FORMS
from segsql.catalog import SqlType
from segsql.plan import Parameter
from segsql.render import Statement
from segsql.render.literals import literal

CASES = valid_cases()


@pytest.fixture
def db(db: psycopg.Connection) -> psycopg.Connection:
    """With the column that some cases' catalogs name, and the tables of other forms."""
    db.execute("ALTER TABLE contacts ADD COLUMN tag_ids integer[]")
    for name in FORMS:
        fill(golden_form(name), [], db)
    return db


def test_named_statements_are_planned(db: psycopg.Connection) -> None:
    for case in CASES:
        statement = compiled(case)
        assert db.execute(f"EXPLAIN {statement.sql}".encode(), statement.params).fetchall(), case.name


def test_numbered_statements_are_planned(db: psycopg.Connection) -> None:
    with RawCursor(db) as cursor:
        for case in CASES:
            statement = compiled(case)
            # a parameter that nothing reads has no type to be found in the text
            arguments = statement.arguments if "$1" in statement.numbered_sql else []
            assert cursor.execute(f"EXPLAIN {statement.numbered_sql}".encode(), arguments).fetchall(), case.name


def test_numbered_statements_can_be_prepared(db: psycopg.Connection) -> None:
    for number, case in enumerate(CASES):
        statement = compiled(case)
        types = f"({', '.join(statement.types)})" if statement.types else ""
        db.execute(f"PREPARE s{number} {types} AS {statement.numbered_sql}".encode())


def test_literal_statements_are_planned_and_give_the_same(db: psycopg.Connection) -> None:
    for case in CASES:
        statement = compiled(case)
        assert db.execute(f"EXPLAIN {statement.literal_sql()}".encode()).fetchall(), case.name
        assert _count(db, statement.literal_sql()) == db.execute(statement.sql.encode(), statement.params).fetchone()


def test_literals_are_their_values(db: psycopg.Connection) -> None:
    texts = (
        "",
        "it's",
        "\\",
        "a\\'b",
        "a\nb\tc",
        "$1",
        "%(p1)s",
        "--",
        "/*",
        "{a,b}",
        "NULL",
        '"',
        "Ä\U0001f600",
        "\x01",
    )
    parameters = [parameter for case in CASES for parameter in compiled(case).parameters]
    parameters += [Parameter(SqlType.TEXT, text) for text in texts]
    parameters += [Parameter(SqlType.TEXT_ARRAY, texts), Parameter(SqlType.TEXT_ARRAY, ())]
    for parameter in parameters:
        sent = Statement(f"SELECT CAST(%(p1)s AS {parameter.type})::text", (parameter,))
        pasted = f"SELECT CAST({literal(parameter)} AS {parameter.type})::text"
        assert _count(db, pasted) == db.execute(sent.sql.encode(), sent.params).fetchone(), parameter


def _count(db: psycopg.Connection, sql: str) -> object:
    return db.execute(sql.encode()).fetchone()
