"""Names, types and references against a catalog: circles, broken segments, zones, contradictory declarations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.catalog import Catalog, Field, FieldType, Id
from segsql.compiler import WorkspaceCompiler
from segsql.errors import Code, Diagnostic
from segsql.filters import parse
from segsql.plan import Resolver
from segsql.plan import predicate as p
from unit.compiling import codes, compiled, field, flat, messages, named, typed, wrong


def refers(*ids: int, operator: str = "in") -> dict[str, Any]:
    return {"type": "segment", "operator": operator, "value": list(ids)}


def with_segments(segments: dict[Id, object]) -> Catalog:
    return replace(CATALOG, segments=segments)


def stored(catalog: Catalog, segment_id: Id) -> tuple[Diagnostic, ...]:
    return WorkspaceCompiler(catalog, workspace_id=WORKSPACE_ID, now=NOW).diagnostics(segment_id)


VIP = typed(field(22, "eq", True))


def test_a_segment_expands_in_place() -> None:
    catalog = with_segments({1: VIP, 2: flat(named("tags", "exists"))})
    expanded = typed(typed({"type": "tags", "operator": "contains", "value": [1]}, VIP, condition="OR"))
    referred = typed(typed({"type": "tags", "operator": "contains", "value": [1]}, refers(1), condition="OR"))
    assert compiled(referred, catalog) == compiled(expanded, catalog)
    assert compiled(typed(refers(2, 1)), catalog) == compiled(typed(refers(1, 2, 1)), catalog)
    negated, group = typed(refers(1, operator="not_in")), typed({"condition": "NOT", "filters": [VIP]})
    assert compiled(negated, catalog) == compiled(group, catalog)


def test_a_stored_segment_may_be_text_or_bytes() -> None:
    text = '{"condition": "AND", "filters": [{"type": "field", "field_id": 22, "operator": "eq", "value": true}]}'
    statements = {compiled(typed(refers(1)), with_segments({1: each})).sql for each in (VIP, text, text.encode())}
    assert len(statements) == 1


@pytest.mark.parametrize("circle", [[1], [1, 2], [1, 2, 3], list(range(1, 101))])
def test_circles(circle: list[int]) -> None:
    following = dict(zip(circle, [*circle[1:], circle[0]], strict=True))
    catalog = with_segments({each: typed(VIP, refers(other)) for each, other in following.items()})
    for each in circle[:5]:
        assert [found.code for found in stored(catalog, each)] == [Code.SEGMENT_CYCLE]
        assert [found.path for found in stored(catalog, each)] == ["$.filters[1].value"]
    assert codes(typed(refers(1)), catalog) == [Code.INVALID_SEGMENT]


def test_who_refers_to_a_circle_is_not_in_it() -> None:
    catalog = with_segments({1: typed(refers(2)), 2: typed(refers(3)), 3: typed(refers(2)), 4: VIP})
    assert [found.code for found in stored(catalog, 1)] == [Code.INVALID_SEGMENT]
    assert [found.code for found in stored(catalog, 2)] == [Code.SEGMENT_CYCLE]
    assert stored(catalog, 4) == ()


def test_a_circle_next_to_good_references() -> None:
    catalog = with_segments({1: typed(refers(2, 1, 3)), 2: VIP, 3: typed(refers(2))})
    assert [(found.code, found.message) for found in stored(catalog, 1)] == [
        (Code.SEGMENT_CYCLE, "Filter #1: The segment 1 refers back to this one")
    ]
    assert stored(catalog, 3) == ()


def test_two_ways_to_one_segment_are_no_circle() -> None:
    catalog = with_segments({1: typed(refers(2, 3)), 2: typed(refers(4)), 3: typed(refers(4)), 4: VIP})
    assert stored(catalog, 1) == ()


def test_results_do_not_depend_on_who_is_asked_first() -> None:
    segments: dict[Id, object] = {
        1: typed(refers(2)),
        2: typed(refers(3), refers(9)),
        3: typed(refers(1)),
        4: typed(refers(5)),
        5: VIP,
    }
    catalog = with_segments(segments)
    compiler = WorkspaceCompiler(catalog, workspace_id=WORKSPACE_ID, now=NOW)
    backwards = {each: compiler.diagnostics(each) for each in reversed(segments)}
    assert backwards == {each: stored(catalog, each) for each in segments}


@pytest.mark.parametrize(
    "definition",
    [
        "",
        "{",
        "[]",
        "null",
        b"\xff",
        [],
        None,
        5,
        {},
        {"condition": "AND"},
        {"matchType": "none", "filters": [1]},
        "[" * 10_000,
    ],
)
def test_a_broken_segment_is_a_problem_of_those_who_refer_to_it(definition: object) -> None:
    catalog = with_segments({1: definition, 2: VIP})
    assert stored(catalog, 1) != ()
    assert stored(catalog, 2) == ()
    assert codes(typed(refers(2), refers(1)), catalog) == [Code.INVALID_SEGMENT]
    assert wrong(typed(refers(2), refers(1)), catalog)[0].path == "$.filters[1].value"


@pytest.mark.parametrize("name", ["Europe/Berlinn", "America", "", "nonsense", "../UTC", "\0"])
def test_an_unknown_zone_is_an_error_of_every_definition(name: str) -> None:
    catalog = replace(CATALOG, timezone=name, segments={1: VIP})
    found = wrong(VIP, catalog)
    assert [(each.code, each.path) for each in found] == [(Code.TIME_ZONE, "$")]
    assert found[0].message == f"The workspace's time zone {name!r} is unknown"
    assert [each.code for each in stored(catalog, 1)] == [Code.TIME_ZONE]


CONTRADICTIONS = (
    Field(100, "a", "A", FieldType.NUMBER, "email"),
    Field(101, "b", "B", FieldType.DROPDOWN_SINGLE, "email"),
    Field(102, "c", "C", FieldType.COUNTRY, "status"),
    Field(103, "d", "D", FieldType.TEXT, "created_at"),
    Field(104, "e", "E", FieldType.DATE, "opens_count"),
    Field(105, "f", "F", FieldType.TEXT, "fields"),
    Field(106, "g", "G", FieldType.TEXT, "nonsense; DROP TABLE contacts"),
    Field(107, "h", "H", FieldType.BOOLEAN, "status"),
    Field(108, "i", "I", FieldType.DROPDOWN_MULTIPLE, "status"),
)


@pytest.mark.parametrize("declared", CONTRADICTIONS, ids=lambda declared: f"{declared.source} {declared.type}")
def test_a_contradictory_declaration_is_an_error_of_those_who_use_it(declared: Field) -> None:
    catalog = replace(CATALOG, fields=(*CATALOG.fields, declared))
    assert codes(typed(field(int(declared.id), "exists")), catalog) == [Code.FIELD_DECLARATION]
    assert codes(flat(named(declared.key, "exists")), catalog) == [Code.FIELD_DECLARATION]
    assert codes(VIP, catalog) == []


@pytest.mark.parametrize(
    ("source", "types"),
    [
        ("email", "TEXT"), ("status", "TEXT DROPDOWN_SINGLE"), ("first_name", "TEXT DROPDOWN_SINGLE"),
        ("last_name", "TEXT DROPDOWN_SINGLE"), ("country", "COUNTRY TEXT DROPDOWN_SINGLE"), ("created_at", "DATE"),
        ("updated_at", "DATE"), ("last_open_at", "DATE"), ("last_click_at", "DATE"), ("delivered_count", "NUMBER"),
        ("opens_count", "NUMBER"), ("clicks_count", "NUMBER"),
    ],
)  # fmt: skip
def test_what_a_built_in_may_be_read_as(source: str, types: str) -> None:
    for kind in FieldType:
        catalog = replace(CATALOG, fields=(Field(1, "x", "X", kind, source),))
        expected = [] if kind in types.split() else [Code.FIELD_DECLARATION]
        assert codes(typed(field(1, "exists")), catalog) == expected


def test_the_flat_dialect_knows_built_ins_that_are_not_declared() -> None:
    empty = replace(CATALOG, fields=(), tags={}, segments={})
    assert (
        codes(flat(named("email", "exists"), named("opens_count", "gt", 1), named("metadata.x", "exists")), empty) == []
    )
    assert codes(typed(field(1, "exists")), empty) == [Code.UNKNOWN_FIELD]


def test_a_declaration_overrides_the_built_in_of_its_name() -> None:
    declared = Field(1, "status", "Status", FieldType.DROPDOWN_SINGLE, "status", ("a", "b"))
    catalog = replace(CATALOG, fields=(declared,))
    assert codes(flat(named("status", "contains", "a")), catalog) == [Code.FIELD_OPERATOR]
    assert codes(flat(named("status", "eq", "c")), catalog) == [Code.NOT_AN_OPTION]


def test_ids_outside_of_any_database_type_are_unknown() -> None:
    for number in (-1, 0, 2**31, 2**63, 10**29, -(10**29)):
        assert codes(typed(field(number, "exists"))) == [Code.UNKNOWN_FIELD]
        assert codes(typed({"type": "tags", "operator": "eq", "value": [number]})) == [Code.UNKNOWN_TAG]
        assert codes(typed(refers(number))) == [Code.UNKNOWN_SEGMENT]


def test_problems_of_all_stages_are_told_together() -> None:
    assert messages(typed({"type": "x"}, field(999, "eq"), typed(field(21, "eq", "1")))) == [
        "Filter #1: Unknown filter type. Must be one of: field, tags, open_rate, click_rate, last_activity, segment",
        "Filter #2: The specified field_id does not exist",
        "Filter #3.1: Value must be a number",
    ]


def test_a_negative_operator_is_the_complement_of_its_twin() -> None:
    resolver = Resolver(CATALOG)
    for negative, positive, value in (
        ("ne", "eq", "x"),
        ("neq", "eq", "x"),
        ("not_in", "in", ["x"]),
        ("not_contains", "contains", "x"),
        ("not_exists", "exists", None),
    ):
        twin = resolver.resolve(parse(typed(field(20, positive, value)))).predicate
        assert isinstance(twin, p.And)
        assert resolver.resolve(parse(typed(field(20, negative, value)))).predicate == p.And((p.Not(twin.members[0]),))
