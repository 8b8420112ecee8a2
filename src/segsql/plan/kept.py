"""What is made once for a key and kept, without what it was made from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


def kept(make: Callable[[], T], kind: Callable[..., T], *key: Hashable) -> T:
    """The thing of this kind that is kept under the key; made now, if there is none.

    Only the key and what is made are kept, 4,096 in all, so that it matters what those hold. Two threads may make
    a thing twice: the first is kept.
    """
    place: list[T] = _place(kind, *key)
    if not place:
        place.append(make())
    return place[0]


@lru_cache(4096)
def _place(*_: Hashable) -> list[Any]:
    return []


def forget() -> None:
    """Drop all that is kept: what a benchmark of making it needs."""
    _place.cache_clear()
