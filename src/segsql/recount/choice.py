"""Whether a workspace's due segments share a scan or are counted one by one: pure, and the same for a run and
for what `--explain-plan` prints of it.

PostgreSQL's cost estimates play no part: they rank statements and do not time them. These two numbers lost
least against the best choice afterwards (measured: benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from segsql.catalog import Id
from segsql.compiler import WorkspaceCompiler
from segsql.plan import Forced

SMALL = 20_000
"""A workspace with fewer contacts is small: one shared scan, and many workspaces in one transaction (measured)."""

SHARE_FROM = 7
"""Fewer due segments of a larger workspace are counted one by one: each by its own index (measured)."""

Portion = tuple[Id, ...]
"""Ids of segments that one statement counts."""


class Way(StrEnum):
    """How the segments of a workspace are counted; both ways give the same counts."""

    SINGLE = "single"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Choice:
    """The way, and the rule that it follows from, in words."""

    way: Way
    reason: str


def choose(contacts: int, due: int, strategy: Forced, way: Way | None = None) -> Choice:
    """The way to count so many valid due segments over so many stored contacts, unless one is demanded.

    Of `contacts` it matters alone whether they are fewer than SMALL. A forced look-up is a matter of single
    statements.
    """
    if way is not None:
        return Choice(way, "demanded")
    if strategy.looks_up:
        return Choice(Way.SINGLE, "the forced strategy looks rows up contact by contact")
    if due == 1:
        return Choice(Way.SINGLE, "one due segment: its own statement")
    if contacts < SMALL:
        return Choice(Way.SHARED, f"fewer than {SMALL:,} contacts: one scan for all")
    if due < SHARE_FROM:
        return Choice(Way.SINGLE, f"fewer than {SHARE_FROM} due segments: each by its own indexes")
    return Choice(Way.SHARED, f"{SHARE_FROM} due segments or more share a scan")


def portions(compiler: WorkspaceCompiler, segment_ids: Sequence[Id], way: Way) -> list[Portion]:
    """The segments, which must compile, in the portions that are counted by one statement each."""
    match way:
        case Way.SINGLE:
            return [(segment_id,) for segment_id in segment_ids]
        case Way.SHARED:
            return compiler.chunks(segment_ids)
        case _:
            assert_never(way)
