"""The whole file: TOML -> Mapping."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from segsql.catalog.fields import BUILTINS
from segsql.catalog.hints import did_you_mean
from segsql.catalog.mapping import (
    Contacts,
    Events,
    Mapping,
    Records,
    RollupColumns,
    RollupTable,
    SegmentRecords,
)
from segsql.catalog.mapping_file.activity import read_activity, read_events
from segsql.catalog.mapping_file.contacts import read_contact_tags, read_contacts
from segsql.catalog.mapping_file.declared import read_declared
from segsql.catalog.mapping_file.records import (
    read_field_records,
    read_own,
    read_segments,
    read_tag_records,
    read_workspaces,
)
from segsql.catalog.mapping_file.section import Section
from segsql.catalog.places import Ids, IdType
from segsql.errors import Code, Diagnostic, InvalidMapping

VERSION = 1

ROOT_KEYS = (
    *("version", "settings", "ids", "workspaces", "contacts", "tags", "contact_tags", "activity", "events"),
    *("fields", "field", "segments", "own"),
)

IDS_KEYS = ("workspace", "contact", "tag", "field", "segment")

DEFAULT_NAME = "default.toml"


@cache
def default_mapping() -> Mapping:
    """The default schema's own mapping, part of the package; read once."""
    text = resources.files("segsql.catalog").joinpath(DEFAULT_NAME).read_text(encoding="utf-8")
    return read_mapping(text, DEFAULT_NAME)


def read_mapping(text: str, source: str) -> Mapping:
    """The mapping that a file's text describes; `source` is the file's name for messages.

    Raises InvalidMapping with all that is wrong with it by itself: names are not looked up here.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists without end
        problem = Diagnostic(Code.MAPPING_SYNTAX, "(file)", f"This is not TOML: {error}", "Texts stand in quotes")
        raise InvalidMapping(source, (problem,)) from None
    return read_values(values, source)


def read_values(values: dict[str, object], source: str) -> Mapping:
    """As `read_mapping`, of what the TOML holds."""
    problems: list[Diagnostic] = []
    root = Section(values, "", problems, ROOT_KEYS)
    if values.get("version") != VERSION or isinstance(values.get("version"), bool):
        root.refuse(Code.MAPPING_SYNTAX, "version", f"version is not {VERSION}", f"Write version = {VERSION}")
    mapping = _read(root)
    if problems:
        raise InvalidMapping(source, tuple(problems))
    return mapping


def _read(root: Section) -> Mapping:
    ids = _ids(root)
    contacts = read_contacts(root)
    tag_rows, tag_array = read_contact_tags(root, ids)
    activity, events = read_activity(root), read_events(root)
    mapping = Mapping(
        ids=ids,
        contacts=contacts,
        tag_rows=tag_rows,
        tag_array=tag_array,
        activity=activity,
        events=events,
        records=Records(
            workspaces=read_workspaces(root),
            fields=read_declared(
                root,
                ids,
                _builtins(contacts, activity, events),
                has_custom_values=contacts.custom_values is not None,
            ),
            field_records=read_field_records(root),
            tags=read_tag_records(root),
            segments=read_segments(root),
            own=read_own(root),
            timezone=_timezone(root),
        ),
    )
    _refuse_strange_workspaces(root, contacts, mapping)
    records = mapping.records.field_records
    if records is not None and records.source is None and contacts.custom_values is None:
        root.lacks("contacts.custom_values", "where the values of the fields lie: [contacts.custom_values]")
    return mapping


def _builtins(
    contacts: Contacts, activity: RollupTable | RollupColumns | None, events: tuple[Events, ...]
) -> frozenset[str]:
    """The built-ins that the database has."""
    kinds = {each.kind for each in events}
    of_activity = () if activity is None else activity.columns
    named = frozenset(name for name, _ in (*contacts.builtins, *of_activity))
    return named | {name for name, builtin in BUILTINS.items() if builtin.event in kinds}


def _ids(root: Section) -> Ids:
    """Where definitions are files, their names are the ids of segments."""
    are_files = "segments" not in root or "files" in _values_at(root, "segments")
    usual = Ids(segment=IdType.TEXT) if are_files else Ids()
    section = root.section("ids", IDS_KEYS)
    if section is None:
        return usual
    ids = Ids(**{key: section.choice(key, IdType, getattr(usual, key)) for key in IDS_KEYS})
    if are_files and ids.segment is not IdType.TEXT:
        message = "Definitions are files, whose names are the ids: texts"
        section.contradicts("segment", message, 'Write segment = "text", or leave it out')
    return ids


def _timezone(root: Section) -> str:
    section = root.section("settings", ("timezone",))
    name = section.text("timezone") if section else None
    if section and name and not _is_zone(name):
        hint = did_you_mean(name, available_timezones()) or 'Write timezone = "Europe/Berlin"'
        section.expects("timezone", "the name of a zone that the IANA database knows", hint)
    return name or "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _refuse_strange_workspaces(root: Section, contacts: Contacts, mapping: Mapping) -> None:
    """Where contacts have no column for the tenant there is one tenant, everywhere; where they have, segments do."""
    if contacts.workspace is None:
        if mapping.records.workspaces is not None:
            root.contradicts(
                "workspaces",
                "There is a table of workspaces, and contacts.workspace is not named",
                "Name the contacts' column that holds the workspace, or leave [workspaces] out: a single tenant",
            )
        for path in _with_workspace(root):
            root.contradicts(
                f"{path}.workspace", f"{path}.workspace is named, and contacts.workspace is not", "Name both or neither"
            )
        return
    if isinstance(mapping.records.segments, SegmentRecords) and "workspace" not in _values_at(root, "segments"):
        root.lacks("segments.workspace", 'the column that says whose segment it is: workspace = "…"')


def _with_workspace(root: Section) -> list[str]:
    """The paths of the sections, other than the contacts, that name a column for the workspace."""
    return [
        path
        for path in ("contacts.custom_values", "fields", "tags", "contact_tags", "activity", "events", "segments")
        if "workspace" in _values_at(root, path)
    ]


def _values_at(root: Section, path: str) -> dict[str, object]:
    values: object = root.values
    for key in path.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values if isinstance(values, dict) else {}
