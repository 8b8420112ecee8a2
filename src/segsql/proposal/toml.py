"""A proposal as text: TOML with the reasons beside the keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from segsql.errors import printable

WIDTH = 110

Value = str | int | bool | Sequence[str] | Mapping[str, str | bool | Sequence[str]]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A key with its value, and why it was guessed, where that is not plain from the name."""

    key: str
    value: Value
    why: str = ""


@dataclass(slots=True)
class Part:
    """A table of the file. `notes` are told under its heading; without lines there are only the notes."""

    heading: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, key: str, value: Value | None, why: str = "") -> None:
        """A line, where there is something to say."""
        if value is not None:
            self.lines.append(Line(key, value, why))

    def text(self) -> str:
        """The part as it stands in the file."""
        notes = [
            line
            for note in self.notes
            for line in wrap(printable(note), WIDTH, initial_indent="# ", subsequent_indent="#   ")
        ]
        if not self.lines:
            return "\n".join(notes)
        heading = [self.heading] if self.heading else []
        return "\n".join((*heading, *notes, *map(_written, self.lines)))


def _written(line: Line) -> str:
    why = f"  # {printable(line.why)}" if line.why else ""
    return f"{_key(line.key)} = {value_text(line.value)}{why}"


def value_text(value: object) -> str:
    """A value in one line."""
    match value:
        case Mapping():
            return f"{{ {', '.join(f'{_key(key)} = {value_text(each)}' for key, each in value.items())} }}"
        case bool() | int() | str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Sequence():
            return f"[{', '.join(value_text(each) for each in value)}]"
        case _:
            raise TypeError(type(value))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else value_text(key)


def joined(parts: Sequence[Part]) -> Iterator[str]:
    """The parts that have something to say, one after the other."""
    return (text for part in parts if (text := part.text()))
