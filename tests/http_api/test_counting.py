"""From `POST /v1/segments` to a true count: a server's process, a worker's, and nobody who asks for it (issue 5)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from cli.process import Cli
from cli.test_worker import Worker
from http_api.serving import SAMPLE
from postgres.conftest import WORKER, login
from postgres.worker_support import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"
NUMBERS = range(1_001, 20_996)
"""Of contacts beside the five that are there: 20,000 in all."""
SECONDS = 2.0


def of(ending: str) -> dict[str, Any]:
    """Those whose address ends so."""
    return {
        "condition": "AND",
        "filters": [{"type": "field", "field_id": 1, "operator": "ends_with", "value": ending}],
    }


@pytest.fixture
def _worker(server_dsn: str, admin_dsn: str, db: psycopg.Connection) -> Iterator[None]:
    db.execute(
        """INSERT INTO contacts (workspace_id, id, email, fields)
        SELECT 1, n, 'many' || n || '@large.example', jsonb_build_object('score', n %% 100)
        FROM generate_series(%s::int, %s) n""",
        (NUMBERS[0], NUMBERS[-1]),
    )
    db.execute("ANALYZE")
    working = Worker(Cli(login(server_dsn, admin_dsn, WORKER)).start("worker", "--poll", "1h"))
    try:
        assert working.says("event=listening"), working.lines
        yield
        assert working.end().code == 143
    finally:
        working.close()


@pytest.mark.usefixtures("_worker")
def test_a_created_segment_is_counted_within_two_seconds(served: Served) -> None:
    client = served.client()

    def counted(id_: int, expected: int) -> float:
        """How long it took until the count was true; none that was shown before is another than the one of old."""
        begun = time.monotonic()
        before = client.get(f"{PATH}/{id_}").json()["data"]["contact_count"]
        shown: list[int | None] = []
        while not shown or shown[-1] != expected:
            assert time.monotonic() - begun < 10 * SECONDS, shown
            shown.append(client.get(f"{PATH}/{id_}").json()["data"]["contact_count"])
            time.sleep(0.02)
        assert set(shown) <= {before, expected}
        return time.monotonic() - begun

    created = client.post(PATH, json={**SAMPLE, "filters": of("7@large.example")})
    assert created.status_code == 201
    id_ = created.json()["data"]["id"]
    few, fewer = (sum(str(number).endswith(end) for number in NUMBERS) for end in ("7", "77"))
    assert counted(id_, few) < SECONDS
    assert (
        client.patch(f"{PATH}/{id_}", json={"filters": of("77@large.example")}).json()["data"]["contact_count"] == few
    )
    assert counted(id_, fewer) < SECONDS
    assert within(SECONDS, lambda: client.get("/api/v1/segments").json()["data"][0]["cachedCount"] == fewer)
