"""The public names and their types: `make lint` checks this file under mypy strict, and the test runs it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import assert_type

import pytest

import segsql

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_definition_compiles_to_a_statement() -> None:
    catalog = segsql.Catalog(
        workspace_id=42,
        timezone="Europe/Berlin",
        fields=(*segsql.declared_builtins(), segsql.Field(101, "plan", "Plan", segsql.FieldType.TEXT)),
        tags={7: "VIP"},
    )
    definition = {"matchType": "all", "filters": [{"field": "plan", "operator": "eq", "value": "pro"}]}
    statement = segsql.compile_segment(definition, catalog, workspace_id=42, now=NOW)
    assert_type(statement, segsql.Statement)
    assert_type(statement.sql, str)
    assert_type(statement.params, dict[str, object])
    assert_type(statement.numbered_sql, str)
    assert_type(statement.arguments, list[object])
    assert_type(statement.literal_sql(), str)
    assert statement.params == {"p1": 42, "p2": "pro"}


def test_a_statement_says_how_it_reaches_what_and_why() -> None:
    definition = {"matchType": "all", "filters": [{"field": "opens_count", "operator": "gt", "value": 3}]}
    statement = segsql.compile_segment(definition, segsql.Catalog(), workspace_id=42, now=NOW)
    assert_type(statement.strategies, segsql.Strategies)
    assert_type(statement.strategies.tags, tuple[segsql.TagStrategy, ...])
    assert_type(statement.strategies.activity, segsql.ActivityStrategy | None)
    (taken,) = statement.strategies.taken
    assert taken == segsql.Taken(segsql.ActivityStrategy.ROLLUP, segsql.Reason.ROLLUP, tests=1)


def test_a_wrong_definition_raises_all_of_its_diagnostics() -> None:
    with pytest.raises(segsql.InvalidDefinition) as raised:
        segsql.compile_segment({}, segsql.Catalog(), workspace_id=1, now=NOW)
    assert_type(raised.value.diagnostics, tuple[segsql.Diagnostic, ...])
    assert [found.code for found in raised.value.diagnostics] == ["SEG102", "SEG103"]


def test_a_catalog_of_one_workspace_compiles_for_no_other() -> None:
    definition = {"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}
    with pytest.raises(ValueError, match="workspace 1"):
        segsql.compile_segment(definition, segsql.Catalog(workspace_id=1), workspace_id=2, now=NOW)


def test_now_says_its_zone() -> None:
    definition = {"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}
    with pytest.raises(ValueError, match="time zone"):
        segsql.compile_segment(definition, segsql.Catalog(), workspace_id=2, now=datetime(2026, 3, 1))  # noqa: DTZ001


def test_every_public_name_is_there_and_typed() -> None:
    assert all(hasattr(segsql, name) for name in segsql.__all__)
    assert (files("segsql") / "py.typed").is_file()
