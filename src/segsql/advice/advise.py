"""Segments -> the indexes that they lack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from segsql.advice.candidates import candidates, narrowing
from segsql.advice.sampling import Shares, measure
from segsql.advice.trial import Gain, Own, reasoned, tried
from segsql.catalog import Catalog, Id, Relation, WorkspaceId
from segsql.plan import plan_segment
from segsql.plan.predicate import Predicate
from segsql.render import Index, render
from segsql.store import HYPOPG, Snapshot, extensions_of
from segsql.store.fitting import LiveRelation, read_relations

MOST_SHARE = 0.10
"""A test that leaves more of the contacts than this is not worth an index (at 10 % one gains 1.3 times, measured)."""

MOST_CANDIDATES = 60
"""Indexes that are looked at, at most: those that most segments could use. The planner weighs all of them each time."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A segment to advise on: its id, None for a definition that is not stored, and its predicate."""

    segment_id: Id | None
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Advice:
    """An index worth making, with the segments that gain, those that gain most first.

    `share` is that of the contacts which the most selective of the tests leaves that it serves. `is_tried` where the
    planner was asked, through HypoPG; else the gain is reasoned from the share.
    """

    index: Index
    gains: tuple[Gain, ...]
    share: float
    is_tried: bool
    is_on_partitioned: bool = False

    @property
    def sql(self) -> str:
        """The statement to paste: it stops no writers, but on a partitioned table, which takes no CONCURRENTLY."""
        if self.is_on_partitioned:
            return f"{self.index.ddl(concurrently=False)}; /* partitioned: writes wait */"
        return f"{self.index.ddl(concurrently=True)};"


@dataclass(frozen=True, slots=True)
class Advised:
    """All advice, the greatest gain first. Shares were measured on `sampled` of the workspace's `contacts`.

    `missing_extensions` are those that the advice needs and the database lacks; `passed_over` is how many candidates
    beyond MOST_CANDIDATES were not looked at. `views` are those, foreign tables among them, that indexes would serve
    on the tables below, of which nothing is known here.
    """

    advice: tuple[Advice, ...]
    contacts: int
    sampled: int
    segments: int
    has_hypopg: bool
    missing_extensions: tuple[str, ...]
    passed_over: int
    views: tuple[str, ...] = ()


def advise(
    opened: Snapshot, catalog: Catalog, subjects: Sequence[Subject], *, workspace_id: WorkspaceId, now: datetime
) -> Advised:
    """Advise on segments of one workspace, as the snapshot shows it.

    Nothing is created. What runs is a count of a sample; for all else the server is asked for plans.
    """
    found = candidates([each.predicate for each in subjects], catalog.tables)
    live = _live(opened, [index.relation for index in found])
    possible = {index: tests for index, tests in found.items() if live[index.relation].has_indexes}
    served = dict(list(possible.items())[:MOST_CANDIDATES])
    tests = list(dict.fromkeys(test for tests in served.values() for test in tests))
    shares = measure(opened, catalog, tests, workspace_id=workspace_id, now=now)
    least = {index: min(shares.of_test[test] for test in tests) for index, tests in served.items()}
    worth = [index for index, share in least.items() if share <= MOST_SHARE]
    segments = [_own(each, catalog, shares, workspace_id=workspace_id, now=now) for each in subjects]
    contacts = opened.stored_contacts([workspace_id])[workspace_id]

    extensions = extensions_of(opened.connection)
    schema = extensions.get(HYPOPG)
    taken, left = tried(opened, segments, worth, schema) if schema else ({}, set[Index]())
    unknown = [index for index in worth if index not in taken and index not in left]
    gains = taken | reasoned(opened, segments, unknown, contacts)
    advice = [
        Advice(
            index,
            gains=tuple(sorted(own, key=_amount, reverse=True)),
            share=least[index],
            is_tried=index in taken,
            is_on_partitioned=live[index.relation].is_partitioned,
        )
        for index, own in gains.items()
    ]
    advice.sort(key=lambda each: sum(map(_amount, each.gains)), reverse=True)
    needed = {each.index.extension for each in advice if each.index.extension}
    return Advised(
        tuple(advice),
        contacts,
        shares.sampled,
        len(subjects),
        has_hypopg=schema is not None,
        missing_extensions=tuple(sorted(needed - extensions.keys())),
        passed_over=len(possible) - len(served),
        views=tuple(sorted({index.table for index in found.keys() - possible.keys()})),
    )


def _live(opened: Snapshot, relations: Iterable[Relation]) -> dict[Relation, LiveRelation]:
    """What each relation is to the server; all are there, as the mapping fits."""
    asked = list(dict.fromkeys(relations))
    found = zip(asked, read_relations(opened.connection, asked), strict=True)
    return {relation: live for relation, live in found if live is not None}


def _own(subject: Subject, catalog: Catalog, shares: Shares, *, workspace_id: WorkspaceId, now: datetime) -> Own:
    narrowed: dict[Index, float] = {}
    for index, test in narrowing(subject.predicate, catalog.tables):
        if (share := shares.of_test.get(test)) is not None:
            narrowed[index] = min(share, narrowed.get(index, 1.0))
    plan = plan_segment(subject.predicate, catalog, workspace_id=workspace_id, now=now)
    return Own(subject.segment_id, render(plan), narrowed)


def _amount(gain: Gain) -> float:
    return gain.before - gain.after
