"""The three renderings of a statement, and values written as literals."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from golden.cases import Case, cases_of_the_default, compiled, valid_cases
from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.catalog import SqlType
from segsql.compiler import compile_segment
from segsql.plan import Parameter
from segsql.render import Statement
from segsql.render.literals import literal
from unit.compiling import field, flat, named, typed

statement_of = cache(compiled)
CASES = valid_cases()


def test_named_parameters_are_those_of_the_text() -> None:
    for case in CASES:
        statement = statement_of(case)
        written = set(re.findall(r"%\((p[0-9]+)\)s", statement.sql))
        assert written <= set(statement.params) <= written | {"p1"}, case.name
        assert list(statement.params) == [f"p{number}" for number in range(1, len(statement.parameters) + 1)]


def test_numbered_text_differs_in_placeholders_alone() -> None:
    for case in cases_of_the_default():
        statement = statement_of(case)
        assert "%" not in statement.numbered_sql
        assert (
            re.sub(r"\$([0-9]+)", r"%(p\1)s", statement.numbered_sql.replace("$[*]", "\0")).replace("\0", "$[*]")
            == statement.sql
        )
        assert statement.arguments == list(statement.params.values())
        assert len(statement.types) == len(statement.arguments)


def test_a_percent_sign_of_the_catalog_is_doubled_beside_parameters_alone() -> None:
    [case] = [case for case in CASES if case.name == "forms/camel_custom_value"]
    statement = statement_of(case)
    assert "-> '100%%' -> 'custom''s'" in statement.sql
    assert "-> '100%' -> 'custom''s'" in statement.numbered_sql
    assert "-> '100%' -> 'custom''s'" in statement.literal_sql()


def test_every_parameter_has_its_type_beside_it() -> None:
    names = {
        "bigint": "BIGINT",
        "integer[]": "INT[]",
        "numeric": "DECIMAL",
        "boolean": "BOOLEAN",
        "text": "TEXT",
        "text[]": "TEXT[]",
        "bigint[]": "BIGINT[]",
        "integer": "INT",
        "uuid": "UUID",
        "uuid[]": "UUID[]",
        "date": "DATE",
        "timestamptz": "TIMESTAMPTZ",
    }
    for case in CASES:
        statement = statement_of(case)
        uses = re.findall(r"(CAST\()?%\(p([0-9]+)\)s( AS ([A-Z]+(?:\[\])?)\))?", statement.sql)
        for cast, number, _, kind in uses:
            assert cast, case.name
            assert kind == names[statement.types[int(number) - 1]], case.name


def test_literal_text_is_for_eyes_only_and_says_so() -> None:
    statement = compile_segment(
        flat(named("nickname", "eq", "it's 100% \\ $1 %(p1)s")), CATALOG, workspace_id=WORKSPACE_ID, now=NOW
    )
    first, rest = statement.literal_sql().split("\n", 1)
    assert first.startswith("-- For eyes only")
    assert "CAST('it''s 100% \\ $1 %(p1)s' AS TEXT)" in rest
    assert f"CAST({WORKSPACE_ID} AS BIGINT)" in rest


@pytest.mark.parametrize(
    ("type_", "value", "written"),
    [
        (SqlType.TEXT, "", "''"),
        (SqlType.TEXT, "it's", "'it''s'"),
        (SqlType.TEXT, "''", "''''''"),
        (SqlType.TEXT, "a\\'b", "'a\\''b'"),
        (SqlType.TEXT, "a\nb\tc", "'a\nb\tc'"),
        (SqlType.TEXT, "$$ -- /* ? :x", "'$$ -- /* ? :x'"),
        (SqlType.BIGINT, 7, "7"),
        (SqlType.BIGINT, -(2**63), "(-9223372036854775808)"),
        (SqlType.NUMERIC, Decimal("-0.50"), "(-0.50)"),
        (SqlType.NUMERIC, Decimal("1E+3"), "1000"),
        (SqlType.NUMERIC, Decimal("1E-7"), "0.0000001"),
        (SqlType.BOOLEAN, True, "TRUE"),
        (SqlType.BOOLEAN, False, "FALSE"),
        (SqlType.TEXT_ARRAY, (), "ARRAY[]"),
        (SqlType.TEXT_ARRAY, ("a", "it's", "{x,y}", "NULL"), "ARRAY['a', 'it''s', '{x,y}', 'NULL']"),
        (SqlType.INTEGER_ARRAY, (1, -2), "ARRAY[1, (-2)]"),
        (SqlType.TIMESTAMPTZ, datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC), "'2026-03-01 12:00:00.000001+00:00'"),
        (SqlType.TIMESTAMPTZ, "-infinity", "'-infinity'"),
    ],
)
def test_literals(type_: SqlType, value: object, written: str) -> None:
    assert literal(Parameter(type_, value)) == written  # type: ignore[arg-type]


def test_equal_input_gives_equal_bytes() -> None:
    for case in CASES:
        again: Statement = compiled(Case(case.name, case.document, case.expected))
        assert (again.sql, again.parameters) == (statement_of(case).sql, statement_of(case).parameters)


def test_the_order_and_the_repetition_of_a_list_do_not_matter() -> None:
    def text(*values: str) -> Statement:
        return compile_segment(typed(field(20, "in", list(values))), CATALOG, workspace_id=WORKSPACE_ID, now=NOW)

    assert text("b", "a", "b") == text("a", "b")
    assert text("b", "a").sql == text("x").sql


def test_now_and_the_workspace_are_parameters() -> None:
    definition = flat(named("last_open_at", "within_days", 5), named("tags", "exists"))
    catalog = CATALOG.__class__(timezone="Europe/Berlin", tags={1: "a"})
    one = compile_segment(definition, catalog, workspace_id=1, now=NOW)
    other = compile_segment(definition, catalog, workspace_id=2, now=NOW + timedelta(days=3))
    assert one.sql == other.sql
    assert one.parameters != other.parameters


def test_arguments_are_what_drivers_take() -> None:
    statement = compile_segment(
        typed({"type": "tags", "operator": "eq", "value": [2, 1]}), CATALOG, workspace_id=WORKSPACE_ID, now=NOW
    )
    assert statement.params == {"p1": WORKSPACE_ID, "p2": [1, 2]}


@pytest.mark.parametrize(("workspace", "moment"), [(8, NOW), (WORKSPACE_ID, NOW.replace(tzinfo=None))])
def test_a_foreign_workspace_and_a_time_without_zone_are_refused(workspace: int, moment: datetime) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which of the two is plain from the arguments
        compile_segment(typed(field(20, "eq", "x")), CATALOG, workspace_id=workspace, now=moment)
