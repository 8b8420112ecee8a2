"""Filters in the forms of other programs, and in segsql's own: read in any, write in any (docs/filters.md).

What comes from another form is put together from `drafts` and parsed as any definition; `query_builder` and
`json_logic` read, their `writers` write. Whatever one side has and the other has no words for is an error that names
it and its place: nothing is left out in silence, and nothing is nearly the same.
"""

from segsql.filters.interop.forms import Form, Source, convert, read

__all__ = ["Form", "Source", "convert", "read"]
