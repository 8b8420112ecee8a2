"""docs/lint.md has every code of lint, and its examples have the findings that they are examples of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from segsql.catalog import Catalog
from segsql.errors import Code
from segsql.filters import parse_document, read_title
from segsql.lint import Linter, Title, with_its_tags

PAGE = (Path(__file__).parents[3] / "docs" / "lint.md").read_text()
SECTIONS = {part[:6]: part for part in PAGE.split("\n## ") if part.startswith("SEG")}


def codes(document: str) -> set[str]:
    parsed = parse_document(document)
    linter = Linter(with_its_tags(Catalog(), parsed), datetime(2026, 4, 9, tzinfo=UTC), {})
    return {found.code for found in linter.lint(linter.document(parsed, Title(*read_title(document))))}


def test_each_code_has_its_section() -> None:
    assert [code for code in Code if code.startswith("SEG4") and f"{code}" not in re.findall("SEG4..", PAGE)] == []


def test_the_examples_have_their_findings() -> None:
    examples = 0
    for code, section in SECTIONS.items():
        for kind, document in re.findall(r"```(json[a-z ]*)\n(.*?)```", section, re.DOTALL):
            assert codes(document) == (set() if kind != "json" else {code}), section
            examples += 1
    assert examples == 5
