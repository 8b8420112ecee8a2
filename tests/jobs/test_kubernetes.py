"""The manifests, as kustomize builds them: the API's schema, and what a schema does not say."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from jobs import kubernetes
from segsql.cli.exits import Exit

FOLDERS = ("base", "overlays/nightly", "overlays/sharded")
SERVICES = ("serve", "worker")
"""`test_services.py` looks at them."""
VERSIONS = {"base": "1.31", "overlays/nightly": "1.31", "overlays/sharded": "1.33"}
"""The oldest that jobs/README.md names: from then on all that they use is no longer beta."""

each_folder = pytest.mark.parametrize("folder", FOLDERS)


def job(folder: str) -> dict[str, Any]:
    spec: dict[str, Any] = kubernetes.cron_job(folder)["spec"]["jobTemplate"]["spec"]
    return spec


def pod(folder: str) -> dict[str, Any]:
    spec: dict[str, Any] = job(folder)["template"]["spec"]
    return spec


def test_every_folder_is_looked_at() -> None:
    found = {file.parent.relative_to(kubernetes.MANIFESTS) for file in kubernetes.MANIFESTS.rglob("kustomization.yaml")}
    assert {str(folder) for folder in found} == {*FOLDERS, *SERVICES, "image"}


@each_folder
def test_it_is_what_the_api_takes(folder: str) -> None:
    """Strictly: a misspelt field is an error, where a cluster would drop it."""
    for version in (VERSIONS[folder], kubernetes_validate.latest_version()):
        kubernetes_validate.validate(kubernetes.cron_job(folder), version, strict=True)


def test_the_schema_notices() -> None:
    for wrong in ({"concurencyPolicy": "Forbid"}, {"startingDeadlineSeconds": "600"}):
        manifest = kubernetes.cron_job("base")
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(manifest | {"spec": manifest["spec"] | wrong}, "1.31", strict=True)


@each_folder
def test_runs_do_not_overlap_and_end(folder: str) -> None:
    spec = kubernetes.cron_job(folder)["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] >= 60, "below 10 s a cluster may never start it"
    assert spec["timeZone"] == "Etc/UTC"
    assert spec["successfulJobsHistoryLimit"]
    assert spec["failedJobsHistoryLimit"]
    assert job(folder)["ttlSecondsAfterFinished"] > 86_400
    assert pod(folder)["restartPolicy"] == "Never", "else there is no podFailurePolicy"


def outcome(folder: str, code: int, *, disrupted: bool = False) -> str:
    """What becomes of a pod that ended with this exit code: the first rule that fits, else it is counted."""
    for rule in job(folder)["podFailurePolicy"]["rules"]:
        match rule:
            case {"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}:
                fits = disrupted
            case {"onExitCodes": {"operator": "In", "containerName": name, "values": values}}:
                assert name == pod(folder)["containers"][0]["name"]
                assert values == sorted(set(values)), "the API wants them in order, each once"
                assert 0 not in values
                fits = code in values
            case _:
                raise AssertionError(f"{rule} is none of these")
        if fits:
            return str(rule["action"])
    return "Count"


@each_folder
def test_what_becomes_of_each_exit_code(folder: str) -> None:
    """jobs/README.md, "What each exit code makes happen"."""
    expected = {
        Exit.FAILED: "Count",
        Exit.USAGE: "FailJob",
        Exit.UNAVAILABLE: "Count",
        Exit.BUG: "FailJob",
        Exit.DEADLINE: "FailIndex" if folder == "overlays/sharded" else "FailJob",
        Exit.CONFIGURATION: "FailJob",
        Exit.SIGINT: "Count",
        Exit.SIGTERM: "Count",
    }
    assert set(expected) == set(Exit) - {Exit.OK}
    assert {code: outcome(folder, code) for code in expected} == expected
    assert outcome(folder, Exit.SIGTERM, disrupted=True) == "Ignore"
    assert outcome(folder, 137, disrupted=True) == "Ignore"
    retries = job(folder).get("backoffLimit"), job(folder).get("backoffLimitPerIndex")
    assert retries == ((None, 3) if folder == "overlays/sharded" else (3, None))


def test_the_shards_run_side_by_side() -> None:
    """The deadline is each pod's, the limit the whole job's: a shard that waits for its turn would not get its time."""
    sharded = job("overlays/sharded")
    assert sharded["completionMode"] == "Indexed"
    assert sharded["parallelism"] == sharded["completions"]


@each_folder
def test_the_pod_may_do_little(folder: str) -> None:
    """The Pod Security Standard `restricted`, and more."""
    spec = pod(folder)
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False, "else a service named segsql makes variables of that prefix"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] >= 10_000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == "256Mi"
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}


@each_folder
def test_what_is_written_has_a_place(folder: str) -> None:
    (container,) = pod(folder)["containers"]
    volumes = {volume["name"]: volume for volume in pod(folder)["volumes"]}
    mounted = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
    assert set(mounted) == {"/tmp", "/report"}
    assert all("sizeLimit" in volume["emptyDir"] for volume in mounted.values())
    assert kubernetes.environment(container["env"], 0)["SEGSQL_RECOUNT_REPORT"].startswith("/report/")


def test_the_image_is_named_once() -> None:
    """By the version that is here; a rollback is a change of this one line too."""
    from segsql import __version__

    (image,) = yaml.safe_load((kubernetes.MANIFESTS / "image" / "kustomization.yaml").read_text())["images"]
    assert image["newTag"] == __version__
    specs = [pod(folder) for folder in FOLDERS]
    specs += [kubernetes.deployment(folder)["spec"]["template"]["spec"] for folder in SERVICES]
    assert {spec["containers"][0]["image"] for spec in specs} == {f"{image['newName']}:{__version__}"}
