"""A name that does not exist gets the nearest one that does (spec 5)."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`Did you mean opens_count?` where some known name is near; else nothing."""
    near = nearest(name, known) if isinstance(name, str) else None
    return f"Did you mean {near}?" if near else ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is nearest, if one is near; of those that differ in case alone the last."""
    by_folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None
