"""Constant conditions are folded before anything else is planned (spec 6): what is left has no constant in it."""

from __future__ import annotations

from segsql.plan.predicate import And, Constant, HasValue, Not, Or, Predicate, always_exists


def fold(predicate: Predicate) -> Predicate:
    """The same predicate without constants; a `Constant` where all of it was one."""
    match predicate:
        case HasValue(operand) if always_exists(operand):
            return Constant(value=True)
        case Not(member):
            inner = fold(member)
            if isinstance(inner, Constant):
                return Constant(not inner.value)
            return predicate if inner is member else Not(inner)
        case And(members):
            return _join(members, is_and=True)
        case Or(members):
            return _join(members, is_and=False)
        case _:
            return predicate


def _join(members: tuple[Predicate, ...], *, is_and: bool) -> Predicate:
    """AND ends at the first false member, OR at the first true one; the other constant is left out."""
    left: list[Predicate] = []
    for member in map(fold, members):
        if not isinstance(member, Constant):
            left.append(member)
        elif member.value is not is_and:
            return member
    match left:
        case []:
            return Constant(is_and)
        case [single]:
            return single
        case _:
            return And(tuple(left)) if is_and else Or(tuple(left))
