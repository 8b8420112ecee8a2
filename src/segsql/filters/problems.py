"""Collecting what is wrong, so that one look at a definition tells all of it (spec 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from segsql.errors import Code, Diagnostic, printable
from segsql.filters.nodes import Place


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnostic, and the node that it is about."""

    place: Place
    diagnostic: Diagnostic

    @classmethod
    def about(cls, code: Code, place: Place, message: str, hint: str = "") -> Problem:
        """A problem with a whole node."""
        return cls(place, Diagnostic(code, place.path, place.prefix + message, hint))


@dataclass(slots=True)
class Problems:
    """The problems of one definition, in the order in which a stage meets them."""

    found: list[Problem] = field(default_factory=list)

    def add(self, code: Code, place: Place, key: str, message: str, *, hint: str = "") -> None:
        """Note a problem with `key` of the node at `place` (the node itself where `key` is empty)."""
        path = place.key(key) if key else place.path
        self.add_at(code, place, path, message, hint=hint)

    def add_at(self, code: Code, place: Place, path: str, message: str, *, hint: str = "") -> None:
        """Note a problem at a path of its own, such as one member of a list."""
        diagnostic = Diagnostic(code, printable(path), printable(place.prefix + message), printable(hint))
        self.found.append(Problem(place, diagnostic))


def in_document_order(problems: Iterable[Problem]) -> tuple[Diagnostic, ...]:
    """The diagnostics of several stages as one list, in document order.

    A field that does not exist is all there is to say about its condition (spec 5).
    """
    ordered = sorted(problems, key=_position)
    hopeless = {problem.place.positions for problem in ordered if problem.diagnostic.code is Code.UNKNOWN_FIELD}
    return tuple(
        problem.diagnostic
        for problem in ordered
        if problem.diagnostic.code is Code.UNKNOWN_FIELD or problem.place.positions not in hopeless
    )


def _position(problem: Problem) -> tuple[tuple[int, ...], bool]:
    """Where a problem comes: by its node, and there after what is wrong with the keys that belong to it."""
    return problem.place.positions, problem.diagnostic.code is Code.UNKNOWN_KEY
