"""Tag tests -> SQL, by each strategy (spec 4.4, 6); `arrays` has those on a column of the contact."""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from segsql.catalog import SQL_TYPES, IdType, SqlType, Tables, TagArray, TagRows
from segsql.plan import TagPass, TagStrategy
from segsql.plan.predicate import TagMode
from segsql.plan.shape import Slot, Tagged
from segsql.render import nodes
from segsql.render.arrays import compare_array
from segsql.render.scope import CONTACT, LookUp, Scope, grouped_join

TAGS = "t"
TAG_IDS = "tag_ids"
TAG_BITS = "tag_bits"


def tagged(test: Tagged, tables: Tables, workspace_id: Slot | None) -> exp.Expression:
    """The test, where its tags lie."""
    if test.strategy is TagStrategy.EXISTS:
        return _looked_up(test, tables, workspace_id)
    return compare_tags(tags_of_contact(test.strategy, tables, by_bits=is_by_bits(test)), test, tables)


def tags_of_contact(strategy: TagStrategy, tables: Tables, *, by_bits: bool) -> exp.Expression:
    """The contact's tags as one value: its column of them, or bits or an array from the pass.

    NULL where it has none; the contact's own column may be empty instead, and in any order.
    """
    if strategy is TagStrategy.ARRAY:
        return nodes.column(_array(tables).column, CONTACT)
    return nodes.column(TAG_BITS if by_bits else TAG_IDS, TAGS)


def compare_tags(tag_ids: exp.Expression, test: Tagged, tables: Tables) -> exp.Expression:
    """A tag test on the contact's tags as one value."""
    if test.strategy is TagStrategy.ARRAY:
        return compare_array(tag_ids, test, _array(tables).type)
    if test.tag_ids is None:
        return nodes.is_not(tag_ids, exp.null())
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
            return nodes.equal(tag_ids, wanted)
        case TagMode.PRESENT:
            raise AssertionError("no ids go with PRESENT")
        case _:
            assert_never(test.mode)


def tags_join(tables: Tables, tag_pass: TagPass, scope: Scope) -> exp.Join:
    """The one pass over the tags: each contact's as bits or as a sorted array (spec 6, `grouped`)."""
    tags = _rows(tables)
    tag_id = nodes.column(tags.tag, TAGS)
    mentioned = tag_pass.mentioned
    where = _is_tag(tag_id) if mentioned is None else nodes.equals_any(tag_id, nodes.parameter(mentioned))
    return grouped_join(TAGS, tags, tables, [_gathered_as_wanted(tag_id, tag_pass, tables)], scope, [where])


def _looked_up(test: Tagged, tables: Tables, workspace_id: Slot | None) -> exp.Expression:
    """A subquery over the contact's own tag rows.

    Who has all or exactly the tags has any of them: asking that first lets their index drive the query.
    """
    tags = _rows(tables)
    tag_id = nodes.column(tags.tag, TAGS)
    look_up = LookUp(TAGS, tags, tables, workspace_id)
    if test.tag_ids is None:
        return look_up.exists([_is_tag(tag_id)])
    some = look_up.exists([nodes.equals_any(tag_id, nodes.parameter(test.tag_ids))])
    if test.mode is TagMode.ANY:
        return some
    gathered = look_up.value(_gathered(tag_id, tables), [_is_tag(tag_id)])
    return exp.And(this=some, expression=compare_tags(gathered, test, tables))


def _is_tag(tag_id: exp.Expression) -> exp.Expression:
    """A row without a tag, which a join table of others may have, is none."""
    return nodes.is_not(tag_id.copy(), exp.null())


def _rows(tables: Tables) -> TagRows:
    assert tables.tag_rows is not None, "a strategy is possible where it is chosen"
    return tables.tag_rows


def _array(tables: Tables) -> TagArray:
    assert tables.tag_array is not None, "a strategy is possible where it is chosen"
    return tables.tag_array


def is_by_bits(test: Tagged) -> bool:
    """Whether the test is made for tags as bits."""
    return test.tag_ids is not None and test.tag_ids.type is SqlType.BIGINT


def _gathered_as_wanted(tag_id: exp.Expression, tag_pass: TagPass, tables: Tables) -> exp.Expression:
    """The aggregate: one bit for each of the mentioned tags, in their order, or an array.

    Only rows of mentioned tags are there, so that `width_bucket` finds the place of each, by bisection.
    """
    if tag_pass.mentioned is None or not tag_pass.as_bits:
        return exp.Alias(this=_gathered(tag_id, tables), alias=nodes.name(TAG_IDS))
    place = nodes.call("width_bucket", _in_order(tag_id.copy(), tables), nodes.parameter(tag_pass.mentioned))
    one = nodes.cast(nodes.number(1), SqlType.BIGINT)
    bit = exp.BitwiseLeftShift(this=one, expression=exp.Paren(this=exp.Sub(this=place, expression=nodes.number(1))))
    return exp.Alias(this=nodes.call("bit_or", bit), alias=nodes.name(TAG_BITS))


def _gathered(tag_id: exp.Expression, tables: Tables) -> exp.Expression:
    """An array in the order of the parameter, and of its type: no other could be compared with it."""
    is_of_one_type = tables.ids.tag in (IdType.INTEGER, IdType.UUID)
    value = tag_id.copy() if is_of_one_type else nodes.cast(tag_id.copy(), SQL_TYPES[tables.ids.tag])
    by_id = exp.Ordered(this=_in_order(tag_id.copy(), tables), nulls_first=False)
    return exp.ArrayAgg(this=exp.Order(this=value, expressions=[by_id]))


def _in_order(tag_id: exp.Expression, tables: Tables) -> exp.Expression:
    """Texts are in the order of their bytes, as the parameter is, whatever the database's collation."""
    if tables.ids.tag is not IdType.TEXT:
        return tag_id
    return exp.Collate(this=tag_id, expression=nodes.name("C"))
