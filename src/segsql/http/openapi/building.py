"""Small parts that the contract is put together from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segsql.catalog import LARGEST, IdType

Part = dict[str, Any]
"""A part of an OpenAPI 3.1 document: JSON."""


def ref(schema: str) -> Part:
    """One of the contract's schemas, by name."""
    return {"$ref": f"#/components/schemas/{schema}"}


def record(properties: Mapping[str, Part], *, required: tuple[str, ...] | None = None, description: str = "") -> Part:
    """A JSON object with these keys and no others; all of them required unless told otherwise."""
    wanted = tuple(properties) if required is None else required
    schema: Part = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return schema | ({"required": list(wanted)} if wanted else {}) | _described(description)


def array(items: Part, description: str = "", **limits: int) -> Part:
    """A list."""
    return {"type": "array", "items": items, **limits} | _described(description)


def text(description: str = "", **more: Any) -> Part:
    """A text."""
    return {"type": "string", **more} | _described(description)


def integer(description: str = "", **more: Any) -> Part:
    """A whole number."""
    return {"type": "integer", **more} | _described(description)


def id_of(type_: IdType, description: str = "", *, least: int | None = None) -> Part:
    """A key of the database; `least` is the first of those that are numbers."""
    match type_:
        case IdType.BIGINT | IdType.INTEGER:
            return integer(description, **({} if least is None else {"minimum": least}), maximum=LARGEST[type_])
        case IdType.UUID:
            return text(description, format="uuid")
        case IdType.TEXT:
            return text(description, minLength=1)


def example_id(type_: IdType, number: int) -> int | str:
    """Some key of that type."""
    if type_ is IdType.UUID:
        return f"00000000-0000-4000-8000-{number:012d}"
    return number if type_.is_number else str(number)


def moment(description: str) -> Part:
    """An instant in UTC, to the second."""
    return text(description, format="date-time", examples=["2026-04-09T02:20:00Z"])


def or_null(schema: Part) -> Part:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def one_of(*values: str) -> Part:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


def const(value: str) -> Part:
    """This text."""
    return {"type": "string", "const": value}


def _described(description: str) -> Part:
    return {"description": description} if description else {}
