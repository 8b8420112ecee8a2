"""Who is in a segment, decided one contact at a time by plain Python on the raw JSON of a definition.

It exists to disagree with the compiler, so it shares nothing with it. It takes valid definitions; what it
does with others is not said. A condition with a negative operator is the complement of its positive twin,
and that is the only place where anything is negated but a negating group.

Where the documents are silent, it reads them so:

- A calendar date that no calendar has (2026-02-30) has a value; it is compared as text, and for
  `within_days` begins when the next real day begins. One of year 0 begins before all instants.
- An RFC 3339 value against a calendar-date field is the date that the wall clock shows at that microsecond,
  even in an hour that repeats after a midnight. A date beyond the years 1 to 9999 is beyond every stored one.
- The end of 9999-12-31 is an instant like others where Python has it (east of UTC), else infinity.
- `metadata.<key>` `exists` for a value of any JSON type but null.
- `eq` of a DROPDOWN_MULTIPLE with one text means the list of it, as for `contains`.
- Where a workspace declares a field under a built-in's name, the declaration gives its type; both readings
  match the same contacts for every definition that both allow.
- `"match"` may stand in the flat dialect's `tags` conditions too; `ne` wherever `neq` may.
- A rate is compared as the number that is written: 33.3 is not a third of 100.
- `within_days` has both ends within, and so has `within_last_days`.
"""

from __future__ import annotations

import operator as python
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from properties.days import DAY, day_begins, day_ends, day_of, has_date_shape, microseconds, parse_rfc_3339
from properties.model import Activity
from properties.texts import number_text, simple_lower

if TYPE_CHECKING:
    from collections.abc import Callable

    from properties.days import Instant
    from properties.model import Contact, Definition, FieldDecl, Workspace

__all__ = ["BUILT_INS", "count", "matches", "members", "simple_lower"]

BUILT_INS = {
    "email": "TEXT",
    "status": "TEXT",
    "first_name": "TEXT",
    "last_name": "TEXT",
    "country": "COUNTRY",
    "created_at": "DATE",
    "updated_at": "DATE",
    "last_open_at": "DATE",
    "last_click_at": "DATE",
    "delivered_count": "NUMBER",
    "opens_count": "NUMBER",
    "clicks_count": "NUMBER",
}

POSITIVE_TWIN = {
    "ne": "eq",
    "neq": "eq",
    "not_contains": "contains",
    "not_in": "in",
    "not_exists": "exists",
}

ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": python.eq,
    "gt": python.gt,
    "gte": python.ge,
    "lt": python.lt,
    "lte": python.le,
}


@dataclass(frozen=True, slots=True)
class _Here:
    """Where and when a date is looked at: the workspace's zone, and `now` as an instant."""

    zone: str
    now: int


def count(definition: Definition, workspace: Workspace, now: datetime) -> int:
    """How many contacts a recount at `now` would write."""
    return len(members(definition, workspace, now))


def members(definition: Definition, workspace: Workspace, now: datetime) -> list[int]:
    """The ids of the matching contacts, ascending; the deleted are none of them."""
    return sorted(contact.id for contact in workspace.living if matches(definition, contact, workspace, now))


def matches(definition: Definition, contact: Contact, workspace: Workspace, now: datetime) -> bool:
    """Whether the contact is in the group or satisfies the condition: true or false, never unknown."""
    if "filters" in definition:
        inside = (matches(part, contact, workspace, now) for part in definition["filters"])
        match definition.get("matchType", definition.get("condition")):
            case "all" | "AND":
                return all(inside)
            case "any" | "OR":
                return any(inside)
            case "none" | "NOT":
                return not any(inside)
            case word:
                raise ValueError(f"no way to join filters: {word!r}")
    operator = definition["operator"]
    if operator in POSITIVE_TWIN:
        return not _satisfies(definition, POSITIVE_TWIN[operator], contact, workspace, now)
    return _satisfies(definition, operator, contact, workspace, now)


