"""The pages say what the program does now."""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postgres.faults.rows import GROUPS
from segsql import Catalog, compile_segment
from segsql.checkup import EXAMINATIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted({ROOT / "README.md", *ROOT.glob("docs/*.md"), ROOT / "sql" / "README.md", *ROOT.glob("benchmarks/*.md")})


def block(page: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


def test_the_readmes_filter_compiles_to_the_sql_beside_it() -> None:
    readme = (ROOT / "README.md").read_text()
    definition = json.loads(block(readme, "json"))
    statement = compile_segment(
        definition, Catalog(tags={7: "VIP"}), workspace_id=42, now=datetime(2026, 3, 1, tzinfo=UTC)
    )
    assert block(readme, "sql") == statement.sql + "\n"


@pytest.mark.parametrize("name", ["errors.md", "cli.md", "failures.md", "operations.md"])
def test_generated_pages_are_those_of_the_code(name: str) -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert (ROOT / "docs" / name).read_text() == generate.PAGES[name](), "run: make docs"


def test_the_checks_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = [f"| {each.name} | {each.warning} | {each.problem} |" for each in EXAMINATIONS]
    table = "\n".join(["| check | warning | problem |", "| --- | --- | --- |", *rows, ""])
    assert table in page, f"docs/operations.md lacks:\n{table}"


def test_every_fault_of_the_table_is_provoked() -> None:
    names = [name for rows in GROUPS.values() for name in rows]
    tests = "".join(file.read_text() for file in (ROOT / "tests" / "postgres" / "faults").glob("test_*.py"))
    assert [name for name in names if f'"{name}"' not in tests] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target
