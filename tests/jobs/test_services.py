"""What stays: the Deployments of `segsql serve` and `segsql worker`, and the worker's unit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest

from jobs import kubernetes
from jobs.job import deployed, parsed, worker_unit

if TYPE_CHECKING:
    from jobs.job import Service

FOLDERS = ("serve", "worker")
OLDEST = "1.34"
"""As jobs/README.md says of `serve`: from then on a `preStop` that sleeps is no longer beta."""

WRITING = timedelta(seconds=10)
"""For what is written after the grace time."""

each_folder = pytest.mark.parametrize("folder", FOLDERS)
each_service = pytest.mark.parametrize(
    "service", [*(deployed(folder) for folder in FOLDERS), worker_unit()], ids=lambda service: service.name
)


def container(folder: str) -> dict[str, Any]:
    (found,) = kubernetes.deployment(folder)["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


@each_service
def test_the_command_line_takes_its_variables(service: Service) -> None:
    assert service.command in {("serve",), ("worker",)}
    parsed(service)


@each_service
def test_it_has_time_to_end(service: Service) -> None:
    grace = parsed(service)["grace"]
    assert isinstance(grace, timedelta)
    assert service.patience > grace + WRITING


@each_service
def test_no_secret_is_written_down(service: Service) -> None:
    secret = f"secret segsql, {service.command[0]}-dsn"
    assert service.variables["SEGSQL_DSN"] in {"service=segsql", secret}
    assert not {"PGPASSWORD", "DATABASE_URL"} & set(service.variables)


def test_both_workers_have_the_same_options() -> None:
    places = ("listen",)
    pod, unit = parsed(deployed("worker")), parsed(worker_unit())
    assert {key: unit[key] for key in unit if key not in places} == {key: pod[key] for key in pod if key not in places}


@each_folder
def test_it_is_what_the_api_takes(folder: str) -> None:
    for each in kubernetes.built(folder):
        for version in (OLDEST, kubernetes_validate.latest_version()):
            kubernetes_validate.validate(each, version, strict=True)


@each_folder
def test_probes_ask_where_it_listens(folder: str) -> None:
    options, one = parsed(deployed(folder)), container(folder)
    listens = (options["host"], options["port"]) if folder == "serve" else options["listen"]
    (port,) = one["ports"]
    assert listens == ("0.0.0.0", port["containerPort"])
    assert one["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert one["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}


@each_folder
def test_one_is_always_there(folder: str) -> None:
    spec = kubernetes.deployment(folder)["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    for each in kubernetes.built(folder):
        if each["kind"] == "Service":
            assert each["spec"]["selector"].items() <= labels.items()
            assert [port["targetPort"] for port in each["spec"]["ports"]] == ["http"]


@each_folder
def test_the_pod_may_do_little(folder: str) -> None:
    """As the CronJob's."""
    spec = kubernetes.deployment(folder)["spec"]["template"]["spec"]
    job = kubernetes.cron_job("base")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for setting in ("automountServiceAccountToken", "enableServiceLinks"):
        assert spec[setting] is job[setting]
    assert spec["securityContext"].items() <= job["securityContext"].items()
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container(folder)["securityContext"] == job["containers"][0]["securityContext"]
    assert [each["mountPath"] for each in container(folder)["volumeMounts"]] == ["/tmp"]
