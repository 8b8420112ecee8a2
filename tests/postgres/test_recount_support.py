"""What the tests of the recount share: rows to count, runs, and what happens while one is under way."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from segsql.recount import CONNECTIONS_PER_JOB, Options, Run
from segsql.store import Database, Selection, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    import psycopg

    from segsql.recount import Report, Result
    from segsql.render import Statement

Definition = dict[str, Any]
Key = tuple[int, int]

EVERYONE: Definition = {"matchType": "all", "filters": [{"field": "created_at", "operator": "exists"}]}
NOBODY: Definition = {"matchType": "all", "filters": [{"field": "status", "operator": "eq", "value": "nobody has it"}]}
INVALID: Definition = {"matchType": "all", "filters": []}

SLOW_TAG, BROKEN_TAG, PLAIN_TAG = 2, 3, 1


@pytest.fixture
def dsn(recounter_dsn: str) -> str:
    """For modules whose runs log in as a role that may do what a recount needs, and nothing else."""
    return recounter_dsn


def flat(field: str, operator: str, value: object = None) -> Definition:
    return {"matchType": "all", "filters": [{"field": field, "operator": operator, "value": value}]}


def tagged(tag_id: int) -> Definition:
    return flat("tags", "contains", [tag_id])


def refers(*segment_ids: int, operator: str = "in") -> Definition:
    return {"condition": "AND", "filters": [{"type": "segment", "operator": operator, "value": [*segment_ids]}]}


def add_workspace(db: psycopg.Connection, workspace_id: int = 1, contacts: int = 3, timezone: str = "UTC") -> None:
    """A workspace with contacts 1, 2, …, each with the tags 1, 2 and 3."""
    db.execute("INSERT INTO workspaces (id, name, timezone) VALUES (%s, 'W', %s)", (workspace_id, timezone))
    db.execute(
        "INSERT INTO tags (workspace_id, id, name) SELECT %s, n, 'tag' FROM generate_series(1, 3) n", (workspace_id,)
    )
    db.execute(
        """INSERT INTO contacts (workspace_id, id, email, created_at)
        SELECT %s, n, 'user' || n || '@example.com', '2026-01-01' FROM generate_series(1, %s) n""",
        (workspace_id, contacts),
    )
    db.execute(
        """INSERT INTO contact_tags (workspace_id, contact_id, tag_id)
        SELECT c.workspace_id, c.id, t.id FROM contacts c JOIN tags t USING (workspace_id) WHERE workspace_id = %s""",
        (workspace_id,),
    )


def add_segment(
    db: psycopg.Connection,
    segment_id: int,
    definition: object = None,
    *,
    workspace_id: int = 1,
    count: int | None = None,
    at: datetime | str | None = None,
) -> None:
    """A segment with a definition (everyone, unless told otherwise; a text is JSON as it stands)."""
    text = definition if isinstance(definition, str) else json.dumps(EVERYONE if definition is None else definition)
    db.execute(
        """INSERT INTO segments
            (workspace_id, id, name, definition, cached_count, last_counted_at, created_at, updated_at)
        VALUES (%s, %s, 'S', %s::jsonb, %s, %s, '2026-01-01', '2026-01-01')""",
        (workspace_id, segment_id, text, count, at),
    )


def edit(db: psycopg.Connection, segment_id: int, definition: Definition = NOBODY, workspace_id: int = 1) -> None:
    db.execute(
        "UPDATE segments SET definition = %s::jsonb WHERE workspace_id = %s AND id = %s",
        (json.dumps(definition), workspace_id, segment_id),
    )


@dataclass(frozen=True)
class Row:
    """What is stored about a segment's count."""

    count: int | None
    at: datetime | None


def stored(db: psycopg.Connection) -> dict[Key, Row]:
    rows = db.execute("SELECT workspace_id, id, cached_count, last_counted_at FROM segments")
    return {(workspace_id, segment_id): Row(count, at) for workspace_id, segment_id, count, at in rows}


def counts(db: psycopg.Connection, workspace_id: int = 1) -> dict[int, int | None]:
    return {segment_id: row.count for (workspace, segment_id), row in stored(db).items() if workspace == workspace_id}


