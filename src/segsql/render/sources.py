"""Where the tests of a statement for one segment read from: the tables themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from segsql.catalog import BUILTINS, Builtin, SqlType, Tables
from segsql.filters import Rate
from segsql.plan import ActivityStrategy, TagStrategy
from segsql.plan.predicate import Activity
from segsql.plan.shape import Code, LastEvent, LookedUp, Once, Operand, Slot, SlottedRow, Tagged
from segsql.plan.strategy import way_of
from segsql.render import nodes
from segsql.render.activity import activity_column, come_together, last_event, messages
from segsql.render.operands import read, read_pivoted, read_row
from segsql.render.readings import Read
from segsql.render.rows import Pivoted, of_row, pivoted
from segsql.render.tags import tagged, tags_of_contact
from segsql.render.tests import code_of, condition

ONE_EXACTLY = "1." + 50 * "0"
"""1 with the digits that a quotient shall have."""

_ACTIONS = {Rate.OPEN: BUILTINS["opens_count"], Rate.CLICK: BUILTINS["clicks_count"]}
_DELIVERED = BUILTINS["delivered_count"]


@dataclass(frozen=True, slots=True)
class Needed:
    """What must be joined: columns of the activity, custom values that are rows."""

    activity: frozenset[Builtin] = frozenset()
    rows: frozenset[Pivoted] = frozenset()

    def __or__(self, other: Needed) -> Needed:
        return Needed(self.activity | other.activity, self.rows | other.rows)


class InPlace:
    """Tests read the aliases of the FROM clause; remembers what must be joined for them."""

    def __init__(self, tables: Tables, workspace_id: Slot | None, activity: ActivityStrategy | None) -> None:
        self._tables = tables
        self._workspace_id = workspace_id
        self._activity = activity
        self.needed = Needed()

    def read(self, operand: Operand) -> Read:
        match operand:
            case Activity(builtin) if builtin.is_count:
                return Read(nodes.cast(self._count(builtin), SqlType.NUMERIC))
            case Activity(builtin):
                return Read(self._joined(builtin))
            case SlottedRow():
                self.needed |= Needed(rows=frozenset(pivoted(operand)))
                return read_pivoted(operand)
            case _:
                return read(operand, self._tables)

    def read_lower(self, operand: Operand) -> Read:
        found = self.read(operand)
        return Read(exp.Lower(this=found.value), found.only_if)

    def last_event(self, test: LastEvent) -> exp.Expression:
        return last_event(test, self._tables, self._workspace_id)

    def looked_up(self, test: LookedUp) -> exp.Expression:
        """The row's own condition reads nothing but the row."""
        row = _OfRow(self._tables, self._workspace_id, self._activity)
        found = condition(test.test, row)
        assert row.operand is not None, "a test that is looked up reads a row"
        return of_row(row.operand, found, self._tables, self._workspace_id)

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        """The actions must not be NULL where something was delivered: LEAST passes over it."""

        def delivered_count() -> exp.Expression:
            return nodes.cast(self._count_or_null(_DELIVERED), SqlType.NUMERIC)

        action = _ACTIONS[rate]
        are_one = come_together(action, _DELIVERED, self._activity, self._tables)
        count = nodes.cast(self._count_or_null(action) if are_one else self._count(action), SqlType.NUMERIC)
        capped = exp.Least(this=count, expressions=[delivered_count()])
        delivered = exp.Nullif(this=delivered_count(), expression=nodes.number(0))
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
        is_never_null = isinstance(count, exp.Subquery | exp.Coalesce)
        return count if is_never_null else exp.Coalesce(this=count, expressions=[nodes.number(0)])

    def _count_or_null(self, builtin: Builtin) -> exp.Expression:
        way = way_of(builtin, self._activity, self._tables)
        if way is ActivityStrategy.EVENTS_EXISTS and builtin.event is not None:
            return messages(builtin.event, self._tables, self._workspace_id)
        return self._joined(builtin)

    def _joined(self, builtin: Builtin) -> exp.Expression:
        self.needed |= Needed(activity=frozenset((builtin,)))
        return activity_column(builtin, self._activity, self._tables)


class _OfRow(InPlace):
    """A test reads one row of custom values; remembers which."""

    operand: SlottedRow | None = None

    def read(self, operand: Operand) -> Read:
        assert isinstance(operand, SlottedRow), "a row has its own value alone"
        self.operand = operand
        return read_row(operand)
