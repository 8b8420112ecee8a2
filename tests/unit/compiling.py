"""Shortcuts: compile against the golden catalog, or say what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.catalog import Catalog
from segsql.compiler import compile_segment
from segsql.errors import Code, Diagnostic, InvalidDefinition
from segsql.render import Statement

Json = dict[str, Any]


def compiled(definition: Mapping[str, object] | str | bytes, catalog: Catalog = CATALOG) -> Statement:
    return compile_segment(definition, catalog, workspace_id=WORKSPACE_ID, now=NOW)


def wrong(definition: Mapping[str, object] | str | bytes, catalog: Catalog = CATALOG) -> tuple[Diagnostic, ...]:
    """The definition's diagnostics; nothing where it compiles."""
    try:
        compiled(definition, catalog)
    except InvalidDefinition as error:
        return error.diagnostics
    return ()


def messages(definition: Mapping[str, object] | str | bytes, catalog: Catalog = CATALOG) -> list[str]:
    return [found.message for found in wrong(definition, catalog)]


def codes(definition: Mapping[str, object] | str | bytes, catalog: Catalog = CATALOG) -> list[Code]:
    """Of the object and of its JSON text, which must be the same."""
    found = [each.code for each in wrong(definition, catalog)]
    if isinstance(definition, Mapping):
        assert [each.code for each in wrong(json.dumps(definition), catalog)] == found
    return found


def typed(*filters: object, condition: str = "AND") -> Json:
    return {"condition": condition, "filters": list(filters)}


def flat(*filters: object, match: str = "all") -> Json:
    return {"matchType": match, "filters": list(filters)}


def field(field_id: int, operator: str, value: object = None) -> Json:
    return {"type": "field", "field_id": field_id, "operator": operator, "value": value}


def named(name: str, operator: str, value: object = None) -> Json:
    return {"field": name, "operator": operator, "value": value}
