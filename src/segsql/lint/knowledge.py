"""What can be said of a contact for which formulas hold, value by value; and when that is nothing at all.

It is always enough and may be more than what is true: an OR is known by what its members have in common. So where
nothing is left, no contact can be; where something is, there may still be none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from segsql.lint.formulas import Every, Formula, Literal, Some, every
from segsql.lint.space import Space, Subject

Narrowed = dict[Subject, int]
"""The values of which more is known than before, with the cells that are left."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known: what was before, and what has been learnt since, on one way or on two."""

    before: Known | None = None
    learnt: Narrowed = field(default_factory=dict)
    also: Narrowed = field(default_factory=dict)

    def get(self, subject: Subject) -> int | None:
        """The cells that are left of a value; None where nothing is known of it."""
        known: Known | None = self
        while known is not None:
            cells = known.learnt.get(subject)
            if (also := known.also.get(subject)) is not None:
                cells = also if cells is None else cells & also
            if cells is not None:
                return cells
            known = known.before
        return None


ALL_CONTACTS = Known()


class Reasoner:
    """Narrows what is known of the contacts of one definition."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def narrow(self, formula: Formula, known: Known = ALL_CONTACTS) -> Narrowed | None:
        """What more is known where the formula holds too; None where it can't."""
        match formula:
            case Literal():
                return self._literal(formula, known)
            case Every(members):
                inner = Known(known)
                for member in members:
                    more = self.narrow(member, inner)
                    if more is None:
                        return None
                    inner.learnt.update(more)
                return inner.learnt
            case Some(members):
                return self._some(members, known)
            case _:
                assert_never(formula)

    def is_possible(self, formulas: Iterable[Formula], known: Known = ALL_CONTACTS) -> bool:
        """Whether, as far as can be told, they can all hold."""
        return self.narrow(every(formulas), known) is not None

    def _literal(self, literal: Literal, known: Known) -> Narrowed | None:
        narrowed: Narrowed = {}
        for subject, cells in self._space.facts(literal):
            before = narrowed.get(subject)
            if before is None:
                before = known.get(subject)
            if before is None:
                before = self._space.full(subject)
            left = before & cells
            if not left:
                return None
            if left != before:
                narrowed[subject] = left
        return narrowed

    def _some(self, members: Iterable[Formula], known: Known) -> Narrowed | None:
        common: Narrowed | None = None
        for member in members:
            more = self.narrow(member, known)
            if more is None:
                continue
            if common is None:
                common = more
            else:
                both = {subject: common[subject] | more[subject] for subject in common.keys() & more.keys()}
                common = {subject: cells for subject, cells in both.items() if cells != self._before(subject, known)}
            if not common:
                return {}
        return common

    def _before(self, subject: Subject, known: Known) -> int:
        before = known.get(subject)
        return self._space.full(subject) if before is None else before
