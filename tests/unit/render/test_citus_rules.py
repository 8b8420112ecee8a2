"""Every statement for a Citus cluster keeps to the rules, and each rule's check finds what breaks it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.cases import Case, cases_of_the_default, compiled
from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from properties.catalogs import catalog_of
from properties.model import Workspace, json_text
from properties.strategies import definitions
from properties.world import NOW as WORLD_NOW
from properties.world import WORLD
from segsql.catalog import (
    ArrayType,
    Catalog,
    Distribution,
    Id,
    SqlType,
    TagArray,
    default_mapping,
    default_tables,
    tables_of,
)
from segsql.compiler import WorkspaceCompiler, compile_segment
from segsql.plan import ActivityStrategy, Forced, Output, Parameter, TagStrategy
from segsql.render import Statement
from unit.compiling import flat, named
from unit.render.citus_rules import RULES

CASES = cases_of_the_default()
CLUSTERS = (Distribution.BY_WORKSPACE, Distribution.BY_CONTACT)

rules = pytest.mark.parametrize("rule", RULES)


@cache
def golden_statements() -> tuple[tuple[str, Statement], ...]:
    """Every golden case for a cluster, counted and listed, and all of them in shared scans."""
    alone = [
        (f"{case.name}, {output}", compiled(case, distribution, output))
        for case in CASES
        for distribution in CLUSTERS
        for output in Output
    ]
    return (*alone, *(("a shared scan", scan) for scan in golden_scans(Distribution.BY_CONTACT)))


def golden_scans(distribution: Distribution) -> list[Statement]:
    return [
        compiler.scan(chunk, split_ids=(1_000, 2_000)).statement
        for compiler in [scanning(distribution)]
        for chunk in compiler.chunks(compiler.segment_ids)
    ]


def scanning(distribution: Distribution) -> WorkspaceCompiler:
    """The golden definitions as segments of one workspace."""
    found = [json.loads(case.document.read_bytes()) for case in CASES]
    plain = [one for one in found if not one.keys() - {"condition", "matchType", "filters"}]
    segments: dict[Id, object] = {**CATALOG.segments, **{1_000 + n: one for n, one in enumerate(plain)}}
    catalog = replace(CATALOG, segments=segments, tables=tables_of(default_mapping(), distribution))
    return WorkspaceCompiler(catalog, workspace_id=WORKSPACE_ID, now=NOW)


@rules
def test_golden_statements(rule: str) -> None:
    found = {name: faults for name, statement in golden_statements() if (faults := RULES[rule](statement))}
    assert found == {}


STRATEGIES = st.builds(Forced, st.sampled_from([None, *TagStrategy]), st.sampled_from([None, *ActivityStrategy]))
ALL_THERE_IS = replace(
    default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER), distribution=Distribution.BY_CONTACT
)


@cache
def cluster_catalog(workspace: Workspace) -> Catalog:
    return replace(catalog_of(workspace), tables=ALL_THERE_IS)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_statement(data: st.DataObject) -> None:
    workspace = data.draw(st.sampled_from(WORLD.workspaces))
    definition = data.draw(definitions(workspace))
    output, strategy = data.draw(st.sampled_from(Output)), data.draw(STRATEGIES)
    catalog = cluster_catalog(workspace)
    statement = compile_segment(
        json_text(definition), catalog, workspace_id=workspace.id, now=WORLD_NOW, output=output, strategy=strategy
    )
    assert {name: rule(statement) for name, rule in RULES.items()} == {name: [] for name in RULES}


# --- what breaks a rule is found ---

MINE = 'c."workspace_id" = CAST(%(p1)s AS BIGINT)'
OURS = 't."workspace_id" = CAST(%(p1)s AS BIGINT)'
TIED = 't."workspace_id" = c."workspace_id" AND t."contact_id" = c."id"'
COUNT = f'SELECT COUNT(*) FROM "contacts" AS c WHERE {MINE}'
TAGS = '(SELECT t."workspace_id", t."contact_id", MAX(t."tag_id") AS m FROM "contact_tags" AS t'
GROUPED = 'GROUP BY t."workspace_id", t."contact_id") AS t'

BROKEN: dict[str, tuple[str, ...]] = {
    "subqueries_carry_the_constant_and_both_correlations": (
        f'{COUNT} AND EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE {TIED})',
        f'{COUNT} AND EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE {OURS} AND t."contact_id" = c."id")',
        f'{COUNT} AND EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE {OURS} AND t."workspace_id" = c."workspace_id")',
        f'{COUNT} AND EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE ({OURS} OR TRUE) AND {TIED})',
        f'{COUNT} AND (SELECT COUNT(*) FROM "email_events" AS t WHERE {OURS}) > 0',
    ),
    "distribution_columns_meet_plain_equality_alone": (
        f'{COUNT} AND c."id" >= CAST(%(p2)s AS BIGINT)',
        f'{COUNT} AND c."id" = ANY(CAST(%(p2)s AS BIGINT[]))',
        'SELECT COUNT(*) FROM "contacts" AS c WHERE CAST(c."workspace_id" AS TEXT) = CAST(%(p1)s AS TEXT)',
        'SELECT COUNT(*) FROM "contacts" AS c WHERE c."workspace_id" = CAST(%(p1)s AS BIGINT) + 0',
        'SELECT COUNT(*) FROM "contacts" AS c WHERE c."workspace_id" IN (1)',
    ),
    "no_predicate_folds_to_a_constant": (
        f"{COUNT} AND FALSE",
        f"{COUNT} AND (c.email IS NULL OR 1 = 0)",
        f"{COUNT} AND NULL",
        f"{COUNT} AND c.email = NULL",
        f"{COUNT} AND NOT TRUE",
        f"{COUNT} AND c.email = CAST(%(p2)s AS TEXT)",
        f"{COUNT} AND c.email = ANY(CAST(%(p3)s AS TEXT[]))",
        f'SELECT COUNT(*) FILTER(WHERE FALSE) FROM "contacts" AS c WHERE {MINE}',
        f'{COUNT} AND EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE {OURS} AND {TIED} AND 0 = 1)',
    ),
    "instants_are_parameters": (
        f"{COUNT} AND c.created_at > NOW()",
        f"{COUNT} AND c.created_at > CURRENT_TIMESTAMP",
        f"{COUNT} AND c.created_at > CLOCK_TIMESTAMP()",
        f"{COUNT} AND c.created_at > CAST('2026-01-01' AS TIMESTAMPTZ)",
        f"{COUNT} AND CAST(c.created_at AS DATE) = CAST(%(p2)s AS DATE)",
        f"{COUNT} AND c.created_at AT TIME ZONE 'UTC' > CAST(%(p2)s AS TIMESTAMP)",
        f"{COUNT} AND DATE_TRUNC('day', c.created_at) = CAST(%(p2)s AS TIMESTAMPTZ)",
        f"{COUNT} AND RANDOM() < 0.5",
    ),
    "absence_is_not_exists": (
        f'{COUNT} AND NOT c."id" IN (SELECT t."contact_id" FROM "contact_tags" AS t WHERE {OURS})',
        f'{COUNT} AND c."id" NOT IN (SELECT t."contact_id" FROM "contact_tags" AS t WHERE {OURS})',
        f'{COUNT} AND c."id" <> ALL (SELECT t."contact_id" FROM "contact_tags" AS t WHERE {OURS})',
    ),
    "derived_tables_group_and_join_on_both_keys": (
        f'SELECT COUNT(*) FROM "contacts" AS c LEFT JOIN {TAGS} WHERE {OURS} GROUP BY t."contact_id") AS t ON {TIED}',
        f'SELECT COUNT(*) FROM "contacts" AS c LEFT JOIN {TAGS} WHERE {OURS}) AS t ON {TIED}',
        f'SELECT 1 FROM "contacts" AS c LEFT JOIN {TAGS} WHERE {OURS} {GROUPED} ON t."contact_id" = c."id"',
        f'SELECT 1 FROM "contacts" AS c LEFT JOIN {TAGS} WHERE {OURS} {GROUPED} ON t."workspace_id" = c."workspace_id"',
        f'SELECT 1 FROM "contacts" AS c LEFT JOIN {TAGS} WHERE {OURS} {GROUPED} ON ({TIED}) OR TRUE',
        'SELECT 1 FROM "contacts" AS c LEFT JOIN "contact_activity" AS a ON a."contact_id" = c."id"',
        'SELECT 1 FROM "contacts" AS c CROSS JOIN "contact_activity" AS a',
    ),
    "nothing_is_fenced": (
        f'SELECT COUNT(*) FROM (SELECT 1 FROM "contacts" AS c WHERE {MINE} OFFSET \'0\') AS x',
        f'SELECT COUNT(*) FROM (SELECT 1 FROM "contacts" AS c WHERE {MINE} LIMIT 10) AS x',
        f"{COUNT} OFFSET 0",
    ),
    "no_membership_of_a_subquery_under_or": (
        f'{COUNT} AND (c.email IS NULL OR c."id" IN (SELECT t."contact_id" FROM "contact_tags" AS t WHERE {OURS}))',
        f'{COUNT} AND (c.email IS NULL OR c."id" = ANY(SELECT t."contact_id" FROM "contact_tags" AS t WHERE {OURS}))',
    ),
    "no_sublink_is_uncorrelated": (
        f"{COUNT} AND LOWER(c.email) = ANY(ARRAY(SELECT LOWER(v.text) FROM UNNEST(CAST(%(p2)s AS TEXT[])) AS v(text)))",
        f'{COUNT} AND EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE {OURS})',
        f'{COUNT} AND c."id" IN (SELECT t."contact_id" FROM "contact_tags" AS t WHERE {OURS})',
    ),
    "the_statement_is_one_piece": (
        f'SELECT SUM(u.n) FROM (({COUNT}) UNION ALL ({COUNT})) AS u',
        f"({COUNT}) UNION ALL ({COUNT})",
        f"WITH x AS ({COUNT}) SELECT 1 FROM x",
        f'SELECT COUNT(*) OVER () FROM "contacts" AS c WHERE {MINE}',
        f'SELECT 1 FROM "contacts" AS c CROSS JOIN LATERAL (SELECT 1 FROM "contact_tags" AS t WHERE {TIED}) AS x',
    ),
}  # fmt: skip

GIVEN = (Parameter(SqlType.BIGINT, 7), Parameter(SqlType.TEXT, None), Parameter(SqlType.TEXT_ARRAY, ()))  # type: ignore[arg-type]


def test_every_rule_has_something_that_breaks_it() -> None:
    assert BROKEN.keys() == RULES.keys()


@pytest.mark.parametrize(("rule", "sql"), [(rule, sql) for rule, broken in BROKEN.items() for sql in broken])
def test_what_breaks_a_rule_is_found(rule: str, sql: str) -> None:
    given_ = GIVEN if rule == "no_predicate_folds_to_a_constant" else GIVEN[:1]
    assert RULES[rule](Statement(sql, given_))


@rules
def test_what_keeps_to_all_is_not(rule: str) -> None:
    sql = (
        f'SELECT COUNT(*) FROM "contacts" AS c LEFT JOIN {TAGS} WHERE {OURS} {GROUPED} ON {TIED} '
        f"WHERE {MINE} AND c.email IS NULL "
        f'AND NOT EXISTS(SELECT 1 FROM "contact_tags" AS t WHERE {OURS} AND {TIED})'
    )
    assert RULES[rule](Statement(sql, GIVEN[:1])) == []


def test_a_scan_for_one_server_breaks_them() -> None:
    """The rules tell the two renderings apart: branches by id, each with a fence, grouped by contact alone."""
    broken = {name for scan in golden_scans(Distribution.NONE) for name, rule in RULES.items() if rule(scan)}
    assert broken == {
        "derived_tables_group_and_join_on_both_keys",
        "distribution_columns_meet_plain_equality_alone",
        "nothing_is_fenced",
        "the_statement_is_one_piece",
    }


# --- the rendering ---


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_statement_for_one_segment_is_the_same_everywhere(case: Case) -> None:
    """One form for all: what a cluster asks of it costs one server nothing."""
    for output in Output:
        for distribution in CLUSTERS:
            assert compiled(case, distribution, output) == compiled(case, output=output)


def test_a_shared_scan_differs_by_its_fence_branches_and_keys() -> None:
    segments: dict[Id, Any] = {
        1: flat(named("email", "in", ["A@x.org", "b@x.org"])),
        2: flat(named("status", "not_exists")),
        3: flat(named("tags", "contains", [1])),
    }
    plain, *clusters = (
        WorkspaceCompiler(
            replace(CATALOG, segments=segments, tables=tables_of(default_mapping(), distribution)),
            workspace_id=WORKSPACE_ID,
            now=NOW,
        )
        for distribution in (Distribution.NONE, *CLUSTERS)
    )
    for compiler in clusters:
        scan = compiler.scan((1, 2, 3), split_ids=(100, 200)).statement
        assert scan == compiler.scan((1, 2, 3)).statement
        alone = plain.scan((1, 2, 3)).statement.sql
        assert "OFFSET '0'" in alone
        assert 'GROUP BY\n      "t"."contact_id"\n' in alone
        assert (
            scan.sql
            == """\
