"""The definition that a command was given: in a FILE, or as text in `--where`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import click

from segsql.cli.mapped import mapped_of
from segsql.errors import Diagnostic, InvalidDefinition, UsageError
from segsql.filters import MAX_TEXT_BYTES, Parsed, parse_document

if TYPE_CHECKING:
    from segsql.filters.text import ParsedText


@dataclass(frozen=True, slots=True)
class Document:
    """A definition as far as it could be read, and the text that it was written as, where it was no JSON."""

    parsed: Parsed
    text: ParsedText | None = None

    def pointed(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """What is wrong with the definition, each with its place in what the user wrote."""
        return tuple(diagnostics) if self.text is None else self.text.pointed(diagnostics)

    @contextmanager
    def pointing(self) -> Iterator[None]:
        """Let what is wrong with the definition be told with its place in what the user wrote."""
        try:
            yield
        except InvalidDefinition as error:
            raise InvalidDefinition(self.pointed(error.diagnostics)) from None


def document_of(ctx: click.Context, file: IO[bytes] | None, where: str | None) -> Document | None:
    """The definition in the FILE or the text; None where there is neither. Raises UsageError where there are both."""
    ids = mapped_of(ctx).mapping.ids
    if where is None:
        return None if file is None else Document(parse_document(file.read(MAX_TEXT_BYTES + 1), ids))
    if file is not None:
        raise UsageError("Give either a FILE or --where TEXT, not both")
    from segsql.filters.text import parse_text

    text = parse_text(where, ids)
    return Document(text.parsed, text)
