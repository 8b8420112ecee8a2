"""Whoever is `segsql_server` may do all that the server does; without any one privilege something of it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from http_api.serving import SAMPLE, add_segment
from postgres.conftest import SERVER, connect
from postgres.test_roles import GRANTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"
OF_EVERYBODY = {"CONNECT ON DATABASE", "USAGE ON SCHEMA"}
"""In a database that nobody took anything from; `postgres/test_roles.py` has one that is not so."""


@pytest.fixture(autouse=True)
def _segments(db: psycopg.Connection) -> Iterator[None]:
    """A workspace with a plan's limit, and a segment whose id is the next one that the sequence gives."""
    db.execute("UPDATE workspaces SET segment_limit = 100 WHERE id = 1")
    db.execute("ALTER TABLE segments ALTER id RESTART WITH 1")
    add_segment(db, 1, {"matchType": "all", "filters": [{"field": "opens_count", "operator": "gte", "value": 0}]})
    yield
    db.execute("DELETE FROM segments")
    db.execute("DELETE FROM idempotency_keys")


def failures(served: Served) -> dict[str, int]:
    """Which requests, of every endpoint, are answered with 500."""
    client = served.client()
    conditions = [
        {"type": "tags", "operator": "contains", "value": [1]},
        {"type": "open_rate", "operator": "gte", "value": 10},
        {"type": "segment", "operator": "in", "value": [1]},
    ]
    statuses = {
        "ready": client.get("/readyz").status_code,
        "create": client.post(PATH, json=SAMPLE).status_code,
        "once": client.post(PATH, json=SAMPLE, headers={"Idempotency-Key": "k"}).status_code,
        "again": client.post(PATH, json=SAMPLE, headers={"Idempotency-Key": "k"}).status_code,
        "read": client.get("/api/v1/segments").status_code,
        "list": client.get(PATH).status_code,
        "show": client.get(f"{PATH}/1").status_code,
        "contacts": client.get(f"{PATH}/1/contacts", params={"limit": 1}).status_code,
        "preview": client.post(
            f"{PATH}/preview", json={"filters": {"condition": "OR", "filters": conditions}}
        ).status_code,
        "name": client.patch(f"{PATH}/1", json={"name": "N"}).status_code,
        "edit": client.patch(f"{PATH}/1", json=SAMPLE).status_code,
        "refer": client.patch(
            f"{PATH}/1", json={"filters": {"condition": "OR", "filters": conditions[:2]}}
        ).status_code,
        "delete": client.delete(f"{PATH}/1").status_code,
    }
    assert set(statuses.values()) <= {200, 201, 204, 500, 503}
    return {what: status for what, status in statuses.items() if status in (500, 503)}


def test_the_server_logs_in_without_any_right_but_those_of_its_role(dsn: str) -> None:
    """In every test of this folder."""
    with connect(dsn) as connection:
        query = "SELECT session_user::text, pg_has_role('segsql_server', 'USAGE'), rolsuper FROM pg_roles"
        found = connection.execute(f"{query} WHERE rolname = session_user".encode()).fetchall()
    assert found == [(SERVER, True, False)]


def test_it_may_do_all_that_it_does(served: Served) -> None:
    assert failures(served) == {}


@pytest.mark.parametrize("privilege", sorted(GRANTED["segsql_server"] - OF_EVERYBODY))
def test_every_privilege_is_needed(served: Served, db: psycopg.Connection, privilege: str) -> None:
    revoke = f"REVOKE {privilege} FROM segsql_server"
    served.has_bugs = True
    db.execute(revoke.encode())
    try:
        assert failures(served)
    finally:
        db.execute(revoke.replace("REVOKE", "GRANT").replace("FROM", "TO").encode())
