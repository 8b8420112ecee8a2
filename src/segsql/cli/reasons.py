"""Printing why a contact is in a segment: the filter as a tree, the contact's values in a column beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

import click
from rich.cells import cell_len, set_cell_size

from segsql.cli.output import iso
from segsql.errors import printable
from segsql.filters import Rate
from segsql.filters.text import value_words
from segsql.reasons import Answer, Missing, Mistyped, Rated, Reason, Shown, TagList, Times, Value

WIDEST = 72
"""Columns of a terminal that the words of a condition, or a value, may take; what is longer is cut."""


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
    click.echo(f"  Looked at from {iso(answer.question.now)}; days are those of {printable(answer.timezone)}.")
    if answer.reason is None:
        return
    rows = list(_rows(answer.reason, signs, "", ""))
    width = max(cell_len(left) for left, _ in rows)
    click.echo()
    for left, value in rows:
        click.echo(f"{set_cell_size(left, width)}   {value}" if value else left)


def _sentence(answer: Answer) -> str:
    question = answer.question
    contact = f"Contact {question.contact_id}" + (f" ({answer.email})" if answer.email else "")
    if answer.is_deleted:
        return f"{contact} is deleted: it counts in no segment."
    if question.segment_id is None:
        return f"{contact} {'matches' if answer.is_member else 'does not match'} the definition."
    name = f" ({answer.segment_name})" if answer.segment_name else ""
    return f"{contact} is {'' if answer.is_member else 'not '}in segment {question.segment_id}{name}."


def _rows(reason: Reason, signs: Signs, lead: str, below: str) -> Iterator[tuple[str, str]]:
    """The lines of a node and its members, and the values beside them; `lead` and `below` are drawn before them."""
    of = "" if reason.segment_id is None else f"segment {reason.segment_id}: "
    value = "" if reason.shown is None else _cut(printable(_value(reason.shown)))
    yield f"{lead}{signs.yes if reason.holds else signs.no} {of}{_cut(printable(reason.words))}", value
    for number, member in enumerate(reason.members, start=1):
        if number < len(reason.members):
            yield from _rows(member, signs, below + signs.branch, below + signs.beside)
        else:
            yield from _rows(member, signs, below + signs.last, below + " " * len(signs.beside))


def _value(shown: Shown) -> str:
    match shown:
        case Value(value):
            return value_words(value)
        case Missing():
            return "no value"
        case Mistyped(stored):
            return f"no value (stored: {value_words(stored)})"
        case Rated(rate, actions, delivered):
            if shown.percent is None:
                return f"no rate: {actions:,} {_ACTIONS[rate]}, nothing delivered"
            return f"{actions:,} of {delivered:,} delivered = {shown.percent:.2f} %"
        case Times(last_open_at, last_click_at):
            return f"last open {last_open_at or 'never'}, last click {last_click_at or 'never'}"
        case TagList(tags):
            named = [str(id_) if name is None else f"{id_} {name}" for id_, name in tags]
            return ", ".join(named) or "no tags"
        case _:
            assert_never(shown)


def _cut(text: str) -> str:
    """A text that a line has room for."""
    return text if cell_len(text) <= WIDEST else f"{set_cell_size(text, WIDEST - 1)}…"


def _signs() -> Signs:
    try:
        "".join((BOXES.yes, BOXES.no, BOXES.branch, BOXES.last, BOXES.beside)).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ASCII
    return BOXES
