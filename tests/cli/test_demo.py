"""`segsql demo`, as a user has it: the real program, cold and again, and every command that it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from segsql import embedded
from segsql.store import migrations

PROGRAM = Path(sys.executable).with_name("segsql")
CONTACTS = 2_000
DSN = "embedded:.segsql/demo"
ROW = re.compile(r" {0,2}(?P<id>\d+)  (?P<name>\S.*?)  +(?P<words>\S.*?)  +(?P<count>[\d,]+)  +.*\d\.\d$")
DOCUMENTS = [
    (
        "clx_seg_active_id",
        None,
        {
            "condition": "AND",
            "filters": [{"type": "field", "field_id": 1, "operator": "eq", "value": "test@example.com"}],
        },
    ),
    (
        "clx_seg_high_engage_id",
        "Opened at least 3 campaigns in last 90 days",
        {
            "matchType": "all",
            "filters": [
                {"field": "opens_count", "operator": "gte", "value": 3},
                {"field": "last_open_at", "operator": "within_days", "value": 90},
            ],
        },
    ),
    (
        "clx_seg_churned_id",
        "No open in the last 180 days",
        {"matchType": "all", "filters": [{"field": "last_open_at", "operator": "not_exists", "value": None}]},
    ),
]
"""What the two public documents store, by public id."""

ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("SEGSQL_", "PG")) and key not in ("DATABASE_URL", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
}


def shell(command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=ENVIRONMENT | variables,
        timeout=120,
    )


def demo(cwd: Path, *options: str, columns: int = 140) -> subprocess.CompletedProcess[str]:
    return shell(f"{PROGRAM} demo {' '.join(options)}", cwd, COLUMNS=str(columns))


def listed(cwd: Path, workspace_id: int) -> list[dict[str, object]]:
    done = shell(f"{PROGRAM} list -w {workspace_id} --format json", cwd, SEGSQL_DSN=DSN)
    assert done.returncode == 0, done.stderr
    segments: list[dict[str, object]] = json.loads(done.stdout)
    return segments


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="segsql-demo-") as home:
        yield Path(home)


@pytest.fixture(scope="module")
def cold(home: Path) -> subprocess.CompletedProcess[str]:
    """The first run on an empty directory."""
    done = demo(home, f"--contacts {CONTACTS}")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def running(home: Path, cold: subprocess.CompletedProcess[str]) -> Iterator[Path]:
    """The demo's directory while its server is up, so that commands start at once."""
    with embedded.server(home / ".segsql/demo"):
        yield home


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, re.Match[str]]:
    found = [row for line in done.stdout.splitlines() if (row := ROW.match(line))]
    return {row["name"]: row for row in found}


