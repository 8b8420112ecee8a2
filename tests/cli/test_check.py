"""`segsql check` as a process: exit codes, formats, and what it says where nothing can be looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from postgres.test_recount_support import add_segment, add_workspace, recount
from segsql.checkup import EXAMINATIONS

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from cli.process import Cli, Inside

COLUMNS = ["check", "level", "found", "advice"]
NAMES = [examination.name for examination in EXAMINATIONS]


@pytest.fixture
def well(inside: Inside, db: psycopg.Connection) -> Inside:
    """A database with a segment that was just counted."""
    add_workspace(db)
    add_segment(db, 1)
    assert inside.dsn is not None
    recount(inside.dsn)
    return inside


def test_a_database_that_is_well_is_0(well: Inside) -> None:
    done = well("check")
    assert done.code == 0, done
    for name in NAMES:
        assert f" {name} " in done.out
    assert done.out.splitlines()[-1].endswith("problem: 0")
    assert done.err == ""


def test_the_formats_say_the_same(well: Inside) -> None:
    rows = well("check", "--format", "json").json
    assert [list(row) for row in rows] == [COLUMNS] * len(NAMES)
    assert [row["check"] for row in rows] == NAMES
    fixed = [row for row in rows if row["check"] not in ("counts", "connections")]
    for found in (well("check", "--format", "ndjson").ndjson, well("check", "--format", "csv").csv):
        assert [row for row in found if row["check"] not in ("counts", "connections")] == fixed
    assert all(row["advice"] for row in rows if row["level"] != "ok")


def test_a_warning_is_0_and_a_problem_is_1(well: Inside, db: psycopg.Connection) -> None:
    db.execute("DROP INDEX contact_tags_tag")
    assert well("check").code == 0
    db.execute("UPDATE segments SET last_counted_at = now() - interval '3 days'")
    done = well("check")
    assert done.code == 1
    assert "problem: 1" in done.out
    assert well("check", "--stale-for", "4d").code == 0
    assert well("check", env={"SEGSQL_CHECK_STALE_FOR": "96h"}).code == 0


def test_some_workspaces(well: Inside, db: psycopg.Connection) -> None:
    add_workspace(db, 2)
    add_segment(db, 1, workspace_id=2)
    assert well("check", "-w", "1").code == 0
    assert well("check", "-w", "1", "-w", "2").code == 0
    assert well("check", "-w", "2").code == 1
    assert well("check", env={"SEGSQL_CHECK_WORKSPACE": "2"}).code == 1


def test_the_jobs_of_a_recount(well: Inside) -> None:
    assert "3 jobs * " in well("check", "--jobs", "3").out
    assert "5 jobs * " in well("check", env={"SEGSQL_CHECK_JOBS": "5"}).out
    words = "2 jobs * 3 workers * 64 MB work_mem = 384 MB"
    assert words in well("check", "--parallel-workers", "3", "--work-mem", "64MB").out
    assert words in well("check", env={"SEGSQL_CHECK_PARALLEL_WORKERS": "3", "SEGSQL_CHECK_WORK_MEM": "64MB"}).out


@pytest.mark.parametrize(
    "arguments",
    [("-w", "99"), ("-w", "1", "-w", "99999999999999999999"), ("--jobs", "0"), ("--stale-for", "soon"), ("surplus",)],
    ids=" ".join,
)
def test_wrong_usage_is_2(well: Inside, arguments: tuple[str, ...]) -> None:
    done = well("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err


@pytest.mark.parametrize(
    "dsn",
    [
        "host=/nonexistent",
        "postgresql://u:hunter2@127.0.0.1:1/db",
        "postgresql://u:hunter2@no-such-host.invalid/db",
        "postgresql://u:hunter2@[::1/db",
        "password='hunter2",
        "hunter2",
        "embedded:/dev/null",
    ],
)
def test_no_connection_is_a_problem_and_the_only_row(inside_alone: Inside, dsn: str) -> None:
    done = inside_alone("--dsn", dsn, "check", "--format", "json")
    assert done.code == 1, done
    [row] = done.json
    assert (row["check"], row["level"]) == ("connection", "problem")
    assert row["found"]
    assert row["advice"]
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize("what", ["user", "dbname"])
def test_a_wrong_role_or_database_is_a_problem(inside: Inside, what: str) -> None:
    assert inside.dsn is not None
    done = inside("--dsn", make_conninfo(inside.dsn, **{what: "no_such_thing"}), "check")
    assert done.code == 1
    assert "no_such_thing" in done.out


def test_embedded_without_a_directory_is_wrong_usage(inside_alone: Inside) -> None:
    assert inside_alone("--dsn", "embedded:", "check").code == 2


def test_the_bundled_server(inside_alone: Inside, tmp_path: Path) -> None:
    """Empty, it says what comes first; after that all is well."""
    dsn = f"embedded:{tmp_path}"
    done = inside_alone("--dsn", dsn, "check", "--format", "json")
    assert done.code == 1
    assert "Run: segsql init" in done.out
    assert inside_alone("--dsn", dsn, "init").code == 0
    assert inside_alone("--dsn", dsn, "check").code == 0


def test_standard_streams(cli: Cli, db: psycopg.Connection) -> None:
    """Whoever reads may go away, and stdout may be closed from the start."""
    add_workspace(db)
    for script in (
        "segsql check >&-",
        "{ sleep 0.1; segsql check; } | true",
        "segsql check --format csv <&- | head -1",
    ):
        done = cli.shell(script)
        assert done.code in {0, 141}, done
        assert done.err == ""
    assert json.loads(cli.shell("segsql check --format json 2>&-").out)
