"""Which rows a table gives a statement: every one is scoped by the workspace, and tied to its contact (spec 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlglot import exp

from segsql.catalog import EavTable, Events, RollupTable, Tables, TagRows
from segsql.plan import IdRange, OneId
from segsql.plan.predicate import Comparison
from segsql.plan.shape import Slot
from segsql.render import nodes

CONTACT = "c"
OWNER = "k"
EVERYBODY = IdRange()

OwnedTable = TagRows | RollupTable | Events | EavTable
"""A table whose rows each belong to a contact."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a statement, or a branch of one, is about: of one workspace, and of some contacts or one.

    `workspace_id` is None where there is a single tenant.
    """

    workspace_id: Slot | None
    ids: IdRange | OneId = EVERYBODY
    by_contact_alone: bool = False
    """Whether derived tables are grouped and joined by the contact's id alone, as the workspace is the same for all.

    The planner then knows that they have one row a contact, and a merge join keeps no rows to return to: a shared
    scan takes 7 % less time. A cluster needs both keys.
    """

    def of(self, alias: str, workspace: str | None, contact: str) -> list[exp.Expression]:
        """The scope as conditions on a table's two key columns, of which the first may be missing."""
        conditions = _of_workspace(alias, workspace, self.workspace_id)
        for comparison, slot in self._bounds():
            conditions.append(nodes.compare(nodes.column(contact, alias), comparison, nodes.parameter(slot)))
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

    def of_owned(self, alias: str, table: OwnedTable, tables: Tables) -> list[exp.Expression]:
        """The same for a table of contacts' rows; one that does not say whose tenant they are is asked by contact."""
        own = self.of(alias, table.workspace, table.contact)
        if table.workspace is None and self.workspace_id is not None:
            contacts = tables.contacts
            members = exp.Select(
                expressions=[nodes.column(contacts.id, OWNER)],
                from_=exp.From(this=nodes.table(contacts.relation, OWNER)),
                where=nodes.where(_of_workspace(OWNER, contacts.workspace, self.workspace_id)),
            )
            own.append(exp.In(this=nodes.column(table.contact, alias), query=exp.Subquery(this=members)))
        return [*own, *nodes.constants(table.relation, alias)]


def _of_workspace(alias: str, workspace: str | None, workspace_id: Slot | None) -> list[exp.Expression]:
    if workspace is None or workspace_id is None:
        return []
    return [nodes.equal(nodes.column(workspace, alias), nodes.parameter(workspace_id))]


def tied(alias: str, table: OwnedTable, tables: Tables) -> list[exp.Expression]:
    """The rows are those of the contact."""
    contacts = tables.contacts
    by_contact = nodes.equal(nodes.column(table.contact, alias), nodes.column(contacts.id, CONTACT))
    if table.workspace is None or contacts.workspace is None:
        return [by_contact]
    by_workspace = nodes.equal(nodes.column(table.workspace, alias), nodes.column(contacts.workspace, CONTACT))
    return [by_workspace, by_contact]


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
    on = tied(alias, table, tables)
    names = [table.contact]
    if scope.by_contact_alone:
        on = on[-1:]
    elif table.workspace is not None and len(on) > 1:
        names = [table.workspace, table.contact]
    keys = [nodes.column(name, alias) for name in names]
    grouped = exp.Select(
        expressions=[*(key.copy() for key in keys), *values],
        from_=exp.From(this=nodes.table(table.relation, alias)),
        where=nodes.where([*scope.of_owned(alias, table, tables), *where]),
        group=exp.Group(expressions=keys),
    )
    return left_join(exp.Subquery(this=grouped, alias=exp.TableAlias(this=nodes.name(alias))), on)


class LookUp:
    """Subqueries over the rows of one contact, which the statement's own FROM names."""

    def __init__(self, alias: str, table: OwnedTable, tables: Tables, workspace_id: Slot | None) -> None:
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
        own = _of_workspace(self._alias, self._table.workspace, self._workspace_id)
        constants = nodes.constants(self._table.relation, self._alias)
        where = [*own, *tied(self._alias, self._table, self._tables), *constants, *conditions]
        return exp.Select(
            expressions=[value],
            from_=exp.From(this=nodes.table(self._table.relation, self._alias)),
            where=nodes.where(where),
        )
