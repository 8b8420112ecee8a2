"""The service and its timer."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from jobs.job import JOBS, unit
from segsql.cli.exits import Exit

ANALYZE = shutil.which("systemd-analyze")

with_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed; .ci/run installs it")


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with segsql where it is here."""
    installed = str(Path(sysconfig.get_path("scripts")) / "segsql")
    copies = []
    for file in (JOBS / "systemd").glob("segsql-*"):
        copies.append(tmp_path / file.name)
        copies[-1].write_text(file.read_text().replace("/opt/segsql/bin/segsql", installed))
    return copies


@with_systemd
def test_systemd_takes_them(units: list[Path]) -> None:
    assert len(units) == 3
    done = analyze("verify", "--man=no", *map(str, units))
    assert (done.returncode, done.stderr) == (0, "")


@with_systemd
@pytest.mark.parametrize(
    ("right", "wrong"),
    [("StartLimitBurst", "StartLimitBursts"), ("=on-failure", "=always"), ("KillSignal=SIGTERM", "KillSignal=SIGTERN")],
)
def test_systemd_notices(units: list[Path], right: str, wrong: str) -> None:
    (service,) = [file for file in units if file.name == "segsql-recount.service"]
    service.write_text(service.read_text().replace(right, wrong))
    done = analyze("verify", "--man=no", str(service))
    assert done.returncode or done.stderr


@with_systemd
def test_little_is_exposed(units: list[Path]) -> None:
    """systemd's own measure, from 0 (nothing) to 100: "OK" ends at 49."""
    services = [str(file) for file in units if file.suffix == ".service"]
    assert len(services) == 2
    done = analyze("security", "--offline=true", "--threshold=20", "--no-pager", *services)
    assert done.returncode == 0, done.stdout


@with_systemd
def test_the_timer_is_hourly() -> None:
    (calendar,) = unit("segsql-recount.timer")["Timer.OnCalendar"]
    done = analyze("calendar", "--iterations=1", calendar)
    assert done.returncode == 0, done.stderr


def test_what_becomes_of_each_exit_code() -> None:
    """jobs/README.md, "What each exit code makes happen": what is no success and not prevented is tried again."""
    service = unit("segsql-recount.service")
    assert service["Service.Restart"] == ["on-failure"]
    (success,), (prevented,) = service["Service.SuccessExitStatus"], service["Service.RestartPreventExitStatus"]
    final = {Exit(int(code)) for code in prevented.split()}
    assert {Exit(int(code)) for code in success.split()} == {Exit.SIGTERM}
    assert set(Exit) - final - {Exit.OK} == {Exit.FAILED, Exit.UNAVAILABLE, Exit.SIGINT}
    assert service["Unit.StartLimitBurst"] == ["4"], "a run and three retries"
    assert service["Service.RestartSec"] == ["30s"]


def test_a_worker_that_ends_is_started_again() -> None:
    """But for what another try can't mend; and systemd never gives up."""
    service = unit("segsql-worker.service")
    (success,), (prevented,) = service["Service.SuccessExitStatus"], service["Service.RestartPreventExitStatus"]
    assert service["Service.Restart"] == ["always"]
    assert service["Unit.StartLimitIntervalSec"] == ["0"]
    assert Exit(int(success)) is Exit.SIGTERM
    assert {Exit(int(code)) for code in prevented.split()} == {Exit.USAGE, Exit.CONFIGURATION}
    assert service["Install.WantedBy"] == ["multi-user.target"]


@pytest.mark.parametrize("name", ["segsql-recount.service", "segsql-worker.service"])
def test_the_password_is_in_no_variable(name: str) -> None:
    service = unit(name)
    assert service["Service.LoadCredential"] == ["pg_service.conf:/etc/segsql/pg_service.conf"]
    assert "PGSERVICEFILE=%d/pg_service.conf" in service["Service.Environment"]


def test_the_timer_makes_up_for_what_was_missed() -> None:
    timer = unit("segsql-recount.timer")
    assert timer["Timer.Persistent"] == ["true"]
    assert timer["Timer.RandomizedDelaySec"] == ["5min"]
    assert timer["Install.WantedBy"] == ["timers.target"]


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False)
