"""Everything that a preview tells, gathered: from a snapshot of a workspace, or from a document alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from segsql.advice import Advised, Subject, advise
from segsql.catalog import Catalog, Distribution, Id, WorkspaceId
from segsql.compiler import WorkspaceCompiler
from segsql.errors import UsageError
from segsql.filters import Names, Parsed
from segsql.plan import AUTO, Forced, Resolved, Resolver
from segsql.preview.findings import find
from segsql.preview.preview import Params, Preview, PreviewedSegment, ShownStatement
from segsql.preview.queryplan import read_plan
from segsql.preview.words import worded, worded_definition
from segsql.recount import SMALL, Way, choose
from segsql.render import Statement
from segsql.store import (
    Snapshot,
    distribution_of,
    explain,
    find_segment,
    load_catalog,
    segment_names,
    stored_rows,
)

_CLUSTERS = {
    Distribution.BY_WORKSPACE: "On Citus, distributed by workspace: one node has all of the workspace's contacts.",
    Distribution.BY_CONTACT: "On Citus, distributed by contact: every node has a part of the workspace's contacts.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How to look, and what to show: from `now` instead of the snapshot's own instant, with a plan or without."""

    params: Params = Params.NAMED
    now: datetime | None = None
    strategy: Forced = AUTO
    explain: bool = False
    analyze: bool = False

    @property
    def plan(self) -> bool:
        """Whether a plan is wanted, of either kind."""
        return self.explain or self.analyze


def preview_alone(parsed: Parsed, catalog: Catalog, nowhere: WorkspaceId, wish: Wish, now: datetime) -> Preview:
    """A document without a workspace, whose id is `nowhere`: the catalog is what is known. Raises InvalidDefinition."""
    compiler = WorkspaceCompiler(catalog, workspace_id=nowhere, now=wish.now or now, strategy=wish.strategy)
    shown = ShownStatement(compiler.document(parsed))
    names = Names({field.id: field.key for field in catalog.fields})
    told = (_unstored(parsed, names),)
    return Preview(None, catalog.timezone, compiler.now, wish.params, (), told, (shown,), is_alone=True)


def preview_document(opened: Snapshot, workspace_id: WorkspaceId, parsed: Parsed, wish: Wish) -> Preview:
    """A document looked at in a workspace. Raises InvalidDefinition, and UsageError for an unknown workspace."""
    room = _Room.of(opened, workspace_id, wish)
    statement = room.compiler.document(parsed)
    advised = room.advised({None: room.resolver.resolve(parsed)})
    return room.preview((_unstored(parsed, room.names),), (room.shown(statement),), advised)


def preview_segment(opened: Snapshot, workspace_id: WorkspaceId, name: str, wish: Wish) -> Preview:
    """A stored segment by its id or public id. Raises InvalidDefinition, and UsageError for an unknown one."""
    found, segment_id = find_segment(opened.connection, name, () if workspace_id is None else (workspace_id,))
    room = _Room.of(opened, found, wish)
    statement = room.compiler.segment(segment_id)
    advised = room.advised({segment_id: room.resolver.resolve_segment(segment_id)})
    return room.preview((room.stored(segment_id),), (room.shown(statement),), advised)


def preview_workspace(opened: Snapshot, workspace_id: WorkspaceId, wish: Wish) -> Preview:
    """The shared scans that count all valid segments of the workspace, and what is wrong with the others.

    Raises UsageError for an unknown workspace, and for forced look-ups, which no shared scan does.
    """
    if wish.strategy.looks_up:
        raise UsageError(
            "A shared scan looks nothing up contact by contact: with tags=exists or activity=events_exists a "
            "recount counts segments one by one",
            hint="With -s ID, a FILE or --where TEXT the statement of one is shown.",
        )
    room = _Room.of(opened, workspace_id, wish)
    advised = room.advised({each: room.resolver.resolve_segment(each) for each in room.compiler.segment_ids})
    split_ids = opened.split_ids(workspace_id)
    if split_ids:
        opened.run_branches_in_parallel()
    chunks = room.compiler.chunks(room.compiler.segment_ids)
    scans = [room.compiler.scan(chunk, split_ids) for chunk in chunks]
    valid = sum(map(len, chunks))
    choice = choose(opened.stored_contacts([workspace_id], SMALL)[workspace_id], valid, AUTO)
    is_single = valid and choice.way is Way.SINGLE
    notes = [f"A recount counts these one by one ({choice.reason})."] if is_single else []
    segments = tuple(room.stored(segment_id) for segment_id in room.compiler.segment_ids)
    shown = tuple(room.shown(scan.statement, scan.segment_ids) for scan in scans)
    return room.preview(segments, shown, advised, *notes)


@dataclass(frozen=True, slots=True)
class _Room:
    """A workspace as a snapshot shows it."""

    opened: Snapshot
    catalog: Catalog
    compiler: WorkspaceCompiler
    resolver: Resolver
    names: Names
    wish: Wish

    @classmethod
    def of(cls, opened: Snapshot, workspace_id: WorkspaceId, wish: Wish) -> _Room:
        catalog = load_catalog(opened.connection, workspace_id)
        now = wish.now or opened.now
        compiler = WorkspaceCompiler(catalog, workspace_id=workspace_id, now=now, strategy=wish.strategy)
        fields = {field.id: field.key for field in catalog.fields}
        names = Names(fields, catalog.tags or {}, segment_names(opened.connection, workspace_id, catalog.segments))
        return cls(opened, catalog, compiler, Resolver(catalog), names, wish)

    def stored(self, segment_id: Id) -> PreviewedSegment:
        """A stored segment in words, whatever is wrong with it."""
        filter_ = worded_definition(self.catalog.segments[segment_id], self.names, self.catalog.tables.ids)
        problems = self.compiler.diagnostics(segment_id)
        return PreviewedSegment(segment_id, self.names.segments[segment_id], filter_, problems)

    def shown(self, statement: Statement, segment_ids: tuple[Id, ...] = ()) -> ShownStatement:
        """The statement with what was asked for of its plan."""
        if not self.wish.plan:
            return ShownStatement(statement, segment_ids)
        plan = read_plan(explain(self.opened, statement, analyze=self.wish.analyze))
        return ShownStatement(statement, segment_ids, plan, find(plan, stored_rows(self.opened, plan.relations)))

    def advised(self, resolved: Mapping[Id | None, Resolved]) -> Advised | None:
        """Which indexes the valid ones lack, where a plan is wanted: asked before a scan makes its settings."""
        if not self.wish.plan:
            return None
        subjects = [Subject(id_, each.predicate) for id_, each in resolved.items() if each.predicate is not None]
        compiler = self.compiler
        return advise(self.opened, self.catalog, subjects, workspace_id=compiler.workspace_id, now=compiler.now)

    def preview(
        self,
        segments: tuple[PreviewedSegment, ...],
        shown: tuple[ShownStatement, ...],
        advised: Advised | None,
        *notes: str,
    ) -> Preview:
        """All of it together."""
        compiler, catalog = self.compiler, self.catalog
        return Preview(
            compiler.workspace_id,
            catalog.timezone,
            compiler.now,
            self.wish.params,
            (*self._cluster(), *notes),
            segments,
            shown,
            advised,
        )

    def _cluster(self) -> Iterator[str]:
        """A word about the cluster that the contacts lie on, if they do."""
        if note := _CLUSTERS.get(distribution_of(self.opened.connection)):
            yield note


def _unstored(parsed: Parsed, names: Names) -> PreviewedSegment:
    assert parsed.filter is not None, "what compiles is a filter"
    return PreviewedSegment(None, "", worded(parsed.filter, names))
