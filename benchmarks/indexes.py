"""What each index of sql/indexes.sql costs in size and gains in time, on the whale.

Every condition is counted with the index, and again without it, in a transaction that is rolled back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

import psycopg

from benchmarks import by_hand
from benchmarks.data import fill
from benchmarks.machine import database
from benchmarks.measure import seconds
from segsql.catalog import Catalog, Field, FieldType, declared_builtins
from segsql.compiler import compile_segment
from segsql.render import Statement

RUNS = 5
TRIGRAM = "contacts_email_trigram"
UNIQUE = "contacts_email_key"
CREATED = {
    "contacts_country": "ON contacts (workspace_id, country)",
    "contacts_fields_plan": "ON contacts (workspace_id, (fields ->> 'plan'))",
    "contacts_fields_score": (
        "ON contacts (workspace_id, (CASE WHEN jsonb_typeof(fields -> 'score') = 'number' "
        "THEN (fields ->> 'score')::numeric END))"
    ),
    TRIGRAM: "ON contacts USING gin (lower(email) gin_trgm_ops)",
}
"""The opt-in ones: made here, as the comments of sql/indexes.sql write them."""


@dataclass(frozen=True, slots=True)
class Served:
    """A condition, and the index that is there for it."""

    index: str
    field: str
    operator: str
    value: object


SERVED = (
    Served(UNIQUE, "email", "eq", "User77@example.com"),
    Served(UNIQUE, "email", "in", [f"user{n}@example.com" for n in range(3, 303, 3)]),
    Served(UNIQUE, "email", "starts_with", "user7777"),
    Served("contacts_created_at", "created_at", "within_days", 7),
    Served("contacts_created_at", "created_at", "within_days", 73),
    Served("contact_tags_tag", "tags", "contains", [3]),
    Served("contacts_country", "country", "eq", "DE"),
    Served("contacts_fields_plan", "plan", "eq", "pro"),
    Served("contacts_fields_plan", "plan", "eq", "nobody has it"),
    Served("contacts_fields_score", "score", "gte", 990),
    Served("contacts_fields_score", "score", "gte", 500),
    Served(TRIGRAM, "email", "contains", "77777"),
    Served(TRIGRAM, "email", "contains", "77"),
)


def main(dsn: str | None, contacts: int) -> None:
    """Print the size of each index, and each condition's times and the share of contacts that it matches."""
    with database(dsn) as url, by_hand.literal(url) as connection:
        fill(connection, {1: contacts})
        for name, on in CREATED.items():
            _create(connection, name, on)
        connection.execute("VACUUM ANALYZE contacts")
        sizes: dict[str, int] = dict(
            connection.execute("SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relkind = 'i'")
        )
        print("\nindex                   MB  condition                        matches    without   with (ms)   ratio")
        for served in SERVED:
            if served.index in sizes:
                _show(connection, served, sizes[served.index], contacts)
            else:
                print(f"{served.index}: not made, this server has no pg_trgm")
        for name in CREATED:
            connection.execute(f"DROP INDEX IF EXISTS {name}".encode())


def _create(connection: psycopg.Connection, name: str, on: str) -> None:
    if name == TRIGRAM:
        found = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchone()
        if found is None:
            return
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    connection.execute(f"CREATE INDEX {name} {on}".encode())


def _show(connection: psycopg.Connection, served: Served, size: int, contacts: int) -> None:
    statement = _statement(served)
    with_it, count = _time(connection, statement)
    with connection.transaction(force_rollback=True):
        connection.execute(f"DROP INDEX {served.index}".encode())
        without, same = _time(connection, statement)
    assert count == same, served
    value = str(served.value)
    condition = f"{served.field} {served.operator} {value if len(value) < 16 else f'({len(value)} characters)'}"
    print(
        f"{served.index:<22} {size / 1e6:4.0f}  {condition:<32} {100 * count / contacts:6.2f} % "
        f"{without * 1e3:9.1f} {with_it * 1e3:9.1f} {without / with_it:10.1f}"
    )


def _time(connection: psycopg.Connection, statement: Statement) -> tuple[float, int]:
    """The median, warm, and the count."""
    cursor = psycopg.RawCursor(connection)
    counts: list[int] = []

    def run() -> None:
        cursor.execute(statement.numbered_sql.encode(), statement.arguments)
        (row,) = cursor.fetchall()
        counts.append(row[0])

    run()
    return median(seconds(run) for _ in range(RUNS)), counts[0]


def _statement(served: Served) -> Statement:
    fields = (
        *declared_builtins(),
        Field(101, "plan", "Plan", FieldType.TEXT),
        Field(102, "score", "Score", FieldType.NUMBER),
    )
    catalog = Catalog(workspace_id=1, fields=fields, tags={3: "tag 3"})
    condition = {"field": served.field, "operator": served.operator, "value": served.value}
    definition = json.dumps({"matchType": "all", "filters": [condition]})
    return compile_segment(definition, catalog, workspace_id=1, now=datetime.now(UTC))