def _satisfies(condition: Definition, operator: str, contact: Contact, workspace: Workspace, now: datetime) -> bool:
    """One condition with a positive operator; the flat dialect's is told by its `field`."""
    value: Any = condition.get("value")
    here = _Here(workspace.timezone, microseconds(now))
    if "type" in condition:
        match condition["type"]:
            case "field":
                (declared,) = (field for field in workspace.fields if field.id == condition["field_id"])
                return _field(declared.type, _read(declared, contact), operator, value, here)
            case "segment":
                chosen = [segment.definition for segment in workspace.segments if segment.id in value]
                return any(matches(definition, contact, workspace, now) for definition in chosen)
            case "last_activity":
                return _last_activity(contact, operator, value, here)
    name: str = condition["type"] if "type" in condition else condition["field"]
    if name == "tags":
        return _tags(contact, operator, value, every=condition.get("match") == "all")
    if name in {"open_rate", "click_rate"}:
        return _rate(contact, name, operator, value)
    if name.startswith("metadata."):
        return _metadata(contact.fields.get(name.removeprefix("metadata.")), operator, value, here)
    for declared in workspace.fields:
        if declared.key == name:
            return _field(declared.type, _read(declared, contact), operator, value, here)
    return _field(BUILT_INS[name], _built_in(name, contact), operator, value, here)


class _EmailAddress(str):
    """A text from the e-mail column: `eq` and `in` disregard case for it, whatever field reads it."""

    __slots__ = ()


def _read(declared: FieldDecl, contact: Contact) -> object:
    if declared.source is None:
        return contact.fields.get(declared.key)
    return _built_in(declared.source, contact)


def _built_in(name: str, contact: Contact) -> object:
    if name == "email":
        return None if contact.email is None else _EmailAddress(contact.email)
    holder = (contact.activity or Activity()) if hasattr(Activity, name) else contact
    return getattr(holder, name)


def _field(kind: str, stored: object, operator: str, value: Any, here: _Here) -> bool:
    """A field of one of the seven types; what is stored in another type is no value."""
    match kind:
        case "TEXT":
            return _text(_as_text(stored), operator, value)
        case "NUMBER":
            return _is_number(stored) and (operator == "exists" or ORDER[operator](stored, value))
        case "BOOLEAN":
            return isinstance(stored, bool) and (operator == "exists" or stored is value)
        case "DATE" if stored is None or isinstance(stored, str):
            return _calendar_date(stored, operator, value, here)
        case "DATE" if isinstance(stored, datetime):
            return _instant(microseconds(stored), operator, value, here)
        case "DROPDOWN_SINGLE" | "COUNTRY":
            return _text(stored if isinstance(stored, str) else None, operator, value)
        case "DROPDOWN_MULTIPLE":
            return _choices(stored, operator, value)
        case _:
            return False


def _is_number(stored: object) -> bool:
    return isinstance(stored, int | Decimal) and not isinstance(stored, bool)


def _as_text(stored: object) -> str | None:
    """A TEXT field's value: a number or boolean is read as jsonb prints it, a list or object is none."""
    match stored:
        case str():
            return stored
        case bool():
            return "true" if stored else "false"
        case int() | Decimal():
            return number_text(stored)
        case _:
            return None


def _text(text: str | None, operator: str, value: Any) -> bool:
    if text is None:
        return False
    same_case = simple_lower if isinstance(text, _EmailAddress) else str
    match operator:
        case "exists":
            return True
        case "eq":
            return same_case(text) == same_case(value)
        case "in":
            return any(same_case(text) == same_case(item) for item in value)
        case "contains":
            return simple_lower(value) in simple_lower(text)
        case "starts_with":
            return simple_lower(text).startswith(simple_lower(value))
        case "ends_with":
            return simple_lower(text).endswith(simple_lower(value))
        case _:
            raise ValueError(f"not an operator of texts: {operator}")