def server_time(db: psycopg.Connection) -> datetime:
    ((now,),) = db.execute("SELECT clock_timestamp()").fetchall()
    assert hasattr(now, "tzinfo")
    return now  # type: ignore[no-any-return]


def recount(
    dsn: str, options: Options | None = None, selection: Selection | None = None, *, jobs: int = 1
) -> dict[Key, Result]:
    """Run a recount (of everything, unless told otherwise); its results by workspace and segment."""
    return by_key(report(dsn, options, selection, jobs=jobs))


def report(dsn: str, options: Options | None = None, selection: Selection | None = None, *, jobs: int = 1) -> Report:
    with closing(Database(dsn, connections=jobs * CONNECTIONS_PER_JOB)) as database:
        run = Run(database, selection or Selection(), options or Options(), jobs=jobs)
        return run.report(lambda _: None)


def by_key(done: Report) -> dict[Key, Result]:
    found = {(int(result.workspace_id or 0), int(result.segment_id)): result for result in done.results}
    assert len(found) == len(done.results), "a segment has one result"
    return found


def statuses(results: dict[Key, Result], workspace_id: int = 1) -> dict[int, str]:
    return {segment: one.status for (workspace, segment), one in results.items() if workspace == workspace_id}


def while_counting(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Do something once, when the snapshot is taken and before anything is written."""
    count, count_ahead, waiting = Snapshot.count, Snapshot.count_ahead, [action]

    def act() -> None:
        while waiting:
            waiting.pop()()

    def interrupted(self: Snapshot, statement: Statement) -> tuple[int, ...]:
        found = count(self, statement)
        act()
        return found

    def interrupted_ahead(self: Snapshot, statements: Iterable[tuple[Any, Statement]]) -> Iterator[Any]:
        for answer in count_ahead(self, statements):
            act()
            yield answer

    monkeypatch.setattr(Snapshot, "count", interrupted)
    monkeypatch.setattr(Snapshot, "count_ahead", interrupted_ahead)


def failing(monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception | None], text: str) -> list[str]:
    """Make every statement fail that has the text among its parameters, as long as there is an error; all are noted."""
    count, count_ahead, seen = Snapshot.count, Snapshot.count_ahead, list[str]()

    def refuse(statement: Statement) -> None:
        seen.append(statement.numbered_sql)
        if any(text in str(parameter.value) for parameter in statement.parameters) and (found := error()):
            raise found

    def refusing(self: Snapshot, statement: Statement) -> tuple[int, ...]:
        refuse(statement)
        return count(self, statement)

    def refusing_ahead(self: Snapshot, statements: Iterable[tuple[Any, Statement]]) -> Iterator[Any]:
        for answer in count_ahead(self, statements := list(statements)):
            refuse(next(statement for key, statement in statements if key == answer[0]))
            yield answer

    monkeypatch.setattr(Snapshot, "count", refusing)
    monkeypatch.setattr(Snapshot, "count_ahead", refusing_ahead)
    return seen


def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No batches: every workspace is recounted by itself."""
    monkeypatch.setattr("segsql.recount.run.BATCH_WORKSPACES", 1)


def make_tags_awkward(db: psycopg.Connection, seconds: float = 30) -> None:
    """From now on reading tag 2 takes long and reading tag 3 fails, for real, inside the server."""
    db.execute(
        f"""
        CREATE FUNCTION read_tag(tag_id int) RETURNS boolean LANGUAGE plpgsql COST 100000 AS $$
        BEGIN
            IF tag_id = {SLOW_TAG} THEN PERFORM pg_sleep({seconds});
            ELSIF tag_id = {BROKEN_TAG} THEN RAISE 'tag % can''t be read', tag_id;
            END IF;
            RETURN true;
        END
        $$""".encode()
    )
    db.execute("ALTER TABLE contact_tags RENAME TO contact_tags_stored")
    db.execute("CREATE VIEW contact_tags AS SELECT * FROM contact_tags_stored WHERE read_tag(tag_id)")
    db.execute("GRANT SELECT ON contact_tags TO segsql_reader")
