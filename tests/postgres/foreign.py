"""The foreign schemas of `schemas/`: databases as others made them, each with the mapping that is right for it."""

from __future__ import annotations

from pathlib import Path

import psycopg

from segsql.catalog.mapping import Mapping
from segsql.catalog.mapping_file import read_mapping

SCHEMAS = Path(__file__).parent / "schemas"

FOREIGN = tuple(sorted(each.name for each in SCHEMAS.iterdir() if each.is_dir()))


def create(connection: psycopg.Connection, name: str) -> None:
    """Make the tables of a foreign schema."""
    connection.execute((SCHEMAS / name / "schema.sql").read_bytes())


def text_of(name: str) -> str:
    """The right mapping of a foreign schema, as it is written."""
    return (SCHEMAS / name / "segsql.toml").read_text(encoding="utf-8")


def mapping_of(name: str) -> Mapping:
    """The right mapping of a foreign schema."""
    return read_mapping(text_of(name), f"{name}/segsql.toml")