def _choices(stored: object, operator: str, value: Any) -> bool:
    """A set of texts; one text given is the list of it."""
    if not isinstance(stored, list) or not all(isinstance(item, str) for item in stored):
        return False
    wanted = {value} if isinstance(value, str) else set(value or ())
    match operator:
        case "exists":
            return True
        case "eq":
            return set(stored) == wanted
        case "contains":
            return not wanted.isdisjoint(stored)
        case _:
            raise ValueError(f"not an operator of lists: {operator}")


def _calendar_date(stored: str | None, operator: str, value: Any, here: _Here) -> bool:
    """A date without a time: ordered as text, and the first instant of its day for `within_days`."""
    if stored is None or not has_date_shape(stored):
        return False
    if operator == "exists":
        return True
    if operator == "within_days":
        return _within(day_begins(stored, here.zone), value, here)
    given = value if has_date_shape(value) else day_of(parse_rfc_3339(value), here.zone)
    return ORDER[operator](stored, given)


def _instant(instant: int, operator: str, value: Any, here: _Here) -> bool:
    """A time: against a date, against the whole of its day; against a time, to the microsecond."""
    if operator == "exists":
        return True
    if operator == "within_days":
        return _within(instant, value, here)
    if not has_date_shape(value):
        return ORDER[operator](instant, parse_rfc_3339(value))
    begins, ends = day_begins(value, here.zone), day_ends(value, here.zone)
    match operator:
        case "eq":
            return begins <= instant < ends
        case "gt":
            return instant >= ends
        case "gte":
            return instant >= begins
        case "lt":
            return instant < begins
        case "lte":
            return instant < ends
        case _:
            raise ValueError(f"not an operator of dates: {operator}")


def _within(instant: Instant, days: Any, here: _Here) -> bool:
    """Not longer ago than so many times 24 hours, and not in the future."""
    return here.now - int(days) * DAY <= instant <= here.now


def _last_activity(contact: Contact, operator: str, value: Any, here: _Here) -> bool:
    """The last open or the last click, each on its own, never the later of both."""
    same = {"is_after": "gt", "is_before": "lt", "within_last_days": "within_days"}[operator]
    activity = contact.activity or Activity()
    return any(
        _instant(microseconds(time), same, value, here)
        for time in (activity.last_open_at, activity.last_click_at)
        if time is not None
    )


def _rate(contact: Contact, name: str, operator: str, value: Any) -> bool:
    """Percent of what was delivered, capped at all of it; nothing delivered is no rate."""
    activity = contact.activity or Activity()
    delivered = activity.delivered_count
    if delivered == 0:
        return False
    happened = activity.opens_count if name == "open_rate" else activity.clicks_count
    return operator == "exists" or ORDER[operator](Fraction(100 * min(happened, delivered), delivered), Fraction(value))


def _tags(contact: Contact, operator: str, value: Any, *, every: bool) -> bool:
    wanted = {int(tag) for tag in value or ()}
    match operator:
        case "exists":
            return bool(contact.tags)
        case "eq":
            return contact.tags == wanted
        case "contains":
            return wanted <= contact.tags if every else not wanted.isdisjoint(contact.tags)
        case _:
            raise ValueError(f"not an operator of tags: {operator}")


def _metadata(stored: object, operator: str, value: Any, here: _Here) -> bool:
    """A key of the stored JSON as it is: the given value tells the type; another one stored is no value."""
    if operator == "exists":
        return stored is not None
    if operator == "within_days":
        day = stored[:10] if isinstance(stored, str) else ""
        return has_date_shape(day) and _within(day_begins(day, here.zone), value, here)
    if isinstance(value, bool):
        return stored is value
    if _is_number(value):
        return _is_number(stored) and ORDER[operator](stored, value)
    return _text(stored if isinstance(stored, str) else None, operator, value)
