"""Where tests read from: the tables themselves (`InPlace`), or columns computed once per contact (`Columns`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from segsql.catalog import Relation, SqlType, Tables
from segsql.filters import Rate
from segsql.plan import IdRange, TagPass, TagStrategy
from segsql.plan.predicate import Column, Comparison, TagMode
from segsql.plan.shape import Operand, Slot, Tagged
from segsql.render import nodes
from segsql.render.operands import ACTIVITY, CONTACT, Read, read

TAGS = "t"
TAG_IDS = "tag_ids"
TAG_BITS = "tag_bits"
SCANNED = "x"


EVERYBODY = IdRange()

_ACTIONS = {Rate.OPEN: "opens_count", Rate.CLICK: "clicks_count"}


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a statement, or a branch of one, is about: of one workspace, and of a range of contacts."""

    workspace_id: Slot
    ids: IdRange = EVERYBODY

    def of(self, alias: str, workspace_id: str, contact_id: str) -> list[exp.Expression]:
        """The scope as conditions on a table's two key columns."""
        conditions = [nodes.equal(nodes.column(workspace_id, alias), nodes.parameter(self.workspace_id))]
        for comparison, slot in ((Comparison.GTE, self.ids.lower), (Comparison.LT, self.ids.upper)):
            if slot is not None:
                conditions.append(nodes.compare(nodes.column(contact_id, alias), comparison, nodes.parameter(slot)))
        return conditions


class InPlace:
    """Tests read the aliases of the FROM clause; remembers which of them they used."""

    def __init__(self, tables: Tables, workspace_id: Slot) -> None:
        self._tables = tables
        self._workspace_id = workspace_id
        self.uses_activity = False

    def read(self, operand: Operand) -> Read:
        if isinstance(operand, Column) and operand.builtin.relation is Relation.ACTIVITY:
            self.uses_activity = True
        return read(operand, self._tables)

    def read_lower(self, operand: Operand) -> Read:
        found = self.read(operand)
        return Read(exp.Lower(this=found.value), found.only_if)

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        self.uses_activity = True

        def count(name: str) -> exp.Expression:
            return nodes.cast(nodes.column(name, ACTIVITY), SqlType.NUMERIC)

        capped = exp.Least(this=count(_ACTIONS[rate]), expressions=[count("delivered_count")])
        delivered = exp.Nullif(this=count("delivered_count"), expression=nodes.number(0))
        return exp.Mul(this=nodes.number(100), expression=capped), delivered

    def tags(self, test: Tagged) -> exp.Expression:
        match test.strategy:
            case TagStrategy.EXISTS:
                return self._correlated(test)
            case TagStrategy.GROUPED:
                return compare_tags(grouped_tags(test), test)

    def _correlated(self, test: Tagged) -> exp.Expression:
        """A subquery over the contact's own tag rows.

        Who has all or exactly the tags has any of them: asking that first lets their index drive the query.
        """
        tags = self._tables.contact_tags
        tag_id = nodes.column(tags.tag_id, TAGS)
        wanted = None if test.tag_ids is None else nodes.parameter(test.tag_ids)
        mine = [
            nodes.equal(nodes.column(tags.workspace_id, TAGS), nodes.parameter(self._workspace_id)),
            nodes.equal(
                nodes.column(tags.workspace_id, TAGS),
                nodes.column(self._tables.contacts.workspace_id, CONTACT),
            ),
            nodes.equal(nodes.column(tags.contact_id, TAGS), nodes.column(self._tables.contacts.id, CONTACT)),
        ]
        rows = exp.From(this=nodes.table(tags.name, TAGS))
        some = mine if wanted is None else [*_copies(mine), nodes.equals_any(tag_id, wanted)]
        found = exp.Select(expressions=[nodes.number(1)], from_=rows, where=exp.Where(this=nodes.all_of(some)))
        if test.mode in (TagMode.ANY, TagMode.PRESENT):
            return exp.Exists(this=found)
        gathered = exp.Select(
            expressions=[_gathered(tag_id)], from_=rows.copy(), where=exp.Where(this=nodes.all_of(mine))
        )
        return exp.And(this=exp.Exists(this=found), expression=compare_tags(exp.Subquery(this=gathered), test))


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

    def rate_terms(self, rate: Rate) -> tuple[exp.Expression, exp.Expression]:
        actions, delivered = self._inside.rate_terms(rate)
        return self._column(actions), self._column(delivered)

    def tags(self, test: Tagged) -> exp.Expression:
        return compare_tags(self._column(grouped_tags(test)), test)

    def _column(self, value: exp.Expression) -> exp.Expression:
        alias = self._columns.setdefault(value, f"c{len(self._columns)}")
        return nodes.column(alias, SCANNED)


