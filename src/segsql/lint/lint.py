"""All findings about a definition: its problems where it is invalid, else what can't be what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from segsql.catalog import Catalog, Id, Tables, in_order
from segsql.errors import Code, Diagnostic
from segsql.filters import Group, Names, Parsed, Problem, TagsTest
from segsql.lint.facts import Facts, Mentioned, fact_findings, mentioned
from segsql.lint.logic import reason
from segsql.lint.normal import fingerprint
from segsql.lint.placed import Placed, placed
from segsql.lint.traps import trap_findings
from segsql.lint.wording import SHOWN, Wording, finding, flaw_finding, shortened
from segsql.plan import Resolved, Resolver
from segsql.plan.values import Context, zone_of

NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Title:
    """What a segment's owner calls it."""

    name: str = ""
    description: str = ""

    @property
    def words(self) -> str:
        """All of it."""
        return f"{self.name}\n{self.description}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A definition that is looked at: parsed and resolved. `segment_id` where it is a stored one."""

    parsed: Parsed
    resolved: Resolved
    title: Title
    tables: Tables
    segment_id: Id | None = None

    def root(self) -> Placed | None:
        """The definition's tree; None where it is invalid."""
        if self.parsed.filter is None or self.resolved.predicate is None:
            return None
        return placed(self.parsed.filter.root, self.resolved.predicate, self.tables)


class Linter:
    """Looks at the definitions of one workspace from one instant on.

    `titles` are those of the stored segments. First `survey` what there is to look at and what it is compared with,
    then ask the database for the facts, then `lint`: a definition is kept no longer than it takes.
    """

    def __init__(self, catalog: Catalog, now: datetime, titles: Mapping[Id, Title]) -> None:
        self._catalog = catalog
        self._now = now
        self._titles = titles
        self._resolver = Resolver(catalog)
        self._same: dict[bytes, list[Id]] = {}
        fields = {declared.id: declared.key for declared in catalog.fields}
        names = {segment_id: title.name for segment_id, title in titles.items()}
        self._wording = Wording(Names(fields, catalog.tags or {}, names))

    def stored(self, segment_id: Id) -> Subject:
        """One of the catalog's segments."""
        resolved = self._resolver.resolve_segment(segment_id)
        parsed, title = self._resolver.parsed(segment_id), self._title(segment_id)
        return Subject(parsed, resolved, title, self._catalog.tables, segment_id)

    def document(self, parsed: Parsed, title: Title) -> Subject:
        """A definition that is not one of them."""
        return Subject(parsed, self._resolver.resolve(parsed), title, self._catalog.tables)

    def survey(self, subjects: Iterable[Subject]) -> Mentioned:
        """What the subjects mention of which the database knows whether contacts have it."""
        return mentioned((root for subject in subjects if (root := subject.root())), self._catalog)

    def compare_with_all(self) -> None:
        """Remember the fingerprint of each stored segment: findings then name those that are the same."""
        for segment_id in in_order(self._catalog.segments):
            if root := self.stored(segment_id).root():
                self._same.setdefault(fingerprint(root.formula, self._context), []).append(segment_id)

    def lint(self, subject: Subject, facts: Facts = NO_FACTS) -> tuple[Diagnostic, ...]:
        """The findings, in document order; the problems of `validate` where the definition is invalid."""
        root = subject.root()
        if root is None:
            return subject.resolved.diagnostics
        found = [*self._findings(subject, root), *fact_findings(root, self._catalog, facts, self._wording)]
        found.sort(key=lambda problem: problem.place.positions)
        return tuple(dict.fromkeys(problem.diagnostic for problem in found))

    @cached_property
    def _context(self) -> Context:
        return Context(self._now, zone_of(self._catalog))

    def _findings(self, subject: Subject, root: Placed) -> Iterator[Problem]:
        assert subject.parsed.filter is not None
        dialect, place = subject.parsed.filter.dialect, root.node.place
        same = self._same.get(fingerprint(root.formula, self._context), ()) if self._same else ()
        number = len(same) - (subject.segment_id is not None)
        if number > 0:
            others = [segment_id for segment_id in same[: SHOWN + 1] if segment_id != subject.segment_id]
            named = shortened([f"{other} ({self._title(other).name})" for other in others[:SHOWN]], number)
            message = f"The same contacts as in segment{'s' if number > 1 else ''} {named}"
            yield finding(Code.SAME_SEGMENT, place, message, "Use one of them everywhere, and delete the others.")
        for flaw in reason(root, self._context).flaws:
            yield flaw_finding(flaw, self._wording)
        yield from trap_findings(root, subject.title.words, dialect, self._wording)

    def _title(self, segment_id: Id) -> Title:
        return self._titles.get(segment_id, Title())


def with_its_tags(catalog: Catalog, parsed: Parsed) -> Catalog:
    """The catalog to look at a definition with where its workspace is not known: each tag that it names is there."""
    tags: dict[Id, str] = {}
    groups = [] if parsed.filter is None else [parsed.filter.root]
    while groups:
        for member in groups.pop().members:
            if isinstance(member, Group):
                groups.append(member)
            elif isinstance(member, TagsTest):
                tags.update((tag_id, str(tag_id)) for tag_id in member.tag_ids)
    return replace(catalog, tags=tags)
