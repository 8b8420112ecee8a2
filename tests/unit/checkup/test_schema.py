"""What is made of tables, privileges, indexes and statistics."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from segsql.catalog import Distribution, default_mapping
from segsql.checkup import Level, schema
from segsql.store.inspection import (
    Access,
    Elsewhere,
    Indexes,
    Ledger,
    Need,
    Privilege,
    SegmentRows,
    Statistics,
    TableStatistics,
    needs,
)
from segsql.store.migrations import Default

NEEDS = needs(default_mapping())
WELL = tuple(Access(need, need.table, "public", need.columns, (), is_granted=True) for need in NEEDS)
NOTHING = tuple(Access(need, None, None, need.columns, need.columns, is_granted=True) for need in NEEDS)
UPDATE = next(access for access in WELL if access.need.privilege is Privilege.UPDATE)
KNOWN = TableStatistics("contacts", 2**30, has_any=True, age=timedelta(days=3), rows=1_000_000, changed=100_000)


def but(changed: Access) -> tuple[Access, ...]:
    return tuple(changed if access.need == changed.need else access for access in WELL)


def test_all_tables() -> None:
    assert schema.tables(WELL, None, "app").level is Level.OK


def test_no_tables() -> None:
    verdict = schema.tables(NOTHING, None, "app")
    assert (verdict.level, verdict.advice) == (Level.PROBLEM, "Run: segsql init")
    assert "workspaces" in verdict.found


@pytest.mark.parametrize(
    ("is_usable", "advice"),
    [(True, 'ALTER ROLE app SET search_path = "My shop";'), (False, 'GRANT USAGE ON SCHEMA "My shop" TO app;')],
)
def test_tables_that_lie_elsewhere(is_usable: bool, advice: str) -> None:
    elsewhere = Elsewhere("segments", '"My shop"', is_usable)
    for verdict in (schema.tables(NOTHING, elsewhere, "app"), schema.no_schema(elsewhere, "app")):
        assert (verdict.level, verdict.advice) == (Level.PROBLEM, advice)


def test_a_table_of_that_name_elsewhere_does_not_matter_where_all_are_found() -> None:
    assert schema.tables(WELL, Elsewhere("segments", "other", is_usable=True), "app").level is Level.OK


def test_a_missing_column() -> None:
    verdict = schema.tables(but(replace(WELL[1], missing=("country",))), None, "app")
    assert verdict.level is Level.PROBLEM
    assert verdict.found == "no column contacts.country"


def test_tables_of_two_schemas() -> None:
    verdict = schema.tables(but(replace(WELL[1], schema="old")), None, "app")
    assert verdict.level is Level.WARNING
    assert "old, public" in verdict.found


def test_all_privileges() -> None:
    assert schema.privileges(WELL, "app").level is Level.OK


def test_the_grant_for_what_is_missing() -> None:
    found = [replace(access, is_granted=access.need.table != "segments") for access in WELL]
    verdict = schema.privileges(found, '"App"')
    assert verdict.level is Level.PROBLEM
    assert verdict.advice == (
        'GRANT SELECT ON segments TO "App"; GRANT UPDATE (cached_count, last_counted_at) ON segments TO "App";'
    )


def test_a_privilege_is_told_once() -> None:
    selects = [replace(access, name='"Contact"', is_granted=False) for access in WELL[1:3]]
    verdict = schema.privileges(selects, "app")
    assert verdict.found == 'app has no SELECT ON "Contact"'
    assert verdict.advice == 'GRANT SELECT ON "Contact" TO app;'


def test_a_table_of_counts_is_written_as_a_whole() -> None:
    counts = Access(Need(Privilege.UPDATE, "counts"), "counts", "public", (), (), is_granted=False)
    assert schema.privileges([counts], "app").advice == "GRANT UPDATE ON counts TO app;"


def test_schemas_that_may_not_be_used() -> None:
    verdict = schema.closed_schemas(["crm", '"Shop"'], "app")
    assert (verdict.level, verdict.found) == (Level.PROBLEM, 'app may not use schema crm, "Shop"')
    assert verdict.advice == 'GRANT USAGE ON SCHEMA crm TO app; GRANT USAGE ON SCHEMA "Shop" TO app;'


def test_privileges_on_tables_that_are_not_there_are_not_granted() -> None:
    verdict = schema.privileges(NOTHING, "app")
    assert verdict.level is Level.WARNING
    assert "GRANT" not in verdict.advice


def test_row_policies() -> None:
    assert schema.row_policies((), "app").level is Level.OK
    verdict = schema.row_policies(("contacts",), "app")
    assert (verdict.level, verdict.advice) == (Level.PROBLEM, "ALTER ROLE app BYPASSRLS; -- as a superuser")


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (None, Level.WARNING, "segsql_migrations"),
        (Ledger((), ()), Level.OK, "all applied"),
        (Ledger(("000004_statistics.sql",), ("000009_new.sql",)), Level.PROBLEM, "000004_statistics.sql"),
        (Ledger((), ("000009_new.sql",)), Level.WARNING, "000009_new.sql"),
    ],
)
def test_migrations(found: Ledger | None, level: Level, words: str) -> None:
    verdict = schema.migrations(found)
    assert verdict.level is level
    assert words in verdict.found


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (Indexes((), (), ()), Level.OK, "none INVALID"),
        (Indexes(("contact_tags_tag",), ("i",), ()), Level.WARNING, "INVALID, left by a build that failed: i"),
        (Indexes(("contact_tags_tag",), (), ()), Level.WARNING, "missing: contact_tags_tag"),
        (Indexes((), (), ("i",)), Level.WARNING, "not valid yet: i"),
    ],
)
def test_indexes(found: Indexes, level: Level, words: str) -> None:
    verdict = schema.indexes(found)
    assert verdict.level is level
    assert words in verdict.found


def rows(fillfactor: int, *indexes: str) -> SegmentRows:
    return SegmentRows(fillfactor, indexes, "segments", ("cached_count", "last_counted_at"))


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (None, Level.WARNING, "no table that counts are written to"),
        (rows(50), Level.OK, "fillfactor 50"),
        (rows(30), Level.OK, "fillfactor 30"),
        (rows(100), Level.WARNING, "fillfactor 100"),
        (rows(50, "segments_age"), Level.WARNING, "segments_age"),
    ],
)
def test_hot_updates(found: SegmentRows | None, level: Level, words: str) -> None:
    verdict = schema.hot_updates(found)
    assert verdict.level is level
    assert words in verdict.found


@pytest.mark.parametrize(
    ("table", "level", "words"),
    [
        (KNOWN, Level.OK, "last ANALYZE: contacts 3 d ago"),
        (replace(KNOWN, age=None), Level.OK, "has noted no ANALYZE"),
        (replace(KNOWN, has_any=False), Level.WARNING, "none on contacts"),
        (replace(KNOWN, has_any=False, bytes=8192), Level.OK, ""),
        (replace(KNOWN, has_any=None), Level.OK, ""),
        (replace(KNOWN, changed=200_000), Level.WARNING, "contacts 20 % changed since ANALYZE 3 d ago"),
        (replace(KNOWN, changed=200_000, age=timedelta(minutes=59)), Level.OK, "contacts 59 min ago"),
        (replace(KNOWN, changed=200_000, rows=0, age=None), Level.WARNING, "since ANALYZE at an unknown time"),
        (replace(KNOWN, changed=900, rows=900), Level.OK, ""),
    ],
    ids=[
        "known",
        "no time",
        "none",
        "none on little",
        "not to be seen",
        "changed",
        "changed just now",
        "from nothing",
        "few changed",
    ],
)
def test_statistics(table: TableStatistics, level: Level, words: str) -> None:
    verdict = schema.statistics(Statistics((table,), ()))
    assert verdict.level is level
    assert words in verdict.found
    assert bool(verdict.advice) is (level is not Level.OK)


def test_extended_statistics_that_are_missing() -> None:
    verdict = schema.statistics(Statistics((KNOWN,), (Default("s", "contacts", "CREATE STATISTICS s ON …"),)))
    assert verdict.level is Level.WARNING
    assert verdict.advice == "CREATE STATISTICS s ON …; ANALYZE contacts;"
    assert schema.statistics(Statistics((), ())).advice == "Run: segsql init"


@pytest.mark.parametrize("found", Distribution)
def test_every_distribution_that_counts_can_be_sent_by_is_fine(found: Distribution) -> None:
    assert schema.distribution(found).level is Level.OK
