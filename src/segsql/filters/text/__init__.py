"""Filters as text: `open_rate >= 50 and plan in ('pro', 'team')`, for a command line and for showing (docs/filters.md).

`printer` writes a filter in the words of `vocabulary`.
"""

from segsql.filters.text.printer import node_words, value_words, words

__all__ = ["node_words", "value_words", "words"]
