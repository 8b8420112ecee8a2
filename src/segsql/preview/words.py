"""A filter in words: a sentence for people, the grammar's text (docs/filters.md), and the tree of its conditions."""

from __future__ import annotations

from dataclasses import dataclass

from segsql.catalog import Ids
from segsql.errors import InvalidDefinition
from segsql.filters import Filter, Group, Names, Node, Quantifier, describe, parse
from segsql.filters.text import node_words, words


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition: in words, and as text."""

    words: str
    text: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A group: how many of its members must match."""

    quantifier: Quantifier
    members: tuple[Branch | Leaf, ...]


@dataclass(frozen=True, slots=True)
class Worded:
    """A filter: in words, as text, and as a tree of both. Nothing of it is folded."""

    words: str
    text: str
    tree: Branch


def worded(filter_: Filter, names: Names) -> Worded:
    """The filter as people read it."""
    return Worded(describe(filter_, names), words(filter_, names), _branch(filter_, filter_.root, names))


def worded_definition(definition: object, names: Names, ids: Ids) -> Worded | None:
    """A stored definition as people read it, as far as it can be read; None where it is no filter at all."""
    try:
        parsed = parse(definition if isinstance(definition, dict) else str(definition), ids)
    except InvalidDefinition:
        return None
    return worded(parsed.filter, names) if parsed.filter else None


def _branch(filter_: Filter, group: Group, names: Names) -> Branch:
    members = (
        _branch(filter_, member, names) if isinstance(member, Group) else _leaf(filter_, member, names)
        for member in group.members
    )
    return Branch(group.quantifier, tuple(members))


def _leaf(filter_: Filter, node: Node, names: Names) -> Leaf:
    """A condition's words are those of a filter that has it alone."""
    alone = Filter(filter_.dialect, Group(filter_.root.place, Quantifier.ALL, (node,)), filter_.size)
    return Leaf(describe(alone, names), node_words(node, names))
