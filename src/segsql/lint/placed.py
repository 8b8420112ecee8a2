"""The tree that the user wrote, each node with what it means: findings point at nodes, and reasoning needs formulas.

A segment condition is one node, and so is what it stands for: its segments are the user's own elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segsql.catalog import Tables
from segsql.filters import Group, Node, Quantifier
from segsql.lint.formulas import Formula, every, formula_of, same_value, some
from segsql.plan import predicate as p


@dataclass(frozen=True, slots=True)
class Placed:
    """A node, the formula of it and that of its complement; of a group also its members."""

    node: Node
    formula: Formula
    complement: Formula
    members: tuple[Placed, ...] = ()

    def when(self, *, holds: bool) -> Formula:
        """The formula of the node's being true, or without `holds` false."""
        return self.formula if holds else self.complement

    @property
    def quantifier(self) -> Quantifier | None:
        """A group's; None for a condition."""
        return self.node.quantifier if isinstance(self.node, Group) else None

    def conditions(self, *, holds: bool = True) -> Iterator[tuple[Placed, bool]]:
        """The conditions, in document order, and whether each counts by being true; under a negation it does not."""
        if not isinstance(self.node, Group):
            yield self, holds
        for member in self.members:
            yield from member.conditions(holds=holds is not (self.quantifier is Quantifier.NONE))


def placed(node: Node, predicate: p.Predicate, tables: Tables) -> Placed:
    """Lay a definition's nodes over the predicate that it was resolved to without a problem: they have one shape."""
    match node, predicate:
        case Group(_, Quantifier.ALL), p.And(members):
            return _group(node, members, tables)
        case Group(_, Quantifier.ANY), p.Or(members):
            return _group(node, members, tables)
        case Group(_, Quantifier.NONE), p.Not(p.Or(members)):
            return _group(node, members, tables)
        case _:
            assert not isinstance(node, Group), "a group is resolved to one"
            own = same_value(predicate, tables)
            return Placed(node, formula_of(own), formula_of(own, holds=False))


def with_members(group: Placed, members: Sequence[Placed]) -> Placed:
    """The group with other members."""
    formulas = [member.formula for member in members]
    complements = [member.complement for member in members]
    match group.quantifier:
        case Quantifier.ALL:
            return Placed(group.node, every(formulas), some(complements), tuple(members))
        case Quantifier.ANY:
            return Placed(group.node, some(formulas), every(complements), tuple(members))
        case _:
            return Placed(group.node, every(complements), some(formulas), tuple(members))


def _group(group: Group, predicates: Sequence[p.Predicate], tables: Tables) -> Placed:
    members = [placed(node, member, tables) for node, member in zip(group.members, predicates, strict=True)]
    return with_members(Placed(group, every(()), some(())), members)
