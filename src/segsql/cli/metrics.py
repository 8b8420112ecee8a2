"""Where a run's metrics go: a file for node_exporter's textfile collector, a Pushgateway.

Telling of a run never changes what it did: what goes wrong here is a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit

import click

from segsql.cli.files import replace
from segsql.recount import Record
from segsql.store import Ages

JOB = "segsql_recount"

PUSH_SECONDS = 5.0
"""The longest that a Pushgateway may keep a run from ending."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Pushgateway; `url` has no user and password in it and may be shown."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)


class GatewayUrl(click.ParamType[Gateway]):
    """An http or https URL, which may name a user and a password."""

    name = "url"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Gateway:
        if isinstance(value, Gateway):
            return value
        try:
            parts = urlsplit(str(value))
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
            self.fail("It is no URL such as http://pushgateway:9091", param, ctx)
        host = f"[{host}]" if ":" in host else host
        url = f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{parts.path}"
        return Gateway(url, unquote(parts.username or ""), unquote(parts.password or ""))


def write_textfile(path: Path, record: Record, ages: Ages | None) -> None:
    """Replace the file with the run's metrics; the last success is kept from it where this run was none.

    Raises OSError.
    """
    from prometheus_client import generate_latest

    from segsql.recount.metrics import labels_of, last_success_in, registry_of, success_of

    labels = labels_of(record)
    last_success = success_of(record)
    if last_success is None and path.is_file():
        last_success = last_success_in(path.read_text("utf-8", errors="replace"), labels)
    replace(path, generate_latest(registry_of(record, ages, last_success, labels)))


def push(gateway: Gateway, record: Record, ages: Ages | None) -> None:
    """Add the run's metrics to the gateway's group of the job, and of the shard where there is one.

    Added, so that the last success stays there where this run was none. Raises OSError, after PUSH_SECONDS at the
    latest: by a thread, since a name that does not resolve and an answer that drips know no time limit.
    """
    from prometheus_client.exposition import basic_auth_handler, default_handler, pushadd_to_gateway

    from segsql.recount.metrics import labels_of, registry_of, success_of

    registry = registry_of(record, ages, success_of(record), {})
    failures: list[Exception] = []

    def handler(
        url: str, method: str, timeout: float | None, headers: list[tuple[str, str]], data: bytes
    ) -> Callable[[], None]:
        if gateway.user or gateway.password:
            return basic_auth_handler(url, method, timeout, headers, data, gateway.user, gateway.password)
        return default_handler(url, method, timeout, headers, data)

    def send() -> None:
        try:
            pushadd_to_gateway(gateway.url, JOB, registry, labels_of(record), PUSH_SECONDS, handler)
        except HTTPError as error:
            error.close()
            failures.append(error)
        except Exception as error:  # noqa: BLE001 - whatever a gateway answers, it is no reason to fail a run
            failures.append(error)

    thread = Thread(target=send, name="segsql-push", daemon=True)
    thread.start()
    thread.join(PUSH_SECONDS)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {PUSH_SECONDS:g} s")
    if failures:
        raise OSError(str(failures[0]) or type(failures[0]).__name__) from failures[0]
