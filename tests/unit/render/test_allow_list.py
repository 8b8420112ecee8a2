"""Trees that nobody asked the compiler for do not leave it (spec 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlglot import exp, parse_one

from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.catalog import ArrayType, Relation, TagArray, default_tables
from segsql.errors import Code, InternalError
from segsql.filters import parse
from segsql.plan import ActivityStrategy, Forced, Resolver, SegmentForm, TagStrategy, plan_segment
from segsql.render.allow_list import check
from segsql.render.statements import segment_select
from unit.compiling import flat, named


def parsed(sql: str) -> Any:
    return parse_one(sql, dialect="postgres")


def good() -> exp.Select:
    """What the compiler itself makes of a definition with every kind of source."""
    definition = flat(named("tags", "contains", [1]), named("opens_count", "gt", 1), named("email", "in", ["x"]))
    predicate = Resolver(CATALOG).resolve(parse(definition)).predicate
    assert predicate is not None
    form = plan_segment(predicate, CATALOG, workspace_id=WORKSPACE_ID, now=NOW).form
    assert isinstance(form, SegmentForm)
    return segment_select(form)


STRATEGIES = [Forced(*each) for each in product((None, *TagStrategy), (None, *ActivityStrategy))]
ALL_THERE_IS = replace(default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER))


@pytest.mark.parametrize("forced", STRATEGIES, ids=str)
def test_every_strategy_is_allowed(forced: Forced) -> None:
    definition = flat(
        *(named("tags", operator, [1, 2]) for operator in ("contains", "eq")),
        named("tags", "exists"),
        named("opens_count", "gt", 1),
        named("open_rate", "lt", 50),
        named("last_click_at", "within_days", 7),
    )
    catalog = replace(CATALOG, tables=ALL_THERE_IS)
    predicate = Resolver(catalog).resolve(parse(definition)).predicate
    assert predicate is not None
    form = plan_segment(predicate, catalog, workspace_id=WORKSPACE_ID, now=NOW, forced=forced).form
    assert isinstance(form, SegmentForm)
    check(segment_select(form), ALL_THERE_IS)


def refused(tree: exp.Expression) -> None:
    with pytest.raises(InternalError) as caught:
        check(tree, default_tables())
    assert caught.value.code is Code.FORBIDDEN_SQL


def test_what_is_allowed() -> None:
    check(good(), default_tables())


@pytest.mark.parametrize(
    "sql",
    [
        'INSERT INTO "contacts" ("id") VALUES (1)',
        'INSERT INTO "contacts" SELECT * FROM "contacts"',
        'UPDATE "contacts" SET "status" = \'x\'',
        'DELETE FROM "contacts"',
        'TRUNCATE TABLE "contacts"',
        'DROP TABLE "contacts"',
        'CREATE TABLE "x" AS SELECT 1',
        "SET ROLE postgres",
        "COPY contacts TO STDOUT",
        'MERGE INTO "contacts" USING "contact_tags" ON TRUE WHEN MATCHED THEN DELETE',
        'SELECT 1 FROM "contacts" UNION SELECT 2 FROM "contacts"',
        'SELECT 1 FROM "contacts" UNION ALL SELECT 2 FROM "contacts"',
        'SELECT 1 FROM "contacts" INTERSECT SELECT 2 FROM "contacts"',
        '(SELECT 1 FROM "contacts")',
        'WITH "x" AS (SELECT 1) SELECT 1 FROM "contacts"',
        'WITH "x" AS (DELETE FROM "contacts" RETURNING *) SELECT 1 FROM "contacts"',
        'SELECT 1 INTO "x" FROM "contacts"',
        'SELECT 1 FROM "contacts" FOR UPDATE',
        'SELECT * FROM (SELECT 1 FROM "contacts" UNION SELECT 2 FROM "contacts") AS "u"',
        "SELECT PG_SLEEP(10)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT set_config('role', 'postgres', TRUE)",
        "SELECT dblink('x', 'y')",
        "SELECT NOW()",
        "SELECT CURRENT_TIMESTAMP",
        "SELECT RANDOM()",
        'SELECT "public"."jsonb_typeof"("c"."fields") FROM "contacts" AS "c"',
        "SELECT LENGTH('x')",
        'SELECT * FROM "pg_authid"',
        'SELECT * FROM "segments"',
        'SELECT * FROM "api_keys"',
        'SELECT * FROM "other"."contacts"',
        'SELECT * FROM "db"."other"."contacts"',
        'SELECT 1 FROM "contacts" WHERE EXISTS(SELECT 1 FROM "api_keys")',
        "SELECT * FROM GENERATE_SERIES(1, 10)",
        "SELECT * FROM contacts",
        'SELECT * FROM "contacts" AS c',
        'SELECT c."id" FROM "contacts" AS "c"',
        'SELECT "c".id FROM "contacts" AS "c"',
        'SELECT "c"."id" AS n FROM "contacts" AS "c"',
        'SELECT 1 FROM "contacts" WHERE "id" = %s',
        'SELECT 1 FROM "contacts" WHERE "id" = %(x)s',
        'SELECT 1 FROM "contacts" WHERE "id" = %(p0)s',
        'SELECT 1 FROM "contacts" WHERE "id" = $1',
        'SELECT ROW_NUMBER() OVER (ORDER BY "c"."id") FROM "contacts" AS "c"',
        'SELECT 1.5 FROM "contacts"',
        'SELECT DISTINCT "c"."id" FROM "contacts" AS "c"',
        'SELECT DISTINCT ON ("c"."id") "c"."id" FROM "contacts" AS "c"',
        'SELECT MIN("c"."id") FROM "contacts" AS "c"',
        'SELECT ARRAY_LENGTH("c"."tag_ids", 1) FROM "contacts" AS "c"',
    ],
)
def test_other_statements(sql: str) -> None:
    refused(parsed(sql))


@pytest.mark.parametrize(
    "node",
    [
        lambda: exp.Literal(this="1; DROP TABLE contacts", is_string=False),
        lambda: exp.Literal(this="1e5", is_string=False),
        lambda: exp.Identifier(this="x; DROP TABLE contacts", quoted=False),
        lambda: exp.Identifier(this="x"),
        lambda: exp.Placeholder(this="p1)s; DROP TABLE contacts; --"),
        lambda: exp.Placeholder(this="p1\n"),
        lambda: exp.Anonymous(this="jsonb_typeof(1); DROP TABLE contacts; --"),
        lambda: exp.Anonymous(this="pg_sleep", expressions=[]),
        lambda: exp.Var(this="x; DROP TABLE contacts"),
        lambda: exp.Command(this="DROP", expression="TABLE contacts"),
    ],
)
def test_smuggled_nodes(node: Callable[[], exp.Expression]) -> None:
    tree = good()
    tree.append("expressions", node())
    refused(tree)


@pytest.mark.parametrize(
    "smuggle",
    [
        lambda tree: tree.append("expressions", "1; DROP TABLE contacts"),
        lambda tree: tree.set("expressions", [exp.Column(this="1; DROP TABLE contacts")]),
        lambda tree: tree.set("expressions", [exp.Lower(this="x); DROP TABLE contacts; --")]),
        lambda tree: tree.set("where", exp.Where(this="TRUE; DROP TABLE contacts")),
        lambda tree: tree.set(
            "joins", [exp.Join(this=exp.table_("contacts", quoted=True), side="; DROP TABLE contacts; --")]
        ),
    ],
)
def test_smuggled_text(smuggle: Callable[[exp.Select], None]) -> None:
    """A plain string where a node belongs is printed as it stands."""
    tree = good()
    smuggle(tree)
    assert "drop table contacts" in tree.sql(dialect="postgres").lower()
    refused(tree)


def test_only_a_select() -> None:
    refused(exp.Subquery(this=good()))
    refused(exp.Paren(this=good()))


def test_other_tables_of_a_catalog_are_its_own() -> None:
    tables = default_tables()
    people = replace(tables, contacts=replace(tables.contacts, relation=Relation("people", "crm")))
    check(parsed('SELECT 1 FROM "crm"."people"'), people)
    refused(parsed('SELECT 1 FROM "people"'))
    refused(parsed('SELECT 1 FROM "crm"."people"'))
    with pytest.raises(InternalError):
        check(parsed('SELECT 1 FROM "people"'), people)
    for without, absent, left in (
        (replace(tables, activity=None), "contact_activity", "email_events"),
        (replace(tables, events=()), "email_events", "contact_activity"),
    ):
        check(parsed(f'SELECT 1 FROM "{left}"'), without)
        with pytest.raises(InternalError):
            check(parsed(f'SELECT 1 FROM "{absent}"'), without)
