"""Printing why a contact is in a segment: the filter as a tree, the contact's values in a column beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

import click
from rich.cells import cell_len

from segsql.cli.output import iso
from segsql.errors import printable
from segsql.filters import Absent, Json, Rate, cut, listed, text, written
from segsql.reasons import Answer, Missing, Rated, Reason, Shown, TagList, Times, Value

WIDEST = 72
"""Columns that conditions take before the values, where longer ones do not push theirs further."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What a tree is drawn with."""

    yes: str
    no: str
    branch: str
    last: str
    beside: str


BOXES = Signs("✓", "✗", "├─ ", "└─ ", "│  ")
ASCII = Signs("+", "-", "|- ", "`- ", "|  ")
"""For a stream whose encoding has no boxes."""

_ACTIONS = {Rate.OPEN: "opens", Rate.CLICK: "clicks"}


def print_answer(answer: Answer) -> None:
    """Print the answer in a sentence, from when it was looked at, and the tree."""
    signs = _signs()
    click.echo(f"{signs.yes if answer.is_member else signs.no} {printable(_sentence(answer))}")
    click.echo(f"  Looked at from {iso(answer.asked.now)}; days are those of {printable(answer.timezone)}.")
    if answer.reason is None:
        return
    rows = list(_rows(answer.reason, signs, "", ""))
    width = max((cell_len(left) for left, value in rows if value and cell_len(left) <= WIDEST), default=0)
    click.echo()
    for left, value in rows:
        gap = " " * max(0, width - cell_len(left))
        click.echo(f"{left}{gap}   {value}" if value else left)


def _sentence(answer: Answer) -> str:
    asked = answer.asked
    contact = f"Contact {asked.contact_id}" + (f" ({answer.email})" if answer.email else "")
    if answer.is_deleted:
        return f"{contact} is deleted: it counts in no segment."
    if asked.segment_id is None:
        return f"{contact} {'matches' if answer.is_member else 'does not match'} the definition."
    name = f" ({answer.segment_name})" if answer.segment_name else ""
    return f"{contact} is {'' if answer.is_member else 'not '}in segment {asked.segment_id}{name}."


def _rows(reason: Reason, signs: Signs, lead: str, below: str) -> Iterator[tuple[str, str]]:
    """The lines of a node and its members, and the values beside them; `lead` and `below` are drawn before them."""
    of = "" if reason.segment_id is None else f"segment {reason.segment_id}: "
    value = "" if reason.shown is None else printable(_value(reason.shown))
    yield f"{lead}{signs.yes if reason.holds else signs.no} {of}{printable(reason.words)}", value
    for number, member in enumerate(reason.members, start=1):
        if number < len(reason.members):
            yield from _rows(member, signs, below + signs.branch, below + signs.beside)
        else:
            yield from _rows(member, signs, below + signs.last, below + " " * len(signs.beside))


def _value(shown: Shown) -> str:
    match shown:
        case Value(value):
            return _written(value)
        case Missing(Absent()):
            return "no value"
        case Missing(stored):
            return f"no value (stored: {'null' if stored is None else _written(stored)})"
        case Rated(rate, actions, delivered):
            if shown.percent is None:
                return f"no rate: {actions:,} {_ACTIONS[rate]}, nothing delivered"
            return f"{actions:,} of {delivered:,} delivered = {shown.percent:.2f} %"
        case Times(last_open_at, last_click_at):
            return f"last open {_time(last_open_at)}, last click {_time(last_click_at)}"
        case TagList(tags):
            named = [f"tag {id_}" if name is None else text(name) for id_, name in tags]
            return f"tagged {listed(named)}" if named else "no tags"
        case _:
            assert_never(shown)


def _time(value: str | None) -> str:
    return "never" if value is None else _written(value)


def _written(value: Json) -> str:
    return cut(written(value)) if value != [] else "empty"


def _signs() -> Signs:
    try:
        "".join((BOXES.yes, BOXES.no, BOXES.branch, BOXES.last, BOXES.beside)).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ASCII
    return BOXES
