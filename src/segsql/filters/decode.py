"""JSON text -> JSON values, losing nothing that a later stage must judge.

Numbers stay exact (int or Decimal), a key that stands twice is remembered, NaN and Infinity come through as
floats: the limits refuse them by path, together with everything else that is too much (spec 3).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from segsql.errors import Code, Diagnostic, InvalidDefinition

Json = dict[str, "Json"] | list["Json"] | str | int | Decimal | float | bool | None
"""A decoded value. A float is only ever NaN or an infinity."""

MAX_TEXT_BYTES = 1024 * 1024
"""A text larger than this is refused unread: 256 KiB of compact JSON with room for any indentation."""

_MAX_INT_DIGITS = 64


class TwinKeys(dict[str, Json]):
    """A JSON object in which keys stood twice, and which."""

    __slots__ = ("duplicates",)

    def __init__(self, pairs: list[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        times = Counter(key for key, _ in pairs)
        self.duplicates = tuple(sorted(key for key, number in times.items() if number > 1))


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    decoded = dict(pairs)
    return decoded if len(decoded) == len(pairs) else TwinKeys(pairs)


def decode(definition: Mapping[str, object] | str | bytes) -> Json:
    """A definition as JSON text, or as the object that it decodes to, as JSON values.

    Raises InvalidDefinition where a text is not JSON at all (SEG100), too large (SEG304), or nested so deep
    that no JSON parser follows (SEG301).
    """
    if not isinstance(definition, str | bytes):
        try:
            return _exact(definition)
        except RecursionError:
            raise _refused(Code.TOO_DEEP, "The definition is nested too deeply") from None
    if len(definition) > MAX_TEXT_BYTES:
        raise _refused(Code.TOO_LARGE, "The definition is larger than 256 KiB")
    try:
        text = definition.decode("utf-8-sig") if isinstance(definition, bytes) else definition
        decoded = _decoded(text)
    except RecursionError:
        raise _refused(Code.TOO_DEEP, "The definition is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise _refused(Code.NOT_JSON, f"The text is not UTF-8: byte {error.start} is wrong") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        what = f"{error.msg} at {where}" if text.strip() else "it is empty"
        raise _refused(Code.NOT_JSON, f"The text is not JSON: {what}") from None
    return decoded


def whole(value: object) -> int | None:
    """The integer that a JSON number without a fraction is (`30.0` is one, `true` is not), else None."""
    match value:
        case bool():
            return None
        case int():
            return value
        case Decimal() if value.is_finite() and value == value.to_integral_value():
            return int(value)
        case _:
            return None


def holds_object(value: Json) -> bool:
    """Whether the value is an object, or a list with one in it: what no condition takes."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(holds_object, value)))


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else _decimal(digits)


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return Decimal("1E+1000000")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_decimal, object_pairs_hook=_object)


def _decoded(text: str) -> Json:
    """As `json.loads` does, with a decoder that is made once."""
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0)
    decoded: Json = _DECODER.decode(text)
    return decoded


def _exact(value: object) -> Json:
    """An object made in Python as `json` would have decoded it; what JSON does not have becomes its repr."""
    match value:
        case None | bool() | int() | str() | Decimal():
            return value
        case float():
            return Decimal(repr(value)) if value - value == 0 else value
        case Mapping():
            return {str(key): _exact(member) for key, member in value.items()}
        case list() | tuple():
            return [_exact(member) for member in value]
        case _:
            return repr(value)


def _refused(code: Code, message: str) -> InvalidDefinition:
    return InvalidDefinition((Diagnostic(code, "$", message),))
