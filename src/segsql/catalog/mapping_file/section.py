"""A table of the file, key by key: what is wrong is noted with its path, and reading goes on."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from segsql.catalog.hints import did_you_mean
from segsql.errors import Code, Diagnostic

MAX_IDENTIFIER_BYTES = 63
"""PostgreSQL cuts off what is longer, so that a name could mean another."""

Choice = TypeVar("Choice", bound=StrEnum)


class Section:
    """One table of the file, which may have the given keys and no others.

    Every way to read a key gives a value that can be gone on with, whatever is there: what was noted in `problems`
    makes the whole file invalid in the end.
    """

    def __init__(
        self, values: Mapping[str, object], path: str, problems: list[Diagnostic], keys: Sequence[str] | None = None
    ) -> None:
        self.values = values
        self.path = path
        self.problems = problems
        for key in values:
            if keys is not None and key not in keys:
                hint = did_you_mean(key, keys) or f"It takes {', '.join(keys)}"
                self.refuse(Code.MAPPING_KEY, key, f"{self.path or 'The file'} has no key {key}", hint)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def at(self, key: str) -> str:
        """The path of one of its keys."""
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, code: Code, key: str, message: str, hint: str = "") -> None:
        """Note a problem with a key."""
        self.problems.append(Diagnostic(code, self.at(key), message, hint))

    def contradicts(self, key: str, message: str, hint: str = "") -> None:
        """Note that a key excludes another."""
        self.refuse(Code.MAPPING_CONFLICT, key, message, hint)

    def expects(self, key: str, what: str, hint: str = "") -> None:
        """Note that a key's value is not what it takes."""
        self.refuse(Code.MAPPING_VALUE, key, f"{self.at(key)} takes {what}", hint)

    def lacks(self, key: str, what: str) -> None:
        """Note that a key is missing which is needed."""
        self.refuse(Code.MAPPING_MISSING, key, f"{self.at(key)} is missing", f"Write {what}")

    def section(self, key: str, keys: Sequence[str] | None = None) -> Section | None:
        """The table under a key, None where there is none; `keys` None where any may be in it."""
        if key not in self.values:
            return None
        value = self.values[key]
        if not isinstance(value, dict):
            self.expects(key, "a table", f"Write [{self.at(key)}] with its keys in the lines below, or {key} = {{ … }}")
            return None
        return Section(value, self.at(key), self.problems, keys)

    def text(self, key: str) -> str | None:
        """A text that is not empty, None where there is none."""
        if key not in self.values:
            return None
        value = self.values[key]
        if isinstance(value, str) and value and not has_controls(value):
            return value
        self.expects(key, "a text on one line that is not empty", f'Write {key} = "…"')
        return None

    def name(self, key: str) -> str | None:
        """The name of a column, as it is: case counts, and nothing is to be quoted."""
        name = self.text(key)
        if name is None or is_name(name):
            return name
        self.expects(
            key,
            f"the name of a column: {MAX_IDENTIFIER_BYTES} bytes at most, without quotes around it",
            f'Write {key} = "{name.strip(chr(34))[:MAX_IDENTIFIER_BYTES]}"',
        )
        return None

    def required_name(self, key: str) -> str:
        """The name of a column that must be given."""
        if key not in self.values:
            self.lacks(key, f'the name of the column: {key} = "{key}"')
        return self.name(key) or key

    def choice(self, key: str, kind: type[Choice], default: Choice, among: Sequence[Choice] = ()) -> Choice:
        """One of the words of `kind`, or of those `among` it."""
        if key not in self.values:
            return default
        value = self.values[key]
        words = among or tuple(kind)
        if value in words:
            return kind(str(value))
        hint = did_you_mean(value, words) or f'Write {key} = "{default.value}" or another of them'
        self.expects(key, one_of(words), hint)
        return default

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        if isinstance(value, bool):
            return value
        self.expects(key, "true or false", f"Write {key} = {str(not default).lower()}, or leave it out")
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; an empty one where there is none."""
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) and not has_controls(each) for each in value):
            return tuple(value)
        self.expects(key, "a list of texts, each on one line", f'Write {key} = ["…", "…"]')
        return ()


def is_name(name: str) -> bool:
    """Whether a text can be the name of a table or column."""
    is_short = 0 < len(name.encode()) <= MAX_IDENTIFIER_BYTES
    return is_short and not has_controls(name) and not (name[0] == name[-1] == '"')


def has_controls(text: str) -> bool:
    """Whether a text has a line break, NUL or another control character: it is to stand in SQL that is laid out."""
    return any(unicodedata.category(character) == "Cc" for character in text)


def one_of(words: Sequence[str]) -> str:
    """`one of a, b, c`."""
    return f"one of {', '.join(words)}" if len(words) > 1 else words[0]
