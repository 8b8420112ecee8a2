"""An answer as JSON."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import assert_never

from segsql.filters import Json, whole
from segsql.reasons.answer import Answer, Reason
from segsql.reasons.facts import Missing, Mistyped, Rated, Shown, TagList, Times, Value

MAX_DIGITS = 64
"""A whole number of more digits is written as text, as one is with a fraction that no double has exactly."""


def as_json(answer: Answer) -> dict[str, object]:
    """The answer as what `json` can write."""
    question = answer.question
    return {
        "workspace_id": question.workspace_id,
        "segment_id": question.segment_id,
        "contact_id": question.contact_id,
        "email": answer.email,
        "now": question.now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "timezone": answer.timezone,
        "deleted": answer.is_deleted,
        "matches": answer.is_member,
        "filter": None if answer.reason is None else _node(answer.reason),
    }


def _node(reason: Reason) -> dict[str, object]:
    node: dict[str, object] = {} if reason.segment_id is None else {"segment_id": reason.segment_id}
    node |= {"path": reason.path, "words": reason.words, "matches": reason.holds}
    if reason.shown is not None:
        return node | _shown(reason.shown)
    return node | {"filters": [_node(member) for member in reason.members]}


def _shown(shown: Shown) -> dict[str, object]:
    match shown:
        case Value(value):
            return {"value": _plain(value)}
        case Missing():
            return {"value": None}
        case Mistyped(stored):
            return {"value": None, "stored": _plain(stored)}
        case Rated(rate, actions, delivered):
            name = rate.value.replace("_rate", "s")
            return {"value": {name: _plain(actions), "delivered": _plain(delivered), "percent": shown.percent}}
        case Times(last_open_at, last_click_at):
            return {"value": {"last_open_at": last_open_at, "last_click_at": last_click_at}}
        case TagList(tags):
            return {"value": [{"id": id_, "name": name} for id_, name in tags]}
        case _:
            assert_never(shown)


def _plain(value: Json) -> object:
    match value:
        case dict():
            return {key: _plain(member) for key, member in value.items()}
        case list():
            return [_plain(member) for member in value]
        case Decimal():
            return _number(value)
        case _:
            return value


def _number(number: Decimal) -> int | float | str:
    if number.adjusted() < MAX_DIGITS and (integer := whole(number)) is not None:
        return integer
    double = float(number)
    return double if Decimal(repr(double)) == number else format(number, "f")
