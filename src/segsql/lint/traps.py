"""A condition that says "never" in a segment whose name or description says "not lately".

The read API's own sample is of this kind: "No open in the last 180 days", told as `last_open_at not_exists`. It
matches who never opened anything, and not who last did so a year ago.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segsql.errors import Code
from segsql.filters import Dialect, Problem
from segsql.lint.formulas import Literal, tests_of
from segsql.lint.placed import Placed
from segsql.lint.wording import Wording, finding
from segsql.plan import predicate as p

_UNIT = "(?:hour|day|week|month|quarter|year)s?"
_NUMBER = rf"\d+[ -]?{_UNIT}"
_SPAN = re.compile(
    rf"\bwithin\b(?: (?:the (?:last|past) )?{_NUMBER}\b)?"
    rf"|\b(?:(?:in|for|over|during) (?:the )?)?(?:last|past) (?:{_NUMBER}|few {_UNIT}|{_UNIT})\b"
    rf"|\b{_NUMBER}\b",
    re.IGNORECASE,
)
_DAYS = re.compile(r"\b([1-9][0-9]{0,4})[ -]?days?\b", re.IGNORECASE)


def trap_findings(root: Placed, title: str, dialect: Dialect, wording: Wording) -> Iterator[Problem]:
    """The conditions that ask for no date at all where `title`, the name and description, speaks of a span of time.

    Not where a date is asked for as such, whichever: the span may be the one between it and now.
    """
    span = _SPAN.search(title)
    if span is None or any(isinstance(test, p.DateTest | p.WithinDays) for test in tests_of(root.formula)):
        return
    for condition, holds in root.conditions():
        match condition.when(holds=holds):
            case Literal(p.HasValue(operand), holds=False) if _is_date(operand):
                negated = "" if holds else " under a negation"
                message = (
                    f"{wording.of(condition.node)}{negated} matches only contacts that have no such date at all; "
                    f'the name or description says "{span[0]}"'
                )
                yield finding(Code.NEVER_FOR_LATELY, condition.node.place, message, _hint(title, dialect))


def _is_date(operand: p.Operand) -> bool:
    return operand.reading in (p.Reading.DAY, p.Reading.DATE, p.Reading.INSTANT)


def _hint(title: str, dialect: Dialect) -> str:
    days = _DAYS.search(title)
    number = days[1] if days else "N"
    if dialect is Dialect.FLAT:
        return (
            f"Contacts without it in the last {number} days, and those who never had it: "
            f'a group {{"matchType": "none"}} with within_days {number}.'
        )
    return (
        "Contacts without it lately, and those who never had it: a group "
        '{"condition": "NOT"} with gte and the first day that counts, or with last_activity within_last_days.'
    )
