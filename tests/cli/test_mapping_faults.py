"""A fault in a mapping is one clear error of every command, before anything is asked of the tables (exit code 78)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cli.foreign import EVENTS, NEWSLETTER, PRISMA, RAILS, Foreign
from cli.process import Inside
from postgres.conftest import connect

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    ("recount",),
    ("count", "-s", "pro"),
    ("members", "-s", "pro"),
    ("preview", "-s", "pro"),
    ("list",),
    ("serve", "--port", "0"),
)

LOCKED = """
    DO $$ DECLARE each regclass; BEGIN
        FOR each IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', each);
        END LOOP;
    END $$
"""


@dataclass(frozen=True)
class Fault:
    """What is written in place of what is right, and what that is told."""

    foreign: Foreign
    right: str
    wrong: str
    code: str
    path: str
    message: str
    hint: str


FAULTS = {
    "a column that is missing": Fault(
        PRISMA,
        'count = "cachedCount"',
        'count = "cached_count"',
        "SEG412",
        "segments.count",
        '"Segment" has no column cached_count',
        "Did you mean cachedCount?",
    ),
    "a column of another type": Fault(
        RAILS,
        'counted_at = { column = "counted_at", type = "timestamp" }',
        'counted_at = "counted_at"',
        "SEG413",
        "segments.counted_at",
        "counted_at of segments is timestamp without time zone, and the mapping says timestamptz",
        'Write counted_at = { column = "counted_at", type = "timestamp" }',
    ),
    "an id of another type": Fault(
        NEWSLETTER,
        'segment = "uuid"',
        'segment = "text"',
        "SEG413",
        "segments.id",
        "id of segments is uuid, and the mapping says text",
        'Write segment = "uuid" in [ids]',
    ),
    "a key that may occur twice": Fault(
        EVENTS,
        'workspace = "tenant_id"\nid = "id"',
        'workspace = "tenant_id"\nid = "email"',
        "SEG414",
        "contacts.id",
        "Two rows of profiles may have the same tenant_id, email: no unique index of it forbids that",
        "Name a key, a view of distinct rows, or run: "
        'CREATE UNIQUE INDEX CONCURRENTLY ON profiles ("tenant_id", "email");',
    ),
    "a table that is missing": Fault(
        EVENTS,
        'table = "profiles"',
        'table = "Profiles"',
        "SEG411",
        "contacts.table",
        "The database has no table or view Profiles",
        "Did you mean profiles?",
    ),
    "a key of the file that is misspelled": Fault(
        RAILS,
        "[contact_tags]",
        "[contacts_tags]",
        "SEG402",
        "contacts_tags",
        "The file has no key contacts_tags",
        "Did you mean contact_tags?",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_error_before_any_query(name: str, empty_dsn: str, tmp_path: Path) -> None:
    """Nobody may read or write any table meanwhile: whoever asks one would wait."""
    fault = FAULTS[name]
    file = fault.foreign.fill(empty_dsn, tmp_path)
    inside = Inside(empty_dsn)
    inside.ok("--mapping", str(file), "init")
    right = file.read_text()
    assert right.count(fault.right) == 1
    file.write_text(right.replace(fault.right, fault.wrong))
    with connect(empty_dsn) as db, db.transaction():
        db.execute(LOCKED)
        for command, *options in COMMANDS:
            tenant = fault.foreign.options if command not in {"serve", "recount"} else ()
            done = inside("--mapping", str(file), command, *tenant, *options)
            assert done.code == 78, done
            assert done.out == ""
            assert done.err == (
                f"segsql: {file} does not describe a database, or not this one:\n"
                f"{fault.code} {fault.path}\n  {fault.message}\n  {fault.hint}\n"
            )
