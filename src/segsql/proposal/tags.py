"""Guessing `[tags]` and `[contact_tags]`: join tables, polymorphic ones too, and arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segsql.proposal import names
from segsql.proposal.names import pick, singular, snake, suffixes
from segsql.proposal.scene import Scene, link
from segsql.proposal.toml import Part
from segsql.store.reflection import SeenColumn, SeenTable

ARRAYS = {"text[]": "text", "integer[]": "integer", "bigint[]": "bigint", "uuid[]": "uuid", "jsonb": "text"}

ARRAY_NAMES = (
    "tags",
    "tag_ids",
    "tag_names",
    "labels",
    "label_ids",
    "lists",
    "list_ids",
    "groups",
    "group_ids",
    "topics",
)


@dataclass(frozen=True, slots=True)
class Tagging:
    """How contacts have tags: an array of theirs, or a join table; `tags` names them. `type` is that of a tag's id.

    `owner` is the column of a polymorphic join table that says what is tagged, `owner_word` what it says of contacts.
    """

    type: str
    array: SeenColumn | None = None
    rows: SeenTable | None = None
    contact: str = ""
    tag: str = ""
    owner: str = ""
    owner_word: str = ""
    tags: SeenTable | None = None


def find_tagging(scene: Scene) -> Tagging | None:
    """A join table between contacts and what is called tags, labels, lists or groups; else an array of the contacts.

    What looks like events, such as what was sent to a list, comes last.
    """
    found = [
        tagging
        for tags in scene.called(names.TAG)
        if scene.id_of(tags) and _name_of(tags) and not scene.contact_in(tags)
        for tagging in sorted(_joining(scene, tags), key=lambda each: not _is_once(scene, each))
    ]
    if array := pick(scene.contacts, ARRAY_NAMES, tuple(ARRAYS)):
        found.append(Tagging(ARRAYS[array.type], array=array))
    return min(found, key=_is_of_events, default=None)


def _name_of(tags: SeenTable) -> SeenColumn | None:
    """The column of the tags' names; it may be called as the table is, a `tag` of `lead_tags`."""
    return pick(tags, (*names.NAME, suffixes(tags.name)[-1]), names.TEXTS)


def _joining(scene: Scene, tags: SeenTable) -> Iterator[Tagging]:
    for rows in scene.tables:
        tag = None if rows in (tags, scene.contacts) else link(rows, tags)
        if tag is None:
            continue
        if contact := scene.contact_in(rows):
            yield Tagging(tag.type, rows=rows, contact=contact.name, tag=tag.name, tags=tags)
        elif polymorphic := _polymorphic(scene, rows, tags, tag):
            yield polymorphic


def _is_once(scene: Scene, tagging: Tagging) -> bool:
    """Whether a contact has a tag but once: what joins the two, and nothing else, has that for its key."""
    return tagging.rows is not None and scene.is_key(tagging.rows, tagging.contact, tagging.tag, tagging.owner)


def _is_of_events(tagging: Tagging) -> bool:
    rows = tagging.rows
    if rows is None or pick(rows, names.MESSAGE) is None:
        return False
    return any(column.type in names.TIMES for column in rows.columns)


def _polymorphic(scene: Scene, rows: SeenTable, tags: SeenTable, tag: SeenColumn) -> Tagging | None:
    """A pair of columns, `taggable_type` and `taggable_id`."""
    by_name = {snake(column.name): column for column in rows.columns}
    for name, column in by_name.items():
        owner = by_name.get(f"{name.removesuffix('_id')}_type") if name.endswith("_id") else None
        if owner is not None and column.name != tag.name:
            word = _owner_word(scene, rows, owner)
            return Tagging(
                tag.type, rows=rows, contact=column.name, tag=tag.name, owner=owner.name, owner_word=word, tags=tags
            )
    return None


def _owner_word(scene: Scene, rows: SeenTable, owner: SeenColumn) -> str:
    """What the rows call contacts: a word that is seen, else the name of a model."""
    one = singular(scene.contacts.name)
    words = owner.words or scene.samples.words(rows, owner.name)
    guess = "".join(part.capitalize() for part in one.split("_"))
    return next((word for word in words if snake(word.rpartition("\\")[2]) == one), guess)


def tags_parts(scene: Scene, tagging: Tagging | None) -> list[Part]:
    """Both sections."""
    named, part = Part("[tags]"), Part("[contact_tags]")
    if tagging is None:
        part.notes.append("Not found: tags of contacts, in a join table or in an array of theirs.")
        return [part]
    if tagging.tags is not None:
        own, name = scene.id_of(tagging.tags), _name_of(tagging.tags)
        named.add("table", tagging.tags.written)
        named.add("workspace", scene.workspace_in(tagging.tags))
        named.add("id", own.name if own else "id")
        named.add("name", name.name if name else "name")
    if tagging.rows is not None:
        part.add("table", tagging.rows.written, f"it joins {scene.contacts.name} and the tags")
        if tagging.owner:
            part.add("where", {tagging.owner: tagging.owner_word}, "whose tags these are")
        part.add("workspace", scene.workspace_in(tagging.rows))
        part.add("contact", tagging.contact)
        part.add("tag", tagging.tag)
    if tagging.array is not None:
        part.add("array", tagging.array.name)
        if tagging.array.type == "jsonb":
            part.add("type", "jsonb")
        named.notes.append("No table has the tags' names: any tag may be named in a filter.")
    return [named, part]
