"""Tag tests -> SQL, by each strategy (spec 4.4, 6)."""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from segsql.catalog import SqlType, Tables
from segsql.plan import TagPass, TagStrategy
from segsql.plan.predicate import TagMode
from segsql.plan.shape import Slot, Tagged
from segsql.render import nodes
from segsql.render.scope import CONTACT, LookUp, Scope, grouped_join

TAGS = "t"
TAG_IDS = "tag_ids"
TAG_BITS = "tag_bits"


def tagged(test: Tagged, tables: Tables, workspace_id: Slot) -> exp.Expression:
    """The test, where its tags lie."""
    if test.strategy is TagStrategy.EXISTS:
        return _looked_up(test, tables, workspace_id)
    return compare_tags(tags_of_contact(test.strategy, tables, by_bits=is_by_bits(test)), test)


def tags_of_contact(strategy: TagStrategy, tables: Tables, *, by_bits: bool) -> exp.Expression:
    """The contact's tags as one value: its column of them, or bits or an array from the pass.

    NULL where it has none; the contact's own column may be empty instead, and in any order.
    """
    if strategy is TagStrategy.ARRAY:
        assert tables.contacts.tag_ids is not None, "a strategy is possible where it is chosen"
        return nodes.column(tables.contacts.tag_ids, CONTACT)
    return nodes.column(TAG_BITS if by_bits else TAG_IDS, TAGS)


def compare_tags(tag_ids: exp.Expression, test: Tagged) -> exp.Expression:
    """A tag test on the contact's tags as one value."""
    if test.tag_ids is None:
        return _any_at_all(tag_ids, test.strategy)
    wanted = nodes.parameter(test.tag_ids)
    if is_by_bits(test):
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
            return _same_set(tag_ids, wanted, test.strategy)
        case TagMode.PRESENT:
            raise AssertionError("no ids go with PRESENT")
        case _:
            assert_never(test.mode)


def tags_join(tables: Tables, tag_pass: TagPass, scope: Scope) -> exp.Join:
    """The one pass over the tags: each contact's as bits or as a sorted array (spec 6, `grouped`)."""
    tags = tables.contact_tags
    tag_id = nodes.column(tags.tag_id, TAGS)
    where = []
    if tag_pass.mentioned is not None:
        where.append(nodes.equals_any(tag_id, nodes.parameter(tag_pass.mentioned)))
    return grouped_join(TAGS, tags, tables, [_gathered_as_wanted(tag_id, tag_pass)], scope, where)


def _looked_up(test: Tagged, tables: Tables, workspace_id: Slot) -> exp.Expression:
    """A subquery over the contact's own tag rows.

    Who has all or exactly the tags has any of them: asking that first lets their index drive the query.
    """
    tags = tables.contact_tags
    tag_id = nodes.column(tags.tag_id, TAGS)
    look_up = LookUp(TAGS, tags, tables, workspace_id)
    if test.tag_ids is None:
        return look_up.exists([])
    some = look_up.exists([nodes.equals_any(tag_id, nodes.parameter(test.tag_ids))])
    if test.mode is TagMode.ANY:
        return some
    return exp.And(this=some, expression=compare_tags(look_up.value(_gathered(tag_id), []), test))


def _any_at_all(tag_ids: exp.Expression, strategy: TagStrategy) -> exp.Expression:
    if strategy is TagStrategy.ARRAY:
        return exp.GT(this=nodes.call("cardinality", tag_ids), expression=nodes.number(0))
    return nodes.is_not(tag_ids, exp.null())


def _same_set(tag_ids: exp.Expression, wanted: exp.Expression, strategy: TagStrategy) -> exp.Expression:
    """The arrays that segsql gathers are sorted like the parameter; a column's may be in any order."""
    if strategy is not TagStrategy.ARRAY:
        return nodes.equal(tag_ids, wanted)
    return exp.And(
        this=exp.ArrayContainsAll(this=tag_ids, expression=wanted),
        expression=exp.ArrayContainedBy(this=tag_ids.copy(), expression=wanted.copy()),
    )


def is_by_bits(test: Tagged) -> bool:
    """Whether the test is made for tags as bits."""
    return test.tag_ids is not None and test.tag_ids.type is SqlType.BIGINT


def _gathered_as_wanted(tag_id: exp.Expression, tag_pass: TagPass) -> exp.Expression:
    """The aggregate: one bit for each of the mentioned tags, in their order, or an array.

    Only rows of mentioned tags are there, so that `width_bucket` finds the place of each, by bisection.
    """
    if tag_pass.mentioned is None or not tag_pass.as_bits:
        return exp.Alias(this=_gathered(tag_id), alias=nodes.name(TAG_IDS))
    place = nodes.call("width_bucket", tag_id.copy(), nodes.parameter(tag_pass.mentioned))
    one = nodes.cast(nodes.number(1), SqlType.BIGINT)
    bit = exp.BitwiseLeftShift(this=one, expression=exp.Paren(this=exp.Sub(this=place, expression=nodes.number(1))))
    return exp.Alias(this=nodes.call("bit_or", bit), alias=nodes.name(TAG_BITS))


def _gathered(tag_id: exp.Expression) -> exp.Expression:
    by_id = exp.Ordered(this=tag_id.copy(), nulls_first=False)
    return exp.ArrayAgg(this=exp.Order(this=tag_id.copy(), expressions=[by_id]))
