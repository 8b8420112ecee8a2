"""What a recount made of the demo's workspaces, with every filter in words: the content of the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from segsql.catalog import Catalog, Id, WorkspaceId
from segsql.errors import InvalidDefinition
from segsql.filters import Names, describe, parse
from segsql.recount import Counted, Report, Result
from segsql.store import (
    DEFAULT_BOUNDS,
    Database,
    Key,
    Snapshot,
    StoredSegment,
    StoredWorkspace,
    contact_count,
    list_segments,
    list_workspaces,
    load_catalog,
    snapshot,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A segment: its filter in words, its members, the milliseconds that counting took.

    Where it was not counted, `count` is the one stored before, if any, and `note` says why.
    """

    segment_id: Id
    name: str
    words: str
    count: int | None
    ms: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A workspace with its living contacts and its segments."""

    workspace_id: WorkspaceId
    name: str
    timezone: str
    contacts: int
    rows: tuple[Row, ...]


def read_sections(database: Database, report: Report) -> tuple[Section, ...]:
    """One section a workspace, by id, with the segments that the run was about."""
    results = {(result.workspace_id, result.segment_id): result for result in report.results}
    with snapshot(database, DEFAULT_BOUNDS) as opened:
        return tuple(_section(opened, workspace, results) for workspace in list_workspaces(opened.connection))


def _section(opened: Snapshot, workspace: StoredWorkspace, results: dict[Key, Result]) -> Section:
    catalog = load_catalog(opened.connection, workspace.id)
    segments = list_segments(opened.connection, workspace.id, timedelta(days=1))
    names = Names(
        fields={field.id: field.key for field in catalog.fields},
        tags=catalog.tags or {},
        segments={segment.id: segment.name for segment in segments},
    )
    rows = [
        _row(segment, _words(catalog, segment.id, names), results[workspace.id, segment.id])
        for segment in segments
        if (workspace.id, segment.id) in results
    ]
    contacts = contact_count(opened.connection, workspace.id)
    return Section(workspace.id, workspace.name or "", workspace.timezone, contacts, tuple(rows))


def _row(segment: StoredSegment, words: str, result: Result) -> Row:
    note = f"{result.status}: {result.message}" if result.message else ""
    count = result.outcome.count if isinstance(result.outcome, Counted) else segment.cached_count
    return Row(segment.id, segment.name, words, count, result.ms, note)


def _words(catalog: Catalog, segment_id: Id, names: Names) -> str:
    """The segment's filter in words; of one that is no filter at all, nothing."""
    try:
        parsed = parse(str(catalog.segments[segment_id]))
    except InvalidDefinition:
        return ""
    return describe(parsed.filter, names) if parsed.filter else ""
