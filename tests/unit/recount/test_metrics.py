"""A run as Prometheus metrics: their names are promised, and there is never one for each segment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import generate_latest

from segsql.recount import Counted, Failed, Options, Record, Report, Result
from segsql.recount.metrics import LAST_SUCCESS, labels_of, last_success_in, registry_of, success_of
from segsql.store import Ages, Selection, Shard

AT = datetime(2026, 3, 1, tzinfo=UTC)
RESULTS = (*(Result(7, number, Counted(1, AT), 1.0) for number in range(40)), Result(8, 1, Failed("no"), 1.0))
DONE = Record(Report("run", AT, AT + timedelta(seconds=90.5), RESULTS), Selection(), Options(), 1)
AGES = Ages(timedelta(hours=2), 5)


def exposed(record: Record, ages: Ages | None = AGES, last_success: float | None = None) -> dict[str, float]:
    text = generate_latest(registry_of(record, ages, last_success, labels_of(record))).decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_all_of_them() -> None:
    ended = AT.timestamp() + 90.5
    assert exposed(DONE, last_success=77.0) == {
        "segsql_recount_last_success_timestamp_seconds": 77.0,
        "segsql_recount_last_run_timestamp_seconds": ended,
        "segsql_recount_duration_seconds": 90.5,
        "segsql_recount_exit_code": 1,
        'segsql_recount_segments{result="counted"}': 40,
        'segsql_recount_segments{result="invalid"}': 0,
        'segsql_recount_segments{result="failed"}': 1,
        'segsql_recount_segments{result="timeout"}': 0,
        'segsql_recount_segments{result="superseded"}': 0,
        'segsql_recount_segments{result="held"}': 0,
        'segsql_recount_segments{result="skipped"}': 0,
        "segsql_recount_oldest_count_age_seconds": 7200,
        "segsql_recount_never_counted_segments": 5,
    }


def test_what_is_not_known_is_left_out() -> None:
    unknown = exposed(DONE, ages=None)
    assert not [name for name in unknown if "oldest" in name or "never" in name or "success" in name]
    uncounted = exposed(DONE, ages=Ages(None, 3))
    assert uncounted["segsql_recount_never_counted_segments"] == 3
    assert "segsql_recount_oldest_count_age_seconds" not in uncounted


def test_a_shards_metrics_say_which() -> None:
    of_shard = replace(DONE, selection=Selection(shard=Shard(3, 8)))
    names = exposed(of_shard, last_success=1.0)
    assert all('shard="3/8"' in name for name in names)
    assert {
        name.replace('shard="3/8"', "").replace("{}", "").replace(",}", "}").replace("{,", "{") for name in names
    } == {*exposed(DONE, last_success=1.0)}


@pytest.mark.parametrize(("code", "expected"), [(0, AT.timestamp() + 90.5), (1, None), (75, None), (143, None)])
def test_a_success_is_exit_code_0(code: int, expected: float | None) -> None:
    assert success_of(replace(DONE, exit_code=code)) == expected


def test_the_last_success_is_found_again() -> None:
    text = generate_latest(registry_of(DONE, AGES, 1772326890.25, {})).decode()
    assert last_success_in(text, {}) == 1772326890.25
    assert last_success_in(text, {"shard": "1/2"}) is None, "that of another"
    text = generate_latest(registry_of(DONE, AGES, 5.0, {"shard": "1/2"})).decode()
    assert last_success_in(text, {"shard": "1/2"}) == 5.0
    assert last_success_in(text, {}) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01\x02",
        "{",
        "# TYPE",
        "# HELP\n#",
        "{}{}{}",
        '{"run_id": 1}',
        "something 1\n",
        LAST_SUCCESS,
        f"{LAST_SUCCESS} ",
        f"{LAST_SUCCESS} soon",
        f"{LAST_SUCCESS} NaN",
        f"{LAST_SUCCESS} +Inf",
        f"{LAST_SUCCESS}{{ 1",
        f'{LAST_SUCCESS}{{shard="1/2}} 1',
        f"{LAST_SUCCESS}{{shard=1}} 1",
    ],
)
def test_a_file_that_tells_of_none(text: str) -> None:
    assert last_success_in(text, {}) is None
