"""A name that does not exist gets the nearest one that does (spec 5)."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`Did you mean opens_count?` where some known name is near; else nothing."""
    near = get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""
