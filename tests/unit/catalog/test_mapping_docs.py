"""docs/mapping.md: every key is there, and every example is a mapping that can be read."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from segsql.catalog.mapping_file import activity, contacts, declared, reader, records
from segsql.catalog.mapping_file.reader import read_values

PAGE = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
SCHEMA = Draft202012Validator(json.loads((files("segsql.catalog.mapping_file") / "segsql.schema.json").read_text()))

NEEDED = {
    "version": 1,
    "contacts": {"table": "contacts", "id": "id"},
    "segments": {"files": "segments"},
}
"""What an example leaves out that is about something else."""

KEYS = {
    "## The file": ("version", "settings"),
    "### `[ids]`": reader.IDS_KEYS,
    "### `[workspaces]`": records.WORKSPACES_KEYS,
    "### `[contacts]`": (*contacts.CONTACTS_KEYS, *contacts.BUILTINS_OF_CONTACT, "column", "when"),
    "### `[contacts.custom_values]`": (*contacts.JSON_KEYS, *contacts.EAV_KEYS),
    "### `[fields]`": (*records.FIELDS_KEYS, *declared.FIELD_KEYS),
    "### `[tags]`": records.TAGS_KEYS,
    "### `[contact_tags]`": (*contacts.ROWS_KEYS, "array", "type"),
    "### `[activity]`": (*activity.TABLE_KEYS, *activity.BUILTINS_OF_ACTIVITY),
    "### `[events]`": (*activity.KIND_KEYS, "kind", "words", "delivered", "open", "click"),
    "### `[segments]`": (*records.SEGMENTS_KEYS, *records.FILES_KEYS),
    "### `[own]`": records.OWN_KEYS,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example).partition("\n")[0])
def test_an_example_can_be_read(example: str) -> None:
    document = tomllib.loads(example)
    contacts_of = {**NEEDED["contacts"], **document.get("contacts", {})}  # type: ignore[dict-item]
    whole = {**NEEDED, **document, "contacts": contacts_of}
    read_values(whole, "example")
    SCHEMA.validate(whole)


@pytest.mark.parametrize("heading", KEYS)
def test_every_key_is_told(heading: str) -> None:
    start = PAGE.index(heading)
    section = re.split(r"\n##+ ", PAGE[start:])[0]
    told = {key for row in re.findall(r"^\|(.*?)\|", section, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    told |= {
        key
        for row in re.findall(r"^\| `builtins` \|(.*)\|", section, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", row)
    }
    assert told >= set(KEYS[heading])


def test_every_section_is_told() -> None:
    assert all(f"[{key}]" in PAGE or f"`{key}`" in PAGE for key in reader.ROOT_KEYS)
