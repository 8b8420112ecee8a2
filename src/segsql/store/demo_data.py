"""Filling a database with the demo's data, and knowing it again (the data themselves: `segsql.demo`).

The table `segsql_demo` says that a database is the demo's and how many contacts were asked for. Without it
nothing is ever removed: a directory that somebody else's data lie in stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import sqlalchemy as sa

from segsql.errors import UsageError
from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database, driver
from segsql.store.schema import schema_of

DATA_VERSION = 1
"""Counts up when the generated data change, so that an older demo is rebuilt."""

_BOUNDS = Bounds(statement=timedelta(minutes=30), lock=timedelta(minutes=5), idle=timedelta(minutes=1))
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('segsql demo', 0))")
_MARK = sa.text("SELECT version, contacts FROM segsql_demo")
_UNMARK = sa.text("DROP TABLE IF EXISTS segsql_demo")
_SET_MARK = sa.text("""
    CREATE TABLE segsql_demo AS SELECT CAST(:version AS int) AS version, CAST(:contacts AS bigint) AS contacts
""")
_CLEAR = sa.text("TRUNCATE workspaces CASCADE")
_SEGMENT = sa.text("""
    INSERT INTO segments (workspace_id, id, public_id, name, description, definition)
    VALUES (:workspace_id, :id, :public_id, :name, :description, CAST(:definition AS jsonb))
""")
_NEXT_ID = sa.text("SELECT setval(pg_get_serial_sequence('segments', 'id'), max(id)) FROM segments")


@dataclass(frozen=True, slots=True)
class DemoSegment:
    """A segment that the demo stores; ids are unique over all workspaces, so that `-s ID` needs no `-w`."""

    workspace_id: int
    id: int
    public_id: str
    name: str
    definition: Mapping[str, object]
    description: str | None = None


@dataclass(frozen=True, slots=True)
class DemoState:
    """How many contacts a demo database was made with; `is_current` if by this version of segsql."""

    contacts: int
    is_current: bool


def demo_state(database: Database) -> DemoState | None:
    """What an earlier demo left in the database; None in an empty one.

    Raises UsageError where the database has workspaces that no demo made.
    """
    with database.reading() as connection:
        return _state(connection)


def load_demo(database: Database, script: str, contacts: int, samples: Sequence[DemoSegment]) -> None:
    """Make the database the demo's, in one transaction: `script` run for this many contacts, and the segments.

    What an earlier demo left is removed. Where another process has just done the same, nothing is left to do.
    Raises UsageError as `demo_state` does.
    """
    with database.writing() as connection:
        connection.execute(sa.select(*database.settings(_BOUNDS, APPLICATION_NAME)))
        connection.execute(_LOCK)
        if _state(connection) == DemoState(contacts, is_current=True):
            return
        connection.execute(_CLEAR)
        connection.execute(sa.select(sa.func.set_config("segsql.demo_contacts", str(contacts), True)))
        driver(connection).execute(script.encode())
        for sample in samples:
            connection.execute(_SEGMENT, asdict(sample) | {"definition": json.dumps(sample.definition)})
        connection.execute(_NEXT_ID)
        connection.execute(_UNMARK)
        connection.execute(_SET_MARK, {"version": DATA_VERSION, "contacts": contacts})


def _state(connection: sa.Connection) -> DemoState | None:
    if connection.scalar(sa.select(sa.func.to_regclass("segsql_demo"))) is None:
        if connection.scalar(sa.select(sa.exists().select_from(schema_of(connection).workspaces))):
            raise UsageError(
                "The database has workspaces that are not the demo's", hint="Give the demo a directory of its own."
            )
        return None
    version, contacts = connection.execute(_MARK).one()
    return DemoState(contacts, is_current=version == DATA_VERSION)
