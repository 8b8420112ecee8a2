"""Lists of members that are kept while somebody pages through them.

Page N of a list of members would otherwise cost what all pages before it cost together. So the ids of all members
are read once, at one instant, and kept: page 10,000 is 50 look-ups by id, as page 1 is.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from segsql.catalog import Id
from segsql.store import Key

KEPT_SECONDS = 600.0
"""How long a list is kept after it was last asked for."""

LONGEST_SECONDS = 3600.0
"""How long it is kept at most."""

MOST_IDS = 16_000_000
"""How many ids are kept in all: 128 MB. The list that was not asked for the longest goes first."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The members of a segment at one instant, by id."""

    definition: str
    """What was looked at: the segment's definition as it was stored."""
    at: datetime
    ids: Sequence[Id]


@dataclass(slots=True)
class _Kept:
    walk: Walk
    made: float
    used: float


class Walks:
    """The lists that are kept. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_ids: int = MOST_IDS) -> None:
        self._clock = clock
        self._most_ids = most_ids
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Key, definition: str) -> Walk | None:
        """The kept list of the segment, if it is one of this definition."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            kept = self._kept.get(key)
            if kept is None or kept.walk.definition != definition:
                return None
            kept.used = now
            self._kept.move_to_end(key)
            return kept.walk

    def keep(self, key: Key, walk: Walk) -> None:
        """Keep a list, in place of an older one of the same segment."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            self._kept.pop(key, None)
            self._kept[key] = _Kept(walk, now, now)
            while len(self._kept) > 1 and sum(len(kept.walk.ids) for kept in self._kept.values()) > self._most_ids:
                self._kept.popitem(last=False)

    def _forget(self, now: float) -> None:
        outlived = [
            key
            for key, kept in self._kept.items()
            if now - kept.used > KEPT_SECONDS or now - kept.made > LONGEST_SECONDS
        ]
        for key in outlived:
            del self._kept[key]
