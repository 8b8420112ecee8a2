"""Which rows a table gives a statement: every one is scoped by the workspace, and tied to its contact (spec 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlglot import exp

from segsql.catalog import ActivityTable, ContactTagsTable, EventsTable, Tables
from segsql.plan import IdRange, OneId
from segsql.plan.predicate import Comparison
from segsql.plan.shape import Slot
from segsql.render import nodes

CONTACT = "c"
EVERYBODY = IdRange()

OwnedTable = ContactTagsTable | ActivityTable | EventsTable
"""A table whose rows each belong to a contact."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a statement, or a branch of one, is about: of one workspace, and of some contacts or one."""

    workspace_id: Slot
    ids: IdRange | OneId = EVERYBODY
    by_contact_alone: bool = False
    """Whether derived tables are grouped and joined by the contact's id alone, as the workspace is the same for all.

    The planner then knows that they have one row a contact, and a merge join keeps no rows to return to: a shared
    scan takes 7 % less time. A cluster needs both keys.
    """

    def of(self, alias: str, workspace_id: str, contact_id: str) -> list[exp.Expression]:
        """The scope as conditions on a table's two key columns."""
        conditions = [nodes.equal(nodes.column(workspace_id, alias), nodes.parameter(self.workspace_id))]
        for comparison, slot in self._bounds():
            conditions.append(nodes.compare(nodes.column(contact_id, alias), comparison, nodes.parameter(slot)))
        return conditions

    def _bounds(self) -> list[tuple[Comparison, Slot]]:
        match self.ids:
            case OneId(slot):
                return [(Comparison.EQ, slot)]
            case IdRange(lower, upper):
                ends = ((Comparison.GTE, lower), (Comparison.LT, upper))
                return [(comparison, slot) for comparison, slot in ends if slot is not None]
            case _:
                assert_never(self.ids)


def tied(alias: str, table: OwnedTable, tables: Tables) -> list[exp.Expression]:
    """The rows are those of the contact."""
    return [
        nodes.equal(nodes.column(table.workspace_id, alias), nodes.column(tables.contacts.workspace_id, CONTACT)),
        nodes.equal(nodes.column(table.contact_id, alias), nodes.column(tables.contacts.id, CONTACT)),
    ]


def left_join(this: exp.Expression, on: list[exp.Expression]) -> exp.Join:
    """A LEFT JOIN; at least one condition."""
    return exp.Join(this=this, side="LEFT", on=nodes.all_of(on))


def grouped_join(
    alias: str,
    table: OwnedTable,
    tables: Tables,
    values: list[exp.Expression],
    scope: Scope,
    where: list[exp.Expression],
) -> exp.Join:
    """One pass over the table's rows: a derived table with a row a contact, under the alias that its rows have inside.

    `values` aggregate the contact's rows, those of the scope that satisfy further conditions.
    """
    names = [table.contact_id] if scope.by_contact_alone else [table.workspace_id, table.contact_id]
    keys = [nodes.column(name, alias) for name in names]
    grouped = exp.Select(
        expressions=[*(key.copy() for key in keys), *values],
        from_=exp.From(this=nodes.table(table.name, alias)),
        where=exp.Where(this=nodes.all_of([*scope.of(alias, table.workspace_id, table.contact_id), *where])),
        group=exp.Group(expressions=keys),
    )
    on = tied(alias, table, tables)[-len(keys) :]
    return left_join(exp.Subquery(this=grouped, alias=exp.TableAlias(this=nodes.name(alias))), on)


class LookUp:
    """Subqueries over the rows of one contact, which the statement's own FROM names."""

    def __init__(self, alias: str, table: OwnedTable, tables: Tables, workspace_id: Slot) -> None:
        self._alias = alias
        self._table = table
        self._tables = tables
        self._workspace_id = workspace_id

    def exists(self, conditions: list[exp.Expression]) -> exp.Exists:
        """Whether one of them satisfies all conditions."""
        return exp.Exists(this=self._select(nodes.number(1), conditions))

    def value(self, aggregate: exp.Expression, conditions: list[exp.Expression]) -> exp.Subquery:
        """An aggregate of those that satisfy all conditions."""
        return exp.Subquery(this=self._select(aggregate, conditions))

    def _select(self, value: exp.Expression, conditions: list[exp.Expression]) -> exp.Select:
        own = nodes.equal(nodes.column(self._table.workspace_id, self._alias), nodes.parameter(self._workspace_id))
        where = [own, *tied(self._alias, self._table, self._tables), *conditions]
        return exp.Select(
            expressions=[value],
            from_=exp.From(this=nodes.table(self._table.name, self._alias)),
            where=exp.Where(this=nodes.all_of(where)),
        )
