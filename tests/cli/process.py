"""Run `segsql` as a process, and look at how it ended."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any
from unittest.mock import patch
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from segsql.cli.main import run

COMMAND = (sys.executable, "-m", "segsql")


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    cpu: float
    """Seconds of the processor: what it took, however busy the machine is."""

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def ndjson(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def csv(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out, newline="")))


class Cli:
    """Runs commands on a database, told by `SEGSQL_DSN` unless there is none, in an otherwise bare environment."""

    def __init__(self, dsn: str | None) -> None:
        self.dsn = dsn

    def environment(self, more: dict[str, str] | None = None) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
        nowhere = {"PGHOST": "/nonexistent", "PGCONNECT_TIMEOUT": "5"}
        given = nowhere if self.dsn is None else {"SEGSQL_DSN": self.dsn}
        return {**kept, "LANG": "C.UTF-8", **given, **(more or {})}

    def __call__(
        self,
        *arguments: str,
        stdin: str | bytes | IO[bytes] = b"",
        env: dict[str, str] | None = None,
        bare: dict[str, str] | None = None,
        seconds: float = 60,
    ) -> Finished:
        """Run a command to its end. `env` is added to the environment, `bare` is all of what names a database."""
        environment = self.environment(env) if bare is None else {**Cli(None).environment(), **bare}
        given: dict[str, Any] = {"stdin": stdin} if hasattr(stdin, "fileno") else {"input": _bytes(stdin)}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            (*COMMAND, *arguments), capture_output=True, env=environment, check=False, timeout=seconds, **given
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return checked(Finished(arguments, done.returncode, done.stdout.decode(), done.stderr.decode(), cpu))

    def ok(self, *arguments: str, stdin: str | bytes | IO[bytes] = b"", env: dict[str, str] | None = None) -> Finished:
        """Run a command that succeeds."""
        done = self(*arguments, stdin=stdin, env=env)
        assert done.code == 0, done
        return done

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command, for a test that does something to it."""
        return subprocess.Popen(
            (*COMMAND, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(env),
            text=True,
        )

    def shell(self, script: str, *, env: dict[str, str] | None = None, seconds: float = 60) -> Finished:
        """Run a line of bash, in which `segsql` is the command; a pipe's exit code is its first failure's."""
        function = f'segsql() {{ "{COMMAND[0]}" -m segsql "$@"; }}; set -o pipefail; {script}'
        done = subprocess.run(
            ("bash", "-c", function),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self.environment(env),
            check=False,
            timeout=seconds,
        )
        return checked(Finished((script,), done.returncode, done.stdout.decode(), done.stderr.decode(), 0))


class Inside(Cli):
    """Runs commands in this process, where starting costs nothing; all else as there: environment, streams, codes."""

    def __call__(
        self,
        *arguments: str,
        stdin: str | bytes | IO[bytes] = b"",
        env: dict[str, str] | None = None,
        bare: dict[str, str] | None = None,
        seconds: float = 60,  # noqa: ARG002 - of a process
    ) -> Finished:
        environment = self.environment(env) if bare is None else {**Cli(None).environment(), **bare}
        given, out, err = io.BytesIO(_bytes(stdin)), io.BytesIO(), io.BytesIO()
        streams = [io.TextIOWrapper(one, "utf-8", write_through=True) for one in (given, out, err)]
        with ExitStack() as patched:
            patched.enter_context(patch.dict(os.environ, environment, clear=True))
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patched.enter_context(patch.object(sys, name, stream))
            before = time.process_time()
            try:
                code = run([*arguments])
            except SystemExit as ending:
                code = ending.code if isinstance(ending.code, int) else -1
        cpu = time.process_time() - before
        return checked(Finished(arguments, int(code), out.getvalue().decode(), err.getvalue().decode(), cpu))


def checked(done: Finished) -> Finished:
    """Whatever happens: never a traceback, never Python's own words about what it ignored."""
    for words in ("Traceback", "Exception ignored", "This is a bug", "most recent call"):
        assert words not in done.err, f"{done.arguments} ended with {done.code}:\n{done.err}"
    return done


def ended(process: subprocess.Popen[str], seconds: float = 30) -> Finished:
    """Wait for a started command."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert isinstance(process.args, tuple)
    return checked(Finished(process.args[3:], process.returncode, out, err, 0))


def url(dsn: str, scheme: str = "postgresql") -> str:
    """The connection string as a URL."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    user, password, name = parts.pop("user", ""), parts.pop("password", ""), parts.pop("dbname", "")
    who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parts.items())
    return f"{scheme}://{who}@/{name}?{query}"


def variables(dsn: str) -> dict[str, str]:
    """The connection string as libpq's variables."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {
        names[key]: str(value) for key, value in conninfo_to_dict(dsn).items() if key in names and value is not None
    }


def _bytes(text: str | bytes | IO[bytes]) -> bytes:
    assert isinstance(text, str | bytes)
    return text.encode() if isinstance(text, str) else text
