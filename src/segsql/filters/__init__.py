"""JSON -> Filter: the shape and the limits of a definition, in both dialects."""

from segsql.catalog.hints import did_you_mean
from segsql.filters.dates import read_date, read_instant
from segsql.filters.decode import MAX_TEXT_BYTES, Json, TwinKeys, decode, whole
from segsql.filters.document import Document, read_document, read_title
from segsql.filters.limits import MAX_BYTES, MAX_CONDITIONS, MAX_LEVELS, MAX_LIST
from segsql.filters.nodes import (
    ActivityOperator,
    DateValue,
    Dialect,
    FieldTest,
    Filter,
    Group,
    LastActivityTest,
    MetadataTest,
    Moment,
    Node,
    Place,
    Quantifier,
    Rate,
    RateTest,
    SegmentTest,
    TagsTest,
    WholeDay,
)
from segsql.filters.parse import Parsed, parse, parse_document, parse_value
from segsql.filters.problems import Problem, Problems, in_document_order
from segsql.filters.values import DATE_MESSAGE, DAYS_MESSAGE, day_count
from segsql.filters.words import Names, describe

__all__ = [
    "DATE_MESSAGE",
    "DAYS_MESSAGE",
    "MAX_BYTES",
    "MAX_CONDITIONS",
    "MAX_LEVELS",
    "MAX_LIST",
    "MAX_TEXT_BYTES",
    "ActivityOperator",
    "DateValue",
    "Dialect",
    "Document",
    "FieldTest",
    "Filter",
    "Group",
    "Json",
    "LastActivityTest",
    "MetadataTest",
    "Moment",
    "Names",
    "Node",
    "Parsed",
    "Place",
    "Problem",
    "Problems",
    "Quantifier",
    "Rate",
    "RateTest",
    "SegmentTest",
    "TagsTest",
    "TwinKeys",
    "WholeDay",
    "day_count",
    "decode",
    "describe",
    "did_you_mean",
    "in_document_order",
    "parse",
    "parse_document",
    "parse_value",
    "read_date",
    "read_document",
    "read_instant",
    "read_title",
    "whole",
]
