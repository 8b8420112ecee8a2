"""The chain in one screen: definition -> Filter -> Predicate -> Plan -> Statement.

Nothing here opens a connection or reads a clock: `workspace_id` and `now` are arguments, and the same
arguments give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from segsql.catalog import Catalog, Id, WorkspaceId, in_order
from segsql.errors import Code, Diagnostic, InternalError, InvalidDefinition, SegsqlError
from segsql.filters import Parsed, parse
from segsql.plan import (
    AUTO,
    Forced,
    Output,
    Predicate,
    Resolver,
    TracedGroup,
    check_possible,
    plan_contact,
    plan_scan,
    plan_segment,
)
from segsql.render import Statement, render

MAX_SCAN_CONDITIONS = 1_500
"""Conditions in one shared scan: none needs more than one column, of PostgreSQL's 1,664; planning stays short."""

MAX_SCAN_SEGMENTS = 1_000
"""Segments in one shared scan: each is a column. Reading the contacts is half the time of a scan of 100, so that
four scans of 250 take a quarter longer than one of 1,000 (measured)."""


def compile_segment(
    definition: Mapping[str, object] | str | bytes,
    catalog: Catalog,
    *,
    workspace_id: WorkspaceId,
    now: datetime,
    output: Output = Output.COUNT,
    strategy: Forced = AUTO,
) -> Statement:
    """Compile one definition, as JSON text or as the object that it decodes to.

    `now` is the instant that the definition is looked at from, with its zone. The statement counts the
    members, or lists them (`Output.MEMBERS`). Raises InvalidDefinition with every problem in document order,
    UsageError where the catalog lacks what a forced strategy needs.
    """
    compiler = WorkspaceCompiler(catalog, workspace_id=workspace_id, now=now, strategy=strategy)
    return compiler.document(parse(definition, catalog.tables.ids), output)


@dataclass(frozen=True, slots=True)
class SharedScan:
    """One statement that counts several segments: its one row holds their counts in this order."""

    segment_ids: tuple[Id, ...]
    statement: Statement


@dataclass(frozen=True, slots=True)
class TracedStatement:
    """A statement that tells of one contact what each node of a filter is, and that filter's nodes.

    Its row, if there is such a contact: `email`, `is_deleted`, `is_member` (of the living alone), `nodes`, `facts`
    and `stored`, arrays in the order of `nodes_of` and `facts_in` (`render.contacts`).
    """

    root: TracedGroup
    statement: Statement


