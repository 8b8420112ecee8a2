"""Tests of tags that are an array in a column of the contact -> SQL.

Such a column may have a tag twice, in any order, and nulls, which are passed over. The bare operators are what a GIN
index answers, so every test that can begins with one.
"""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from segsql.catalog import ArrayType, SqlType
from segsql.plan.predicate import TagMode
from segsql.plan.shape import Tagged
from segsql.render import nodes

IS_TAG = 'strict $[*] ? (@.type() == "string" || @.type() == "number")'
ANY_OF = "strict $[*] ? (@ == $ids[*])"
"""Strict, or else a list within the list would be looked into."""


def compare_array(tag_ids: exp.Expression, test: Tagged, type_: ArrayType) -> exp.Expression:
    """A tag test on the column."""
    return _jsonb(tag_ids, test) if type_ is ArrayType.JSONB else _sql_array(tag_ids, test)


def _sql_array(tag_ids: exp.Expression, test: Tagged) -> exp.Expression:
    if test.tag_ids is None:
        return exp.GT(this=nodes.call("cardinality", _without_nulls(tag_ids)), expression=nodes.number(0))
    wanted = nodes.parameter(test.tag_ids)
    match test.mode:
        case TagMode.ANY:
            return exp.ArrayOverlaps(this=tag_ids, expression=wanted)
        case TagMode.ALL:
            return exp.ArrayContainsAll(this=tag_ids, expression=wanted)
        case TagMode.EXACTLY:
            return exp.And(
                this=exp.ArrayContainsAll(this=tag_ids, expression=wanted),
                expression=exp.ArrayContainedBy(this=_without_nulls(tag_ids.copy()), expression=wanted.copy()),
            )
        case TagMode.PRESENT:
            raise AssertionError("no ids go with PRESENT")
        case _:
            assert_never(test.mode)


def _without_nulls(array: exp.Expression) -> exp.Expression:
    """The array without its nulls; one of several dimensions, of which PostgreSQL can't remove any, is none."""
    is_flat = nodes.equal(nodes.call("array_ndims", array), nodes.number(1))
    return nodes.case(is_flat, nodes.call("array_remove", array.copy(), exp.null()))


def _jsonb(tag_ids: exp.Expression, test: Tagged) -> exp.Expression:
    """Whatever is no array has no tags: `?|` would find a text, or the keys of an object."""
    is_array = nodes.equal(nodes.call("jsonb_typeof", tag_ids.copy()), nodes.text("array"))
    if test.tag_ids is None:
        return nodes.case(is_array, nodes.call("jsonb_path_exists", tag_ids, nodes.text(IS_TAG)))
    ids = nodes.parameter(test.tag_ids)
    wanted = nodes.call("to_jsonb", ids)
    match test.mode:
        case TagMode.ANY if test.tag_ids.type is SqlType.TEXT_ARRAY:
            return exp.And(this=exp.JSONBContainsAnyTopKeys(this=tag_ids, expression=ids.copy()), expression=is_array)
        case TagMode.ANY:
            named = nodes.call("jsonb_build_object", nodes.text("ids"), wanted)
            any_of = nodes.call("jsonb_path_exists", tag_ids, nodes.text(ANY_OF), named)
            return nodes.case(is_array, any_of)
        case TagMode.ALL:
            return exp.ArrayContainsAll(this=tag_ids, expression=wanted)
        case TagMode.EXACTLY:
            null = nodes.cast(nodes.text("null"), SqlType.JSONB)
            all_there_may_be = nodes.call("jsonb_concat", wanted.copy(), null)
            return exp.And(
                this=exp.ArrayContainsAll(this=tag_ids, expression=wanted),
                expression=exp.ArrayContainsAll(this=all_there_may_be, expression=tag_ids.copy()),
            )
        case TagMode.PRESENT:
            raise AssertionError("no ids go with PRESENT")
        case _:
            assert_never(test.mode)
