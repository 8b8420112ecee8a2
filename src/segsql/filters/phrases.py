"""Values in words: what stands in a condition, and how it is compared, as `words` puts it for people.

What is long is cut, and nothing that could disturb a terminal comes through. A text is quoted where it could
be taken for something else: `plan is pro`, but `plan is "15"` and `city is "New York"`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from segsql.catalog import Operator
from segsql.filters.dates import read_date
from segsql.filters.decode import Json
from segsql.filters.nodes import DateValue, Moment, WholeDay

SHOWN_MEMBERS = 6
"""Members of a list that are spelled out; of the others only the number is told."""

SHOWN_CHARACTERS = 48
"""Characters of a text that are shown."""

_PLAIN_TEXT = re.compile(r"[\w@.][\w@.+&/'-]*")
_NUMBER = re.compile(r"[0-9.]+")
_PLAIN_NAME = re.compile(r"\w[\w .-]*")
_WORDS_OF_OURS = frozenset({"true", "false", "and", "or", "not", "nothing", "empty"})


def compared(operator: Operator, value: Json) -> str:
    """What comes after the name of what is tested: `is one of pro, team`."""
    date = read_date(value)
    on = "at" if isinstance(date, Moment) else "on"
    is_list, several = isinstance(value, list), isinstance(value, list) and len(value) != 1
    match operator:
        case Operator.EQ | Operator.NE:
            what = ("exactly " if value else "empty") if is_list else ""
            return f"{'is' if operator is Operator.EQ else 'is not'} {what}{written(value)}"
        case Operator.CONTAINS:
            return f"contains {'any of ' if several else ''}{written(value)}"
        case Operator.NOT_CONTAINS:
            return f"{'contains none of' if several else 'does not contain'} {written(value)}"
        case Operator.STARTS_WITH:
            return f"starts with {written(value)}"
        case Operator.ENDS_WITH:
            return f"ends with {written(value)}"
        case Operator.IN:
            return f"is {'one of ' if several else ''}{written(value)}"
        case Operator.NOT_IN:
            return f"is {'none of' if several else 'not'} {written(value)}"
        case Operator.GT:
            return f"after {moment(date)}" if date else f"more than {written(value)}"
        case Operator.GTE:
            return f"{on} or after {moment(date)}" if date else f"at least {written(value)}"
        case Operator.LT:
            return f"before {moment(date)}" if date else f"less than {written(value)}"
        case Operator.LTE:
            return f"{on} or before {moment(date)}" if date else f"at most {written(value)}"
        case Operator.WITHIN_DAYS:
            return f"within {written(value)} {'day' if value == 1 else 'days'}"
        case Operator.EXISTS:
            return "is set"
        case Operator.NOT_EXISTS:
            return "is not set"
        case _:
            assert_never(operator)


def written(value: Json) -> str:
    """Any value that can stand in a definition."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:,}"
        case Decimal():
            return f"{value:,f}"
        case str():
            date = read_date(value)
            return text(value) if date is None else moment(date)
        case list():
            return listed([written(member) for member in value])
        case float() | dict():
            return text(json.dumps(value, default=str))
        case _:
            assert_never(value)


def listed(words: Sequence[str], last: str = "") -> str:
    """`a, b, c`, or with a last word `a, b or c`; of a long list the beginning and `and 994 more`."""
    more = len(words) - SHOWN_MEMBERS
    if more > 0:
        return f"{', '.join(words[:SHOWN_MEMBERS])} {last or 'and'} {more:,} more"
    if last and len(words) > 1:
        return f"{', '.join(words[:-1])} {last} {words[-1]}"
    return ", ".join(words)


def moment(date: DateValue) -> str:
    """A day as `2026-03-01`, an instant as `2026-03-01 09:30 UTC` with the offset that it was written with."""
    match date:
        case WholeDay(day):
            return day.isoformat()
        case Moment(at):
            digits = "auto" if at.second or at.microsecond else "minutes"
            offset = at.strftime("%z") if at.utcoffset() != timedelta() else "UTC"
            return f"{at.replace(tzinfo=None).isoformat(' ', digits)} {offset}"
        case _:
            assert_never(date)


def name(words: str) -> str:
    """The name of a field or a metadata key, as it is where it is made of words, else in quotes."""
    return words if _PLAIN_NAME.fullmatch(words) and len(words) <= SHOWN_CHARACTERS else _quoted(words)


def text(words: str) -> str:
    """A text as it is where it can only be one text, else in quotes."""
    is_plain = _PLAIN_TEXT.fullmatch(words) and not _NUMBER.fullmatch(words) and words not in _WORDS_OF_OURS
    return words if is_plain and len(words) <= SHOWN_CHARACTERS else _quoted(words)


def _quoted(words: str) -> str:
    shown = words if len(words) <= SHOWN_CHARACTERS else words[: SHOWN_CHARACTERS - 1] + "…"
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in json.dumps(shown, ensure_ascii=False))
