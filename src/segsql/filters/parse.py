"""JSON -> Filter: the first stage. Shape and limits only; names and types wait for the catalog.

Every problem is noted, and what is broken is left out of the tree, so that the next stage can say what is
wrong with the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from segsql.catalog import Ids
from segsql.catalog.hints import did_you_mean
from segsql.errors import Code
from segsql.filters.conditions import read_flat_condition, read_typed_condition
from segsql.filters.decode import Json, decode
from segsql.filters.document import read_document
from segsql.filters.limits import check_limits, is_group
from segsql.filters.nodes import Dialect, Filter, Group, Node, Place, Quantifier
from segsql.filters.problems import Problem, Problems

NO_FILTERS = "At least one filter is required"

_ROOT_KEY = {Dialect.FLAT: "matchType", Dialect.TYPED: "condition"}
_OTHER_KEY = {Dialect.FLAT: "condition", Dialect.TYPED: "matchType"}
_QUANTIFIERS: Mapping[Dialect, Mapping[str, Quantifier]] = {
    Dialect.FLAT: {"all": Quantifier.ALL, "any": Quantifier.ANY, "none": Quantifier.NONE},
    Dialect.TYPED: {"AND": Quantifier.ALL, "OR": Quantifier.ANY, "NOT": Quantifier.NONE},
}
_GROUP_KEYS = frozenset({"filters", *_ROOT_KEY.values()})
_ROOT_CONDITION = "Filter condition must be AND or OR"
_GROUP_CONDITION = {
    Dialect.FLAT: ("Filter matchType must be all or any", "Filter matchType must be all, any or none"),
    Dialect.TYPED: (_ROOT_CONDITION, "Filter condition must be AND, OR or NOT"),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of a definition (None: nothing), and what is wrong with it."""

    filter: Filter | None
    problems: tuple[Problem, ...]


DEFAULT_IDS = Ids()
"""Those of the default schema."""


def parse(definition: Mapping[str, object] | str | bytes, ids: Ids = DEFAULT_IDS) -> Parsed:
    """Read a definition of either dialect, as JSON text or as the object that it decodes to.

    Ids in it are numbers or texts, as the database's are.

    Raises InvalidDefinition only for what is no JSON at all; everything else is in the result's problems.
    """
    return _parse(decode(definition), Place(), ids)


def parse_value(definition: Json, path: str, ids: Ids = DEFAULT_IDS) -> Parsed:
    """Read a definition that stands at `path` of a document that is decoded already."""
    return _parse(definition, Place(path), ids)


def parse_document(document: str | bytes, ids: Ids = DEFAULT_IDS) -> Parsed:
    """Read the definition in a user's document, which may be a whole segment object (spec 3).

    Raises as `parse` does.
    """
    found = read_document(document)
    return _parse(found.definition, Place(found.path), ids, found.twins)


def _parse(root: Json, place: Place, ids: Ids, twins: Iterable[str] = ()) -> Parsed:
    problems = Problems()
    for path in twins:
        problems.add_at(Code.DUPLICATE_KEY, place, path, "The key stands twice")
    size = check_limits(root, place, problems)
    if problems.found:
        return Parsed(None, tuple(problems.found))
    if not isinstance(root, dict):
        problems.add(Code.NOT_AN_OBJECT, place, "", "A definition is a JSON object")
        return Parsed(None, tuple(problems.found))
    dialect = _dialect(root, place, problems)
    return Parsed(Filter(dialect, _Reader(dialect, problems, ids).group(root, place), size), tuple(problems.found))


def _dialect(root: dict[str, Json], place: Place, problems: Problems) -> Dialect:
    """Told by the root key; where that is missing, by what the first condition looks like."""
    match "condition" in root, "matchType" in root:
        case True, True:
            problems.add(
                Code.MIXED_DIALECTS,
                place,
                "matchType",
                "A definition has either condition or matchType, not both",
            )
            return Dialect.TYPED
        case True, False:
            return Dialect.TYPED
        case False, True:
            return Dialect.FLAT
        case _:
            members = root.get("filters")
            first = members[0] if isinstance(members, list) and members else None
            return Dialect.FLAT if isinstance(first, dict) and "field" in first else Dialect.TYPED


class _Reader:
    """Reads groups of one dialect."""

    def __init__(self, dialect: Dialect, problems: Problems, ids: Ids) -> None:
        self._dialect = dialect
        self._problems = problems
        self._ids = ids
        self._read_condition = read_flat_condition if dialect is Dialect.FLAT else read_typed_condition

    def group(self, group: dict[str, Json], place: Place) -> Group:
        quantifier = self._quantifier(group, place)
        members = group.get("filters")
        if not isinstance(members, list) or not members:
            self._problems.add(Code.NO_FILTERS, place, "filters", NO_FILTERS)
            members = []
        for key in group:
            if key not in _GROUP_KEYS:
                hint = did_you_mean(key, (_ROOT_KEY[self._dialect], "filters"))
                self._problems.add(Code.UNKNOWN_KEY, place, key, f"Unknown key {key!r}", hint=hint)
        nodes = [self._node(member, place.member(index)) for index, member in enumerate(members)]
        return Group(place, quantifier, tuple([node for node in nodes if node is not None]))

    def _node(self, member: Json, place: Place) -> Node | None:
        if not isinstance(member, dict):
            self._problems.add(Code.NOT_AN_OBJECT, place, "", "A filter must be a JSON object")
            return None
        if is_group(member):
            return self.group(member, place)
        return self._read_condition(member, place, self._problems, self._ids)

    def _quantifier(self, group: dict[str, Json], place: Place) -> Quantifier:
        key, foreign = _ROOT_KEY[self._dialect], _OTHER_KEY[self._dialect]
        is_root = not place.positions
        if foreign in group and not is_root:
            self._problems.add(
                Code.MIXED_DIALECTS,
                place,
                foreign,
                f"The definition's root has {key}, so its groups have {key} too, not {foreign}",
            )
            return Quantifier.ALL
        written = group.get(key)
        quantifier = _QUANTIFIERS[self._dialect].get(written) if isinstance(written, str) else None
        if is_root and (key not in group or quantifier is Quantifier.NONE):
            self._problems.add(Code.GROUP_CONDITION, place, key, _ROOT_CONDITION, hint=_NEGATED_ROOT_HINT)
        elif quantifier is None:
            message = _GROUP_CONDITION[self._dialect][not is_root]
            self._problems.add(Code.GROUP_CONDITION, place, key, message)
        return quantifier or Quantifier.ALL


_NEGATED_ROOT_HINT = "Give the root condition AND or OR (or matchType all or any); a group below it may negate"
