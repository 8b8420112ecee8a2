"""The forms that a filter may have, and from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from segsql.catalog import Ids
from segsql.errors import Code, Diagnostic, InvalidDefinition
from segsql.filters.decode import Json, decode
from segsql.filters.document import read_document
from segsql.filters.encode import encode_indented
from segsql.filters.interop.json_logic import read_rule
from segsql.filters.interop.json_logic_writer import JsonLogicWriter
from segsql.filters.interop.query_builder import read_query
from segsql.filters.interop.query_builder_writer import QueryBuilderWriter
from segsql.filters.parse import DEFAULT_IDS, Parsed, parse_document
from segsql.filters.text import parse_text, words


class Form(StrEnum):
    """How a filter is written."""

    SEGSQL = "segsql"
    TEXT = "text"
    QUERY_BUILDER = "react-query-builder"
    JSON_LOGIC = "jsonlogic"


@dataclass(frozen=True, slots=True)
class Source:
    """A filter as it was read: its definition, what could be parsed of that, and how its places are told."""

    definition: Json
    parsed: Parsed
    pointed: Callable[[Iterable[Diagnostic]], tuple[Diagnostic, ...]] = tuple


def read(form: Form, document: bytes, ids: Ids = DEFAULT_IDS) -> Source:
    """Read a filter, in which ids are of these types.

    Raises InvalidDefinition for what does not have the form, or says what no definition can.
    """
    match form:
        case Form.SEGSQL:
            return Source(read_document(document).definition, parse_document(document, ids))
        case Form.TEXT:
            text = parse_text(_decoded(document), ids)
            return Source(text.definition, text.parsed, text.pointed)
        case Form.QUERY_BUILDER:
            query = read_query(decode(document), ids)
            return Source(query.definition, query.parsed, query.pointed)
        case Form.JSON_LOGIC:
            rule = read_rule(decode(document), ids)
            return Source(rule.definition, rule.parsed, rule.pointed)
        case _:
            assert_never(form)


def convert(source: Source, form: Form) -> str:
    """The filter in another form, without a line's end.

    Raises InvalidDefinition where something is wrong with the definition, or the form has no words for it.
    """
    try:
        return _written(source, form)
    except InvalidDefinition as error:
        raise InvalidDefinition(source.pointed(error.diagnostics)) from None


def _written(source: Source, form: Form) -> str:
    filter_ = source.parsed.filter
    if filter_ is None or source.parsed.problems:
        raise InvalidDefinition(tuple(problem.diagnostic for problem in source.parsed.problems))
    match form:
        case Form.SEGSQL:
            return encode_indented(source.definition)
        case Form.TEXT:
            return words(filter_)
        case Form.QUERY_BUILDER:
            return encode_indented(QueryBuilderWriter().write(filter_))
        case Form.JSON_LOGIC:
            return encode_indented(JsonLogicWriter().write(filter_))
        case _:
            assert_never(form)


def _decoded(document: bytes) -> str:
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The text is not UTF-8: byte {error.start} is wrong"
        raise InvalidDefinition((Diagnostic(Code.TEXT, "$", message),)) from None
