"""Custom values that are rows of their own -> SQL: looked up row by row, or pivoted in one pass (docs/mapping.md)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlglot import exp

from segsql.catalog import ColumnType, EavTable, InColumn, Tables
from segsql.plan.shape import Slot, SlottedRow
from segsql.render import nodes
from segsql.render.scope import LookUp, Scope, grouped_join

PIVOT = "f"
ROW = "v"


@dataclass(frozen=True, slots=True)
class Pivoted:
    """The value of one field, from one of the columns that hold values."""

    field: Slot
    column: InColumn

    @property
    def name(self) -> str:
        """What the pass calls it."""
        return f"{self.column.type.value}_{self.field.number}"


def pivoted(operand: SlottedRow) -> list[Pivoted]:
    """What a pass must have for the operand."""
    return [Pivoted(operand.field, column) for column in operand.columns]


def pivot_join(tables: Tables, wanted: Collection[Pivoted], scope: Scope) -> exp.Join:
    """One pass over the rows of the fields that are read: a contact's values side by side, NULL where there is none."""
    rows = _rows(tables)
    ordered = sorted(wanted, key=lambda each: (each.field.number, each.column.type))
    fields = {each.field: None for each in ordered}
    of_field = nodes.column(rows.field, PIVOT)
    of_fields: exp.Expression = exp.In(this=of_field, expressions=[nodes.parameter(field) for field in fields])
    values = [_value(each, of_field) for each in ordered]
    return grouped_join(PIVOT, rows, tables, values, scope, [of_fields])


def of_row(operand: SlottedRow, condition: exp.Expression, tables: Tables, workspace_id: Slot | None) -> exp.Exists:
    """Whether the contact's row of the field satisfies a condition, which names it ROW."""
    rows = _rows(tables)
    of_field = nodes.equal(nodes.column(rows.field, ROW), nodes.parameter(operand.field))
    return LookUp(ROW, rows, tables, workspace_id).exists([of_field, condition])


def _value(each: Pivoted, of_field: exp.Expression) -> exp.Expression:
    """There is one row at most, so that any aggregate will do that the type has."""
    column = nodes.column(each.column.column, PIVOT)
    is_boolean = each.column.type is ColumnType.BOOLEAN
    aggregate: exp.Expression = nodes.call("bool_or", column) if is_boolean else exp.Max(this=column)
    is_field = exp.Where(this=nodes.equal(of_field.copy(), nodes.parameter(each.field)))
    return exp.Alias(this=exp.Filter(this=aggregate, expression=is_field), alias=nodes.name(each.name))


def _rows(tables: Tables) -> EavTable:
    rows = tables.contacts.custom_values
    assert isinstance(rows, EavTable), "values are rows where there is a table of them"
    return rows
