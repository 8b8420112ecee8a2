"""Filter -> Predicate: the second stage. Names and types; segments that are referred to expand in place.

One `Resolver` serves all segments of a workspace and resolves each of them once, however many refer to it.
References are followed without recursion, so that a long chain of segments ends in a message about its
depth and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segsql.catalog import Catalog, Id, Ids
from segsql.errors import Code, InvalidDefinition
from segsql.filters import Filter, Group, Parsed, Place, Problem, Problems, SegmentTest, in_document_order, parse
from segsql.plan.conditions import Conditions, Cyclic, Resolved
from segsql.plan.days import find_zone
from segsql.plan.predicate import Predicate
from segsql.plan.references import components
from segsql.plan.trace import TracedGroup, trace


class Resolver:
    """Resolves filters of one workspace against its catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._zone_is_known = find_zone(catalog.timezone) is not None
        self._parsed: dict[Id, Parsed] = {}
        self._resolved: dict[Id, Resolved] = {}

    def resolve(self, parsed: Parsed) -> Resolved:
        """Resolve a definition that is not itself one of the catalog's segments."""
        if named := referred_segments(parsed):
            self._prepare(named)
        return self._resolve(parsed, frozenset())

    def resolve_as(self, segment_id: Id, parsed: Parsed) -> Resolved:
        """Resolve a definition as if the catalog's segment were stored with it: what refers to itself is noticed."""
        self._parsed[segment_id] = parsed
        return self.resolve_segment(segment_id)

    def resolve_segment(self, segment_id: Id) -> Resolved:
        """Resolve one of the catalog's segments."""
        if segment_id not in self._resolved:
            self._prepare((segment_id,))
        return self._resolved[segment_id]

    def trace(self, parsed: Parsed, resolved: Resolved) -> TracedGroup:
        """What was resolved, beside its filter, node by node; it must have a predicate."""

        def referred(segment_id: Id) -> tuple[Filter, Predicate]:
            return _sound(self.parsed(segment_id), self._resolved[segment_id])

        return trace(*_sound(parsed, resolved), referred)

    def trace_segment(self, segment_id: Id) -> TracedGroup:
        """As `trace` for one of the catalog's segments."""
        return self.trace(self.parsed(segment_id), self.resolve_segment(segment_id))

    def _prepare(self, segment_ids: Iterable[Id]) -> None:
        """Resolve these segments, each after those that it refers to."""
        for circle in components(filter(self._is_unresolved, segment_ids), self._unresolved_references):
            for segment_id in circle:
                self._resolved[segment_id] = self._resolve(self.parsed(segment_id), circle)

    def _is_unresolved(self, segment_id: Id) -> bool:
        return segment_id in self._catalog.segments and segment_id not in self._resolved

    def _unresolved_references(self, segment_id: Id) -> list[Id]:
        return [other for other in referred_segments(self.parsed(segment_id)) if self._is_unresolved(other)]

    def _resolve(self, parsed: Parsed, circle: frozenset[Id]) -> Resolved:
        """Resolve one definition; what it refers to is resolved already, but for `circle`, which it is part of."""
        problems = Problems(list(parsed.problems))
        if not self._zone_is_known:
            message = f"The workspace's time zone {self._catalog.timezone!r} is unknown"
            hint = "Set it to a name of the IANA database, such as Europe/Berlin."
            problems.found.insert(0, Problem.about(Code.TIME_ZONE, Place(), message, hint))
        if parsed.filter is None:
            return Resolved(None, in_document_order(problems.found))

        def refer(other: Id) -> Resolved | Cyclic | None:
            if other not in self._catalog.segments:
                return None
            if other in circle:
                return Cyclic()
            return self._resolved[other]

        predicate, extent = Conditions(parsed.filter, self._catalog, refer, problems).resolve()
        if problems.found:
            return Resolved(None, in_document_order(problems.found))
        return Resolved(predicate, (), extent)

    def parsed(self, segment_id: Id) -> Parsed:
        """One of the catalog's segments as it was read."""
        if segment_id not in self._parsed:
            self._parsed[segment_id] = _parse_stored(self._catalog.segments[segment_id], self._catalog.tables.ids)
        return self._parsed[segment_id]


def _sound(parsed: Parsed, resolved: Resolved) -> tuple[Filter, Predicate]:
    assert parsed.filter is not None, "what has no filter has no predicate"
    assert resolved.predicate is not None, "what is traced is valid"
    return parsed.filter, resolved.predicate


def _parse_stored(definition: object, ids: Ids) -> Parsed:
    """A stored definition may be anything: what is no JSON is one more problem to report."""
    try:
        return parse(definition if isinstance(definition, str | bytes | Mapping) else repr(definition), ids)
    except InvalidDefinition as error:
        return Parsed(None, tuple(Problem(Place(), found) for found in error.diagnostics))


def referred_segments(parsed: Parsed) -> tuple[Id, ...]:
    """The ids that the filter's segment conditions name, each once, in document order."""

    found: dict[Id, None] = {}

    def walk(group: Group) -> None:
        for member in group.members:
            if isinstance(member, Group):
                walk(member)
            elif isinstance(member, SegmentTest):
                found.update(dict.fromkeys(member.segment_ids))

    if parsed.filter is not None:
        walk(parsed.filter.root)
    return tuple(found)
