"""What a recount needs in the database: tables, their columns, and the privileges on them. A line each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from segsql.catalog import (
    BUILTINS,
    EavTable,
    InColumn,
    InJson,
    Mapping,
    Place,
    Relation,
    RollupColumns,
    RollupTable,
    SegmentFiles,
)
from segsql.store.columns import quoted
from segsql.store.schema import schema_for

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class Privilege(StrEnum):
    """A privilege on a table or on columns of it, as GRANT names it."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Need:
    """A privilege that a run makes use of, and the columns that it does so with; none for one on the whole table.

    The table is named as `to_regclass` reads it, the columns literally.
    """

    privilege: Privilege
    table: str
    columns: tuple[str, ...] = ()


def needs(mapping: Mapping) -> tuple[Need, ...]:
    """What a run uses of a mapped database.

    Events of which the rollup has all are not among it: a forced `events_*` strategy that may not read them says so
    itself.
    """
    return (
        *_workspaces(mapping),
        _contacts(mapping),
        *_fields(mapping),
        *_tags(mapping),
        *_activity(mapping),
        *_segments(mapping),
        *_history(mapping),
    )


def tables(mapping: Mapping) -> tuple[str, ...]:
    """The tables among the needs, once each."""
    return tuple(dict.fromkeys(need.table for need in needs(mapping)))


def name_of(relation: Relation) -> str:
    """A relation's name, quoted only where it must be."""
    parts = (part for part in (relation.schema, relation.name) if part is not None)
    return ".".join(part if _PLAIN.fullmatch(part) else quoted(part) for part in parts)


def _reads(relation: Relation, *columns: str | Place | None) -> Need:
    named = (each if isinstance(each, str) else each.column for each in columns if each is not None)
    where = (name for name, _ in relation.where)
    return Need(Privilege.SELECT, name_of(relation), tuple(dict.fromkeys((*named, *where))))


def _workspaces(mapping: Mapping) -> Iterator[Need]:
    """Of rows that are a subquery PostgreSQL asks for every column that it names, whatever a statement takes of it."""
    records = mapping.records.workspaces
    if records is not None:
        rest = () if isinstance(schema_for(mapping).workspaces, sa.Table) else (records.name, records.segment_limit)
        yield _reads(records.relation, records.id, records.timezone_column, *rest)


def _contacts(mapping: Mapping) -> Need:
    contacts = mapping.contacts
    places: list[str | Place | None] = [place for _, place in contacts.builtins]
    places += [field.place for field in mapping.records.fields]
    if isinstance(mapping.activity, RollupColumns):
        places += [place for _, place in mapping.activity.columns]
    return _reads(
        contacts.relation,
        contacts.workspace,
        contacts.id,
        contacts.custom_values if isinstance(contacts.custom_values, InJson) else None,
        contacts.deleted.column if contacts.deleted else None,
        mapping.tag_array.column if mapping.tag_array else None,
        *places,
    )


def _fields(mapping: Mapping) -> Iterator[Need]:
    records, values = mapping.records.field_records, mapping.contacts.custom_values
    if records is not None:
        names = (records.id, records.key, records.name, records.type, records.source, records.options)
        yield _reads(records.relation, records.workspace, *names)
    if isinstance(values, EavTable):
        typed = (values.value, values.text, values.number, values.boolean, values.date)
        yield _reads(values.relation, values.workspace, values.contact, values.field, *typed)


def _tags(mapping: Mapping) -> Iterator[Need]:
    records, rows = mapping.records.tags, mapping.tag_rows
    if records is not None:
        yield _reads(records.relation, records.workspace, records.id, records.name)
    if rows is not None:
        yield _reads(rows.relation, rows.workspace, rows.contact, rows.tag)


def _activity(mapping: Mapping) -> Iterator[Need]:
    activity = mapping.activity
    if isinstance(activity, RollupTable):
        columns: Iterable[InColumn] = (place for _, place in activity.columns)
        yield _reads(activity.relation, activity.workspace, activity.contact, *columns)
    rolled_up = {} if activity is None else dict(activity.columns)
    kinds = {builtin.event for builtin in BUILTINS.values() if builtin.name not in rolled_up}
    for events in mapping.events:
        if events.kind in kinds:
            names = (events.workspace, events.contact, events.message, events.kind_column, events.at)
            yield _reads(events.relation, *names)


def _segments(mapping: Mapping) -> Iterator[Need]:
    segments = mapping.records.segments
    if not isinstance(segments, SegmentFiles):
        definition = segments.definition
        names = (segments.workspace, segments.id, segments.public_id, definition.match, definition.column)
        counted = (segments.count, segments.counted_at)
        told = (segments.name, segments.description, segments.created_at)
        rest = () if isinstance(schema_for(mapping).segments, sa.Table) else told
        yield _reads(segments.relation, *names, *counted, segments.updated_at, *rest)
        yield Need(Privilege.UPDATE, name_of(segments.relation), (segments.count, segments.counted_at.column))
    elif segments.counts is not None:
        for privilege in (Privilege.SELECT, Privilege.INSERT, Privilege.UPDATE):
            yield Need(privilege, name_of(segments.counts))


def _history(mapping: Mapping) -> Iterator[Need]:
    """Read as a whole: rows that are forgotten are found by ctid, which SELECT on columns leaves out."""
    history = mapping.records.own.segment_counts
    if history is not None:
        table = name_of(history)
        key = (*(("workspace_id",) if mapping.contacts.workspace is not None else ()), "segment_id", "counted_at")
        yield Need(Privilege.SELECT, table)
        yield Need(Privilege.INSERT, table, (*key, "count", "previous_count"))
        yield Need(Privilege.DELETE, table)
