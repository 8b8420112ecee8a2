"""Reading the values that conditions of several kinds share."""

from __future__ import annotations

from decimal import Decimal

from segsql.catalog import Id, IdType, can_be_id
from segsql.errors import Code
from segsql.filters.dates import read_date
from segsql.filters.decode import Json, whole
from segsql.filters.nodes import DateValue, Place
from segsql.filters.problems import Problems

MAX_DAYS = 36_500
"""The longest window of `within_days`: a hundred years (spec 4.3)."""

DATE_MESSAGE = "Value must be a date (YYYY-MM-DD) or an RFC 3339 date-time with its offset"
DAYS_MESSAGE = f"Value must be a whole number of days from 1 to {MAX_DAYS}"


def id_(value: Json, type_: IdType) -> Id | None:
    """An integer, or the text of an id that is one; None where it is anything else."""
    if type_.is_number:
        return whole(value)
    text = value.lower() if isinstance(value, str) and type_ is IdType.UUID else value
    return text if isinstance(text, str) and can_be_id(text, type_) else None


def ids(value: Json, type_: IdType) -> tuple[Id, ...] | None:
    """A non-empty list of ids, each once, in its order; None where it is anything else."""
    if not isinstance(value, list) or not value:
        return None
    found = [each for member in value if (each := id_(member, type_)) is not None]
    return tuple(dict.fromkeys(found)) if len(found) == len(value) else None


def percent(value: Json, *, integer: bool) -> Decimal | None:
    """A number from 0 to 100, an integer where the dialect demands one; None where it is anything else."""
    number = whole(value)
    if number is not None:
        return Decimal(number) if 0 <= number <= 100 else None
    if integer or not isinstance(value, Decimal):
        return None
    return value if 0 <= value <= 100 else None


def date(condition: dict[str, Json], place: Place, problems: Problems) -> DateValue | None:
    """The condition's value as a date or an instant."""
    value = read_date(condition.get("value"))
    if value is None:
        problems.add(Code.VALUE, place, "value", DATE_MESSAGE)
    return value


def days(condition: dict[str, Json], place: Place, problems: Problems) -> int | None:
    """The condition's value as a number of days."""
    number = day_count(condition.get("value"))
    if number is None:
        problems.add(Code.VALUE, place, "value", DAYS_MESSAGE)
    return number


def day_count(value: object) -> int | None:
    """A whole number of days from 1 to MAX_DAYS; None where it is anything else."""
    number = whole(value)
    return number if number is not None and 1 <= number <= MAX_DAYS else None


def nothing(condition: dict[str, Json], place: Place, problems: Problems) -> bool:
    """Whether the condition has no value, as `exists` and `not_exists` demand."""
    if condition.get("value") is None:
        return True
    problems.add(Code.VALUE, place, "value", f"{condition.get('operator')} takes no value")
    return False