SELECT
  COUNT(*) FILTER(WHERE "x"."c0" = ANY(STRING_TO_ARRAY(LOWER(CAST(%(p3)s AS TEXT)), CAST(%(p4)s AS TEXT)))) AS "s0",
  COUNT(NULL) AS "s1",
  COUNT(*) FILTER(WHERE ("x"."c1" & CAST(%(p5)s AS BIGINT)) <> 0) AS "s2"
FROM (
  SELECT
    LOWER("c"."email") AS "c0",
    "t"."tag_bits" AS "c1"
  FROM "contacts" AS "c"
  LEFT JOIN (
    SELECT
      "t"."workspace_id",
      "t"."contact_id",
      BIT_OR(CAST(1 AS BIGINT) << (
        WIDTH_BUCKET("t"."tag_id", CAST(%(p2)s AS INT[])) - 1
      )) AS "tag_bits"
    FROM "contact_tags" AS "t"
    WHERE
      "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
      AND "t"."tag_id" = ANY(
        CAST(%(p2)s AS INT[])
      )
    GROUP BY
      "t"."workspace_id",
      "t"."contact_id"
  ) AS "t"
    ON "t"."workspace_id" = "c"."workspace_id" AND "t"."contact_id" = "c"."id"
  WHERE
    "c"."workspace_id" = CAST(%(p1)s AS BIGINT) AND "c"."deleted_at" IS NULL
) AS "x\""""
        )


# --- lists of addresses as one text ---

ALL_OF_THE_FIRST_AREA = ["".join(map(chr, range(start, start + 800))) for start in range(0xE000, 0xF900, 800)]


@pytest.mark.parametrize(
    ("texts", "separator"),
    [
        (["a@x.org"], "\n"),
        (["", "\r", " ", ",", "\x1f"], "\n"),
        (["a\nb"], "\ue000"),
        (["\n", "\ue000", "\ue001x"], "\ue002"),
        (["\n", *ALL_OF_THE_FIRST_AREA], "\U000f0000"),
    ],
    ids=["usual", "others", "a line feed", "more", "a whole area"],
)
def test_the_separator_is_in_none_of_the_texts(texts: list[str], separator: str) -> None:
    statement = compile_segment(flat(named("email", "in", texts)), CATALOG, workspace_id=WORKSPACE_ID, now=NOW)
    joined, found_separator = (parameter.value for parameter in statement.parameters[1:])
    assert found_separator == separator
    assert isinstance(joined, str)
    *found, last = joined.split(separator)
    assert found == sorted(texts)
    assert last == found[-1]
