"""The HTTP API under load: wrk (Debian's package) with 16 connections; and pages of a million members."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import click

from benchmarks import by_hand
from benchmarks.data import fill
from benchmarks.machine import database

CONNECTIONS, SECONDS, PAGE = 16, 30, 50

SAMPLE = {
    "name": "Active Subscribers",
    "filters": {
        "condition": "AND",
        "filters": [{"type": "field", "field_id": 1, "operator": "eq", "value": "test@example.com"}],
    },
}
EVERYONE = {"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}

_SCRIPT = """
wrk.headers["Authorization"] = "Bearer {key}"
{more}
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init() other = 0 end
function response(status) if status ~= {status} then other = other + 1 end end
function done(summary, latency)
  local others = 0
  for _, thread in ipairs(threads) do others = others + thread:get("other") end
  local e = summary.errors
  print(string.format("RESULT %d %.2f %.2f %.2f %.2f %d", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    others + e.connect + e.read + e.write + e.timeout))
end
"""
_POST = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
"""


def main(dsn: str | None, contacts: int, seconds: int) -> None:
    """Print what the load gives, then what pages cost."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed: apt-get install wrk")
    with database(dsn) as url, by_hand.literal(url) as connection:
        fill(connection, {1: contacts})
        for number in range(1, 51):
            connection.execute(
                "INSERT INTO segments (workspace_id, id, name, definition) VALUES (1, %s, 'load', %s)",
                (number, json.dumps(EVERYONE)),
            )
        with _serving(url) as (address, key):
            _row(f"{CONNECTIONS} connections", "a second", "50 % ms", "90 % ms", "99 % ms", "max ms", "errors")
            _load("GET /api/v1/segments", f"{address}/api/v1/segments", key, 200, seconds)
            _load("GET /v1/segments/1", f"{address}/v1/segments/1", key, 200, seconds)
            _load(
                "POST /v1/segments", f"{address}/v1/segments", key, 201, seconds, _POST.format(body=json.dumps(SAMPLE))
            )
            last = contacts // PAGE
            for page in (1, 2, last // 2, last, 1):
                path = f"/v1/segments/1/contacts?page={page}&limit={PAGE}"
                times = sorted(_timed(f"{address}{path}", key) for _ in range(5))
                print(f"contacts, page {page:,}: {times[2] * 1e3:.1f} ms (median of 5)")


def _row(name: str, *columns: str) -> None:
    print(f"{name:<24}", *(f"{column:>10}" for column in columns))


def _load(name: str, address: str, key: str, status: int, seconds: int, more: str = "") -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT.format(key=key, status=status, more=more))
        script.flush()
        command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script.name, address]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"RESULT (\S+) (\S+) (\S+) (\S+) (\S+) (\S+)", printed)
    assert found, printed
    _row(name, *found.groups())


def _timed(address: str, key: str) -> float:
    begun = time.perf_counter()
    with urlopen(Request(address, headers={"Authorization": f"Bearer {key}"})) as response:
        response.read()
    return time.perf_counter() - begun


@contextmanager
def _serving(url: str) -> Iterator[tuple[str, str]]:
    """The server as a process of its own: its address, and a key."""
    segsql, environment = (sys.executable, "-m", "segsql"), {**os.environ, "SEGSQL_DSN": url}
    scopes = ("--scope", "segments:read", "--scope", "segments:write")
    make = (*segsql, "keys", "create", "-w", "1", *scopes)
    key = subprocess.run(make, check=True, capture_output=True, text=True, env=environment).stdout.strip()
    process = subprocess.Popen((*segsql, "serve", "--port", "0"), stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+:\d+", process.stderr.readline())
        assert found
        yield found[0], key
    finally:
        process.terminate()
        process.wait()
