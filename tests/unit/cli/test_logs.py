"""Lines of the log: whatever a user named stays within its line and its field."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from segsql.cli.logs import Log, LogFormat, log_of
from segsql.errors import DatabaseUnavailable
from segsql.recount import Counted, Failed, Options, Record, Report, Result, Skipped
from segsql.store import Selection

AT = datetime(2026, 3, 1, tzinfo=UTC)
EVIL = 'x" level=info event=counted\n\r\x0b\x0c\x1c\x85\u2028\u2029\x1b[2J\\" \\ {"event": "counted"}'


@pytest.fixture(params=list(LogFormat))
def format_(request: pytest.FixtureRequest) -> LogFormat:
    assert isinstance(request.param, LogFormat)
    return request.param


def test_a_message_stays_in_its_line(format_: LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    Log(format_, "run").result(Result(7, 1, Failed(EVIL, "22012"), 1.5))
    written = capsys.readouterr().err
    (line,) = written.splitlines()
    assert written == f"{line}\n"
    assert "\x1b" not in line


def test_a_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(LogFormat.JSON, "run-1")
    log.result(Result(7, 1, Failed(EVIL, "22012"), 1.5))
    log.result(Result(7, 2, Counted(12, AT), 0.25))
    failed, counted = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(failed.pop("timestamp")).tzinfo == UTC
    assert failed == {
        "level": "error",
        "event": "failed",
        "run_id": "run-1",
        "workspace_id": 7,
        "segment_id": 1,
        "ms": 1.5,
        "sqlstate": "22012",
        "message": EVIL,
    }
    assert counted.pop("timestamp")
    assert counted == {
        "level": "info",
        "event": "counted",
        "run_id": "run-1",
        "workspace_id": 7,
        "segment_id": 2,
        "ms": 0.25,
        "count": 12,
    }


def test_a_logfmt_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(LogFormat.LOGFMT, "run-1")
    log.result(Result(7, 2, Counted(12, AT), 0.25))
    log.result(Result(7, 3, Skipped('held by "another"'), 0.0))
    counted, skipped = (line.partition(" ")[2] for line in capsys.readouterr().err.splitlines())
    assert counted == "level=info event=counted run_id=run-1 workspace_id=7 segment_id=2 ms=0.25 count=12"
    assert skipped.startswith("level=warning event=skipped run_id=run-1 workspace_id=7 segment_id=3")
    assert skipped.endswith('message="held by \\"another\\""')


def test_the_last_line_has_the_totals_and_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    results = (Result(7, 1, Counted(12, AT), 1.0), Result(7, 2, Skipped("stopped"), 0.0))
    error = DatabaseUnavailable("the server is going away", hint="Try again.", sqlstate="57P01")
    done = Report("run", AT, AT + timedelta(seconds=2), results, error)
    Log(LogFormat.JSON, "run").finished(Record(done, Selection(), Options(), 69))
    line = json.loads(capsys.readouterr().err)
    assert (
        line
        | {
            "level": "error",
            "event": "finished",
            "exit_code": 69,
            "ms": 2000.0,
            "segments": 2,
            "counted": 1,
            "skipped": 1,
            "failed": 0,
            "sqlstate": "57P01",
            "message": "the server is going away",
            "hint": "Try again.",
        }
        == line
    )


def test_a_log_that_nobody_reads_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - closed below, whatever it says
        monkeypatch.setattr("sys.stderr", full)
        Log(LogFormat.JSON, "run").warn("nobody hears it")
        monkeypatch.undo()
        with suppress(OSError):
            full.close()


def test_logfmt_is_for_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_of(None, "run")
    assert log is not None
    log.warn("one")
    assert "level=warning event=warning run_id=run message=one" in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert log_of(None, "run") is None
    assert log_of(LogFormat.LOGFMT, "run") is not None
