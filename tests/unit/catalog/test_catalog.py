"""Catalogs that contradict themselves are refused; the tables of types and operators are the document's."""

from __future__ import annotations

import pytest

from properties.forms import form
from segsql.catalog import (
    BUILTINS,
    FIELD_OPERATORS,
    POSITIVE_TWIN,
    Catalog,
    Field,
    FieldType,
    Operator,
    declaration_fault,
    declared_builtins,
    read_operator,
)
from segsql.errors import InvalidCatalog
from segsql.plan import country_codes

DOCUMENT = """
| TEXT | eq, ne, contains, not_contains, starts_with, ends_with, in, not_in |
| NUMBER | eq, ne, gt, lt, gte, lte |
| BOOLEAN | eq, ne |
| DATE | eq, ne, gt, lt, gte, lte |
| DROPDOWN_SINGLE | eq, ne, in, not_in |
| DROPDOWN_MULTIPLE | eq, ne, contains, not_contains |
| COUNTRY | eq, ne, in, not_in |
"""


def test_operators_are_the_documents_in_its_order() -> None:
    written = "\n".join(f"| {kind} | {', '.join(operators)} |" for kind, operators in FIELD_OPERATORS.items())
    assert written == DOCUMENT.strip()


def test_negative_operators() -> None:
    assert {str(negative) for negative in POSITIVE_TWIN} == {"ne", "not_contains", "not_in", "not_exists"}
    assert read_operator("neq") is Operator.NE
    assert [read_operator(text) for text in ("EQ", "", None, 1, ["eq"], "neq ")] == [None] * 6


def test_built_ins() -> None:
    assert [(field.id, field.key, str(field.type), field.source) for field in declared_builtins()] == [
        (1, "email", "TEXT", "email"),
        (2, "first_name", "TEXT", "first_name"),
        (3, "last_name", "TEXT", "last_name"),
        (4, "country", "COUNTRY", "country"),
        (5, "status", "TEXT", "status"),
        (6, "created_at", "DATE", "created_at"),
        (7, "updated_at", "DATE", "updated_at"),
        (8, "last_open_at", "DATE", "last_open_at"),
        (9, "last_click_at", "DATE", "last_click_at"),
        (10, "delivered_count", "NUMBER", "delivered_count"),
        (11, "opens_count", "NUMBER", "opens_count"),
        (12, "clicks_count", "NUMBER", "clicks_count"),
    ]
    assert {builtin.name for builtin in BUILTINS.values() if builtin.is_count} == {
        "delivered_count", "opens_count", "clicks_count",
    }  # fmt: skip
    assert [builtin.name for builtin in BUILTINS.values() if builtin.ignore_case] == ["email"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a\n",
        "metadata.a",
        "tags",
        "open_rate",
        "click_rate",
        "metadata",
        "segment",
    ],
)
def test_impossible_keys(key: str) -> None:
    with pytest.raises(InvalidCatalog):
        Catalog(fields=(Field(1, key, "X", FieldType.TEXT),))


@pytest.mark.parametrize("name", list(BUILTINS))
def test_a_built_ins_name_is_kept_for_it(name: str) -> None:
    with pytest.raises(InvalidCatalog):
        Catalog(fields=(Field(1, name, "X", FieldType.TEXT),))
    other = next(each for each in BUILTINS if each != name)
    with pytest.raises(InvalidCatalog):
        Catalog(fields=(Field(1, name, "X", BUILTINS[other].type, other),))
    assert Catalog(fields=(Field(1, name, "X", BUILTINS[name].type, name),)).field_by_key[name].id == 1


def test_twins() -> None:
    with pytest.raises(InvalidCatalog, match="two fields have the id 1"):
        Catalog(fields=(Field(1, "a", "A", FieldType.TEXT), Field(1, "b", "B", FieldType.TEXT)))
    with pytest.raises(InvalidCatalog, match="two fields have the key 'a'"):
        Catalog(fields=(Field(1, "a", "A", FieldType.TEXT), Field(2, "a", "B", FieldType.TEXT)))


def test_a_contradiction_is_kept_for_the_segments_that_use_it() -> None:
    field = Field(1, "a", "A", FieldType.NUMBER, "email")
    assert Catalog(fields=(field,)).field_by_id[1] == field
    assert declaration_fault(field) == "its source email can't be read as NUMBER"
    assert declaration_fault(Field(1, "a", "A", FieldType.NUMBER)) is None


def test_countries() -> None:
    codes = country_codes()
    assert len(codes) == 250
    assert {"DE", "AT", "US", "GB", "XK", "AX", "BQ"} <= codes
    assert not {"UK", "EU", "XX", "de", "", "DEU", "AN", "YU"} & codes


def test_a_built_in_that_the_database_lacks_leaves_its_name_free() -> None:
    tables = form("single").tables
    own = Field("7", "first_name", "First name", FieldType.TEXT)
    catalog = Catalog(fields=(own,), tables=tables)
    assert catalog.field_by_key["first_name"] == own
    assert "last_name" not in catalog.field_by_key
    assert catalog.field_by_key["status"].source == "status"
    with pytest.raises(InvalidCatalog, match="status"):
        Catalog(fields=(Field("7", "status", "", FieldType.TEXT),), tables=tables)
