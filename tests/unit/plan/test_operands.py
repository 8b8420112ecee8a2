"""What a field reads, by the place that a mapping gives it; and where it has none, why."""

from __future__ import annotations

import pytest

from properties.forms import form
from segsql.catalog import BUILTINS, ColumnType, Field, FieldType, InColumn, InJson, Place, Tables, default_tables
from segsql.plan.operands import operand_of, undeclared
from segsql.plan.predicate import Activity, Operand, Reading, RowValue, Stored, UndeclaredValue

CAMEL, POLYMORPHIC, SINGLE, JSON, MIXED = map(form, ("camel", "polymorphic", "single", "json", "mixed"))
DEFAULT = default_tables()


def field(type_: FieldType, source: str | None = None, place: Place | None = None) -> Field:
    return Field(7, "plan", "", type_, source, place=place)


def text(column: str) -> tuple[InColumn, ...]:
    return (InColumn(column, ColumnType.TEXT),)


@pytest.mark.parametrize(
    ("tables", "declared", "expected"),
    [
        (DEFAULT, field(FieldType.TEXT), Stored(InJson("fields", ColumnType.JSONB, ("plan",)), Reading.TEXT)),
        (DEFAULT, field(FieldType.NUMBER, "opens_count"), Activity(BUILTINS["opens_count"])),
        (
            JSON.tables,
            field(FieldType.TEXT, "email"),
            Stored(InJson("properties", ColumnType.JSON, ("email",)), Reading.TEXT, ignore_case=True),
        ),
        (
            CAMEL.tables,
            field(FieldType.DATE, "created_at"),
            Stored(InColumn("createdAt", ColumnType.TIMESTAMP, never_null=True), Reading.INSTANT),
        ),
        (
            POLYMORPHIC.tables,
            field(FieldType.DATE, "created_at"),
            Stored(InColumn("created_on", ColumnType.DATE), Reading.DATE),
        ),
        (
            POLYMORPHIC.tables,
            field(FieldType.NUMBER),
            RowValue(7, (InColumn("number_value", ColumnType.NUMERIC),), Reading.NUMBER),
        ),
        (
            POLYMORPHIC.tables,
            field(FieldType.DATE),
            RowValue(7, (InColumn("date_value", ColumnType.DATE),), Reading.DATE),
        ),
        (SINGLE.tables, field(FieldType.DATE), RowValue(7, text("value"), Reading.DAY)),
        (MIXED.tables, field(FieldType.DROPDOWN_MULTIPLE), RowValue("plan", text("value"), Reading.STRINGS)),
        (
            MIXED.tables,
            field(FieldType.DROPDOWN_MULTIPLE, place=InColumn("plans", ColumnType.TEXT_ARRAY)),
            Stored(InColumn("plans", ColumnType.TEXT_ARRAY), Reading.TEXTS),
        ),
        (
            DEFAULT,
            field(FieldType.TEXT, place=InColumn("plan", ColumnType.NUMERIC)),
            "its column plan is numeric and can't be read as TEXT",
        ),
        (SINGLE.tables, field(FieldType.TEXT, "first_name"), "its source first_name is not in the database"),
        (
            SINGLE.tables,
            field(FieldType.NUMBER, "delivered_count"),
            "its source delivered_count is not in the database",
        ),
    ],
)
def test_operands(tables: Tables, declared: Field, expected: Operand | str) -> None:
    assert operand_of(declared, tables) == expected


def test_undeclared_values() -> None:
    assert undeclared("k", Reading.NUMBER, DEFAULT) == UndeclaredValue("k", Reading.NUMBER)
    assert undeclared("k", Reading.NUMBER, MIXED.tables) == RowValue("k", text("value"), Reading.NUMBER)
    for by_id in (SINGLE, POLYMORPHIC):
        assert undeclared("k", Reading.NUMBER, by_id.tables) is None
