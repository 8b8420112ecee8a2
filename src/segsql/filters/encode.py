"""JSON values -> JSON text: the way back of `decode`, with every number as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from segsql.filters.decode import Json

WIDTH = 100


def encode(value: Json) -> str:
    """The value as JSON on one line; a character that does not print is written by its number."""
    match value:
        case str():
            return _text(value)
        case Decimal():
            return str(value)
        case Mapping():
            return f"{{{', '.join(f'{_text(key)}: {encode(member)}' for key, member in value.items())}}}"
        case Sequence():
            return f"[{', '.join(map(encode, value))}]"
        case _:
            return json.dumps(value)


def _text(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in quoted)


def encode_indented(value: Json, margin: str = "") -> str:
    """The same over several lines, for people to read: what is short enough stays on one."""
    line = encode(value)
    if len(margin) + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = f"{margin}  "
    if isinstance(value, dict):
        parts = [f"{_text(key)}: {encode_indented(member, inner)}" for key, member in value.items()]
    else:
        parts = [encode_indented(member, inner) for member in value]
    body = f",\n{inner}".join(parts)
    return f"{line[0]}\n{inner}{body}\n{margin}{line[-1]}"
