"""Conditions that can't hold, that always hold, or that add nothing to the others.

A group is looked at as an AND or an OR of what its members come to: a negating group is the AND of its members'
complements, and taken as false each turns into the other. A member of an AND adds nothing where the others leave it
no way to be false, one of an OR where they leave it no way to be true. What adds nothing is left out before the rest
is looked at, so that all of it could be removed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import is_

from segsql.filters import Quantifier
from segsql.lint.formulas import Formula, is_vague, some, tests_of, vagueness
from segsql.lint.knowledge import ALL_CONTACTS, Known, Narrowed, Reasoner
from segsql.lint.placed import Placed, with_members
from segsql.lint.space import Space, Subject
from segsql.plan.values import Context

MAX_SEARCHES = 50_000
"""After this many tries in one definition, reasons are no longer looked for."""

MAX_VAGUE = 30
"""As many members of a group that hold an OR are looked at again for each other member."""

MAX_REASONS = 30
"""Nor is a smallest set of them among more conditions than this."""


@dataclass(frozen=True, slots=True)
class Side:
    """A node taken as true, or without `holds` as false."""

    placed: Placed
    holds: bool

    @property
    def other(self) -> Side:
        """The opposite."""
        return Side(self.placed, not self.holds)

    @property
    def is_and(self) -> bool:
        """Of a group: whether it then is an AND of its members' sides; else it is an OR."""
        return (self.placed.quantifier is Quantifier.ANY) is not self.holds

    @property
    def members(self) -> list[Side]:
        """Of a group: its members, as they then are."""
        holds = self.holds is not (self.placed.quantifier is Quantifier.NONE)
        return [Side(member, holds) for member in self.placed.members]


@dataclass(frozen=True, slots=True)
class Impossible:
    """A node that can't be on this side where the reasons hold, so that `whole` can't either."""

    side: Side
    reasons: tuple[Side, ...]
    whole: Side


@dataclass(frozen=True, slots=True)
class Superfluous:
    """A node that makes no difference, as it can't be on this side where the reasons hold; `is_same` where the one
    reason says the same as it does."""

    side: Side
    reasons: tuple[Side, ...]
    is_same: bool


Flaw = Impossible | Superfluous


@dataclass(frozen=True, slots=True)
class Reasoned:
    """The flaws of a definition's logic.

    `constant` where it is true, or false, for every contact; `rest` is what is left without what adds nothing.
    """

    flaws: tuple[Flaw, ...]
    constant: bool | None
    rest: Placed


def reason(root: Placed, context: Context) -> Reasoned:
    """Look for what is wrong with the logic of a definition, looked at from the context's instant on."""
    search = _Search(Reasoner(Space(tests_of(root.formula), context)))
    for holds in (True, False):
        side = Side(root, holds)
        if not search.is_possible(side):
            search.refute(side, (), side)
            return Reasoned(tuple(search.flaws), not holds, root)
    rest = search.examine(Side(root, holds=True), ALL_CONTACTS, ())
    return Reasoned(tuple(search.flaws), None, rest)


