"""What the files in `jobs/` say, whatever their format: one command, its variables, and how long it may take."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import click
from cronsim import CronSim

from jobs import kubernetes
from segsql.cli.app import app

JOBS = Path(__file__).parents[2] / "jobs"


@dataclass(frozen=True, slots=True)
class Job:
    """One process that a file starts."""

    name: str
    command: tuple[str, ...]
    """Arguments, after `segsql`."""
    variables: dict[str, str]
    """Those of the process that segsql or libpq reads."""
    every: timedelta
    """The shortest time between two runs."""
    limit: timedelta
    """After this long it gets SIGTERM."""
    patience: timedelta
    """And this long after SIGTERM, SIGKILL."""


@dataclass(frozen=True, slots=True)
class Service:
    """One process that a file starts, and that stays."""

    name: str
    command: tuple[str, ...]
    variables: dict[str, str]
    patience: timedelta
    """This long after SIGTERM it gets SIGKILL."""


def parsed(job: Job | Service) -> dict[str, object]:
    """The options of its command as segsql's own command line reads them. Raises click's UsageError, or AssertionError
    for a variable that no option has, which the command line would pass over in silence."""
    name, *arguments = job.command
    with patch.dict(os.environ, job.variables, clear=True):
        root = app.make_context("segsql", [name, *arguments])
        command = app.get_command(root, name)
        assert command is not None, f"{job.name}: there is no command {name}"
        options = command.make_context(name, arguments, parent=root).params
        assert root.params["dsn"], f"{job.name} names no database"
    known = {"SEGSQL_DSN"} | {
        f"SEGSQL_{name}_{max(one.opts, key=len).removeprefix('--')}".upper().replace("-", "_")
        for one in command.params
        if isinstance(one, click.Option)
    }
    unknown = {variable for variable in job.variables if variable.startswith("SEGSQL_")} - known
    assert not unknown, f"{job.name}: no option has {unknown}"
    return options


def worker_unit() -> Service:
    """The worker's service."""
    service = unit("segsql-worker.service")
    (start,) = service["Service.ExecStart"]
    _, *command = shlex.split(start)
    return Service(
        name="systemd",
        command=tuple(command),
        variables=dict(one.split("=", 1) for one in service["Service.Environment"]),
        patience=_duration(service["Service.TimeoutStopSec"]),
    )


def deployed(folder: str) -> Service:
    """A pod of the Deployment that kustomize builds from a folder; its patience begins after `preStop`."""
    pod = kubernetes.deployment(folder)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert "command" not in container, "the image's entry point is segsql"
    asleep = container.get("lifecycle", {"preStop": {"sleep": {"seconds": 0}}})["preStop"]["sleep"]["seconds"]
    return Service(
        name=folder,
        command=tuple(container["args"]),
        variables=kubernetes.environment(container["env"], 0),
        patience=timedelta(seconds=pod["terminationGracePeriodSeconds"] - asleep),
    )


def every_job() -> list[Job]:
    """All of them: of an indexed job each pod."""
    return [*pods("base"), *pods("overlays/nightly"), *pods("overlays/sharded"), systemd(), cron()]


def pods(folder: str) -> list[Job]:
    """The pods of the CronJob that kustomize builds from a folder."""
    spec = kubernetes.cron_job(folder)["spec"]
    job = spec["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert "command" not in container, "the image's entry point is segsql"
    return [
        Job(
            name=f"{folder} {index}",
            command=tuple(container["args"]),
            variables=kubernetes.environment(container["env"], index),
            every=_shortest(spec["schedule"]),
            limit=timedelta(seconds=job["activeDeadlineSeconds"]),
            patience=timedelta(seconds=pod["terminationGracePeriodSeconds"]),
        )
        for index in range(job.get("completions", 1))
    ]


def unit(name: str) -> dict[str, list[str]]:
    """A unit file's settings, by `Section.Setting`, each with all of its values in their order."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (JOBS / "systemd" / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            setting, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(f"{section}.{setting}", []).append(value)
    return found


def systemd() -> Job:
    """The service; its timer is known to be an hourly one."""
    service, timer = unit("segsql-recount.service"), unit("segsql-recount.timer")
    (start,) = service["Service.ExecStart"]
    (calendar,) = timer["Timer.OnCalendar"]
    assert re.fullmatch(r"\*-\*-\* \*:[0-9]{2}:00 UTC", calendar), "each hour"
    program, *command = shlex.split(start)
    assert Path(program).name == "segsql"
    return Job(
        name="systemd",
        command=tuple(command),
        variables=dict(one.split("=", 1) for one in service["Service.Environment"]),
        every=timedelta(hours=1),
        limit=_duration(service["Service.TimeoutStartSec"]),
        patience=_duration(service["Service.TimeoutStopSec"]),
    )


@dataclass(frozen=True, slots=True)
class Crontab:
    """A file of /etc/cron.d: variables, and one line that runs a command as a user."""

    variables: dict[str, str]
    schedule: str
    user: str
    line: str


def crontab() -> Crontab:
    """jobs/cron/segsql."""
    lines = [line for line in (JOBS / "cron" / "segsql").read_text().splitlines() if line and line[0] != "#"]
    assert all(re.match(r"[A-Z_]+=", line) for line in lines[:-1]), "one line runs, and all variables stand before it"
    *fields, user, line = lines[-1].split(" ", 6)
    assert "%" not in line, "cron would make it a newline"
    return Crontab(dict(one.split("=", 1) for one in lines[:-1]), " ".join(fields), user, line)


def cron() -> Job:
    """What the crontab's line runs under `flock` and `timeout`."""
    tab = crontab()
    words = shlex.split(tab.line)
    timeout, program = words.index("timeout"), words.index("segsql")
    options = [word for word in words[timeout + 1 : program] if word.startswith("--")]
    (limit,) = [word for word in words[timeout + 1 : program] if not word.startswith("--")]
    (kill_after,) = [option.split("=")[1] for option in options if option.startswith("--kill-after=")]
    return Job(
        name="cron",
        command=tuple(words[program + 1 : words.index("2>&1")]),
        variables={
            name: value for name, value in tab.variables.items() if name.startswith(("SEGSQL_", "PG", "DATABASE_URL"))
        },
        every=_shortest(tab.schedule),
        limit=_duration([limit]),
        patience=_duration([kill_after]),
    )


def _shortest(schedule: str) -> timedelta:
    """The shortest time between two runs of a cron schedule, which raises where it is none."""
    times = CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC))
    return min(later - earlier for earlier, later in pairwise(next(times) for _ in range(100)))


def _duration(values: list[str]) -> timedelta:
    """55min as systemd writes it, 55m or 60s as timeout does."""
    (value,) = values
    number, letter = re.fullmatch(r"([0-9]+)(s|m|min|h)", value).groups()  # type: ignore[union-attr]  # or it fails
    return int(number) * {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}[letter[0]]
