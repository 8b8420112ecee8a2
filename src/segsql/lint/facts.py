"""What only the database can tell of a definition: which tags and values contacts have, and what is indexed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segsql.catalog import Catalog, FieldType, Id
from segsql.errors import Code
from segsql.filters import FieldTest, Problem, TagsTest
from segsql.filters.text import value_words
from segsql.lint.indexes import TextIndex, index_finding
from segsql.lint.placed import Placed
from segsql.lint.wording import Wording, finding, shortened
from segsql.plan.operands import operand_of
from segsql.plan.predicate import Operand

_CHOICES = (FieldType.DROPDOWN_SINGLE, FieldType.DROPDOWN_MULTIPLE)


@dataclass(frozen=True, slots=True)
class Choice:
    """A text that a dropdown, called `name`, may hold where it lies."""

    name: str
    operand: Operand
    text: str


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The tags and choices that definitions name."""

    tags: frozenset[Id] = frozenset()
    choices: frozenset[Choice] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database said: of what was mentioned that which no contact has, and the indexes on texts of contacts.

    `indexes` None: nothing is said about them, as the table is small or was not looked at.
    """

    unused: Mentioned = Mentioned()
    indexes: tuple[TextIndex, ...] | None = None


def mentioned(roots: Iterable[Placed], catalog: Catalog) -> Mentioned:
    """What the definitions' own conditions name; what the segments in them name is for these to say."""
    tags: set[Id] = set()
    choices: set[Choice] = set()
    for root in roots:
        for condition, _ in root.conditions():
            tags.update(_tags(condition))
            choices.update(_choices(condition, catalog))
    return Mentioned(frozenset(tags), frozenset(choices))


def fact_findings(root: Placed, catalog: Catalog, facts: Facts, wording: Wording) -> Iterator[Problem]:
    """The conditions that name what no contact has, or that no index serves."""
    for condition, holds in root.conditions():
        place = condition.node.place
        if tags := [tag for tag in _tags(condition) if tag in facts.unused.tags]:
            named = shortened([_named(tag, catalog) for tag in tags])
            message = f"No contact has the tag{'s' if len(tags) > 1 else ''} {named}"
            yield finding(Code.UNUSED_TAG, place, message, "Check that it is the tag that was meant.")
        if choices := [choice for choice in _choices(condition, catalog) if choice in facts.unused.choices]:
            named = shortened([value_words(choice.text) for choice in choices])
            message = f"No contact has the value{'s' if len(choices) > 1 else ''} {named} in {choices[0].name}"
            hint = "Check the spelling: letters count as they are written, upper or lower case."
            yield finding(Code.UNUSED_VALUE, place, message, hint)
        if facts.indexes is not None:
            yield from index_finding(condition, facts.indexes, catalog.tables, wording, holds=holds)


def _tags(condition: Placed) -> Iterable[Id]:
    return dict.fromkeys(condition.node.tag_ids) if isinstance(condition.node, TagsTest) else ()


def _choices(condition: Placed, catalog: Catalog) -> Iterator[Choice]:
    node = condition.node
    if not isinstance(node, FieldTest):
        return
    field = catalog.field_by_key[str(node.field)] if node.by_key else catalog.field_by_id[node.field]
    if field.type not in _CHOICES:
        return
    operand = operand_of(field, catalog.tables)
    assert not isinstance(operand, str), "what is declared wrongly does not compile"
    values = node.value if isinstance(node.value, list) else [node.value]
    for value in dict.fromkeys(value for value in values if isinstance(value, str)):
        yield Choice(field.source or field.key, operand, value)


def _named(tag: Id, catalog: Catalog) -> str:
    name = (catalog.tags or {}).get(tag)
    return str(tag) if name is None else f"{tag} ({name})"
