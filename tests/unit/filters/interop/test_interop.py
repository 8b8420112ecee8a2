"""Other programs' filters: what is read, what is refused and where, and what is written."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segsql.cli.convert_command import FORMS
from segsql.errors import Code, Diagnostic, InvalidDefinition
from segsql.filters.decode import decode
from segsql.filters.encode import encode
from segsql.filters.interop import Form, convert, read

PAGE = (Path(__file__).parents[4] / "docs" / "filters.md").read_text()


def rows(heading: str) -> list[tuple[str, str]]:
    section = PAGE.split(f"### {heading}\n", 1)[1].split("\n###", 1)[0]
    return re.findall(r"^\| `(.*)` \| `(.*)` \|$", section, re.MULTILINE)


def text_of(form: Form, source: Any) -> str:
    return convert(read(form, encode(source).encode()), Form.TEXT)


def query(*rules: Any, **more: Any) -> dict[str, Any]:
    return {"combinator": "and", "rules": [*rules], **more}


def rule(field: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


def refused(form: Form, source: Any, to: Form = Form.TEXT) -> tuple[Diagnostic, ...]:
    written = source if isinstance(source, str) else encode(source)
    with pytest.raises(InvalidDefinition) as raised:
        convert(read(form, written.encode()), to)
    return raised.value.diagnostics


@pytest.mark.parametrize(("written", "text"), rows("React Query Builder"))
def test_rules_of_the_page(written: str, text: str) -> None:
    assert text_of(Form.QUERY_BUILDER, query(decode(written))) == text


@pytest.mark.parametrize(("written", "text"), rows("JsonLogic"))
def test_operations_of_the_page(written: str, text: str) -> None:
    assert text_of(Form.JSON_LOGIC, {"and": [decode(written)]}) == text


A, B, C = rule("a", "=", 1), rule("b", "=", 2), rule("c", "=", 3)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (query(A, B), "a = 1 and b = 2"),
        (query(A, B, combinator="or"), "a = 1 or b = 2"),
        (query(A, B, combinator="OR", id="x", path=[0], disabled=True), "a = 1 or b = 2"),
        (query(A, query(B, C, combinator="or")), "a = 1 and (b = 2 or c = 3)"),
        (query(A, B, **{"not": True}), "not (a = 1 and b = 2)"),
        (query(A, query(B, C, combinator="or", **{"not": True})), "a = 1 and not (b = 2 or c = 3)"),
        ({"rules": [A, "and", B, "or", C]}, "(a = 1 and b = 2) or c = 3"),
        ({"rules": [A, "or", B, "and", C], "not": True}, "not (a = 1 or (b = 2 and c = 3))"),
        ({"rules": [A]}, "a = 1"),
        (query(A, {**B, "muted": True}, query(C, muted=True)), "a = 1"),
        (query(rule("plan", "in", "a\\,b, c ,")), "plan in ('a,b', 'c')"),
        (query(rule("tags", "contains", "5")), "tags has any (5)"),
        (query(rule("tags", "=", ["1", 2])), "tags = (1, 2)"),
        (query(rule("open_rate", "=", "12.50")), "open_rate = 12.50"),
        (query(rule("zip", "=", "01234")), "zip = '01234'"),
        (
            query(rule("born", "between", ["2000-01-01", "2001-01-01"])),
            "(born >= '2000-01-01' and born <= '2001-01-01')",
        ),
    ],
)
def test_groups_and_values_of_a_query(source: Any, text: str) -> None:
    assert text_of(Form.QUERY_BUILDER, source) == text


@pytest.mark.parametrize(
    ("source", "code", "path", "message"),
    [
        ("[]", Code.FOREIGN_SHAPE, "$", "A query is an object with a list of rules"),
        ("{", Code.NOT_JSON, "$", None),
        (query(), Code.NO_FILTERS, "$", "At least one filter is required"),
        (query(5), Code.FOREIGN_SHAPE, "$.rules[0]", "A rule or group is an object"),
        (query({"operator": "="}), Code.FOREIGN_SHAPE, "$.rules[0].field", "A rule names its field"),
        (query(A, combinator="xor"), Code.NOT_EXPRESSIBLE, "$.combinator", "A combinator must be and or or"),
        ({"rules": [A, "and"]}, Code.FOREIGN_SHAPE, "$.rules", "After the last combinator stands no rule"),
        ({"rules": [A, "xor", B]}, Code.NOT_EXPRESSIBLE, "$.rules[1]", "A combinator must be and or or"),
        (
            *(query(A, query(rule("a", "=", "b", valueSource="field"))), Code.NOT_EXPRESSIBLE),
            *("$.rules[1].rules[0].valueSource", "A definition can't compare a with another field"),
        ),
        (
            *(query(rule("a", "=", query(), match={"mode": "some"})), Code.NOT_EXPRESSIBLE, "$.rules[0].match"),
            "A definition has no conditions inside a field",
        ),
        (
            *(query(rule("a", "startsWith", "b")), Code.NOT_EXPRESSIBLE, "$.rules[0].operator"),
            "A definition has nothing for the operator startsWith",
        ),
        (
            *(query(rule("a", "=", [{}])), Code.NOT_EXPRESSIBLE, "$.rules[0].value"),
            "A definition has no values that are objects",
        ),
        (query(rule("a", "between", "1")), Code.FOREIGN_SHAPE, "$.rules[0].value", "A range has two values"),
        (query(A, rule("tags", "contains", "VIP")), Code.TAGS_VALUE, "$.rules[1].value", None),
        (query(A, rule("open_rate", ">", "101")), Code.RATE_VALUE, "$.rules[1].value", None),
        (query(rule("a", "=", "x" * 1025)), Code.TEXT_TOO_LONG, "$.rules[0].value", None),
    ],
)
def test_what_a_definition_cannot_say_of_a_query(source: Any, code: Code, path: str, message: str | None) -> None:
    (found,) = refused(Form.QUERY_BUILDER, source)
    assert (found.code, found.path) == (code, path)
    assert found.message == message or message is None


X = {"var": "x"}


@pytest.mark.parametrize(
    ("source", "code", "path"),
    [
        (True, Code.FOREIGN_SHAPE, "$"),
        ({}, Code.FOREIGN_SHAPE, "$"),
        ({"and": [{"==": [X, 1], "!=": [X, 2]}]}, Code.FOREIGN_SHAPE, "$.and[0]"),
        ({"and": []}, Code.NO_FILTERS, "$"),
        ({"==": [X]}, Code.FOREIGN_SHAPE, '$["=="]'),
        ({"if": [{"==": [X, 1]}, True, False]}, Code.NOT_EXPRESSIBLE, "$"),
        ({"==": [{"+": [X, 1]}, 2]}, Code.NOT_EXPRESSIBLE, '$["=="][0]'),
        ({"==": [X, {"var": "y"}]}, Code.NOT_EXPRESSIBLE, '$["=="][1]'),
        ({"==": [X, [1]]}, Code.NOT_EXPRESSIBLE, '$["=="][1]'),
        ({"==": [{"var": ["x", 5]}, 1]}, Code.NOT_EXPRESSIBLE, '$["=="][0]'),
        ({"==": [{"var": "a.b"}, 1]}, Code.NOT_EXPRESSIBLE, '$["=="][0]'),
        ({"==": [{"var": "metadata.a.b"}, 1]}, Code.NOT_EXPRESSIBLE, '$["=="][0]'),
        ({"==": [{"var": ""}, 1]}, Code.NOT_EXPRESSIBLE, '$["=="][0]'),
        ({"or": [{"==": [X, 1]}, X]}, Code.NOT_EXPRESSIBLE, "$.or[1]"),
        ({"!!": X}, Code.NOT_EXPRESSIBLE, '$["!!"][0]'),
        ({"in": [X, "abc"]}, Code.NOT_EXPRESSIBLE, "$.in"),
        ({"in": [X, [{"var": "y"}]]}, Code.NOT_EXPRESSIBLE, "$.in[1]"),
        ({"startsWith": ["abc", X]}, Code.NOT_EXPRESSIBLE, "$.startsWith"),
        ({"all": [X, {"==": [{"var": ""}, 1]}]}, Code.NOT_EXPRESSIBLE, "$"),
        ({"some": [X, {">": [{"var": ""}, 1]}]}, Code.NOT_EXPRESSIBLE, "$.some[1]"),
        ({"some": [{"var": "tags"}, {"==": [{"var": ""}, "VIP"]}]}, Code.TAGS_VALUE, "$.some[1]"),
        ({"missing": [5]}, Code.NOT_EXPRESSIBLE, "$.missing[0]"),
    ],
)
def test_what_a_definition_cannot_say_of_a_rule(source: Any, code: Code, path: str) -> None:
    (found,) = refused(Form.JSON_LOGIC, source)
    assert (found.code, found.path) == (code, path)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("created_at within 5 days", "has no days before now", "Compare with a date"),
        ("segment in (5)", "There are no references to segments", "Write the conditions of those segments"),
        ("last_activity within 5 days", "There is no last_activity", "joined by or"),
        ("field 17 = 1", "The field is named by its id, 17", "flat dialect"),
        ('json \'{"field": "a", "operator": "x"}\'', "The condition on a has no operator that there is", ""),
        ("a = null", "eq takes a value", ""),
        ("a in 'x'", "in takes a list", ""),
        ("a = ((1))", "The condition's value is an object, or a list that holds more than single values", ""),
    ],
)
@pytest.mark.parametrize("form", [Form.QUERY_BUILDER, Form.JSON_LOGIC])
def test_what_neither_form_can_say(form: Form, text: str, message: str, hint: str) -> None:
    (found,) = refused(Form.TEXT, text, form)
    assert found.code is Code.NOT_EXPRESSIBLE
    assert found.path == "column 1"
    assert message in found.message
    assert hint in found.hint


def test_what_json_logic_cannot_say() -> None:
    found = refused(
        Form.TEXT, 'tags = (1, 2) and (a = (1) or metadata."b.c" = \'x\') and "a.b" exists', Form.JSON_LOGIC
    )
    assert [each.path for each in found] == ["column 1", "column 20", "column 31", "column 57"]


def test_all_refusals_are_told_at_once_and_not_without_end() -> None:
    assert [found.path for found in refused(Form.QUERY_BUILDER, query(5, A, rule("a", "~")))] == [
        "$.rules[0]",
        "$.rules[2].operator",
    ]
    assert len(refused(Form.QUERY_BUILDER, query(*[5] * 100_000))) == 100


@pytest.mark.parametrize(
    "source",
    [
        '{"!":' * 5_000 + "1" + "}" * 5_000,
        '{"!":' * 150 + '{"==": [{"var": "x"}, 1]}' + "}" * 150,
        '{"and":[' * 150 + "]}" * 150,
        '{"combinator":"and","rules":[' * 80 + "]}" * 80,
    ],
)
@pytest.mark.parametrize("form", [Form.QUERY_BUILDER, Form.JSON_LOGIC])
def test_nesting_is_bounded(form: Form, source: str) -> None:
    assert refused(form, source)[0].code is Code.TOO_DEEP


def test_numbers_are_kept_digit_by_digit() -> None:
    source = encode(query(rule("a", "=", Decimal("12.500")), rule("b", "<", "1e2")))
    written = convert(read(Form.QUERY_BUILDER, source.encode()), Form.SEGSQL)
    assert "12.500" in written
    assert "1E+2" in written


def test_the_commands_forms_are_those_that_there_are() -> None:
    assert list(FORMS.choices) == list(Form)
