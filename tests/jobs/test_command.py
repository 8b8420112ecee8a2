"""Every file in `jobs/` runs the same command, and gives it what segsql's own command line takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from jobs.job import cron, every_job, parsed, pods, systemd
from segsql.store import Shard

if TYPE_CHECKING:
    from jobs.job import Job

WRITING = timedelta(seconds=10)
"""For what is written after the grace time."""

each_job = pytest.mark.parametrize("job", every_job(), ids=lambda job: job.name)


@each_job
def test_it_runs_the_one_command(job: Job) -> None:
    assert job.command == ("recount",)
    assert not any(word in job.variables for word in ("SEGSQL_RECOUNT_DRY_RUN", "SEGSQL_RECOUNT_NOW"))


@each_job
def test_the_command_line_takes_its_variables(job: Job) -> None:
    options = parsed(job)
    assert options["stale_for"], "so that a retry is cheap"
    assert options["deadline"]
    assert options["report"]


@each_job
def test_its_times_fit_together(job: Job) -> None:
    options = parsed(job)
    deadline, grace, stale_for = options["deadline"], options["grace"], options["stale_for"]
    assert isinstance(deadline, timedelta)
    assert isinstance(grace, timedelta)
    assert isinstance(stale_for, timedelta)
    assert job.limit > deadline + grace + WRITING
    assert job.patience > grace + WRITING
    assert job.limit + job.patience < job.every, "done before the next run"
    assert job.limit < stale_for, "a retry finds what the first try did still fresh"


@each_job
def test_no_secret_is_written_down(job: Job) -> None:
    assert job.variables["SEGSQL_DSN"] in {"service=segsql", "secret segsql, dsn"}
    assert not {"PGPASSWORD", "DATABASE_URL"} & set(job.variables)


def test_all_but_the_nightly_one_have_the_same_options() -> None:
    """But for the places of files, and the shard."""
    (hourly,) = pods("base")
    for job in (*pods("overlays/sharded"), systemd(), cron()):
        assert shared(job) == shared(hourly), job.name


def shared(job: Job) -> dict[str, object]:
    return {key: value for key, value in parsed(job).items() if key != "shard" and not isinstance(value, Path)}


def test_the_shards_are_all_parts_of_the_workspaces() -> None:
    of = len(pods("overlays/sharded"))
    assert of > 1
    assert [parsed(pod)["shard"] for pod in pods("overlays/sharded")] == [Shard(n + 1, of=of) for n in range(of)]


@pytest.mark.parametrize(
    "variables",
    [
        {"SEGSQL_RECOUNT_DEADLINE": "50"},
        {"SEGSQL_RECOUNT_SHARD": "$(JOB_COMPLETION_INDEX)+1/8"},
        {"SEGSQL_RECOUNT_SHARD": "8+1/8"},
        {"SEGSQL_RECOUNT_JOBS": "many"},
        {"SEGSQL_RECOUNT_STALE": "6h"},
        {"SEGSQL_JOBS": "2"},
        {"SEGSQL_DSN": ""},
    ],
    ids=str,
)
def test_a_wrong_variable_is_noticed(variables: dict[str, str]) -> None:
    """What this module's own reading is worth."""
    job = cron()
    with pytest.raises((click.UsageError, AssertionError)):
        parsed(replace(job, variables=job.variables | variables))


@pytest.mark.parametrize("command", [("recount", "--staleness", "6h"), ("recount", "surplus"), ("recounts",)])
def test_a_wrong_argument_is_noticed(command: tuple[str, ...]) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parsed(replace(cron(), command=command))
