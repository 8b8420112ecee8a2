"""`[activity]` and `[events]`."""

from __future__ import annotations

from segsql.catalog.fields import BUILTINS, EventKind
from segsql.catalog.mapping import Events, RollupColumns, RollupTable
from segsql.catalog.mapping_file.places import (
    INSTANT,
    read_column,
    read_relation,
    required_column,
    types_of_builtin,
)
from segsql.catalog.mapping_file.section import Section
from segsql.catalog.places import InColumn
from segsql.errors import Code

BUILTINS_OF_ACTIVITY = tuple(name for name, builtin in BUILTINS.items() if builtin.event is not None)

TABLE_KEYS = ("table", "where", "workspace", "contact")

KIND_KEYS = (*TABLE_KEYS, "message", "at")


def read_activity(root: Section) -> RollupTable | RollupColumns | None:
    """Activity as a row a contact, or as columns of the contact."""
    section = root.section("activity", (*TABLE_KEYS, *BUILTINS_OF_ACTIVITY))
    if section is None:
        return None
    columns = _columns(section)
    if not columns:
        section.refuse(
            Code.MAPPING_MISSING,
            BUILTINS_OF_ACTIVITY[0],
            f"{section.path} names none of the columns of activity",
            f"Write one or more of {', '.join(BUILTINS_OF_ACTIVITY)}, or leave [activity] out",
        )
    if "table" in section:
        return RollupTable(
            relation=read_relation(section),
            workspace=section.name("workspace"),
            contact=section.required_name("contact"),
            columns=columns,
        )
    if strays := [key for key in TABLE_KEYS if key in section]:
        section.lacks("table", f'table = "…", or leave out {", ".join(strays)} where they are columns of the contact')
    return RollupColumns(columns)


def _columns(section: Section) -> tuple[tuple[str, InColumn], ...]:
    columns = {name: read_column(section, name, types_of_builtin(name)) for name in BUILTINS_OF_ACTIVITY}
    return tuple((name, column) for name, column in columns.items() if column is not None)


def read_events(root: Section) -> tuple[Events, ...]:
    """Events of each kind: of one table with a column for the kind, of a table a kind, or some of both."""
    section = root.section("events", (*KIND_KEYS, "kind", "words", *EventKind))
    if section is None:
        return ()
    found = {events.kind: events for events in _by_word(section)}
    for kind in EventKind:
        own = section.section(kind, KIND_KEYS)
        if own is not None and kind in found:
            section.contradicts(
                kind,
                f"Events of kind {kind} are both in {section.at('words')} and in {own.path}",
                "Keep one of the two",
            )
        if own is not None:
            found[kind] = _events(own, kind)
    if not section.values:
        section.lacks("table", 'table = "…" with kind and words, or [events.open] with a table of its own')
    return tuple(found[kind] for kind in EventKind if kind in found)


def _by_word(section: Section) -> list[Events]:
    if "table" not in section:
        if strays := [key for key in (*KIND_KEYS, "kind", "words") if key in section]:
            section.lacks("table", f'table = "…" too, whose columns {", ".join(strays)} are')
        return []
    kind_column = section.required_name("kind")
    words = section.section("words", tuple(EventKind))
    if words is None or not words.values:
        section.lacks("words", 'the words for each kind: words = { delivered = ["delivered"], open = ["open"] }')
        return []
    by_kind = {kind: words.texts(kind) for kind in EventKind if kind in words}
    for kind, of_kind in by_kind.items():
        if not of_kind:
            words.expects(kind, "the words that the column has for it", f'Write {kind} = ["{kind}"]')
    return [_events(section, kind, kind_column, of_kind) for kind, of_kind in by_kind.items()]


def _events(section: Section, kind: EventKind, kind_column: str | None = None, words: tuple[str, ...] = ()) -> Events:
    return Events(
        kind=kind,
        relation=read_relation(section),
        workspace=section.name("workspace"),
        contact=section.required_name("contact"),
        message=section.required_name("message"),
        at=required_column(section, "at", INSTANT),
        kind_column=kind_column,
        words=words,
    )
