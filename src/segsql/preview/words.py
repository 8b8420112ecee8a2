"""A filter as a tree of words: the quantifiers of its groups, and each condition in words."""

from __future__ import annotations

from dataclasses import dataclass

from segsql.filters import Filter, Group, Names, Node, Quantifier, describe


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition, in words."""

    words: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A group: how many of its members must match."""

    quantifier: Quantifier
    members: tuple[Branch | Leaf, ...]


def tree(filter_: Filter, names: Names) -> Branch:
    """The filter's tree, as its definition has it: nothing is folded."""
    return _branch(filter_, filter_.root, names)


def _branch(filter_: Filter, group: Group, names: Names) -> Branch:
    return Branch(
        group.quantifier,
        tuple(
            _branch(filter_, member, names) if isinstance(member, Group) else Leaf(_condition(filter_, member, names))
            for member in group.members
        ),
    )


def _condition(filter_: Filter, node: Node, names: Names) -> str:
    """A condition's words are those of a filter that has it alone."""
    return describe(Filter(filter_.dialect, Group(filter_.root.place, Quantifier.ALL, (node,)), filter_.size), names)
