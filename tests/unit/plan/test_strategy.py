"""Which way a test of tags or activity takes (spec 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from properties.forms import form
from segsql.catalog import BUILTINS, ArrayType, ColumnType, InColumn, InJson, Tables, TagArray, default_tables
from segsql.errors import UsageError
from segsql.filters import Moment, Rate
from segsql.plan import (
    MAX_EXISTS,
    WORDS,
    ActivityStrategy,
    EavStrategy,
    Forced,
    Reason,
    TagStrategy,
    Taken,
    check_possible,
)
from segsql.plan.predicate import (
    Activity,
    And,
    BooleanTest,
    Comparison,
    DateTest,
    HasRate,
    HasValue,
    Not,
    NumberTest,
    Or,
    Predicate,
    RateTest,
    Reading,
    RowValue,
    Stored,
    TagMode,
    TagTest,
    WithinDays,
)
from segsql.plan.strategy import choose, choose_for_scan, way_of

EXISTS, GROUPED, ARRAY = TagStrategy.EXISTS, TagStrategy.GROUPED, TagStrategy.ARRAY
LOOKED_UP, PIVOTED = EavStrategy
ROLLUP, EVENTS_EXISTS, EVENTS_GROUPED = ActivityStrategy
A, B = TagTest(TagMode.ANY, (1,)), TagTest(TagMode.ALL, (1, 2))
VIP = BooleanTest(Stored(InJson("fields", ColumnType.JSONB, ("vip",)), Reading.BOOLEAN), True)

OPENED = Activity(BUILTINS["last_open_at"])
RECENT = WithinDays(OPENED, 7)
OPENS = NumberTest(Activity(BUILTINS["opens_count"]), Comparison.GT, Decimal(3))
JOINED = WithinDays(Stored(InColumn("created_at", ColumnType.TIMESTAMPTZ), Reading.INSTANT), 7)

EVENTS_ALONE = replace(default_tables(), activity=None)
ROLLUP_ALONE = replace(default_tables(), events=())
WITH_ARRAY = replace(default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER))


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (VIP, {}),
        (A, {A: EXISTS}),
        (Not(A), {A: EXISTS}),
        (And((A, B, VIP)), {A: EXISTS, B: EXISTS}),
        (Or((A, VIP)), {A: GROUPED}),
        (Or((A,)), {A: EXISTS}),
        (And((VIP, Or((A, VIP)), B)), {A: GROUPED, B: EXISTS}),
        (Or((VIP, And((A, B)))), {A: GROUPED, B: GROUPED}),
        # none of: an AND of complements once the negation is pushed down
        (Not(Or((A, B))), {A: EXISTS, B: EXISTS}),
        (Not(And((A, B))), {A: GROUPED, B: GROUPED}),
        (Not(Not(And((A, B)))), {A: EXISTS, B: EXISTS}),
        (Not(And((Not(Or((A, VIP))), VIP))), {A: GROUPED}),
        # grouped in one place, grouped everywhere
        (And((A, Or((A, VIP)))), {A: GROUPED}),
        (And((Or((A, VIP)), A)), {A: GROUPED}),
    ],
)
def test_choice(predicate: Predicate, expected: dict[TagTest, TagStrategy]) -> None:
    assert choose(predicate, default_tables()).tags == expected


def many(count: int) -> tuple[TagTest, ...]:
    return tuple(TagTest(TagMode.ANY, (number,)) for number in range(count))


def test_too_many_look_ups_are_grouped() -> None:
    def chosen(*tests: TagTest, forced: Forced = Forced()) -> set[TagStrategy]:  # noqa: B008 - frozen
        return set(choose(And(tests), default_tables(), forced).tags.values())

    assert chosen(*many(MAX_EXISTS)) == {EXISTS}
    assert chosen(*many(MAX_EXISTS + 1)) == {GROUPED}
    assert chosen(*many(MAX_EXISTS + 1), forced=Forced(tags=EXISTS)) == {GROUPED}
    assert chosen(*many(MAX_EXISTS), *many(1)) == {GROUPED}, "the statement has it twice"


def test_look_ups_of_tags_and_of_events_are_counted_together() -> None:
    def chosen(tags: int, *tests: Predicate) -> tuple[set[TagStrategy], ActivityStrategy | None]:
        choice = choose(And((*many(tags), *tests)), EVENTS_ALONE)
        return set(choice.tags.values()), choice.activity

    instant = Moment(datetime(2026, 1, 1, tzinfo=UTC))
    for test, look_ups in (
        (HasValue(OPENED), 1),
        (DateTest(OPENED, Comparison.GTE, instant), 1),
        (DateTest(OPENED, Comparison.LT, instant), 2),
        (DateTest(OPENED, Comparison.EQ, instant), 2),
        (RECENT, 2),
        (OPENS, 1),
        (HasRate(Rate.OPEN), 1),
        (RateTest(Rate.OPEN, Comparison.GT, Decimal(3)), 3),
    ):
        assert chosen(MAX_EXISTS - look_ups, test, JOINED) == ({EXISTS}, EVENTS_EXISTS), test
        assert chosen(MAX_EXISTS - look_ups + 1, test, JOINED) == ({GROUPED}, EVENTS_GROUPED), test
    assert choose(And((*many(MAX_EXISTS), RECENT)), default_tables()).activity is ROLLUP, "a join is no look-up"


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (And((A, VIP, JOINED)), None),
        (RECENT, EVENTS_EXISTS),
        (And((RECENT, VIP, Or((VIP, A)))), EVENTS_EXISTS),
        (Not(Or((RECENT, OPENS))), EVENTS_EXISTS),
        (Or((RECENT, VIP)), EVENTS_GROUPED),
        (And((RECENT, Or((OPENS, VIP)))), EVENTS_GROUPED),
        (Or((HasRate(Rate.CLICK), VIP)), EVENTS_GROUPED),
    ],
)
def test_choice_of_activity(predicate: Predicate, expected: ActivityStrategy | None) -> None:
    assert choose(predicate, EVENTS_ALONE).activity is expected
    for tables in (default_tables(), ROLLUP_ALONE):
        assert choose(predicate, tables).activity is (None if expected is None else ROLLUP)
    scanned = choose_for_scan([predicate, VIP], EVENTS_ALONE).activity
    assert scanned is (None if expected is None else EVENTS_GROUPED)


def test_a_column_of_tags_is_taken_wherever_it_is() -> None:
    both = And((A, Or((B, VIP)), *many(MAX_EXISTS)))
    assert set(choose(both, WITH_ARRAY).tags.values()) == {ARRAY}
    assert set(choose_for_scan([both], WITH_ARRAY).tags.values()) == {ARRAY}
    assert set(choose(A, WITH_ARRAY, Forced(tags=EXISTS)).tags.values()) == {EXISTS}


def test_a_scan_looks_nothing_up() -> None:
    both = And((A, RECENT))
    choice = choose_for_scan([both, B], default_tables())
    assert (choice.tags, choice.activity) == ({A: GROUPED, B: GROUPED}, ROLLUP)
    forced = Forced(tags=EXISTS, activity=EVENTS_EXISTS)
    assert forced.looks_up
    choice = choose_for_scan([both, B], WITH_ARRAY, forced)
    assert (choice.tags, choice.activity) == ({A: GROUPED, B: GROUPED}, EVENTS_GROUPED)


def test_forced() -> None:
    both = And((A, Or((B, VIP)), RECENT))
    for tags in (EXISTS, GROUPED):
        assert choose(both, default_tables(), Forced(tags=tags)).tags == {A: tags, B: tags}
    for activity in ActivityStrategy:
        assert choose(both, default_tables(), Forced(activity=activity)).activity is activity
        assert choose(A, default_tables(), Forced(activity=activity)).activity is None


def test_what_is_chosen_as_words() -> None:
    assert (
        str(choose(And((A, Or((B, VIP)), RECENT)), default_tables()).strategies)
        == "tags=exists and grouped, activity=rollup"
    )
    assert str(choose(RECENT, EVENTS_ALONE).strategies) == "activity=events_exists"
    assert str(choose(VIP, default_tables()).strategies) == ""


def test_each_strategy_says_why() -> None:
    def why(*predicates: Predicate, tables: Tables = default_tables(), forced: Forced = Forced()) -> list[Taken]:  # noqa: B008
        one = (
            choose(*predicates, tables, forced) if len(predicates) == 1 else choose_for_scan(predicates, tables, forced)
        )
        return list(one.strategies.taken)

    both = And((A, Or((B, VIP)), RECENT))
    rollup = Taken(ROLLUP, Reason.ROLLUP, 1)
    assert why(both) == [Taken(EXISTS, Reason.UNDER_AND, 1), Taken(GROUPED, Reason.UNDER_OR, 1), rollup]
    assert why(both, tables=WITH_ARRAY) == [Taken(ARRAY, Reason.ARRAY_COLUMN, 2), rollup]
    assert why(both, forced=Forced(tags=EXISTS))[:1] == [Taken(EXISTS, Reason.FORCED, 2)]
    assert why(both, VIP) == [Taken(GROUPED, Reason.SHARED_SCAN, 2), rollup]
    assert why(And((A, RECENT)), VIP, tables=EVENTS_ALONE)[1:] == [Taken(EVENTS_GROUPED, Reason.SHARED_SCAN, 1)]
    assert why(And((RECENT, OPENS)), tables=EVENTS_ALONE) == [Taken(EVENTS_EXISTS, Reason.UNDER_AND, 2)]
    assert why(Or((RECENT, OPENS)), tables=EVENTS_ALONE) == [Taken(EVENTS_GROUPED, Reason.UNDER_OR, 2)]
    assert why(And(many(MAX_EXISTS + 1))) == [Taken(GROUPED, Reason.TOO_MANY_LOOK_UPS, MAX_EXISTS + 1)]
    assert why(RECENT, forced=Forced(activity=EVENTS_GROUPED)) == [Taken(EVENTS_GROUPED, Reason.FORCED, 1)]
    assert why(VIP) == []
    assert set(WORDS) == set(Reason)


@pytest.mark.parametrize(
    ("forced", "tables", "missing"),
    [
        (Forced(tags=ARRAY), default_tables(), "tags=array"),
        (Forced(activity=ROLLUP), EVENTS_ALONE, "activity=rollup"),
        (Forced(activity=EVENTS_EXISTS), ROLLUP_ALONE, "activity=events_exists"),
        (Forced(activity=EVENTS_GROUPED), ROLLUP_ALONE, "activity=events_grouped"),
    ],
)
def test_a_strategy_needs_what_it_reads(forced: Forced, tables: Tables, missing: str) -> None:
    with pytest.raises(UsageError, match=missing) as raised:
        check_possible(forced, tables)
    assert raised.value.hint


def test_what_the_tables_have_is_possible() -> None:
    check_possible(Forced(), default_tables())
    check_possible(Forced(tags=ARRAY, activity=EVENTS_GROUPED), WITH_ARRAY)
    check_possible(Forced(tags=GROUPED, activity=ROLLUP), ROLLUP_ALONE)


ROWS = form("polymorphic").tables
D3 = Decimal(3)
LONGER = NumberTest(RowValue(21, (InColumn("number_value", ColumnType.NUMERIC),), Reading.NUMBER), Comparison.GT, D3)
BY_FLAG = BooleanTest(RowValue(22, (InColumn("boolean_value", ColumnType.BOOLEAN),), Reading.BOOLEAN), True)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (VIP, {}),
        (LONGER, {LONGER: LOOKED_UP}),
        (Not(LONGER), {LONGER: LOOKED_UP}),
        (And((LONGER, BY_FLAG)), {LONGER: LOOKED_UP, BY_FLAG: LOOKED_UP}),
        (Or((LONGER, BY_FLAG)), {LONGER: PIVOTED, BY_FLAG: PIVOTED}),
        (And((LONGER, Or((LONGER, A)), BY_FLAG)), {LONGER: PIVOTED, BY_FLAG: LOOKED_UP}),
    ],
)
def test_values_that_are_rows(predicate: Predicate, expected: dict[Predicate, EavStrategy]) -> None:
    assert choose(predicate, ROWS).eav == expected
    assert set(choose_for_scan([predicate], ROWS).eav.values()) <= {PIVOTED}


def test_rows_count_among_the_look_ups() -> None:
    """Of tags and of values together."""
    tags = tuple(TagTest(TagMode.ANY, (number,)) for number in range(MAX_EXISTS - 1))
    assert choose(And((*tags, LONGER)), ROWS).eav == {LONGER: LOOKED_UP}
    beyond = choose(And((*tags, LONGER, BY_FLAG)), ROWS)
    assert set(beyond.eav.values()) == {PIVOTED}
    assert set(beyond.tags.values()) == {GROUPED}


def test_rows_by_force() -> None:
    assert choose(LONGER, ROWS, Forced(eav=PIVOTED)).eav == {LONGER: PIVOTED}
    assert choose(Or((LONGER, VIP)), ROWS, Forced(eav=LOOKED_UP)).eav == {LONGER: LOOKED_UP}
    assert Forced(eav=LOOKED_UP).looks_up
    assert str(choose(Or((LONGER, VIP)), ROWS).strategies) == "eav=pivoted"
    for forced in (Forced(eav=PIVOTED), Forced(eav=LOOKED_UP)):
        with pytest.raises(UsageError, match="no table of custom values"):
            check_possible(forced, default_tables())


def test_what_only_one_way_has_is_read_that_way() -> None:
    """Whatever the statement's strategy is."""
    tables = form("mixed").tables
    names = ("delivered_count", "opens_count", "clicks_count", "last_open_at", "last_click_at")
    for strategy in (None, *ActivityStrategy):
        by_events = EVENTS_GROUPED if strategy in (None, ROLLUP) else strategy
        ways = [way_of(BUILTINS[name], strategy, tables) for name in names]
        opens = ROLLUP if strategy in (None, ROLLUP) else by_events
        assert ways == [ROLLUP, opens, by_events, by_events, by_events]


def test_tags_in_an_array_alone() -> None:
    tables = form("camel").tables
    assert choose(And((A, B)), tables).tags == {A: ARRAY, B: ARRAY}
    for tags in (EXISTS, GROUPED):
        with pytest.raises(UsageError, match="no table of contacts' tags"):
            check_possible(Forced(tags=tags), tables)
