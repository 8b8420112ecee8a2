"""Guessing `[segments]`: where definitions and counts lie."""

from __future__ import annotations

from segsql.catalog.mapping_file.records import OWN_KEYS
from segsql.proposal import names
from segsql.proposal.contacts import place_of
from segsql.proposal.names import pick, snake
from segsql.proposal.scene import Scene
from segsql.proposal.toml import Part
from segsql.store.reflection import SeenColumn, SeenTable


def find_segments(scene: Scene) -> SeenTable | None:
    """The table that is called so and has a column of JSON."""
    return next((table for table in scene.called(names.SEGMENT) if _document(table)), None)


def _document(table: SeenTable) -> SeenColumn | None:
    return pick(table, names.DEFINITION, names.JSON)


def segments_part(scene: Scene, table: SeenTable | None) -> Part:
    """Stored segments, else definitions in files."""
    part = Part("[segments]")
    if table is None:
        part.notes.append("Not found: a table of segments with their definitions in JSON. So they are files.")
        part.add("files", "segments", "every *.json in this folder is a segment")
        return part
    own, name = scene.id_of(table), pick(table, names.NAME, names.TEXTS)
    part.add("table", table.written)
    part.add("workspace", scene.workspace_in(table))
    part.add("id", own.name if own else "id")
    taken = {own.name} if own else set()
    public_id = pick(table, names.PUBLIC_ID, names.TEXTS, but=taken)
    part.add("public_id", public_id.name if public_id else None)
    part.add("name", name.name if name else "name")
    description = pick(table, names.DESCRIPTION, names.TEXTS)
    part.add("description", description.name if description else None)
    _add_definition(part, table)
    _add_counts(part, table)
    return part


def _add_definition(part: Part, table: SeenTable) -> None:
    match = next((column for name in names.MATCH if (column := pick(table, (name,))) and _is_word(column)), None)
    filters = pick(table, names.FILTERS, names.JSON)
    if match is not None and filters is not None:
        part.add("match", match.name, "all or any, AND or OR")
        if any(word.upper() in ("AND", "OR") for word in match.words):
            part.add("match_key", "condition")
        part.add("filters", place_of(filters, "jsonb"))
        return
    document = _document(table)
    assert document is not None
    part.add("definition", place_of(document, "jsonb"))


def _is_word(column: SeenColumn) -> bool:
    return column.type == "text" or bool(column.words)


def _add_counts(part: Part, table: SeenTable) -> None:
    count = pick(table, names.COUNT, names.WHOLES)
    of_count = tuple(f"{snake(count.name)}{ending}" for ending in names.ENDINGS_OF_TIMES) if count else ()
    at = pick(table, (*of_count, *names.COUNTED_AT), names.TIMES)
    if count is None:
        part.notes.append("Not found: the column for the count. Add one, of type bigint, or keep definitions in files.")
    if at is None:
        part.notes.append("Not found: the column for the count's time. Add one, of type timestamptz.")
    part.add("count", count.name if count else "cached_count", "" if count else "is not there yet")
    part.add("counted_at", place_of(at, "timestamptz") if at else "last_counted_at", "" if at else "is not there yet")
    for key, called in (("created_at", names.CREATED_AT), ("updated_at", names.UPDATED_AT)):
        column = pick(table, called, names.TIMES)
        if column is None and key == "updated_at":
            part.notes.append("Not found: updated_at. Edits are noticed only between counting and writing.")
        part.add(key, place_of(column, "timestamptz") if column else None)


def own_part(scene: Scene) -> Part:
    """Tables of segsql's own, where they are."""
    part = Part("[own]")
    there = {table.name: table.written for table in scene.tables}
    for name in OWN_KEYS:
        part.add(name, there.get(name))
    return part