class WorkspaceCompiler:
    """Compiles the stored segments of one workspace, as its catalog holds them, at one instant.

    `workspace_id` is None where there is a single tenant. Raises UsageError where the catalog lacks what a forced
    strategy needs.
    """

    def __init__(self, catalog: Catalog, *, workspace_id: WorkspaceId, now: datetime, strategy: Forced = AUTO) -> None:
        if catalog.workspace_id not in (None, workspace_id):
            raise ValueError(f"the catalog is that of workspace {catalog.workspace_id}, not of {workspace_id}")
        if (workspace_id is None) is not catalog.tables.is_single_tenant:
            raise ValueError("workspace_id is None for a single tenant, and for nobody else")
        if now.tzinfo is None:
            raise ValueError("now must say its time zone")
        check_possible(strategy, catalog.tables)
        self._catalog = catalog
        self.workspace_id = workspace_id
        self.now = now
        self._strategy = strategy
        self._resolver = Resolver(catalog)

    @property
    def segment_ids(self) -> tuple[Id, ...]:
        """The catalog's segments, by id."""
        return tuple(in_order(self._catalog.segments))

    def diagnostics(self, segment_id: Id) -> tuple[Diagnostic, ...]:
        """What is wrong with a segment; nothing where it compiles."""
        with _bugs_named(segment_id):
            return self._resolver.resolve_segment(segment_id).diagnostics

    def segment(self, segment_id: Id, output: Output = Output.COUNT) -> Statement:
        """The statement for one segment. Raises InvalidDefinition."""
        with _bugs_named(segment_id):
            return self._statement(self._predicate(segment_id), output)

    def document(self, parsed: Parsed, output: Output = Output.COUNT) -> Statement:
        """The statement for a definition that is not one of the stored ones. Raises InvalidDefinition."""
        resolved = self._resolver.resolve(parsed)
        if resolved.predicate is None:
            raise InvalidDefinition(resolved.diagnostics)
        return self._statement(resolved.predicate, output)

    def why_segment(self, segment_id: Id, contact_id: Id) -> TracedStatement:
        """What each node of a segment's filter is for one contact. Raises InvalidDefinition."""
        with _bugs_named(segment_id):
            self._predicate(segment_id)
            return self._traced(self._resolver.trace_segment(segment_id), contact_id)

    def why_document(self, parsed: Parsed, contact_id: Id) -> TracedStatement:
        """As `why_segment` for a definition that is not one of the stored ones."""
        resolved = self._resolver.resolve(parsed)
        if resolved.predicate is None:
            raise InvalidDefinition(resolved.diagnostics)
        return self._traced(self._resolver.trace(parsed, resolved), contact_id)

    def _traced(self, root: TracedGroup, contact_id: Id) -> TracedStatement:
        plan = plan_contact(
            root,
            self._catalog,
            workspace_id=self.workspace_id,
            contact_id=contact_id,
            now=self.now,
            forced=self._strategy,
        )
        return TracedStatement(root, render(plan))

    def problems(self, parsed: Parsed) -> tuple[Diagnostic, ...]:
        """What is wrong with a definition that is not one of the stored ones."""
        return self._resolver.resolve(parsed).diagnostics

    def _statement(self, predicate: Predicate, output: Output) -> Statement:
        plan = plan_segment(
            predicate,
            self._catalog,
            workspace_id=self.workspace_id,
            now=self.now,
            output=output,
            forced=self._strategy,
        )
        return render(plan)

    def scan(self, segment_ids: Sequence[Id], split_ids: Sequence[Id] = ()) -> SharedScan:
        """One statement for several segments, all of which must compile. Raises InvalidDefinition.

        `split_ids`, in the order that the column itself has them in, cut the contacts into ranges by id, which the
        server scans in parallel. Forced strategies that look rows up contact by contact are grouped here.
        """
        with _bugs_named(*segment_ids):
            plan = plan_scan(
                [self._predicate(segment_id) for segment_id in segment_ids],
                self._catalog,
                workspace_id=self.workspace_id,
                now=self.now,
                split_ids=split_ids,
                forced=self._strategy,
            )
            return SharedScan(tuple(segment_ids), render(plan))

    def chunks(self, segment_ids: Iterable[Id]) -> list[tuple[Id, ...]]:
        """The segments that compile, in portions that one shared scan can count."""
        chunks: list[tuple[Id, ...]] = []
        chunk: list[Id] = []
        conditions = 0
        for segment_id in segment_ids:
            resolved = self._resolver.resolve_segment(segment_id)
            if resolved.predicate is None:
                continue
            conditions += resolved.extent.conditions
            if chunk and (conditions > MAX_SCAN_CONDITIONS or len(chunk) == MAX_SCAN_SEGMENTS):
                chunks.append(tuple(chunk))
                chunk, conditions = [], resolved.extent.conditions
            chunk.append(segment_id)
        return [*chunks, tuple(chunk)] if chunk else chunks

    def _predicate(self, segment_id: Id) -> Predicate:
        resolved = self._resolver.resolve_segment(segment_id)
        if resolved.predicate is None:
            raise InvalidDefinition(resolved.diagnostics)
        return resolved.predicate


@contextmanager
def _bugs_named(*segment_ids: Id) -> Iterator[None]:
    """Raise what nobody foresaw as an InternalError that names the segments: one of them must not stop the rest."""
    try:
        yield
    except SegsqlError:
        raise
    except Exception as error:
        which = ", ".join(map(str, segment_ids))
        raise InternalError(Code.INTERNAL, f"segment {which}: {type(error).__name__}: {error}") from error