def grouped_tags(test: Tagged) -> exp.Expression:
    """What the pass over the tags gives for a contact: its tags as bits or as an array, as the test wants them."""
    return nodes.column(TAG_BITS if _is_by_bits(test) else TAG_IDS, TAGS)


def _is_by_bits(test: Tagged) -> bool:
    return test.tag_ids is not None and test.tag_ids.type is SqlType.BIGINT


def compare_tags(tag_ids: exp.Expression, test: Tagged) -> exp.Expression:
    """A tag test on the contact's tags as bits or as a sorted array, NULL where it has none."""
    if test.tag_ids is None:
        return nodes.is_not(tag_ids, exp.null())
    wanted = nodes.parameter(test.tag_ids)
    if _is_by_bits(test):
        common = exp.Paren(this=exp.BitwiseAnd(this=tag_ids, expression=wanted))
        if test.mode is TagMode.ALL:
            return nodes.equal(common, wanted.copy())
        return exp.NEQ(this=common, expression=nodes.number(0))
    match test.mode:
        case TagMode.ANY:
            return exp.ArrayOverlaps(this=tag_ids, expression=wanted)
        case TagMode.ALL:
            return exp.ArrayContainsAll(this=tag_ids, expression=wanted)
        case TagMode.EXACTLY:
            return nodes.equal(tag_ids, wanted)
        case TagMode.PRESENT:
            raise AssertionError("no ids go with PRESENT")


def activity_join(tables: Tables, scope: Scope) -> exp.Join:
    """The contact's row of the activity rollup, where there is one."""
    activity = tables.activity
    return exp.Join(
        this=nodes.table(activity.name, ACTIVITY),
        side="LEFT",
        on=nodes.all_of(
            [
                nodes.equal(
                    nodes.column(activity.workspace_id, ACTIVITY),
                    nodes.column(tables.contacts.workspace_id, CONTACT),
                ),
                nodes.equal(nodes.column(activity.contact_id, ACTIVITY), nodes.column(tables.contacts.id, CONTACT)),
                *scope.of(ACTIVITY, activity.workspace_id, activity.contact_id),
            ]
        ),
    )


def tags_join(tables: Tables, tag_pass: TagPass, scope: Scope) -> exp.Join:
    """The one pass over the tags: each contact's as bits or as a sorted array (spec 6, `grouped`)."""
    tags = tables.contact_tags
    keys = [nodes.column(key, TAGS) for key in (tags.workspace_id, tags.contact_id)]
    tag_id = nodes.column(tags.tag_id, TAGS)
    where = scope.of(TAGS, tags.workspace_id, tags.contact_id)
    if tag_pass.mentioned is not None:
        where.append(nodes.equals_any(tag_id, nodes.parameter(tag_pass.mentioned)))
    grouped = exp.Select(
        expressions=[
            *(key.copy() for key in keys),
            _tags_of_contact(tag_id, tag_pass),
        ],
        from_=exp.From(this=nodes.table(tags.name, TAGS)),
        where=exp.Where(this=nodes.all_of(where)),
        group=exp.Group(expressions=keys),
    )
    return exp.Join(
        this=exp.Subquery(this=grouped, alias=exp.TableAlias(this=nodes.name(TAGS))),
        side="LEFT",
        on=nodes.all_of(
            [
                nodes.equal(
                    nodes.column(tags.workspace_id, TAGS),
                    nodes.column(tables.contacts.workspace_id, CONTACT),
                ),
                nodes.equal(nodes.column(tags.contact_id, TAGS), nodes.column(tables.contacts.id, CONTACT)),
            ]
        ),
    )


def _tags_of_contact(tag_id: exp.Expression, tag_pass: TagPass) -> exp.Expression:
    """The aggregate: one bit for each of the mentioned tags, in their order, or an array."""
    if tag_pass.mentioned is None or not tag_pass.as_bits:
        return exp.Alias(this=_gathered(tag_id), alias=nodes.name(TAG_IDS))
    place = nodes.call("array_position", nodes.parameter(tag_pass.mentioned), tag_id.copy())
    one = nodes.cast(nodes.number(1), SqlType.BIGINT)
    bit = exp.BitwiseLeftShift(this=one, expression=exp.Paren(this=exp.Sub(this=place, expression=nodes.number(1))))
    return exp.Alias(this=nodes.call("bit_or", bit), alias=nodes.name(TAG_BITS))


def _gathered(tag_id: exp.Expression) -> exp.Expression:
    by_id = exp.Ordered(this=tag_id.copy(), nulls_first=False)
    return exp.ArrayAgg(this=exp.Order(this=tag_id.copy(), expressions=[by_id]))


def _copies(members: list[exp.Expression]) -> list[exp.Expression]:
    """A node has one parent; what stands twice is copied."""
    return [member.copy() for member in members]
