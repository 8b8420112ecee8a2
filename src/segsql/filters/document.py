"""The definition inside a whole segment object of either document (spec 3)."""

from __future__ import annotations

from segsql.filters.decode import DecodedObject, Json, decode

FLAT_SEGMENT_KEYS = frozenset({"id", "name", "description", "cachedCount", "lastCountedAt", "createdAt"})
TYPED_SEGMENT_KEYS = frozenset({"id", "name", "contact_count", "created_at", "updated_at"})


def definition_in(document: str | bytes) -> tuple[Json, str]:
    """The definition that a user's document holds, and its path there.

    A document is a definition, a segment object of either public document, or a response that wraps one in
    `data`. Keys that a segment object has beside its definition are passed over; any other key is left where
    it is, for the parser to refuse. Raises InvalidDefinition for what is no JSON.
    """
    value, path = decode(document), "$"
    if isinstance(value, dict) and value.keys() == {"data"} and isinstance(value["data"], dict):
        value, path = value["data"], "$.data"
    if not isinstance(value, dict):
        return value, path
    if isinstance(value.get("filters"), dict) and value.keys() <= TYPED_SEGMENT_KEYS | {"filters"}:
        return value["filters"], f"{path}.filters"
    if "matchType" in value:
        own = DecodedObject([(key, member) for key, member in value.items() if key not in FLAT_SEGMENT_KEYS])
        own.duplicates = value.duplicates if isinstance(value, DecodedObject) else ()
        return own, path
    return value, path
