"""`python -m benchmarks LOAD`: the loads of the performance goals, one command each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg

from benchmarks import compiling, measure
from benchmarks.data import fill
from benchmarks.segments import mixed_segments
from segsql import embedded
from segsql.recount import CONNECTIONS_PER_JOB, Options, Result, Run
from segsql.store import Database, Selection, migrations

SETTINGS = {"shared_buffers": "1GB", "work_mem": "64MB", "max_wal_size": "8GB", "effective_cache_size": "8GB"}
"""Of the bundled server, for both sides alike; durability stays as it is by default."""


@click.group()
def benchmarks() -> None:
    """Measure segsql beside what a user would write instead, on one server and the same data."""


@benchmarks.command()
@click.option("--contacts", default=1_000_000, show_default=True)
@click.option("--segments", default=100, show_default=True)
@click.option("--dsn", envvar="SEGSQL_BENCH_DSN", help="An empty database; without it the bundled PostgreSQL.")
def whale(contacts: int, segments: int, dsn: str | None) -> None:
    """One workspace with a million contacts: a recount of all its segments."""
    with _database(dsn) as url, psycopg.connect(url, autocommit=True) as connection:
        made = measure.seconds(lambda: fill(connection, 1, contacts))
        segment_list = mixed_segments(segments)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO segments (workspace_id, id, name, definition) VALUES (1, %s, 'load', %s::jsonb)",
                [(number, segment.definition) for number, segment in enumerate(segment_list, start=1)],
            )
        connection.execute("VACUUM ANALYZE")
        print(f"whale: {contacts:,} contacts, {segments} segments; data made in {made:.0f} s")
        by_hand: dict[int, int] = {}

        def baseline() -> None:
            for number, segment in enumerate(segment_list, start=1):
                row = connection.execute(segment.sql.format(workspace=1).encode()).fetchone()
                assert row is not None
                by_hand[number] = row[0]
                connection.execute(
                    "UPDATE segments SET cached_count = %s, last_counted_at = now() WHERE workspace_id = 1 AND id = %s",
                    (row[0], number),
                )

        database = Database(url, connections=CONNECTIONS_PER_JOB)

        def segsql() -> None:
            report = Run(database, Selection(), Options()).report(_ignore)
            statuses = {result.status for result in report.results}
            assert statuses == {"counted"}, statuses

        measure.compare(baseline, segsql)
        database.close()
        rows = connection.execute("SELECT id, cached_count FROM segments ORDER BY id").fetchall()
        differing = [number for number, count in rows if abs(by_hand[number] - count) > contacts / 10_000]
        print(f"counts agree (but for what aged between the two sides): {not differing} {differing or ''}")


def _ignore(result: Result) -> None:
    """A benchmark shows no progress."""


@benchmarks.command("compile")
def compile_() -> None:
    """Definitions of five conditions: compiled a second on one core, cold and of a seen shape."""
    compiling.main()


@contextmanager
def _database(dsn: str | None) -> Iterator[str]:
    if dsn:
        migrations.migrate(dsn)
        yield dsn
        return
    with tempfile.TemporaryDirectory(prefix="segsql-bench-") as home, embedded.server(Path(home), SETTINGS) as url:
        migrations.migrate(url)
        yield url


if __name__ == "__main__":
    benchmarks()
