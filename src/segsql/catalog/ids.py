"""Ids by the type that the database gives them: written by users, sent to the server, put in order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from segsql.catalog.places import Id, IdType

AnyId = TypeVar("AnyId", bound=int | str | None)

_DIGITS = re.compile(r"-?[0-9]{1,19}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONGEST_TEXT = 1_024

LARGEST = {IdType.BIGINT: 2**63 - 1, IdType.INTEGER: 2**31 - 1}
"""The largest id of each type that is a number."""


def read_id(text: str, type_: IdType) -> Id | None:
    """The id that a user wrote; None where it can be none of the type, so that nothing has it."""
    match type_:
        case IdType.BIGINT | IdType.INTEGER:
            written: Id | None = int(text) if _DIGITS.fullmatch(text) else None
        case IdType.UUID:
            written = text.lower()
        case IdType.TEXT:
            written = text
    return written if written is not None and can_be_id(written, type_) else None


def can_be_id(value: object, type_: IdType) -> bool:
    """Whether the value may be sent as an id of the type: a look-up of any other raises instead of finding nothing."""
    match type_:
        case IdType.BIGINT | IdType.INTEGER:
            most = LARGEST[type_]
            return isinstance(value, int) and not isinstance(value, bool) and -most - 1 <= value <= most
        case IdType.UUID:
            return isinstance(value, str) and _UUID.fullmatch(value) is not None
        case IdType.TEXT:
            return isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isprintable()


def in_order(ids: Iterable[AnyId]) -> list[AnyId]:
    """The ids sorted; those of one kind are all numbers or all texts."""
    return sorted(ids, key=_rank)


def _rank(id_: Id | None) -> tuple[int, str]:
    return (id_, "") if isinstance(id_, int) else (0, id_ or "")
