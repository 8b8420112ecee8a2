"""What the files in `jobs/` start, started: their commands with their variables, on a real server."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict

from jobs.job import Job, crontab, pods, systemd
from postgres.test_recount_support import add_segment, add_workspace

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from cli.process import Inside

WORKSPACES = range(1, 41)


@pytest.fixture
def workspaces(db: psycopg.Connection) -> psycopg.Connection:
    for workspace_id in WORKSPACES:
        add_workspace(db, workspace_id, contacts=1)
        add_segment(db, 1, workspace_id=workspace_id)
    return db


@pytest.fixture
def service_file(dsn: str, tmp_path: Path) -> Path:
    """libpq's file of services, with the one that the variables name."""
    file = tmp_path / "pg_service.conf"
    settings = conninfo_to_dict(dsn).items()
    file.write_text("\n".join(["[segsql]", *(f"{name}={value}" for name, value in settings)]) + "\n")
    return file


def uncounted(db: psycopg.Connection) -> int:
    row = db.execute("SELECT count(*) FROM segments WHERE cached_count IS DISTINCT FROM 1").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("folder", ["base", "overlays/nightly", "overlays/sharded"])
def test_the_pods(inside: Inside, workspaces: psycopg.Connection, tmp_path: Path, folder: str) -> None:
    """Each workspace is counted once, whichever pod comes first; a pod that is run again finds nothing due."""
    counted: list[int] = []
    for pod in reversed(pods(folder)):
        env = {**pod.variables, "SEGSQL_DSN": inside.dsn or "", "SEGSQL_RECOUNT_REPORT": str(tmp_path / "recount.json")}
        inside.ok(*pod.command, env=env)
        counted += [row["workspace_id"] for row in json.loads((tmp_path / "recount.json").read_text())["results"]]
        assert "Nothing is due." in inside.ok(*pod.command, env=env).out
    assert sorted(counted) == list(WORKSPACES)
    assert uncounted(workspaces) == 0


def test_the_service(inside: Inside, workspaces: psycopg.Connection, service_file: Path) -> None:
    """Its credential and state directories are folders of this test's."""
    (folder,) = {service_file.parent}
    (folder / "segsql").mkdir()
    job: Job = systemd()
    env = {name: value.replace("%d", str(folder)).replace("%S", str(folder)) for name, value in job.variables.items()}
    done = inside(*job.command, bare=env)
    assert done.code == 0, done
    assert (folder / "segsql/recount.json").exists()
    assert uncounted(workspaces) == 0


class Cron:
    """The crontab's line as cron runs it, with folders of this test's and a `logger` that keeps what it is given."""

    def __init__(self, folder: Path, service_file: Path) -> None:
        tab = crontab()
        self.log = folder / "log"
        self.lock = folder / "recount.lock"
        self._line = tab.line.replace("/var/lib/segsql", str(folder))
        self._shell = tab.variables["SHELL"]
        logger = folder / "logger"
        logger.write_text(f'#!/bin/sh\n[ "$*" = "--tag segsql-recount" ] && cat >{self.log}\n')
        logger.chmod(0o755)
        self._env = {name: value.replace("/var/lib/segsql", str(folder)) for name, value in tab.variables.items()} | {
            "PATH": f"{folder}:{sysconfig.get_path('scripts')}:{tab.variables['PATH']}",
            "PGSERVICEFILE": str(service_file),
        }

    def run(self, **env: str) -> str:
        """What cron would mail."""
        done = subprocess.run(
            [self._shell, "-c", self._line], capture_output=True, text=True, check=False, env=self._env | env
        )
        return done.stdout + done.stderr


@pytest.fixture
def cron(tmp_path: Path, service_file: Path) -> Cron:
    return Cron(tmp_path, service_file)


def test_the_crontabs_line(cron: Cron, workspaces: psycopg.Connection, tmp_path: Path) -> None:
    assert cron.run() == "", "cron mails nothing"
    assert uncounted(workspaces) == 0
    assert "40 counted" in cron.log.read_text()
    assert len(json.loads((tmp_path / "recount.json").read_text())["results"]) == 40


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"SEGSQL_DSN": "host=/nonexistent", "SEGSQL_RECOUNT_PATIENCE": "1s"}, 69),
        ({"SEGSQL_RECOUNT_DEADLINE": "soon"}, 2),
    ],
    ids=["unavailable", "usage"],
)
def test_a_failed_run_is_mailed(cron: Cron, env: dict[str, str], code: int) -> None:
    assert f"exit code {code};" in cron.run(**env)
    assert cron.log.read_text()


def test_a_run_that_finds_another_under_way_is_mailed(cron: Cron, workspaces: psycopg.Connection) -> None:
    with cron.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "exit code 75;" in cron.run()
    assert uncounted(workspaces) == 40
