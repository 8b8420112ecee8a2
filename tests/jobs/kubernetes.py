"""The manifests as a cluster gets them: built by kustomize, and what a container then sees."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parents[2] / "jobs" / "kubernetes"
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"


@cache
def built(folder: str) -> tuple[dict[str, Any], ...]:
    """Every object that `kubectl apply -k` would apply."""
    done = subprocess.run([KUBECTL, "kustomize", MANIFESTS / folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "not even a warning"
    return tuple(yaml.safe_load_all(done.stdout))


def cron_job(folder: str) -> dict[str, Any]:
    """The one object that a folder has."""
    (found,) = built(folder)
    assert found["kind"] == "CronJob"
    return found


def deployment(folder: str) -> dict[str, Any]:
    """The Deployment that a folder has; there may be a service beside it."""
    (found,) = [each for each in built(folder) if each["kind"] == "Deployment"]
    return found


def environment(env: list[dict[str, Any]], index: int) -> dict[str, str]:
    """The variables of a container in the pod with this completion index.

    A value may use those that stand before it, as `$(NAME)`; an unknown one stays as it is written.
    """
    found: dict[str, str] = {}
    for each in env:
        match each:
            case {"value": str(value)}:
                found[each["name"]] = re.sub(r"\$\((\w+)\)", lambda use: found.get(use[1], use[0]), value)
            case {"valueFrom": {"secretKeyRef": {"name": str(secret), "key": str(key)}}}:
                found[each["name"]] = f"secret {secret}, {key}"
            case {"valueFrom": {"fieldRef": {"fieldPath": path}}}:
                assert path == "metadata.annotations['batch.kubernetes.io/job-completion-index']"
                found[each["name"]] = str(index)
            case _:
                raise AssertionError(f"{each} is none of these")
    return found
