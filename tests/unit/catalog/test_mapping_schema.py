"""The JSON Schema that editors use says what the reader says, as far as a schema can."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from segsql.catalog.mapping_file.reader import ROOT_KEYS, read_values
from segsql.errors import Code, InvalidMapping

ROOT = Path(__file__).parents[3]
FILES = (
    ROOT / "src/segsql/catalog/default.toml",
    *sorted(ROOT.glob("tests/postgres/schemas/*/segsql.toml")),
    *sorted(ROOT.glob("tests/properties/forms/*.toml")),
)
SCHEMA = Draft202012Validator(json.loads((files("segsql.catalog.mapping_file") / "segsql.schema.json").read_text()))

ELSEWHERE = re.compile(r"field\[\d+\]\.(id|place(\.path)?)|segments\.workspace")
"""Keys that are needed because of what other sections say."""

Table = dict[str, object]


def test_it_is_a_schema_and_knows_every_section() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)
    assert set(SCHEMA.schema["properties"]) == set(ROOT_KEYS)


def containers(value: object) -> Iterator[Table]:
    """Every table of a document, its own and those within."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from containers(inner)


def spoilt(document: Table) -> Iterator[tuple[str, Table]]:
    """The document without one key, with a value of another type, or with an unknown key; each in every place."""
    for number, table in enumerate(containers(document)):
        for key in (*table, "nonsense"):
            for what in ("without", "with") if key in table else ("with",):
                changed = copy.deepcopy(document)
                target = list(containers(changed))[number]
                if what == "without":
                    del target[key]
                else:
                    target[key] = 7.5
                yield f"{what} {key} in table {number}: {table}", changed


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_schema_and_reader_agree(path: Path) -> None:
    document = tomllib.loads(path.read_text())
    assert SCHEMA.is_valid(document)
    differing = [what for what, changed in spoilt(document) if SCHEMA.is_valid(changed) != is_read(changed)]
    assert differing == []


def is_read(document: Table) -> bool:
    """Whether the reader takes the shape; what depends on other sections is beyond a schema."""
    try:
        read_values(document, "segsql.toml")
    except InvalidMapping as error:
        return all(
            problem.code is Code.MAPPING_CONFLICT
            or (problem.code is Code.MAPPING_MISSING and ELSEWHERE.fullmatch(problem.path))
            for problem in error.diagnostics
        )
    return True
