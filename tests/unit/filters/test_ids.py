"""Ids in definitions are numbers or texts, as the database's are; messages are the document's all the same."""

from __future__ import annotations

from typing import Any

import pytest

from segsql.catalog import Ids, IdType
from segsql.filters import FieldTest, SegmentTest, TagsTest, parse

TEXTS = Ids(*[IdType.TEXT] * 5)
UUIDS = Ids(*[IdType.UUID] * 5)
UUID = "6F1E1F0E-8f43-4c55-9d0e-7d8c5d1f2a3b"


def members(ids: Ids, *conditions: dict[str, Any]) -> tuple[Any, ...]:
    parsed = parse({"condition": "AND", "filters": list(conditions)}, ids)
    assert parsed.problems == ()
    assert parsed.filter is not None
    return parsed.filter.root.members


def messages(ids: Ids, condition: dict[str, Any]) -> list[str]:
    return [each.diagnostic.message for each in parse({"condition": "AND", "filters": [condition]}, ids).problems]


def field(id_: object) -> dict[str, Any]:
    return {"type": "field", "field_id": id_, "operator": "exists"}


def tags(*ids: object) -> dict[str, Any]:
    return {"type": "tags", "operator": "contains", "value": list(ids)}


def segment(*ids: object) -> dict[str, Any]:
    return {"type": "segment", "operator": "in", "value": list(ids)}


def test_texts() -> None:
    one, some, others = members(TEXTS, field("ckx 1"), tags("b", "A", "b"), segment("42"))
    assert isinstance(one, FieldTest)
    assert (one.field, one.by_key) == ("ckx 1", False)
    assert isinstance(some, TagsTest)
    assert some.tag_ids == ("b", "A")
    assert isinstance(others, SegmentTest)
    assert others.segment_ids == ("42",)


def test_uuids_are_in_lower_case() -> None:
    one, some = members(UUIDS, field(UUID), tags(UUID, UUID.lower()))
    assert (one.field, some.tag_ids) == (UUID.lower(), (UUID.lower(),))


@pytest.mark.parametrize(
    ("ids", "wrong"),
    [(TEXTS, 1), (TEXTS, None), (TEXTS, ""), (UUIDS, "x"), (UUIDS, UUID[:-1]), (UUIDS, 1), (Ids(), "1"), (Ids(), 1.5)],
)
def test_ids_of_another_kind(ids: Ids, wrong: object) -> None:
    assert messages(ids, field(wrong)) == ["Filter #1: Please provide a valid field_id"]
    assert messages(ids, tags(wrong)) == ["Filter #1: Tags filter value must be an array of tag IDs."]
    assert messages(ids, segment(wrong)) == ["Filter #1: Segment filter value must be an array of segment IDs."]
