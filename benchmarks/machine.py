"""The server that the loads run on, and what there is to say about the machine."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

import segsql
from segsql import embedded
from segsql.store import migrations

SETTINGS = {"shared_buffers": "1GB", "work_mem": "64MB", "max_wal_size": "8GB", "effective_cache_size": "8GB"}
"""Of the bundled server, for both sides alike; durability stays as it is by default."""

_SHOWN = ("shared_buffers", "work_mem", "max_parallel_workers_per_gather", "fsync", "synchronous_commit")


@contextmanager
def database(dsn: str | None) -> Iterator[str]:
    """An empty database with the default schema; without a DSN on a bundled server that is gone afterwards.

    Prints what it runs on, and leaves the database as empty as it was.
    """
    with ExitStack() as stack:
        if dsn is None:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="segsql-bench-"))
            dsn = stack.enter_context(embedded.server(Path(home), SETTINGS))
        migrations.migrate(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            if connection.execute("SELECT FROM workspaces LIMIT 1").fetchone() is not None:
                raise RuntimeError("the database is not empty: a load makes its own data, and removes it again")
            print(*facts(connection), sep="\n")
            try:
                yield dsn
            finally:
                connection.execute("TRUNCATE workspaces CASCADE")


def facts(connection: psycopg.Connection | None) -> list[str]:
    """Machine, versions and date; the server's, where one takes part."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"Python {platform.python_version()}, segsql {segsql.__version__}"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GB",
        python if connection is None else f"PostgreSQL {_setting(connection, 'server_version')}, {python}",
    ]
    if connection is not None:
        lines.append(", ".join(f"{name} {_setting(connection, name)}" for name in _SHOWN))
    return lines


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])
