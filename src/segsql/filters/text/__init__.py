"""Filters as text: `open_rate >= 50 and plan in ('pro', 'team')`, for a command line and for showing (docs/filters.md).

`parse_text` reads one: the `source` is cut into `tokens`, `reader` goes through them by a `cursor` and makes `parts` of
them, and `definition` the JSON that those stand for, which is parsed as any other. `words` and `node_words` write a
filter back: filter -> text -> filter is the identity. Both sides have their words from `vocabulary`.
"""

from segsql.filters.text.parse import ParsedText, parse_text
from segsql.filters.text.printer import node_words, value_words, words

__all__ = ["ParsedText", "node_words", "parse_text", "value_words", "words"]
