"""The definition inside a whole segment object of either document (spec 3)."""

from __future__ import annotations

from dataclasses import dataclass

from segsql.filters.decode import Json, TwinKeys, decode
from segsql.filters.nodes import Place

FLAT_SEGMENT_KEYS = frozenset({"id", "name", "description", "cachedCount", "lastCountedAt", "createdAt"})
TYPED_SEGMENT_KEYS = frozenset({"id", "name", "contact_count", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class Document:
    """The definition in a document, its path there, and the paths of keys that stand twice around it."""

    definition: Json
    path: str
    twins: tuple[str, ...] = ()


def read_document(document: str | bytes) -> Document:
    """Find the definition that a user's document holds.

    A document is a definition, a segment object of either public document, or a response that wraps one in
    `data`. Keys that a segment object has beside its definition are passed over; any other key is left where
    it is, for the parser to refuse. Raises InvalidDefinition for what is no JSON.
    """
    value, path = decode(document), "$"
    twins: tuple[str, ...] = ()
    if isinstance(value, dict) and value.keys() == {"data"} and isinstance(value["data"], dict):
        twins = _twins(value, path)
        value, path = value["data"], "$.data"
    if not isinstance(value, dict):
        return Document(value, path)
    if isinstance(value.get("filters"), dict) and value.keys() <= TYPED_SEGMENT_KEYS | {"filters"}:
        return Document(value["filters"], f"{path}.filters", (*twins, *_twins(value, path)))
    if "matchType" in value:
        own = {key: member for key, member in value.items() if key not in FLAT_SEGMENT_KEYS}
        return Document(own, path, (*twins, *_twins(value, path)))
    return Document(value, path, twins)


def read_title(document: str | bytes) -> tuple[str, str]:
    """The name and the description that a user's document gives its segment; empty where it has none.

    Raises as `read_document` does.
    """
    value = decode(document)
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        value = value["data"]
    own = value if isinstance(value, dict) else {}
    name, description = own.get("name"), own.get("description")
    return name if isinstance(name, str) else "", description if isinstance(description, str) else ""


def _twins(value: dict[str, Json], path: str) -> tuple[str, ...]:
    duplicates = value.duplicates if isinstance(value, TwinKeys) else ()
    return tuple(Place(path).key(key) for key in duplicates)
