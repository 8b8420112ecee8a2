"""Nothing gets out of its workspace, and nothing that a user writes gets into the SQL.

PostgreSQL's own parser reads the statements here: every table, in subqueries too, is scoped by the workspace
parameter where it stands, and the text of a statement is a function of the definition's shape alone.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pglast import ast, parse_sql
from pglast.enums import A_Expr_Kind, BoolExprType, JoinType

from golden.cases import cases_of_the_default, compiled
from golden.catalog import CATALOG, NOW
from properties.catalogs import catalog_of as catalog_of_world
from properties.model import Workspace, json_text
from properties.strategies import definitions, same_shape
from properties.world import NOW as WORLD_NOW
from properties.world import WORLD
from segsql.catalog import ArrayType, Catalog, Field, FieldType, Tables, TagArray, default_tables
from segsql.compiler import WorkspaceCompiler, compile_segment
from segsql.errors import Code, InvalidDefinition
from segsql.filters import parse, read_instant
from segsql.plan import ActivityStrategy, Forced, Output, TagStrategy
from segsql.render import Statement
from unit.compiling import field, flat, named, typed, wrong

CASES = cases_of_the_default()


catalog_of = cache(catalog_of_world)


def compile_in(workspace: Workspace, definition: Any, tables: Tables | None = None, **options: Any) -> Statement:
    return compile_segment(
        json_text(definition),
        catalog_of(workspace, tables=tables),
        workspace_id=workspace.id,
        now=WORLD_NOW,
        **options,
    )


# --- scope ---


def _fields(node: ast.Node) -> list[str]:
    return list(iter(node))


def nodes_below(node: Any) -> Iterator[ast.Node]:
    """The node and all below it, not going into subqueries."""
    if isinstance(node, ast.Node):
        yield node
        for name in _fields(node):
            value = getattr(node, name)
            if not isinstance(value, ast.SelectStmt):
                yield from nodes_below(value)
    elif isinstance(node, tuple):
        for member in node:
            yield from nodes_below(member)


def selects_in(node: Any) -> Iterator[ast.SelectStmt]:
    if isinstance(node, ast.SelectStmt):
        yield node
    if isinstance(node, ast.Node):
        for name in _fields(node):
            yield from selects_in(getattr(node, name))
    elif isinstance(node, tuple):
        for member in node:
            yield from selects_in(member)


def conjuncts(condition: Any) -> Iterator[Any]:
    """The conditions that must all hold: what an AND joins, at any depth, and nothing below an OR or a NOT."""
    if isinstance(condition, ast.BoolExpr) and condition.boolop is BoolExprType.AND_EXPR:
        for member in tuple(condition.args or ()):
            yield from conjuncts(member)
    elif condition is not None:
        yield condition


def scoped_alias(condition: Any) -> str | None:
    """The alias in `alias.workspace_id = $1::bigint`; None where the condition is anything else."""
    match condition:
        case ast.A_Expr(
            kind=A_Expr_Kind.AEXPR_OP,
            name=(ast.String(sval="="),),
            lexpr=ast.ColumnRef(fields=(ast.String(sval=alias), ast.String(sval="workspace_id"))),
            rexpr=ast.TypeCast(arg=ast.ParamRef(number=1)),
        ):
            return str(alias)
        case _:
            return None


def check_scope(select: ast.SelectStmt) -> int:
    """Each table of this SELECT (not of its subqueries) is scoped here; gives their number."""
    tables = 0

    def visit(source: Any, scoped: set[str | None]) -> None:
        nonlocal tables
        match source:
            case ast.RangeVar():
                tables += 1
                assert source.schemaname is None
                assert source.alias is not None
                assert source.alias.aliasname in scoped, f"{source.relname} is not scoped"
            case ast.JoinExpr():
                assert source.jointype in {JoinType.JOIN_INNER, JoinType.JOIN_LEFT}
                on = {scoped_alias(each) for each in conjuncts(source.quals)}
                visit(source.larg, scoped)
                # the WHERE clause would turn a LEFT JOIN's missing rows away: its right side is scoped by ON
                visit(source.rarg, on if source.jointype is JoinType.JOIN_LEFT else scoped | on)
            case ast.RangeSubselect() | ast.RangeFunction():
                assert not getattr(source, "lateral", False)
            case _:
                raise AssertionError(f"an unknown source: {source}")

    for source in tuple(select.fromClause or ()):
        visit(source, {scoped_alias(each) for each in conjuncts(select.whereClause)})
    return tables


def check_statement(statement: Statement) -> None:
    [raw] = parse_sql(statement.numbered_sql)
    root = raw.stmt
    assert isinstance(root, ast.SelectStmt)
    selects = list(selects_in(root))
    for select in selects:
        assert (select.withClause, select.intoClause, select.lockingClause, select.larg) == (None,) * 4
    scoped = sum(check_scope(select) for select in selects)
    assert scoped == len([node for select in selects for node in nodes_below(select) if isinstance(node, ast.RangeVar)])
    assert statement.parameters[0].value is not None
    assert "%" not in re.sub(r"%\(p[1-9][0-9]*\)s", "", statement.sql)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_statements_keep_to_their_workspace(case: Any) -> None:
    check_statement(compiled(case))


def test_the_check_itself_finds_a_table_out_of_scope() -> None:
    def check(sql: str) -> None:
        check_statement(Statement(sql, compiled(CASES[0]).parameters))

    scope = 'c."workspace_id" = CAST(%(p1)s AS BIGINT)'
    check(f"SELECT 1 FROM contacts AS c WHERE {scope}")
    for sql in (
        "SELECT 1 FROM contacts AS c",
        f"SELECT 1 FROM contacts AS c WHERE {scope} OR TRUE",
        f"SELECT 1 FROM contacts AS c WHERE NOT ({scope})",
        "SELECT 1 FROM contacts AS c WHERE c.workspace_id = CAST(%(p2)s AS BIGINT)",
        f"SELECT 1 FROM contacts AS c, contact_tags AS t WHERE {scope}",
        f"SELECT 1 FROM contacts AS c WHERE {scope} AND EXISTS (SELECT 1 FROM contact_tags AS t)",
        f"SELECT 1 FROM contacts AS c LEFT JOIN contact_activity AS a ON a.contact_id = c.id WHERE {scope}",
        f"SELECT 1 FROM contacts AS c WHERE {scope} UNION SELECT 1 FROM contacts AS c",
        f"SELECT 1 FROM contacts AS c WHERE {scope} AND c.email LIKE 'a%%'",
    ):
        with pytest.raises(AssertionError):
            check(sql)


WORKSPACES = st.sampled_from(WORLD.workspaces)
STRATEGIES = st.builds(Forced, st.sampled_from([None, *TagStrategy]), st.sampled_from([None, *ActivityStrategy]))
ALL_THERE_IS = replace(default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_statement_keeps_to_its_workspace(data: st.DataObject) -> None:
    workspace = data.draw(WORKSPACES)
    definition = data.draw(definitions(workspace))
    output, strategy = data.draw(st.sampled_from(Output)), data.draw(STRATEGIES)
    check_statement(compile_in(workspace, definition, ALL_THERE_IS, output=output, strategy=strategy))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_statement_for_one_contact_keeps_to_its_workspace(data: st.DataObject) -> None:
    workspace = data.draw(WORKSPACES)
    catalog = catalog_of(workspace, tables=ALL_THERE_IS)
    compiler = WorkspaceCompiler(catalog, workspace_id=workspace.id, now=WORLD_NOW, strategy=data.draw(STRATEGIES))
    check_statement(compiler.why_document(parse(json_text(data.draw(definitions(workspace)))), 1).statement)


# --- shape ---


def names_no_instant_twice(definition: Any, workspace: Workspace) -> bool:
    """Whether its times, and those of the stored segments, are equal only where their texts are.

    `same_shape` keeps equal texts equal; one instant written with two offsets is one value to the compiler.
    """
    texts = set(re.findall(r'"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][^"]*)"', json_text(definition)))
    for segment in workspace.segments:
        texts |= set(re.findall(r'"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][^"]*)"', json_text(segment.definition)))
    return len({read_instant(text) or text for text in texts}) == len(texts)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_text_is_a_function_of_shape(data: st.DataObject) -> None:
    workspace = data.draw(WORKSPACES)
    definition = data.draw(definitions(workspace))
    other = data.draw(same_shape(definition, workspace))
    assume(names_no_instant_twice(definition, workspace) and names_no_instant_twice(other, workspace))
    tables = data.draw(st.sampled_from([default_tables(), replace(default_tables(), activity=None), ALL_THERE_IS]))
    one, two = (compile_in(workspace, each, tables) for each in (definition, other))
    assert one.sql == two.sql
    assert one.types == two.types


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_equal_input_gives_equal_bytes(data: st.DataObject) -> None:
    workspace = data.draw(WORKSPACES)
    definition = data.draw(definitions(workspace))
    one, two = compile_in(workspace, definition), compile_in(workspace, definition)
    assert (one.sql, one.parameters, one.literal_sql()) == (two.sql, two.parameters, two.literal_sql())


# --- hostile texts ---

HOSTILE = (
    "'; DROP TABLE contacts; --",
    '"; DROP TABLE contacts; --',
    "$1",
    "%(p1)s",
    "%(p2)s",
    "%s",
    "%%",
    "\\",
    "\\'; DROP TABLE contacts; --",
    "*/ DROP TABLE contacts; /*",
    "$$; DROP TABLE contacts; $$",
    ":p1",
    "?",
    "E'\\x27'",
    "\u2019; DROP TABLE contacts; --",
    "\n; DROP TABLE contacts; --\r\n",
    "{{x}}",
    "\x1b[2J",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_values_and_keys_never_reach_the_text(text: str) -> None:
    def definition(value: str) -> Any:
        return flat(
            named("nickname", "eq", value),
            named("nickname", "contains", value),
            named("email", "starts_with", value),
            named("channel", "in", [value, value + "b"]),
            named("labels", "eq", [value]),
            named("labels", "contains", value),
            named(f"metadata.{value}", "exists"),
            named(f"metadata.{value}", "ends_with", value),
            named(f"metadata.{value}", "not_in", [value]),
        )

    def statement(value: str) -> Statement:
        return compile_segment(definition(value), CATALOG, workspace_id=7, now=NOW)

    assert statement(text).sql == statement("harmless").sql
    check_statement(statement(text))
    [parsed] = parse_sql(statement(text).literal_sql())
    assert isinstance(parsed.stmt, ast.SelectStmt)
    constants = [
        node.val.sval
        for select in selects_in(parsed.stmt)
        for node in nodes_below(select)
        if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String)
    ]
    assert text in constants


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "place", ["field", "operator", "type", "matchType", "key", "group key", "tag", "date", "match"]
)
def test_texts_where_names_belong_are_refused(text: str, place: str) -> None:
    definitions_: dict[str, Any] = {
        "field": flat(named(text, "exists")),
        "operator": flat(named("nickname", text, "x")),
        "type": typed({"type": text}),
        "matchType": flat(named("email", "exists"), match=text),
        "key": flat({**named("email", "exists"), text: 1}),
        "group key": {**flat(named("email", "exists")), text: 1},
        "tag": typed({"type": "tags", "operator": "contains", "value": [text]}),
        "date": typed(field(23, "eq", text)),
        "match": typed({"type": "tags", "operator": "contains", "value": [1], "match": text}),
    }
    assert len(wrong(definitions_[place])) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_options_are_parameters_too(text: str) -> None:
    catalog = Catalog(fields=(Field(1, "a", text, FieldType.DROPDOWN_SINGLE, options=(text,)),), timezone="UTC")
    statement = compile_segment(typed(field(1, "eq", text)), catalog, workspace_id=1, now=NOW)
    assert text not in statement.sql or text in {"\\", "?", "$1", "%(p1)s", "%(p2)s"}
    check_statement(statement)


HOSTILE_KEYS = (*(text for text in HOSTILE if text.isprintable()), '"x"."c0"', "%(p1)s'", "x'.c0", "x AS y")


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_hostile_keys_of_a_catalog_are_literals(key: str) -> None:
    """A database with rules of its own may have fields of any key: in a statement of its own and in a scan."""
    catalog = Catalog(
        fields=(Field(1, key, "", FieldType.TEXT), Field(2, "b", "", FieldType.NUMBER)),
        segments={1: typed(field(1, "eq", "x"), field(2, "gt", 1)), 2: typed(field(1, "contains", "y"))},
    )
    compiler = WorkspaceCompiler(catalog, workspace_id=1, now=NOW)
    for statement in (compiler.segment(1), compiler.scan([1, 2]).statement):
        for text in (statement.numbered_sql, statement.literal_sql()):
            [parsed] = parse_sql(text)
            constants = [
                node.val.sval
                for select in selects_in(parsed.stmt)
                for node in nodes_below(select)
                if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String)
            ]
            assert key in constants


# --- hostile sizes: an answer, and soon ---

ONE = '{"type": "field", "field_id": 21, "operator": "eq", "value": %s}'
ROOT = '{"condition": "AND", "filters": [%s]}'
KEYS = [f"k{number}" for number in range(15_000)]


def many_keys(more: str) -> str:
    return ROOT % ("{" + ",".join(f'"{key}":1' for key in KEYS) + more + "}")


HUGE: dict[str, tuple[Any, set[Code]]] = {
    "brackets": ("[" * 100_000, {Code.TOO_DEEP}),
    "closed brackets": ("[" * 100_000 + "]" * 100_000, {Code.TOO_DEEP}),
    "braces": ('{"a":' * 100_000, {Code.TOO_DEEP}),
    "groups": ('{"condition": "AND", "filters":[' * 100_000, {Code.TOO_DEEP}),
    "closed groups": ('{"condition": "AND", "filters":[' * 900 + "]}" * 900, {Code.TOO_DEEP}),
    "a thousand levels": ('{"condition": "AND", "filters":[' * 300 + "]}" * 300, {Code.TOO_DEEP}),
    "brackets in a value": (ROOT % ONE % ("[" * 100_000 + "]" * 100_000), {Code.TOO_DEEP}),
    "brackets in a value that a parser still reads": (ROOT % ONE % ("[" * 400 + "]" * 400), {Code.TOO_DEEP}),
    "a list": (ROOT % ONE % json.dumps([1] * 1_000_000, separators=(",", ":")), {Code.LIST_TOO_LONG}),
    "filters": (ROOT % ",".join(["1"] * 1_000_000), {Code.TOO_MANY_CONDITIONS}),
    "groups side by side": (ROOT % ",".join(["{}"] * 1_000_000), {Code.TOO_MANY_CONDITIONS}),
    "empty groups side by side": (
        ROOT % ",".join(['{"filters":[]}'] * 200_000),
        {Code.TOO_LARGE, Code.GROUP_CONDITION, Code.NO_FILTERS},
    ),
    "a list called filters": (
        ROOT % ONE % f'{{"filters": {[1] * 700_000}}}'.replace(" ", ""),
        {Code.TOO_LARGE, Code.LIST_TOO_LONG},
    ),
    "a text": (ROOT % ONE % f'"{"x" * 3_000_000}"', {Code.TEXT_TOO_LONG}),
    "a key": (ROOT % f'{{"{"x" * 3_000_000}": 1}}', {Code.TEXT_TOO_LONG}),
    "a number": (ROOT % ONE % ("9" * 3_000_000), {Code.NUMBER_TOO_LONG}),
    "a fraction": (ROOT % ONE % ("0." + "9" * 3_000_000), {Code.NUMBER_TOO_LONG}),
    "an exponent": (ROOT % ONE % "1e999999999999999", {Code.NUMBER_TOO_LONG}),
    "an endless exponent": (ROOT % ONE % ("1e" + "9" * 1_000_000), {Code.NUMBER_TOO_LONG}),
    "a small exponent": (ROOT % ONE % "1e-999999999999999", {Code.NUMBER_TOO_LONG}),
    "numbers": (ROOT % ONE % f"[{','.join(['1e999999999'] * 900)}]", {Code.NUMBER_TOO_LONG}),
    "no number": (ROOT % ONE % f"[{','.join(['NaN'] * 900)}]", {Code.NOT_FINITE}),
    "keys": (many_keys(""), {Code.LIST_TOO_LONG}),
    "keys of which one stands twice": (many_keys(',"k0":1'), {Code.LIST_TOO_LONG, Code.DUPLICATE_KEY}),
    "one key": (ROOT % ("{" + ",".join(['"k":1'] * 60_000) + "}"), {Code.DUPLICATE_KEY}),
    "unknown fields": (
        flat(*(named("opens_count" * 20 + str(number), "eq", 1) for number in range(500))),
        {Code.UNKNOWN_FIELD},
    ),
    "unknown operators": (
        typed(*(field(20, "not_contains_starts_with_ends_with" * 10, number) for number in range(500))),
        {Code.FIELD_OPERATOR},
    ),
    "unknown keys": (
        ROOT
        % ",".join(f'{{"type":"tags","operator":"exists","value":[1],"operato{number}":1}}' for number in range(500)),
        {Code.UNKNOWN_KEY, Code.OPERATOR},
    ),
    "values that are no options": (
        typed(field(32, "contains", [f"evnts{number}" for number in range(1000)])),
        {Code.NOT_AN_OPTION},
    ),
    "values that are no countries": (
        typed(field(26, "in", [f"D{number}" for number in range(1000)])),
        {Code.NOT_A_COUNTRY},
    ),
    "unknown tags": (
        typed(*({"type": "tags", "operator": "eq", "value": list(range(6, 500))} for _ in range(100))),
        {Code.UNKNOWN_TAG},
    ),
    "spaces": (" " * 5_000_000, {Code.TOO_LARGE}),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_definitions_are_refused_soon(name: str) -> None:
    definition, expected = HUGE[name]
    began = time.process_time()
    with pytest.raises(InvalidDefinition) as caught:
        compile_segment(definition, CATALOG, workspace_id=7, now=NOW)
    took = time.process_time() - began
    assert {found.code for found in caught.value.diagnostics} <= expected | {Code.TOO_LARGE}
    assert took < 1


def test_the_largest_valid_definitions_compile_soon() -> None:
    for definition in (
        flat(*(named("nickname", "eq", f"{number}") for number in range(500))),
        flat(*(named("tags", "contains", [1 + number % 5]) for number in range(500)), match="any"),
        typed(
            *(
                {"type": "last_activity", "operator": "is_after", "value": f"20{number % 90 + 10}-01-01"}
                for number in range(500)
            )
        ),
        typed(field(20, "in", [f"{number:0200}" for number in range(1000)])),
    ):
        began = time.process_time()
        check_statement(compile_segment(definition, CATALOG, workspace_id=7, now=NOW))
        assert time.process_time() - began < 3