def counts(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {name: row["count"] for name, row in rows(done).items()}


def test_the_table_has_the_documents_segments_and_more(cold: subprocess.CompletedProcess[str]) -> None:
    found = rows(cold)
    assert len(found) == 18
    assert found["Active Subscribers"]["words"] == "email is test@example.com"
    assert found["Active Subscribers"]["count"] == "1"
    assert found["High-Engagement Users"]["words"] == "opened at least 3 campaigns and last open within 90 days"
    assert found["Churned Subscribers"]["words"] == "never opened"
    assert all(row["count"] != "0" for row in found.values())
    assert "Harbor Coffee · workspace 1 · America/New_York · 1,400 contacts" in cold.stdout
    assert "Alpenglow Outdoor · workspace 2 · Europe/Berlin · 500 contacts" in cold.stdout
    assert "Kumo Studio · workspace 3 · Asia/Tokyo · 100 contacts" in cold.stdout
    assert "18 of 18 segments counted" in cold.stdout


def test_progress_is_plain_lines_on_stderr(cold: subprocess.CompletedProcess[str]) -> None:
    assert cold.stderr.splitlines() == [
        "Starting the bundled PostgreSQL in .segsql/demo ...",
        "Bringing the schema up to date ...",
        "Generating 2,000 contacts ...",
        "Counting the members of every segment ...",
    ]
    assert "\x1b" not in cold.stdout + cold.stderr
    assert all(line == line.rstrip() for line in cold.stdout.splitlines())


def test_every_printed_command_works(running: Path, cold: subprocess.CompletedProcess[str]) -> None:
    steps = cold.stdout.partition("What to try next")[2]
    commands = [line.strip() for line in steps.splitlines() if re.match(rf"  export |.*{PROGRAM} ", line)]
    export, *rest = commands
    assert export == f"export SEGSQL_DSN={DSN}"
    assert [re.split(rf"{PROGRAM} ", command)[1].split()[0] for command in rest] == [
        *("list", "list", "preview", "count", "count", "members", "validate", "recount"),
    ]
    for command in rest:
        done = shell(f"{export}\n{command}", running)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout, command
        assert "Traceback" not in done.stderr, command


def test_each_count_is_the_number_of_members(running: Path, cold: subprocess.CompletedProcess[str]) -> None:
    found = rows(cold)
    segments = [(workspace, segment) for workspace in (1, 2, 3) for segment in listed(running, workspace)]
    assert [segment["name"] for _, segment in segments] == list(found)
    assert not any(segment["invalid"] for _, segment in segments)

    def members(workspace: int, segment: dict[str, object]) -> int:
        command = f"{PROGRAM} members -w {workspace} -s {segment['id']} --format ndjson | wc -l"
        return int(shell(command, running, SEGSQL_DSN=DSN).stdout)

    with ThreadPoolExecutor(4) as threads:
        numbers = threads.map(lambda each: members(*each), segments)
    for (_, segment), number in zip(segments, numbers, strict=True):
        shown = int(found[str(segment["name"])]["count"].replace(",", ""))
        assert (segment["cached_count"], shown) == (number, number), segment["name"]


def test_the_data_are_what_they_should_be(running: Path) -> None:
    with embedded.server(running / ".segsql/demo") as uri, psycopg.connect(uri) as connection:

        def ask(query: str) -> object:
            return connection.execute(query.encode()).fetchall()

        assert ask("SELECT public_id, description, definition FROM segments ORDER BY id LIMIT 3") == DOCUMENTS
        assert ask(r"SELECT count(*) FROM contacts WHERE email !~ '^[a-z0-9.]+@example\.(com|org|net)$'") == [(0,)]
        assert ask("SELECT count(*) FROM contacts WHERE deleted_at IS NULL") == [(CONTACTS,)]
        assert ask("SELECT count(*) > 0 FROM contacts WHERE deleted_at IS NOT NULL") == [(True,)]
        assert ask("SELECT count(DISTINCT type) FROM contact_fields WHERE source IS NULL") == [(7,)]
        assert ask("SELECT count(*) FROM contacts WHERE now() - created_at NOT BETWEEN '0' AND '731 days'") == [(0,)]
        assert ask(
            """SELECT count(*) FROM contact_activity JOIN contacts c USING (workspace_id)
            WHERE c.id = contact_id AND (clicks_count > opens_count OR opens_count > delivered_count
                OR last_open_at > now() OR last_open_at < c.created_at OR last_click_at > last_open_at)"""
        ) == [(0,)]


def test_again_uses_what_is_there_and_another_number_rebuilds(
    cold: subprocess.CompletedProcess[str], running: Path
) -> None:
    again = demo(running, f"--contacts {CONTACTS}")
    assert again.returncode == 0
    assert "Using the 2,000 contacts that an earlier demo made ..." in again.stderr.splitlines()
    assert counts(again) == counts(cold)

    single = demo(running, "--contacts 1")
    assert single.returncode == 0
    line = "Generating 1 contact, in place of the 2,000 contacts that an earlier demo made ..."
    assert line in single.stderr.splitlines()
    assert counts(single)["Active Subscribers"] == "1"
    assert "Alpenglow Outdoor · workspace 2 · Europe/Berlin · 0 contacts" in single.stdout

    anew = demo(running, f"--contacts {CONTACTS}")
    assert anew.returncode == 0
    assert counts(anew) == counts(cold), "the same people every time"


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_the_table_fits(running: Path, cold: subprocess.CompletedProcess[str], columns: int) -> None:
    table = demo(running, f"--contacts {CONTACTS}", columns=columns).stdout.partition("What to try next")[0]
    assert max(len(line) for line in table.splitlines()) <= columns
    assert "Harbor Coffee" in table


def test_a_closed_stdout_is_quiet(running: Path) -> None:
    done = shell(f"{PROGRAM} demo --contacts {CONTACTS} | head -2", running)
    assert done.stdout.splitlines()[1].startswith("Harbor Coffee")
    assert all(line.endswith(" ...") for line in done.stderr.splitlines())


def test_an_encoding_without_blocks(running: Path) -> None:
    done = shell(f"{PROGRAM} demo --contacts {CONTACTS}", running, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Harbor Coffee - workspace 1" in done.stdout
    assert "#" in done.stdout


def test_a_directory_that_cannot_be_used(home: Path) -> None:
    (home / "file").write_text("")
    broken = home / "broken" / "data"
    broken.mkdir(parents=True)
    (broken / "mine").write_text("")
    for directory in ("file", "file/below", "broken"):
        done = demo(home, f"--dir {directory}")
        assert (done.returncode, done.stdout) == (78, "")
        assert len([line for line in done.stderr.splitlines() if line.startswith("segsql: ")]) == 1
        assert "Traceback" not in done.stderr
    assert (broken / "mine").exists()


def test_data_that_are_not_the_demos_are_left_alone(home: Path) -> None:
    with embedded.server(home / "mine") as uri:
        migrations.migrate(uri)
        with psycopg.connect(uri) as connection:
            connection.execute("INSERT INTO workspaces (id, name) VALUES (7, 'mine')")
        done = demo(home, "--dir mine")
        assert (done.returncode, done.stdout) == (2, "")
        assert "segsql: The database has workspaces that are not the demo's" in done.stderr
        with psycopg.connect(uri) as connection:
            assert connection.execute("SELECT name FROM workspaces").fetchall() == [("mine",)]


def test_it_takes_no_dsn(home: Path) -> None:
    done = shell(f"{PROGRAM} --dsn postgresql://nowhere demo", home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave --dsn out" in done.stderr
