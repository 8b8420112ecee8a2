"""Definitions from files: every `*.json` of a folder is a segment, its name without the ending the id."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from segsql.catalog import IdType, can_be_id
from segsql.errors import ConfigurationError, InvalidDefinition
from segsql.filters import MAX_TEXT_BYTES, Json, decode, read_document

UNCASTABLE = re.compile(r"\\u0000|\\u[dD][89a-fA-F]|[eE][+-]?[0-9]{4}|[0-9]{255}")
"""What JSON may hold and jsonb may not, and some that only looks so."""


@dataclass(frozen=True, slots=True)
class FileSegment:
    """A file's segment. `definition` is what is compiled: what the file's JSON decodes to, or the bytes of no JSON.

    `document` is the same for PostgreSQL: JSON text that jsonb takes, at `path` of which the definition lies; null
    where there is none. `refers_to` are the segments that the definition names.
    """

    id: str
    name: str
    description: str | None
    definition: object
    document: str = "null"
    path: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """The segments of a folder at a moment, by id. `fingerprints` are other ones after each edit.

    Of a segment, or of one that it refers to, directly or by way of others.
    """

    segments: Mapping[str, FileSegment]
    fingerprints: Mapping[str, str]


def read_folder(path: Path) -> Folder:
    """Read the folder anew, so that whoever runs for long sees edits. Raises ConfigurationError.

    Hidden files, such as those that editors keep beside one that is open, are none of its segments.
    """
    try:
        files = sorted(each for each in path.iterdir() if each.suffix == ".json" and not each.name.startswith("."))
        contents = tuple((each.stem, content) for each in files if (content := _content(each)) is not None)
    except OSError as error:
        what = f"The segments' folder {path}" if error.filename == str(path) else f"The file {error.filename}"
        raise ConfigurationError(
            f"{what} can't be read: {error.strerror}",
            hint="[segments] files names it, from where the mapping file lies.",
        ) from error
    for id_, _ in contents:
        if not can_be_id(id_, IdType.TEXT):
            raise ConfigurationError(f"The file name {id_!r} in {path} can't be a segment's id", hint="Rename it.")
    return _folder(contents)


def _content(path: Path) -> bytes | None:
    """None of what is no file, or is gone by now: editors and git make and remove files at any time."""
    try:
        return path.read_bytes()[: MAX_TEXT_BYTES + 1] if path.is_file() else None
    except FileNotFoundError:
        return None


@lru_cache(maxsize=4)
def _folder(contents: tuple[tuple[str, bytes], ...]) -> Folder:
    segments = {id_: _segment(id_, content) for id_, content in contents}
    own = {id_: hashlib.sha256(content).hexdigest() for id_, content in contents}
    return Folder(segments, {id_: _fingerprint(_reached(id_, segments), own) for id_ in segments})


def _segment(id_: str, content: bytes) -> FileSegment:
    try:
        found, whole = read_document(content), decode(content)
    except InvalidDefinition:
        return FileSegment(id_, id_, None, content)
    path = tuple(found.path.removeprefix("$").split(".")[1:])
    about = whole["data"] if path[:1] == ("data",) and isinstance(whole, dict) else whole
    text = content.decode("utf-8-sig")
    return FileSegment(
        id_,
        _text(about, "name") or id_,
        _text(about, "description"),
        found.definition,
        "null" if UNCASTABLE.search(text) else text,
        path,
        tuple(_named(found.definition)),
    )


def _text(document: Json, key: str) -> str | None:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) and can_be_id(value, IdType.TEXT) else None


def _named(definition: Json) -> Iterator[str]:
    """The segments that conditions of the definition name, whether or not the rest of it is right."""
    waiting = [definition]
    while waiting:
        match waiting.pop():
            case {"type": "segment", "value": [*values]}:
                yield from (each for each in values if isinstance(each, str))
            case dict() as members:
                waiting += members.values()
            case list() as elements:
                waiting += elements


def _reached(start: str, segments: Mapping[str, FileSegment]) -> list[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for other in segments[waiting.pop()].refers_to:
            if other in segments and other not in reached:
                reached.add(other)
                waiting.append(other)
    return sorted(reached)


def _fingerprint(ids: Iterable[str], own: Mapping[str, str]) -> str:
    return hashlib.sha256(" ".join(own[each] for each in ids).encode()).hexdigest()
