"""Ids that are texts stand in quotes, and read back as they were, names beside them or not."""

from __future__ import annotations

import pytest

from segsql.catalog import Ids, IdType
from segsql.errors import Code, InvalidDefinition
from segsql.filters import Names, parse
from segsql.filters.interop import Form, convert, read
from segsql.filters.text import parse_text, words

UUID = "0f9e6b1a-7c1d-4b5e-9a3f-2d6c8e4b7a10"
TEXTS = Ids(tag=IdType.TEXT, field=IdType.TEXT, segment=IdType.UUID)


def test_text_and_back() -> None:
    text = f"field 'fld''1' = 'pro' and tags has any ('vip', 'x y') and segment in ('{UUID}')"
    parsed = parse_text(text, TEXTS)
    assert parsed.definition == {
        "condition": "AND",
        "filters": [
            {"type": "field", "field_id": "fld'1", "operator": "eq", "value": "pro"},
            {"type": "tags", "operator": "contains", "value": ["vip", "x y"]},
            {"type": "segment", "operator": "in", "value": [UUID]},
        ],
    }
    assert not parsed.parsed.problems
    assert parsed.parsed.filter is not None
    assert words(parsed.parsed.filter) == text


def test_a_name_beside_an_id_that_is_another_word() -> None:
    filter_ = parse({"matchType": "all", "filters": [{"field": "tags", "operator": "eq", "value": ["a", "b"]}]}, TEXTS)
    assert filter_.filter is not None
    assert words(filter_.filter, Names(tags={"a": "a", "b": "VIP"})) == "tags = ('a', 'b' /* VIP */)"


@pytest.mark.parametrize(("text", "ids"), [("field 17 exists", TEXTS), ("field 'a' exists", Ids())])
def test_an_id_of_another_type_is_pointed_at(text: str, ids: Ids) -> None:
    parsed = parse_text(text, ids)
    (found,) = parsed.pointed(problem.diagnostic for problem in parsed.parsed.problems)
    assert (found.code, found.path) == (Code.FIELD_ID, "column 1")


def test_other_forms() -> None:
    """A form's text field holds texts, which stay texts; a field that is named by its id has no name there."""
    rules = b'{"combinator": "and", "rules": [{"field": "tags", "operator": "contains", "value": "1, vip"}]}'
    assert '"1"' in convert(read(Form.QUERY_BUILDER, rules, TEXTS), Form.SEGSQL)
    assert '"1"' not in convert(read(Form.QUERY_BUILDER, rules.replace(b", vip", b""), Ids()), Form.SEGSQL)
    with pytest.raises(InvalidDefinition, match="named by its id, fld"):
        convert(read(Form.TEXT, b"field 'fld' exists", TEXTS), Form.JSON_LOGIC)
