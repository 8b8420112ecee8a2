"""Findings in words: what each says, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segsql.errors import Code, printable
from segsql.filters import Names, Node, Place, Problem
from segsql.filters.text import node_words
from segsql.lint.logic import Flaw, Impossible, Side, Superfluous
from segsql.lint.placed import Placed

SHOWN = 3
"""Others that are named, of however many."""

LONGEST = 120
"""Characters of a condition's words."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Words for the nodes of a workspace's definitions."""

    names: Names

    def of(self, node: Node) -> str:
        """A node in words, in backquotes, cut where they are many."""
        words = node_words(node, self.names)
        return f"`{words}`" if len(words) <= LONGEST else f"`{words[: LONGEST - 1]}…`"


def finding(code: Code, place: Place, message: str, hint: str = "") -> Problem:
    """A finding about a node."""
    return Problem.about(code, place, printable(message), printable(hint))


def shortened(words: Sequence[str], total: int | None = None) -> str:
    """`3, 5 and 8`; of a long list the beginning, and how many more of the `total` (or else of the list)."""
    more = (total or len(words)) - SHOWN
    if more > 0:
        return f"{', '.join(words[:SHOWN])} and {more:,} more"
    return " and ".join([part for part in (", ".join(words[:-1]), words[-1]) if part])


def flaw_finding(flaw: Flaw, wording: Wording) -> Problem:
    """What is wrong with a node's logic."""
    match flaw:
        case Impossible(side, reasons, whole):
            message = f"{_impossible(side, reasons, wording)}{_consequence(side, whole)}"
            code = Code.NEVER_TRUE if side.holds else Code.ALWAYS_TRUE
            return finding(code, _place(side), message, _IMPOSSIBLE_HINT)
        case Superfluous(side, reasons, is_same):
            message = f"{wording.of(side.placed.node)} adds nothing: {_superfluous(side, reasons, wording, is_same)}"
            return finding(Code.ADDS_NOTHING, _place(side), message, _SUPERFLUOUS_HINT)


_IMPOSSIBLE_HINT = "Correct the value or the operator, or what the group asks of its members (all, any, none)."
_SUPERFLUOUS_HINT = "Remove it, or correct it if something else was meant."


def _impossible(side: Side, reasons: Sequence[Side], wording: Wording) -> str:
    it = wording.of(side.placed.node)
    match side.holds, reasons:
        case True, ():
            return f"{it} is never true"
        case False, ():
            return f"{it} is always true"
        case True, (reason,) if reason.holds:
            return f"{it} can't hold together with {_named(reason.placed, wording)}"
        case True, (reason,):
            return f"{it} can't hold where {_named(reason.placed, wording)} does not"
        case False, (reason,) if reason.holds:
            return f"{it} holds wherever {_named(reason.placed, wording)} does"
        case False, (reason,):
            return f"{it} holds wherever {_named(reason.placed, wording)} does not"
        case True, _:
            return f"{it} can't hold beside {_numbers(reasons)}"
        case _:
            return f"{it} always holds beside {_numbers(reasons)}"


def _superfluous(side: Side, reasons: Sequence[Side], wording: Wording, is_same: bool) -> str:
    match reasons:
        case (reason,) if is_same and reason.holds is not side.holds:
            return f"it says the same as {_named(reason.placed, wording)}"
        case (reason,):
            does = "does" if reason.holds else "does not"
            if side.holds and not reason.holds:
                return f"wherever it holds, {_named(reason.placed, wording)} does too"
            if side.holds:
                return f"it never holds where {_named(reason.placed, wording)} does"
            return f"it holds wherever {_named(reason.placed, wording)} {does}"
        case ():
            return "the other conditions say as much"
        case _:
            return f"{_numbers(reasons)} together say as much"


def _consequence(side: Side, whole: Side) -> str:
    """What becomes of the segment, or of the largest group that it decides."""
    if not whole.placed.node.place.positions:
        return f"; the segment matches {'no contact' if whole.holds else 'every contact'}"
    if whole.placed is side.placed:
        return ""
    return f"; filter {_number(whole.placed)} {'never' if whole.holds else 'always'} matches"


def _named(placed: Placed, wording: Wording) -> str:
    return f"{wording.of(placed.node)} (filter {_number(placed)})"


def _numbers(sides: Sequence[Side]) -> str:
    return f"filters {shortened([_number(side.placed) for side in sides])}"


def _number(placed: Placed) -> str:
    return "#" + ".".join(map(str, placed.node.place.positions))


def _place(side: Side) -> Place:
    return side.placed.node.place
