"""What another program's filter says in segsql's words, and the flat definition that is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from segsql.catalog import Ids, Operator
from segsql.errors import Code, Diagnostic, InvalidDefinition, printable
from segsql.filters.decode import Json
from segsql.filters.limits import MAX_LEVELS, depth_of
from segsql.filters.nodes import Place, Quantifier
from segsql.filters.parse import Parsed, parse_value

MAX_REFUSALS = 100

MAX_NESTING = 3 * MAX_LEVELS + 8
"""Nesting of JSON that 32 levels of groups need in any of the forms."""


@dataclass(frozen=True, slots=True)
class DraftCondition:
    """A condition of the flat dialect; `path` and `value_path` say where it came from."""

    path: str
    field: str
    operator: Operator
    value: Json = None
    value_path: str = ""


@dataclass(frozen=True, slots=True)
class DraftGroup:
    """Conditions and groups under one quantifier."""

    path: str
    quantifier: Quantifier
    members: tuple[Draft, ...]


Draft = DraftGroup | DraftCondition


@dataclass(frozen=True, slots=True)
class Read:
    """A definition read from another form; `parsed` tells of it by its own paths, `origins` has those of the source."""

    definition: dict[str, Json]
    parsed: Parsed
    origins: Mapping[str, str]

    def pointed(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Diagnostics of this or a later stage, each with its path in the source."""
        return tuple(replace(found, path=self._origin(found.path)) for found in diagnostics)

    def _origin(self, path: str) -> str:
        while path not in self.origins:
            path = path[:-1]
        return self.origins[path]


@dataclass(slots=True)
class Refusals:
    """What is wrong with a source, collected so that one look tells all of it; after a hundred that is all of it."""

    found: list[Diagnostic] = field(default_factory=list)

    def shape(self, path: str, message: str, hint: str = "") -> None:
        """The source does not have its own form's shape."""
        self._refuse(Code.FOREIGN_SHAPE, path, message, hint)

    def inexpressible(self, path: str, message: str, hint: str = "") -> None:
        """A definition has no words for it."""
        self._refuse(Code.NOT_EXPRESSIBLE, path, message, hint)

    def _refuse(self, code: Code, path: str, message: str, hint: str) -> None:
        self.found.append(Diagnostic(code, printable(path), printable(message), printable(hint)))
        if len(self.found) >= MAX_REFUSALS:
            raise InvalidDefinition(tuple(self.found))


def check_nesting(source: Json) -> None:
    """Raise InvalidDefinition where the source is nested deeper than any definition; then readers may recurse."""
    if depth_of(source, MAX_NESTING) > MAX_NESTING:
        message = f"Groups may be nested {MAX_LEVELS} levels deep at most"
        raise InvalidDefinition((Diagnostic(Code.TOO_DEEP, "$", message),))


def finish(root: Draft | None, refusals: Refusals, ids: Ids) -> Read:
    """The definition, in which ids are of these types, where nothing was refused.

    Raises InvalidDefinition with all refusals.
    """
    if refusals.found or root is None:
        raise InvalidDefinition(tuple(refusals.found))
    if not isinstance(root, DraftGroup) or root.quantifier is Quantifier.NONE:
        root = DraftGroup(root.path, Quantifier.ALL, (root,))
    origins: dict[str, str] = {}
    definition = _define(root, Place(), origins)
    return Read(definition, parse_value(definition, "$", ids), origins)


def denied(draft: Draft) -> DraftGroup:
    """The draft's complement."""
    match draft:
        case DraftGroup(path, Quantifier.ANY, members) | DraftGroup(path, Quantifier.ALL, (_,) as members):
            return DraftGroup(path, Quantifier.NONE, members)
        case _:
            return DraftGroup(draft.path, Quantifier.NONE, (draft,))


def _define(draft: Draft, place: Place, origins: dict[str, str]) -> dict[str, Json]:
    origins[place.path] = draft.path
    match draft:
        case DraftGroup(_, quantifier, members):
            filters: list[Json] = [
                _define(member, place.member(index), origins) for index, member in enumerate(members)
            ]
            return {"matchType": quantifier.value, "filters": filters}
        case DraftCondition(_, name, operator, value, value_path):
            origins[place.key("value")] = value_path or draft.path
            written = "neq" if operator is Operator.NE else operator.value
            presence = operator in (Operator.EXISTS, Operator.NOT_EXISTS)
            return {"field": name, "operator": written, **({} if presence else {"value": value})}
