"""Text -> Filter: by way of the definition that the text stands for, so that one reader checks all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from segsql.catalog import Ids
from segsql.errors import Code, Diagnostic
from segsql.filters.parse import DEFAULT_IDS, Parsed, parse_value
from segsql.filters.text.definition import Definition, Spans, define
from segsql.filters.text.reader import read
from segsql.filters.text.source import Source
from segsql.filters.text.suggestions import translated

_PREFIX = re.compile(r"\AFilter #[0-9.]+: ")
"""What tells the place in a definition; in a text the column does."""


@dataclass(frozen=True, slots=True)
class ParsedText:
    """The definition that a text stands for, and what could be read of it; `parsed` tells of it by JSON paths."""

    definition: Definition
    parsed: Parsed
    _source: Source
    _spans: Spans

    def pointed(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Diagnostics of this or a later stage, each at its column of the text instead of its JSON path."""
        return tuple(map(self._pointed, diagnostics))

    def _pointed(self, found: Diagnostic) -> Diagnostic:
        path = found.path
        while path not in self._spans:
            path = path[:-1]
        placed = self._source.diagnostic(
            found.code, self._spans[path].start, _PREFIX.sub("", found.message), found.hint
        )
        if found.code in (Code.OPERATOR, Code.FIELD_OPERATOR):
            return replace(placed, hint=translated(found.message) or placed.hint)
        return placed


def parse_text(text: str, ids: Ids = DEFAULT_IDS) -> ParsedText:
    """Read a filter's text, in which ids are of these types: those that are no numbers are texts in quotes.

    Raises InvalidDefinition, at its column, for the first thing that is not as the grammar wants it; what is wrong
    with the definition that the text stands for is in the result.
    """
    source = Source(text)
    definition, spans = define(source, read(source))
    return ParsedText(definition, parse_value(definition, "$", ids), source, spans)
