"""Where tests read from: the tables themselves (`InPlace`), or columns computed once per contact (`Columns`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from segsql.catalog import BUILTINS, Builtin, FieldType, SqlType, Tables
from segsql.filters import Rate
from segsql.plan import ActivityStrategy
from segsql.plan.predicate import Column
from segsql.plan.shape import LastEvent, Operand, Slot, Tagged
from segsql.render import nodes
from segsql.render.activity import ACTIVITY, last_event, messages
from segsql.render.operands import Read, read
from segsql.render.tags import compare_tags, tagged, tags_of_contact

SCANNED = "x"

_ACTIONS = {Rate.OPEN: BUILTINS["opens_count"], Rate.CLICK: BUILTINS["clicks_count"]}
_DELIVERED = BUILTINS["delivered_count"]


class InPlace:
    """Tests read the aliases of the FROM clause; remembers which columns of the activity they read."""

    def __init__(self, tables: Tables, workspace_id: Slot, activity: ActivityStrategy | None) -> None:
        self._tables = tables
        self._workspace_id = workspace_id
        self._activity = activity
        self.activity_columns: set[Builtin] = set()

    def read(self, operand: Operand) -> Read:
        if not isinstance(operand, Column) or operand.builtin.event is None:
            return read(operand, self._tables)
        if operand.builtin.type is not FieldType.NUMBER:
            return Read(self._joined(operand.builtin))
        return Read(_numeric(self._count(operand.builtin)))

    def read_lower(self, operand: Operand) -> Read:
        found = self.read(operand)
        return Read(exp.Lower(this=found.value), found.only_if)

    def last_event(self, test: LastEvent) -> exp.Expression:
        return last_event(test, self._tables, self._workspace_id)

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        def count(builtin: Builtin) -> exp.Expression:
            return _numeric(self._count_or_null(builtin))

        capped = exp.Least(this=count(_ACTIONS[rate]), expressions=[count(_DELIVERED)])
        delivered = exp.Nullif(this=count(_DELIVERED), expression=nodes.number(0))
        return exp.Mul(this=nodes.number(100), expression=capped), delivered

    def tags(self, test: Tagged) -> exp.Expression:
        return tagged(test, self._tables, self._workspace_id)

    def tags_of_contact(self, test: Tagged) -> exp.Expression:
        """The contact's tags as one value."""
        return tags_of_contact(test, self._tables)

    def _count(self, builtin: Builtin) -> exp.Expression:
        """A count of the activity, 0 for a contact that has none."""
        count = self._count_or_null(builtin)
        return count if isinstance(count, exp.Subquery) else exp.Coalesce(this=count, expressions=[nodes.number(0)])

    def _count_or_null(self, builtin: Builtin) -> exp.Expression:
        if self._activity is ActivityStrategy.EVENTS_EXISTS and builtin.event is not None:
            return messages(builtin.event, self._tables, self._workspace_id)
        return self._joined(builtin)

    def _joined(self, builtin: Builtin) -> exp.Expression:
        self.activity_columns.add(builtin)
        return nodes.column(builtin.name, ACTIVITY)


class Columns:
    """Tests read columns `x.c0`, `x.c1`, … of a derived table; the list of what each computes grows with them."""

    def __init__(self, inside: InPlace) -> None:
        self._inside = inside
        self._columns: dict[exp.Expression, str] = {}

    @property
    def computed(self) -> Sequence[exp.Expression]:
        """The derived table's columns, each under its alias."""
        return [exp.Alias(this=value, alias=nodes.name(alias)) for value, alias in self._columns.items()] or [
            nodes.number(1)
        ]

    def read(self, operand: Operand) -> Read:
        return Read(self._column(self._inside.read(operand).guarded))

    def read_lower(self, operand: Operand) -> Read:
        return Read(self._column(self._inside.read_lower(operand).guarded))

    def last_event(self, test: LastEvent) -> exp.Expression:
        return self._column(self._inside.last_event(test))

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        actions, delivered = self._inside.rate_terms(rate)
        return self._column(actions), self._column(delivered)

    def tags(self, test: Tagged) -> exp.Expression:
        return compare_tags(self._column(self._inside.tags_of_contact(test)), test)

    def _column(self, value: exp.Expression) -> exp.Expression:
        alias = self._columns.setdefault(value, f"c{len(self._columns)}")
        return nodes.column(alias, SCANNED)


def _numeric(value: exp.Expression) -> exp.Expression:
    return exp.Cast(this=value, to=nodes.data_type(SqlType.NUMERIC).copy())
