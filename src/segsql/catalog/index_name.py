"""What an index is called that a statement to paste makes."""

from __future__ import annotations

import hashlib
import re

LONGEST_NAME = 63
"""Bytes of an identifier that PostgreSQL keeps."""

_UNSAFE = re.compile(r"[^a-z0-9_]+")


def index_name(wanted: str, told_apart_by: str, *, is_ambiguous: bool = False) -> str:
    """The name that says what it is on, in plain characters.

    One that would be cut, has lost characters or is another's too ends in a hash of what tells the two apart.
    """
    name = _UNSAFE.sub("_", wanted.lower())
    if is_ambiguous or name != wanted or len(name) > LONGEST_NAME:
        digest = hashlib.sha256(told_apart_by.encode()).hexdigest()[:8]
        return f"{name[: LONGEST_NAME - 9]}_{digest}"
    return name
