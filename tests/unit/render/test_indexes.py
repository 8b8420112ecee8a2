"""Indexes for tests: on the expression that statements compare, under a name that PostgreSQL keeps whole."""

from __future__ import annotations

from decimal import Decimal

import pglast
import pytest

from segsql.catalog import BUILTINS, ColumnType, InJson, default_tables
from segsql.plan.predicate import (
    Activity,
    Comparison,
    HasValue,
    NumberTest,
    Part,
    Reading,
    Stored,
    TagMode,
    TagTest,
    Test,
    TextEquals,
    TextIn,
    TextMatches,
    UndeclaredValue,
    WithinDays,
)
from segsql.render import Index, index_for

PLACES = default_tables().places
EMAIL = Stored(PLACES["email"], Reading.TEXT, ignore_case=True)
STATUS = Stored(PLACES["status"], Reading.TEXT)


def custom(key: str, reading: Reading) -> Stored:
    return Stored(InJson("fields", ColumnType.JSONB, (key,)), reading)


AGE = custom("age", Reading.NUMBER)


def ddl(test: Test) -> str:
    index = index_for(test, default_tables())
    assert index is not None
    (statement,) = pglast.parse_sql(index.ddl(concurrently=True))
    assert isinstance(statement.stmt, pglast.ast.IndexStmt)
    return index.ddl(concurrently=True).removeprefix("CREATE INDEX CONCURRENTLY IF NOT EXISTS ")


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (TextEquals(STATUS, "x"), '"contacts_status" ON "contacts" ("workspace_id", "status")'),
        (TextIn(EMAIL, ("x",)), '"contacts_email_lower" ON "contacts" ("workspace_id", LOWER("email"))'),
        (
            TextMatches(STATUS, Part.START, "a"),
            '"contacts_status_prefix" ON "contacts" ("workspace_id", LOWER("status") text_pattern_ops)',
        ),
        (
            TextMatches(EMAIL, Part.END, ".de"),
            '"contacts_email_trigrams" ON "contacts" USING gin (LOWER("email") gin_trgm_ops)',
        ),
        (
            NumberTest(AGE, Comparison.GT, Decimal(3)),
            """"contacts_fields_age_number" ON "contacts" ("workspace_id", (CASE WHEN JSONB_TYPEOF("fields" -> 'age') \
= 'number' THEN CAST("fields" ->> 'age' AS DECIMAL) END))""",
        ),
        (
            WithinDays(Activity(BUILTINS["last_open_at"]), 7),
            '"contact_activity_last_open_at" ON "contact_activity" ("workspace_id", "last_open_at")',
        ),
    ],
)
def test_an_index_is_on_what_is_compared(test: Test, expected: str) -> None:
    assert ddl(test) == expected


def test_a_hostile_key_is_quoted_and_named_by_a_hash() -> None:
    one = ddl(TextEquals(UndeclaredValue("a'); DROP TABLE contacts; --", Reading.STRING), "x"))
    other = ddl(TextEquals(UndeclaredValue("a')  DROP TABLE contacts; --", Reading.STRING), "x"))
    assert "'a''); DROP TABLE contacts; --'" in one
    assert one.split()[0] != other.split()[0]


def test_a_long_name_is_cut_and_stays_unique() -> None:
    names = {index_for(TextEquals(custom("k" * 70 + end, Reading.TEXT), "x"), default_tables()) for end in "ab"}
    assert len(names) == 2
    assert all(isinstance(index, Index) and len(index.name) <= 63 for index in names)


@pytest.mark.parametrize(
    "test",
    [
        HasValue(AGE),
        TextMatches(EMAIL, Part.ANYWHERE, "ab"),
        NumberTest(Activity(BUILTINS["opens_count"]), Comparison.GT, Decimal(3)),
        TagTest(TagMode.ANY, (1,)),
    ],
)
def test_what_no_index_serves_has_none(test: Test) -> None:
    assert index_for(test, default_tables()) is None
