"""The limits of spec 3, checked on the decoded JSON before anything else looks at it.

Whatever passes here is shallow and small, so that later stages may recurse and need no guards.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from json import encoder

from segsql.catalog import BUILTINS, Operator
from segsql.errors import Code
from segsql.filters.decode import Json, TwinKeys
from segsql.filters.nodes import Place
from segsql.filters.problems import Problems

MAX_LEVELS = 32
MAX_CONDITIONS = 500
MAX_LIST = 1_000
MAX_BYTES = 256 * 1024
MAX_TEXT = 1_024
MAX_DIGITS = 30

MAX_DEPTH = 2 * MAX_LEVELS + 4
"""Nesting of JSON that 32 levels of groups need, a condition and its value included."""

_quoted = encoder.encode_basestring
"""A text as JSON writes it, characters beyond ASCII as they are."""

_KEYS = ("condition", "matchType", "filters", "type", "field", "field_id", "operator", "value")
_SIZES = {word: len(word) + 2 for word in (*_KEYS, *Operator, *BUILTINS, "tags")}
"""Of the words that definitions are mostly made of, in bytes: no limit is about them."""
_FIRST_LONG_INTEGER = 10**MAX_DIGITS
_CONTAINERS = (dict, list)


def is_group(item: dict[str, Json]) -> bool:
    """Whether an object in `filters` is meant as a group rather than as a condition."""
    if "type" in item or "field" in item:
        return False
    return "filters" in item or "condition" in item or "matchType" in item


def check_limits(definition: Json, place: Place, problems: Problems) -> int:
    """Note every breach of a limit; give the definition's size in bytes of compact JSON.

    Where something is nested too deeply, or there are too many conditions, that is all there is to say.
    """
    values = _Values(place)
    size = values.size(definition)
    if values.too_deep:
        problems.add(Code.TOO_DEEP, place, "", f"Groups may be nested {MAX_LEVELS} levels deep at most")
        return 0
    if isinstance(definition, dict) and not _check_groups(definition, place, problems):
        return 0
    problems.found += values.problems.found
    if size > MAX_BYTES:
        problems.add(Code.TOO_LARGE, place, "", f"The definition has {size} bytes of JSON; {MAX_BYTES} are allowed")
    return size


def digits(number: int | Decimal) -> tuple[int, int]:
    """How many digits a number has before and after the point when written out."""
    exact = Decimal(number)
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int), "only finite numbers have digits"
    return max(exact.adjusted() + 1, 0) if exact else 1, max(-exponent, 0)


def depth_of(value: Json, at_most: int = MAX_DEPTH) -> int:
    """The nesting of a value, counted without recursion and no further than it matters."""
    depth, level = 0, [value]
    while level and depth <= at_most:
        containers = [item for item in level if isinstance(item, dict | list)]
        depth += bool(containers)
        level = [member for item in containers for member in (item.values() if isinstance(item, dict) else item)]
    return depth


def _check_groups(root: dict[str, Json], place: Place, problems: Problems) -> bool:
    """Count levels and conditions; whether both are within their limits."""
    levels = conditions = 0
    level = [(root, place)]
    while level and levels < MAX_LEVELS:
        levels += 1
        below = []
        for group, at in level:
            members = group.get("filters")
            for index, member in enumerate(members if isinstance(members, list) else ()):
                if isinstance(member, dict) and is_group(member):
                    below.append((member, at.member(index)))
                else:
                    conditions += 1
        level = below
    for _, at in level:
        problems.add(Code.TOO_DEEP, at, "", f"Groups may be nested {MAX_LEVELS} levels deep at most")
    if conditions > MAX_CONDITIONS:
        problems.add(
            Code.TOO_MANY_CONDITIONS,
            place,
            "",
            f"The definition has {conditions} conditions; {MAX_CONDITIONS} are allowed",
        )
    return not level and conditions <= MAX_CONDITIONS


class _Values:
    """A walk over every value: notes what is too long, adds up the bytes of compact JSON.

    It does not go down where something is nested too deeply, and remembers that. The keys and indexes that lead to
    the value at hand are made into a path only where there is something to say about it.
    """

    def __init__(self, root: Place) -> None:
        self._root = root
        self._steps: list[str | int] = []
        self.problems = Problems()
        self.too_deep = False

    def size(self, value: Json) -> int:
        if isinstance(value, str):
            return _SIZES.get(value) or self._text(value)
        return self._container(value) if isinstance(value, _CONTAINERS) else self._scalar(value)

    def _container(self, value: dict[str, Json] | list[Json]) -> int:
        steps = self._steps
        if len(steps) >= MAX_DEPTH:
            self.too_deep = True
            return 0
        if isinstance(value, TwinKeys):
            self._note_twins(value)
        if len(value) > MAX_LIST and not _is_group_list(value, steps):
            return self._too_many(value)
        size = 1 + (len(value) or 1)
        steps.append("")
        for step, member in value.items() if isinstance(value, dict) else enumerate(value):
            steps[-1] = step
            if isinstance(step, str):
                size += 1 + (_SIZES.get(step) or self._text(step))
            if isinstance(member, str):
                size += _SIZES.get(member) or self._text(member)
            else:
                size += self._container(member) if isinstance(member, _CONTAINERS) else self._scalar(member)
        steps.pop()
        return size

    def _scalar(self, value: float | Decimal | None) -> int:
        match value:
            case bool() | None:
                return 5 if value is False else 4
            case int() if -_FIRST_LONG_INTEGER < value < _FIRST_LONG_INTEGER:
                return len(str(value))
            case float():
                return self._not_finite(value)
            case Decimal() if not value.is_finite():
                return self._not_finite(value)
            case int() | Decimal():
                longest = max(digits(value))
                if longest > MAX_DIGITS:
                    what = f"A number has {longest} digits on one side of the point"
                    return self._breach(Code.NUMBER_TOO_LONG, what, MAX_DIGITS)
                return len(str(value))

    def _not_finite(self, value: float | Decimal) -> int:
        name = "NaN" if Decimal(value).is_nan() else "Infinity" if value > 0 else "-Infinity"
        self._note(Code.NOT_FINITE, f"{name} is not a number that JSON has")
        return 0

    def _too_many(self, container: dict[str, Json] | list[Json]) -> int:
        self.too_deep |= len(self._steps) + depth_of(container) > MAX_DEPTH
        size = len(container)
        what = f"An object has {size} keys" if isinstance(container, dict) else f"A list has {size} values"
        return self._breach(Code.LIST_TOO_LONG, what, MAX_LIST)

    def _note_twins(self, value: TwinKeys) -> None:
        for key in value.duplicates:
            self._steps.append(key)
            self._note(Code.DUPLICATE_KEY, "The key stands twice")
            self._steps.pop()

    def _text(self, text: str) -> int:
        if len(text) <= MAX_TEXT and text.isascii() and text.isidentifier():
            return len(text) + 2
        if len(text) > MAX_TEXT:
            return self._breach(Code.TEXT_TOO_LONG, f"A text has {len(text)} characters", MAX_TEXT)
        if "\0" in text:
            self._note(Code.NUL, "A text holds the character NUL")
        try:
            return len(_quoted(text).encode())
        except UnicodeEncodeError:
            self._note(Code.SURROGATE, "A text holds half of a surrogate pair")
            return 0

    def _breach(self, code: Code, what: str, allowed: int) -> int:
        self._note(code, f"{what}; {allowed} are allowed")
        return 0

    def _note(self, code: Code, message: str) -> None:
        """Note a problem of the value at hand, as one of the condition or group that its path leads through."""
        place, rest = self._root, list(self._steps)
        while len(rest) >= 2 and rest[0] == "filters" and isinstance(rest[1], int):
            place, rest = place.member(rest[1]), rest[2:]
        path = place.path
        for step in rest:
            path = f"{path}[{step}]" if isinstance(step, int) else Place(path).key(step)
        self.problems.add_at(code, place, path, message)


def _is_group_list(value: Json, steps: Sequence[str | int]) -> bool:
    """Whether the steps lead to the `filters` of a group, whose length the limit on conditions bounds."""
    return (
        isinstance(value, list)
        and len(steps) % 2 == 1
        and all(step == "filters" if number % 2 == 0 else isinstance(step, int) for number, step in enumerate(steps))
    )
