"""The whole contract: OpenAPI 3.1."""

from __future__ import annotations

from functools import cache

import orjson

import segsql
from segsql.catalog import Mapping
from segsql.http.openapi.building import Part
from segsql.http.openapi.operations import paths
from segsql.http.openapi.schemas import schemas

_DESCRIPTION = (
    "Segments are saved filters whose members are counted again and again. `/api/v1` reads them in camelCase; `/v1` "
    "creates, changes and counts them in snake_case."
)


@cache
def contract(mapping: Mapping) -> Part:
    """The document, with the types of the ids that the database has."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Segments", "version": segsql.__version__, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths(mapping),
        "components": {
            "schemas": schemas(mapping),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key from `segsql keys create`."}
            },
        },
    }


@cache
def openapi_json(mapping: Mapping) -> bytes:
    """The document as it is served."""
    return orjson.dumps(contract(mapping), option=orjson.OPT_INDENT_2)