class _Search:
    """Collects the flaws of one definition."""

    def __init__(self, reasoner: Reasoner) -> None:
        self._reasoner = reasoner
        self._searches = 0
        self.flaws: list[Flaw] = []

    def is_possible(self, *sides: Side) -> bool:
        self._searches += 1
        return self._reasoner.is_possible(_formula(side) for side in sides)

    def examine(self, group: Side, known: Known, given: Sequence[Side]) -> Placed:
        """Look for what adds nothing in a node that can be on either side, where `given` holds: what is left of it."""
        if not group.placed.members:
            return group.placed
        is_and = group.is_and
        supports = [member if is_and else member.other for member in group.members]
        before: Narrowed = {}
        steps = [self._learn(before, [support], known) for support in supports]
        vague = [(place, _formula(support)) for place, support in enumerate(supports) if is_vague(_formula(support))]
        after: Narrowed = {}
        kept: list[Side] = []
        for place in reversed(range(len(supports))):
            support = supports[place]
            _forget(before, steps[place])
            others = Known(known, before, after)
            vague_others = [formula for at, formula in vague if at != place]
            if not self._is_possible_beside(support.other, others, vague_others):
                self._tell(support.other, [*supports[:place], *kept], given, is_and=is_and)
                vague = [each for each in vague if each[0] != place]
                continue
            own = support if is_and else support.other
            beside = [*supports[:place], *kept] if is_and else ()
            rest = Side(self.examine(own, others if is_and else known, (*given, *beside)), support.holds)
            if rest.placed is not support.placed:
                vague = [each for each in vague if each[0] != place]
            self._learn(after, [support] if rest.placed is support.placed else [support, rest], known)
            kept.insert(0, rest)
        remaining = [each.placed for each in kept]
        if len(remaining) == len(supports) and all(map(is_, remaining, group.placed.members)):
            return group.placed
        return with_members(group.placed, remaining)

    def _is_possible_beside(self, side: Side, others: Known, vague: Sequence[Formula]) -> bool:
        """Whether the side can be where the others are, of which the vague ones may now say more."""
        more = self._reasoner.narrow(_formula(side), others)
        if more is None:
            return False
        known = Known(others, more)
        return all(self._reasoner.narrow(formula, known) is not None for formula in vague[:MAX_VAGUE])

    def refute(self, side: Side, given: Sequence[Side], whole: Side) -> None:
        """Tell what in a node is the reason that it can't be on this side where `given` holds."""
        found = len(self.flaws)
        if side.placed.members and not side.is_and:
            for member in side.members:
                self.refute(member, given, whole)
        elif side.placed.members:
            self._refute_and(side.members, given, whole)
        if len(self.flaws) == found:
            self.flaws.append(Impossible(side, self._reasons(side, given), whole))

    def _refute_and(self, members: Sequence[Side], given: Sequence[Side], whole: Side) -> None:
        alone = [member for member in members if not self.is_possible(member)]
        for member in alone:
            self.refute(member, (), whole)
        if alone:
            return
        known: Narrowed = {}
        for side in given:
            self._learn(known, [side], ALL_CONTACTS)
        kept = [*given]
        for member in sorted(members, key=lambda member: vagueness(_formula(member))):
            if self._reasoner.narrow(_formula(member), Known(None, known)) is None:
                self.refute(member, kept, whole)
            else:
                self._learn(known, [member], ALL_CONTACTS)
                kept.append(member)

    def _tell(self, side: Side, beside: Sequence[Side], given: Sequence[Side], *, is_and: bool) -> None:
        """The member adds nothing, as it can't be on this side: by itself, for what is given, or for what is beside."""
        if not self.is_possible(side):
            self.refute(side, (), side)
        elif not is_and and not self.is_possible(side, *given):
            self.refute(side, given, side)
        else:
            reasons = self._reasons(side, [*beside, *given])
            is_same = len(reasons) == 1 and not self.is_possible(side.other, reasons[0].other)
            self.flaws.append(Superfluous(side, reasons, is_same))

    def _reasons(self, side: Side, given: Sequence[Side]) -> tuple[Side, ...]:
        """The first of these that is enough for the node not to be on this side, or the fewest; none if not found."""
        for each in given:
            if self._searches > MAX_SEARCHES:
                return ()
            if not self.is_possible(side, each):
                return (each,)
        if len(given) > MAX_REASONS or self.is_possible(side, *given):
            return ()
        needed = [*given]
        for each in given:
            fewer = [one for one in needed if one is not each]
            if not self.is_possible(side, *fewer):
                needed = fewer
        return tuple(needed)

    def _learn(self, learnt: Narrowed, sides: Sequence[Side], known: Known) -> dict[Subject, int | None]:
        """Add what is known where any of the sides holds too; what it was before. What can't be teaches nothing.

        There is one side, and a second where less is left of it: what is told of other members has to be right
        whether or not the user follows what is told of this one.
        """
        more = self._reasoner.narrow(some(map(_formula, sides)), Known(known, learnt)) or {}
        was = {subject: learnt.get(subject) for subject in more}
        learnt.update(more)
        return was


def _forget(learnt: Narrowed, was: dict[Subject, int | None]) -> None:
    for subject, cells in was.items():
        if cells is None:
            del learnt[subject]
        else:
            learnt[subject] = cells


def _formula(side: Side) -> Formula:
    return side.placed.when(holds=side.holds)
