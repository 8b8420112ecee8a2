"""The answer to why a contact is in a segment: the filter's tree with what the server said of each node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from segsql.catalog import Catalog, Id, WorkspaceId
from segsql.compiler import TracedStatement
from segsql.errors import UsageError
from segsql.filters import Names, Quantifier, SegmentTest
from segsql.filters.text import node_words
from segsql.plan import Traced, TracedCondition, TracedGroup, facts_in, find_zone, nodes_of
from segsql.reasons.facts import Facts, Shown
from segsql.store import ContactRow, Snapshot, in_workspace, look_at, segment_names

GROUPS: Mapping[Quantifier, str] = {
    Quantifier.ALL: "all of",
    Quantifier.ANY: "any of",
    Quantifier.NONE: "none of",
}


@dataclass(frozen=True, slots=True)
class Question:
    """Which contact is asked about, and in which workspace; no segment: a definition that is not stored."""

    workspace_id: WorkspaceId
    segment_id: Id | None
    contact_id: Id
    now: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """A node of the filter: where it stands, what it says, whether it holds for the contact.

    A condition has what the contact has of it, a group its members; a condition on segments has those segments'
    own groups as members, with their ids. The path is one in the definition that the node stands in.
    """

    path: str
    words: str
    holds: bool
    shown: Shown | None = None
    members: tuple[Reason, ...] = ()
    segment_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the contact is a member, and why. A deleted contact is a member of nothing, and has no reason."""

    question: Question
    segment_name: str | None
    timezone: str
    email: str | None
    is_deleted: bool
    is_member: bool
    reason: Reason | None


def why(opened: Snapshot, catalog: Catalog, traced: TracedStatement, question: Question) -> Answer:
    """Run the statement and read its answer. Raises UsageError where there is no such contact."""
    row = look_at(opened, traced.statement)
    if row is None:
        raise UsageError(f"There is no contact {question.contact_id}{in_workspace(question.workspace_id)}")
    named = set() if question.segment_id is None else {question.segment_id}
    for node in nodes_of(traced.root):
        if isinstance(node.node, SegmentTest):
            named.update(node.node.segment_ids)
    names = Names(
        fields={field.id: field.key for field in catalog.fields},
        tags=catalog.tags or {},
        segments=segment_names(opened.connection, question.workspace_id, named),
    )
    reason = None if row.is_deleted else _Reader(traced.root, row, catalog, names).reason()
    name = None if question.segment_id is None else names.segments.get(question.segment_id)
    return Answer(question, name, catalog.timezone, row.email, row.is_deleted, row.is_member, reason)


class _Reader:
    """Puts the outcomes, which come in the nodes' order, beside the nodes."""

    def __init__(self, root: TracedGroup, row: ContactRow, catalog: Catalog, names: Names) -> None:
        zone = find_zone(catalog.timezone)
        assert zone is not None, "resolve refuses unknown zones"
        facts = facts_in(root)
        values, stored = (dict(zip(facts, texts, strict=True)) for texts in (row.facts, row.stored))
        self._facts = Facts(values, stored, zone, catalog.tags or {}, catalog.tables.ids.tag)
        self._names = names
        self._root = root
        self._outcomes: Iterator[bool] = iter(row.nodes)

    def reason(self) -> Reason:
        return self._read(self._root)

    def _read(self, node: Traced) -> Reason:
        holds, path = next(self._outcomes), node.node.place.path
        if isinstance(node, TracedCondition):
            return Reason(path, node_words(node.node, self._names), holds, self._facts.shown(node))
        members = tuple(self._read(member) for member in node.members)
        if isinstance(node.node, SegmentTest):
            return Reason(path, node_words(node.node, self._names), holds, members=members)
        return Reason(path, GROUPS[node.quantifier], holds, None, members, node.segment_id)
