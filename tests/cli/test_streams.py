"""Standard streams that are closed, full, or of another encoding: quiet, and never a traceback (spec 7)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postgres.test_recount_support import add_segment, add_workspace, counts
from segsql.catalog import Id
from segsql.store import Bounds, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from cli.process import Cli, Inside
    from segsql.render import Statement

FILE = """<(echo '{"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}')"""

COMMANDS = (
    "members -w 7 -s 71",
    "members -w 7 -s 71 --format ndjson",
    "list",
    "list --format csv",
    "count -w 7 -s 71",
    "count -w 7 -s 71 --format json",
    f"validate {FILE}",
    f"preview {FILE}",
    "preview -w 7",
    "recount -w 7 --dry-run",
    "init --print",
    "--help",
)


@pytest.mark.parametrize("command", [*COMMANDS[:3], *COMMANDS[5:8], *COMMANDS[9:11]])
def test_a_reader_that_goes_away(world: Cli, command: str) -> None:
    """As `| head -1` does, but at once: nobody reads a word. Nothing failed, and nothing is complained of."""
    done = world.shell(f"{{ sleep 0.1; segsql {command}; }} | true", seconds=20)
    assert "Broken pipe" not in done.err
    assert done.code in {0, 141}


def test_a_reader_that_takes_one_line(cli: Cli, db: psycopg.Connection) -> None:
    add_workspace(db, contacts=60_000)
    add_segment(db, 1)
    done = cli.shell("segsql members -w 1 -s 1 | head -2")
    assert done.out == "id,email\n1,user1@example.com\n"
    assert done.err == ""
    assert done.code in {0, 141}


def test_a_slow_reader_gets_all_members(
    inside: Inside, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pager, an upload: members waits for whoever reads, for longer than a count may be idle."""
    members = Snapshot.members

    def slowly(self: Snapshot, statement: Statement) -> Iterator[tuple[Id, str | None]]:
        for number, row in enumerate(members(self, statement)):
            if number == 5_000:
                time.sleep(0.6)
            yield row

    monkeypatch.setattr(Snapshot, "members", slowly)
    monkeypatch.setattr("segsql.cli.session.DEFAULT_BOUNDS", Bounds(idle=timedelta(seconds=0.3)))
    add_workspace(db, contacts=0)
    db.execute("INSERT INTO contacts (workspace_id, id) SELECT 1, n FROM generate_series(1, 25000) n")
    add_segment(db, 1)
    assert len(inside.ok("members", "-w", "1", "-s", "1").csv) == 25_000


@pytest.mark.parametrize("command", COMMANDS)
def test_a_standard_output_that_is_closed_from_the_start(world: Cli, command: str) -> None:
    done = world.shell(f"segsql {command} >&-")
    assert done.code == 0, done


def test_a_recount_without_any_streams_counts(cli: Cli, db: psycopg.Connection) -> None:
    """As some daemons start their jobs."""
    add_workspace(db)
    add_segment(db, 1)
    done = cli.shell("segsql recount <&- >&- 2>&-")
    assert counts(db) == {1: 3}
    assert done.code == 0


def test_a_recount_whose_reader_has_gone_is_not_a_failed_one(cli: Cli, db: psycopg.Connection) -> None:
    """1 would say that segments failed; all are counted and written."""
    add_workspace(db)
    add_segment(db, 1)
    done = cli.shell("{ sleep 0.1; segsql recount; } | true")
    assert counts(db) == {1: 3}
    assert done.code in {0, 141}


@pytest.mark.parametrize("command", ["list", "members -w 7 -s 71", "init --print"])
def test_a_full_disk_is_said_in_one_line(world: Cli, command: str) -> None:
    done = world.shell(f"segsql {command} >/dev/full")
    assert done.code not in {0, 70}
    assert "No space left on device" in done.err


def test_standard_input_that_is_closed(world: Cli) -> None:
    for command in ("validate -", "count -w 7 -"):
        assert world.shell(f"segsql {command} <&-").code in {1, 2}


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "LANG": ""},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    ],
)
def test_a_locale_without_letters(world: Cli, environment: dict[str, str]) -> None:
    """cron runs with little: names beyond ASCII are printed, as they are or escaped."""
    for command in (("list",), ("members", "-w", "1", "-s", "2")):
        assert world(*command, env=environment).code == 0


def test_a_home_that_is_not_there_and_a_narrow_terminal(world: Cli) -> None:
    for environment in ({"HOME": "/nonexistent"}, {"COLUMNS": "1"}, {"COLUMNS": "nonsense"}, {"TERM": "nonsense"}):
        assert world("list", env=environment).code == 0
