"""A verdict: how bad it is, what was found, what to do; each of the last two in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: a recount does its work; it does so slowly, or not for all; it does not."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to. `advice` is what to do, with the statement or command to paste; empty where all is well."""

    level: Level
    found: str
    advice: str = ""


def fine(found: str) -> Verdict:
    """All is well."""
    return Verdict(Level.OK, found)


def warning(found: str, advice: str) -> Verdict:
    """A recount will run, but not as it should."""
    return Verdict(Level.WARNING, found, advice)


def problem(found: str, advice: str) -> Verdict:
    """A recount won't do its work."""
    return Verdict(Level.PROBLEM, found, advice)


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few of the names, and how many there are beyond them."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def span(duration: timedelta) -> str:
    """A length of time in the largest unit that says it: 40 s, 12 min, 6 h, 3 d."""
    seconds = int(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def amount(number: int, noun: str) -> str:
    """A number with its noun: 1 segment, 2,000 segments."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
