"""Two workspaces that share all their ids: no request with one key sees or names what is the other's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from http_api.serving import add_segment

if TYPE_CHECKING:
    import httpx
    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"


def condition(**parts: object) -> dict[str, Any]:
    return {"condition": "AND", "filters": [parts]}


@pytest.fixture(scope="module")
def _segments(admin_dsn: str, served: Served) -> None:
    from postgres.conftest import connect

    with connect(admin_dsn) as db:
        for workspace_id, mark in ((1, "one"), (2, "two")):
            for id_ in (7, 8):
                add_segment(
                    db,
                    id_,
                    condition(type="tags", operator="contains", value=[id_ - 6]),
                    workspace_id=workspace_id,
                    public_id=f"shared{id_}",
                    name=f"name-{mark}-{id_}",
                    description=f"words-{mark}",
                    cached_count=workspace_id * 1000 + id_,
                    last_counted_at="2026-01-05T11:00:00Z",
                )
            add_segment(
                db, 100 + workspace_id, condition(type="open_rate", operator="gte", value=50), workspace_id=workspace_id
            )
            db.execute("INSERT INTO tags VALUES (%s, %s, %s)", (workspace_id, 100 + workspace_id, f"tag-{mark}-own"))
            db.execute(
                """INSERT INTO contact_fields (workspace_id, id, key, name, type)
                VALUES (%s, %s, 'own_' || %s, 'Own', 'TEXT')""",
                (workspace_id, 100 + workspace_id, mark),
            )


@pytest.mark.usefixtures("_segments")
@pytest.mark.parametrize(("workspace_id", "mark", "other"), [(1, "one", "two"), (2, "two", "one")])
def test_nothing_of_the_other_workspace(
    served: Served, db: psycopg.Connection, workspace_id: int, mark: str, other: str
) -> None:
    client, foreign = served.client(workspace_id), 100 + 3 - workspace_id
    before = rows(db, 3 - workspace_id)
    answers: list[httpx.Response] = [
        client.get("/api/v1/segments"),
        client.get("/api/v1/segments", params={"id": "shared7"}),
        client.get(PATH),
        client.get(f"{PATH}/7"),
        client.get(f"{PATH}/8/contacts"),
        client.get(f"{PATH}/7/contacts", params={"page": 2, "limit": 1}),
        client.post(f"{PATH}/preview", json={"filters": condition(type="field", field_id=1, operator="exists")}),
        client.patch(f"{PATH}/7", json={"name": f"name-{mark}-7"}),
        client.patch(f"{PATH}/8", json={"filters": condition(type="segment", operator="in", value=[7])}),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    for answer in answers:
        assert other not in answer.text, answer.url
        assert str((3 - workspace_id) * 1000 + 7) not in answer.text
    assert len(answers[1].json()["data"]) == 1
    assert answers[0].json()["pagination"]["total"] == 3
    assert answers[6].json()["data"]["contact_count"] == (5 if workspace_id == 1 else 3)
    refused = [
        client.get(f"{PATH}/{foreign}"),
        client.get(f"{PATH}/{foreign}/contacts"),
        client.patch(f"{PATH}/{foreign}", json={"name": "mine"}),
        client.delete(f"{PATH}/{foreign}"),
    ]
    assert [answer.status_code for answer in refused] == [404] * 4
    for number, wrong in enumerate(
        (
            condition(type="segment", operator="in", value=[foreign]),
            condition(type="tags", operator="contains", value=[foreign]),
            condition(type="field", field_id=foreign, operator="exists"),
            condition(type="field", field_id=13, operator="eq", value=f"pro-{other}"),
        )
    ):
        for path in (PATH, f"{PATH}/preview"):
            answer = client.post(path, json={"name": "N", "filters": wrong})
            assert answer.status_code == 400, (number, path, answer.text)
            assert other not in json.dumps(answer.json()).replace(f"pro-{other}", "")
    created = client.post(PATH, json={"name": "mine", "filters": condition(type="tags", operator="eq", value=[1])})
    assert created.status_code == 201
    assert client.delete(f"{PATH}/{created.json()['data']['id']}").status_code == 204
    assert rows(db, 3 - workspace_id) == before


def rows(db: psycopg.Connection, workspace_id: int) -> list[Any]:
    return db.execute("SELECT * FROM segments WHERE workspace_id = %s ORDER BY id", (workspace_id,)).fetchall()
