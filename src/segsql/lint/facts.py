"""What only the database can tell of a definition: which tags and values contacts have, and what is indexed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segsql.catalog import Catalog, FieldType
from segsql.errors import Code
from segsql.filters import FieldTest, Problem, TagsTest
from segsql.filters.text import value_words
from segsql.lint.indexes import TextIndex, index_finding
from segsql.lint.placed import Placed
from segsql.lint.wording import Wording, finding, shortened

_CHOICES = (FieldType.DROPDOWN_SINGLE, FieldType.DROPDOWN_MULTIPLE)


@dataclass(frozen=True, slots=True)
class Choice:
    """A text that a dropdown may hold: of a built-in column, or of the custom values under a key."""

    source: str
    is_builtin: bool
    text: str


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The tags and choices that definitions name."""

    tags: frozenset[int] = frozenset()
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
    tags: set[int] = set()
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
            named = shortened([f"{tag} ({catalog.tags[tag]})" for tag in tags])
            message = f"No contact has the tag{'s' if len(tags) > 1 else ''} {named}"
            yield finding(Code.UNUSED_TAG, place, message, "Check that it is the tag that was meant.")
        if choices := [choice for choice in _choices(condition, catalog) if choice in facts.unused.choices]:
            named = shortened([value_words(choice.text) for choice in choices])
            message = f"No contact has the value{'s' if len(choices) > 1 else ''} {named} in {choices[0].source}"
            hint = "Check the spelling: letters count as they are written, upper or lower case."
            yield finding(Code.UNUSED_VALUE, place, message, hint)
        if facts.indexes is not None:
            yield from index_finding(condition, facts.indexes, catalog.tables, wording, holds=holds)


def _tags(condition: Placed) -> Iterable[int]:
    return dict.fromkeys(condition.node.tag_ids) if isinstance(condition.node, TagsTest) else ()


def _choices(condition: Placed, catalog: Catalog) -> Iterator[Choice]:
    node = condition.node
    if not isinstance(node, FieldTest):
        return
    by_name = catalog.field_by_id.get(node.field) if isinstance(node.field, int) else catalog.field_by_key[node.field]
    if by_name is None or by_name.type not in _CHOICES:
        return
    values = node.value if isinstance(node.value, list) else [node.value]
    for value in dict.fromkeys(value for value in values if isinstance(value, str)):
        yield Choice(by_name.source or by_name.key, by_name.source is not None, value)
