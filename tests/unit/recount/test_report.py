"""The run report: what is written fits the schema that ships with it, and what is read again is checked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from segsql.catalog import default_mapping
from segsql.errors import Code, ConfigurationError, Diagnostic, UsageError
from segsql.recount import (
    STATUSES,
    Counted,
    Failed,
    Held,
    Invalid,
    Options,
    Outcome,
    Record,
    Report,
    Result,
    Skipped,
    Superseded,
    TimedOut,
    as_json,
    failed_in,
)
from segsql.store import Retry, Selection, Shard, schema_for

AT = datetime(2026, 3, 1, 3, 0, 0, 250, tzinfo=UTC)
RUN = "1c8c7c7e-8a5a-4d3d-9d8a-0f6c1a6e2b11"
OUTCOMES: tuple[Outcome, ...] = (
    Counted(12, AT),
    Invalid((Diagnostic(Code.NO_FILTERS, "$", "At least one filter is required"),)),
    Failed("division by zero (SQLSTATE 22012)", "22012"),
    Failed("The connection was lost"),
    TimedOut("canceling statement due to statement timeout (SQLSTATE 57014)", "57014"),
    Superseded(),
    Held(12, AT, 3),
    Skipped("another recount holds the workspace"),
)
DATABASE = schema_for(default_mapping())
SCHEMA = json.loads((files("segsql.recount") / "report.schema.json").read_text("utf-8"))


def record(selection: Selection | None = None, **of_report: Any) -> Record:
    results = tuple(Result(7, number, outcome, 1.5) for number, outcome in enumerate(OUTCOMES, start=1))
    done = Report(RUN, AT, AT + timedelta(seconds=90), results, **of_report)
    return Record(done, selection or Selection(), Options(), 1)


def described(document: object, schema: dict[str, Any]) -> None:
    """Every key of the document has its description in the schema; the schema alone would let others pass."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(document, dict) and "properties" in schema:
        assert list(document) == list(schema["properties"])
        assert sorted(schema["required"]) == sorted(document)
        for key, value in document.items():
            described(value, schema["properties"][key])
    if isinstance(document, list):
        for value in document:
            described(value, schema["items"])


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["status"]["enum"] == SCHEMA["properties"]["totals"]["required"] == list(STATUSES)


@pytest.mark.parametrize(
    "one",
    [
        record(),
        record(error=ConfigurationError("permission denied for table contacts", hint="Grant it.", sqlstate="42501")),
        record(error=ConfigurationError("libpq can't read the DSN")),
        record(Selection((1, -(2**63)), ("17", "clx_seven"), timedelta(hours=6))),
        record(Selection(shard=Shard(3, 8), retry=Retry("an earlier one", ((1, 2),)))),
        Record(Report(RUN, AT, AT, ()), Selection(), Options(dry_run=True, now=AT), 0),
    ],
    ids=["results", "error", "error without a hint", "selection", "retry", "dry run"],
)
def test_a_report_fits_the_schema(one: Record) -> None:
    document = as_json(one)
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document)))
    described(document, SCHEMA)


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", 2), ("run_id", None), ("totals", {"counted": -1}), ("results", [{}]), ("exit_code", 3)],
)
def test_the_schema_refuses_what_is_none(key: str, value: object) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid({**as_json(record()), key: value})


def test_totals_are_those_of_the_results() -> None:
    done = record()
    assert as_json(done)["totals"] == {
        "counted": 1,
        "invalid": 1,
        "failed": 2,
        "timeout": 1,
        "superseded": 1,
        "held": 1,
        "skipped": 1,
    }
    assert done.report.has_failed
    assert done.report.has_invalid
    assert [result.sqlstate for result in done.report.results] == [None, None, "22012", None, "57014", None, None, None]


def text(**changed: object) -> bytes:
    return json.dumps({**as_json(record()), **changed}).encode()


def test_what_failed_or_timed_out_is_read_again() -> None:
    assert failed_in(text(), "run.json", DATABASE) == Retry(RUN, ((7, 3), (7, 4), (7, 5)))


def test_a_segment_that_failed_twice_is_one() -> None:
    again = {"workspace_id": -1, "segment_id": 2**63 - 1, "status": "failed"}
    assert failed_in(text(results=[again, again]), "run.json", DATABASE).keys == ((-1, 2**63 - 1),)
    assert failed_in(text(results=[]), "run.json", DATABASE).keys == ()


def test_a_later_version_with_more_keys_is_read_and_another_version_is_not() -> None:
    assert failed_in(text(something=[1]), "run.json", DATABASE).run_id == RUN
    with pytest.raises(
        UsageError, match=r"run\.json is a run report of version 2, and this segsql reads version 1"
    ) as e:
        failed_in(text(version=2), "run.json", DATABASE)
    assert "--failed-in" in e.value.hint


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"\xff\xfe",
        b"counted, failed",
        b"[" * 100_000,
        b"1" * 10_000,
        b"null",
        b"[]",
        b"{}",
        json.dumps({"run_id": RUN, "results": []}).encode(),
        text(version=True),
        text(version="1"),
        text(run_id=None),
        text(results={}),
        text(results=[1]),
        text(results=[{"workspace_id": 1, "segment_id": 2}]),
        text(results=[{"workspace_id": 1, "segment_id": "2", "status": "failed"}]),
        text(results=[{"workspace_id": 1, "segment_id": True, "status": "failed"}]),
        text(results=[{"workspace_id": 1, "segment_id": 2**63, "status": "counted"}]),
    ],
    ids=lambda given: str(given[:40]),
)
def test_what_is_no_report_is_told_so(given: bytes) -> None:
    with pytest.raises(UsageError, match=r"run\.json is no run report") as caught:
        failed_in(given, "run.json", DATABASE)
    assert "--report" in caught.value.hint
