"""Where the tests of a statement for one segment read from: the tables themselves."""

from __future__ import annotations

from sqlglot import exp

from segsql.catalog import BUILTINS, Builtin, FieldType, SqlType, Tables
from segsql.filters import Rate
from segsql.plan import ActivityStrategy, TagStrategy
from segsql.plan.predicate import Column
from segsql.plan.shape import Code, LastEvent, Once, Operand, Slot, Tagged
from segsql.render import nodes
from segsql.render.activity import ACTIVITY, last_event, messages
from segsql.render.operands import Read, read
from segsql.render.tags import tagged, tags_of_contact
from segsql.render.tests import code_of, condition

ONE_EXACTLY = "1." + 50 * "0"
"""1 with the digits that a quotient shall have."""

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
        return Read(nodes.cast(self._count(operand.builtin), SqlType.NUMERIC))

    def read_lower(self, operand: Operand) -> Read:
        found = self.read(operand)
        return Read(exp.Lower(this=found.value), found.only_if)

    def last_event(self, test: LastEvent) -> exp.Expression:
        return last_event(test, self._tables, self._workspace_id)

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        def count(builtin: Builtin) -> exp.Expression:
            return nodes.cast(self._count_or_null(builtin), SqlType.NUMERIC)

        capped = exp.Least(this=count(_ACTIONS[rate]), expressions=[count(_DELIVERED)])
        delivered = exp.Nullif(this=count(_DELIVERED), expression=nodes.number(0))
        return exp.Mul(this=nodes.number(100), expression=capped), delivered

    def percentage(self, rate: Rate) -> exp.Expression:
        """The rate in percent, to fifty digits.

        A rate and a percentage of a definition that differ do so before that: the rate's denominator has 19
        digits at most, the percentage 30 behind the point.
        """
        actions, delivered = self.rate_terms(rate)
        exactly = exp.Mul(this=nodes.cast(nodes.text(ONE_EXACTLY), SqlType.NUMERIC), expression=exp.Paren(this=actions))
        return exp.Div(this=exactly, expression=delivered, typed=True, safe=False)

    def tags(self, test: Tagged) -> exp.Expression:
        return tagged(test, self._tables, self._workspace_id)

    def tags_of_contact(self, strategy: TagStrategy, *, by_bits: bool) -> exp.Expression:
        """The contact's tags as one value."""
        return tags_of_contact(strategy, self._tables, by_bits=by_bits)

    def code(self, code: Code) -> exp.Expression:
        return code_of(code, self)

    def once(self, test: Once) -> exp.Expression:
        return exp.Paren(this=condition(test.test, self))

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
