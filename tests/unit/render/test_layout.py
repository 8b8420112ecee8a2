"""Long lines are broken for reading, and nothing else of a statement changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings

from golden.cases import compiled, valid_cases
from properties.catalogs import catalog_of
from properties.strategies import definitions
from properties.world import NOW, WORLD
from segsql.compiler import WorkspaceCompiler
from segsql.render import readable
from segsql.render.layout import WIDTH

if TYPE_CHECKING:
    from properties.model import Definition


def words(sql: str) -> str:
    """All of the text but for white space."""
    return re.sub(r"\s+", "", sql)


def test_the_words_of_a_statement_stay() -> None:
    for case in valid_cases():
        statement = compiled(case)
        for sql in (statement.sql, statement.numbered_sql, statement.literal_sql()):
            assert words(readable(sql)) == words(sql), case.name


@settings(max_examples=60, deadline=None)
@given(definition=definitions(WORLD.workspaces[0]))
def test_the_words_of_a_scan_stay(definition: Definition) -> None:
    workspace = WORLD.workspaces[0]
    catalog = catalog_of(workspace, {1_000: definition, 1_001: definition})
    compiler = WorkspaceCompiler(catalog, workspace_id=workspace.id, now=NOW)
    statement = compiler.scan([1_000, 1_001], [5]).statement
    for sql in (statement.sql, statement.numbered_sql, statement.literal_sql()):
        shown = readable(sql)
        assert words(shown) == words(sql)
        assert readable(shown) == shown


def test_what_fits_stays_as_it_is() -> None:
    line = f"  a AND ({'b' * (WIDTH - 11)})"
    assert len(line) < WIDTH
    assert readable(line) == line
    assert readable(f"-- {'x AND y ' * 40}") == f"-- {'x AND y ' * 40}"
    assert readable(f"'{'x AND y ' * 40}'") == f"'{'x AND y ' * 40}'"


def test_a_long_condition_has_a_line_for_each_part() -> None:
    a, b, c = (letter * 40 for letter in "abc")
    assert readable(f"  COUNT(*) FILTER(WHERE {a} AND ({b} OR {c} AND {a})) AS s") == "\n".join(
        [
            "  COUNT(*) FILTER(WHERE",
            f"    {a}",
            "    AND (",
            f"      {b}",
            f"      OR {c}",
            f"      AND {a}",
            "    )",
            "  ) AS s",
        ]
    )
    assert readable(f"  CASE WHEN {a} = {b} THEN {c} END AS x,") == f"  CASE WHEN {a} = {b}\n  THEN {c} END AS x,"
