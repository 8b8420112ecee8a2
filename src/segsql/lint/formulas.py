"""Predicate -> formula: negations pushed down to the tests, and what names several things taken apart.

`contains` any of three tags is an OR of three tests, all of them an AND, and no member of an OR or an AND is a
constant in disguise: an AND of nothing is true, an OR of nothing false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from segsql.catalog import InJson, Tables
from segsql.plan import predicate as p


@dataclass(frozen=True, slots=True)
class Literal:
    """A test that is to be true or, without `holds`, false. A test of tags or of a set names one thing, or is EXACTLY
    (SetEquals) or PRESENT."""

    test: p.Test
    holds: bool


@dataclass(frozen=True, slots=True)
class Every:
    """All members; those first that say most by themselves: literals, and after them what is not an OR."""

    members: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one member."""

    members: tuple[Formula, ...]


Formula = Literal | Every | Some


def every(members: Iterable[Formula]) -> Every:
    """An AND."""
    return Every(tuple(sorted(members, key=vagueness)))


def vagueness(formula: Formula) -> int:
    """How little can be said of a contact for which it holds."""
    return (Literal, Every, Some).index(type(formula))


def some(members: Iterable[Formula]) -> Some:
    """An OR."""
    return Some(tuple(members))


def is_vague(formula: Formula) -> bool:
    """Whether there is an OR in it: the more is known of a contact, the more such a formula may say."""
    return isinstance(formula, Some) or (isinstance(formula, Every) and any(map(is_vague, formula.members)))


def formula_of(predicate: p.Predicate, *, holds: bool = True) -> Formula:
    """The formula of a predicate, or without `holds` of its complement."""
    match predicate:
        case p.Constant(value):
            return every(()) if value is holds else some(())
        case p.Not(member):
            return formula_of(member, holds=not holds)
        case p.And(members):
            return _joined((formula_of(member, holds=holds) for member in members), is_and=holds)
        case p.Or(members):
            return _joined((formula_of(member, holds=holds) for member in members), is_and=not holds)
        case p.TagTest(p.TagMode.ANY | p.TagMode.ALL as mode, tag_ids):
            tests = [Literal(p.TagTest(p.TagMode.ANY, (tag_id,)), holds) for tag_id in tag_ids]
            return _joined(tests, is_and=(mode is p.TagMode.ALL) is holds)
        case p.SetOverlaps(_, texts):
            return _joined((Literal(replace(predicate, texts=(text,)), holds) for text in texts), is_and=not holds)
        case _:
            return Literal(predicate, holds)


def same_value(predicate: p.Predicate, tables: Tables) -> p.Predicate:
    """The predicate with one way to name a custom value, which a field and `metadata.<key>` may share."""
    match predicate:
        case p.Not(member):
            return p.Not(same_value(member, tables))
        case p.And(members):
            return p.And(tuple(same_value(member, tables) for member in members))
        case p.Or(members):
            return p.Or(tuple(same_value(member, tables) for member in members))
        case p.Constant() | p.TagTest() | p.HasRate() | p.RateTest():
            return predicate
        case _:
            values = tables.contacts.custom_values
            match predicate.operand:
                case p.Stored(InJson(column, type_, (*path, key)), reading) if values == InJson(
                    column, type_, tuple(path)
                ):
                    return replace(predicate, operand=p.UndeclaredValue(key, reading))
                case _:
                    return predicate


def _joined(members: Iterable[Formula], *, is_and: bool) -> Formula:
    found = tuple(members)
    if len(found) == 1:
        return found[0]
    return every(found) if is_and else some(found)


def tests_of(formula: Formula) -> Iterator[p.Test]:
    """The tests of a formula, each as often as it stands there."""
    match formula:
        case Literal(test):
            yield test
        case Every(members) | Some(members):
            for member in members:
                yield from tests_of(member)
        case _:
            assert_never(formula)
