"""The typed family beside the create document: list, show, change, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from http_api.serving import READ, SAMPLE, WRITE, add_segment, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"
DEFINITION = SAMPLE["filters"]
OTHER: dict[str, Any] = {"condition": "OR", "filters": [{"type": "open_rate", "operator": "gte", "value": 50}]}
AT = "2026-01-05T11:00:00Z"


def refers(*ids: int) -> dict[str, Any]:
    return {"condition": "AND", "filters": [{"type": "segment", "operator": "in", "value": [*ids]}]}


@pytest.fixture(autouse=True)
def _no_segments(db: psycopg.Connection) -> Iterator[None]:
    yield
    db.execute("DELETE FROM segments")


@pytest.fixture
def client(served: Served) -> httpx.Client:
    return served.client()


def test_a_segment_is_shown(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION, created_at=AT, updated_at=AT)
    shown = {
        "id": 7,
        "name": "S7",
        "filters": DEFINITION,
        "contact_count": None,
        "last_calculated_at": None,
        "created_at": AT,
        "updated_at": AT,
    }
    response = client.get(f"{PATH}/7")
    assert (response.status_code, response.json()) == (200, {"data": shown})
    assert client.get(f"{PATH}/7", headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    db.execute("UPDATE segments SET cached_count = 0, last_counted_at = %s", (AT,))
    counted = {**shown, "contact_count": 0, "last_calculated_at": AT}
    assert client.get(f"{PATH}/7").json() == {"data": counted}
    assert client.get(PATH).json() == {
        "data": {
            "segments": [counted],
            "pagination": {"current_page": 1, "per_page": 50, "total_pages": 1, "total_count": 1},
        }
    }


def test_a_flat_definition_is_shown_with_condition(client: httpx.Client, db: psycopg.Connection) -> None:
    filters = [{"field": "email", "operator": "exists"}, {"matchType": "none", "filters": []}]
    add_segment(db, 7, {"matchType": "any", "filters": filters})
    assert client.get(f"{PATH}/7").json()["data"]["filters"] == {"condition": "OR", "filters": filters}


def test_pages(client: httpx.Client, db: psycopg.Connection) -> None:
    for number in range(1, 6):
        add_segment(db, number, DEFINITION)
    response = client.get(PATH, params={"page": 2, "limit": 2})
    data = response.json()["data"]
    assert [shown["id"] for shown in data["segments"]] == [3, 4]
    assert data["pagination"] == {"current_page": 2, "per_page": 2, "total_pages": 3, "total_count": 5}
    assert response.links["next"]["url"] == f"{PATH}?page=3&limit=2"
    assert messages(client.get(PATH, params={"limit": 101})) == ["limit must be an integer from 1 to 100"]


@pytest.mark.parametrize("segment", ["99", "0", "x", "-1", "9" * 19, "9" * 40, "%00", "1.0"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "CONTACTS"])
def test_there_is_no_such_segment(client: httpx.Client, method: str, segment: str) -> None:
    path, body = f"{PATH}/{segment}", {"name": "N"} if method == "PATCH" else None
    response = client.get(f"{path}/contacts") if method == "CONTACTS" else client.request(method, path, json=body)
    assert response.status_code == 404
    assert response.json() == {"message": "There is no such segment", "errors": []}


def test_a_name_changes(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION, cached_count=5, last_counted_at=AT, updated_at=AT)
    response = client.patch(f"{PATH}/7", json={"name": "Other"})
    assert response.status_code == 200
    data = response.json()["data"]
    assert (data["name"], data["filters"], data["updated_at"]) == ("Other", DEFINITION, AT)
    assert client.get(f"{PATH}/7").json()["data"] == data


def test_an_edit_clears_nothing(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION, cached_count=5, last_counted_at=AT, updated_at=AT)
    data = client.patch(f"{PATH}/7", json={"filters": OTHER}).json()["data"]
    assert data["filters"] == OTHER
    assert (data["contact_count"], data["last_calculated_at"]) == (5, AT)
    assert data["updated_at"] > AT
    data = client.patch(f"{PATH}/7", json={"filters": DEFINITION, "name": "Both"}).json()["data"]
    assert (data["name"], data["filters"], data["contact_count"]) == ("Both", DEFINITION, 5)


def test_changes_are_checked(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION)
    for sent, expected in (
        ({}, ["Give a name, filters or both"]),
        ({"name": ""}, ["Please provide a name for this segment"]),
        ({"name": "x" * 65}, ["Segment name must be 64 characters or less"]),
        ({"filters": None}, ["Filter condition must be AND or OR", "At least one filter is required"]),
        ({"filters": {"matchType": "all", "filters": []}}, ["Filter condition must be AND or OR"]),
        ({"nmae": "x"}, ["Unknown key 'nmae'"]),
        (
            {"name": None, "filters": {"condition": "AND", "filters": [{"type": "field", "field_id": 99}]}},
            ["Please provide a name for this segment", "Filter #1: The specified field_id does not exist"],
        ),
    ):
        response = client.patch(f"{PATH}/7", json=sent)
        assert response.status_code == 400
        assert messages(response) == expected
    assert client.get(f"{PATH}/7").json()["data"]["filters"] == DEFINITION


def test_a_segment_may_not_come_to_refer_to_itself(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION)
    add_segment(db, 8, refers(7))
    for ids in ((7,), (8,)):
        response = client.patch(f"{PATH}/7", json={"filters": refers(*ids)})
        assert response.status_code == 400
        problem = response.json()["errors"][0]
        assert (problem["code"], problem["path"]) == ("SEG204", "$.filters.filters[0].value")
    assert client.patch(f"{PATH}/8", json={"filters": OTHER}).status_code == 200
    assert client.patch(f"{PATH}/7", json={"filters": refers(8)}).status_code == 200


def test_a_segment_is_deleted(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION)
    response = client.delete(f"{PATH}/7")
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"{PATH}/7").status_code == 404
    assert client.delete(f"{PATH}/7").status_code == 404


def test_scopes(served: Served, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION)
    reader, writer = served.client(1, READ), served.client(1, WRITE)
    assert reader.patch(f"{PATH}/7", json={"name": "N"}).status_code == 403
    assert reader.delete(f"{PATH}/7").status_code == 403
    for path in (PATH, f"{PATH}/7", f"{PATH}/7/contacts"):
        assert reader.get(path).status_code == 200
        assert writer.get(path).status_code == 403
    assert reader.post(f"{PATH}/preview", json={"filters": DEFINITION}).status_code == 200
    assert writer.post(f"{PATH}/preview", json={"filters": DEFINITION}).status_code == 403


def test_head_is_get_without_a_body(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, DEFINITION)
    for path in (PATH, f"{PATH}/7", f"{PATH}/7/contacts", "/api/v1/segments", f"{PATH}/99", f"{PATH}/preview"):
        answer, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (answer.status_code, b"")
        for name in ("content-type", "content-length", "etag", "link", "allow"):
            assert head.headers.get(name) == answer.headers.get(name), (path, name)


def test_methods_and_paths_that_are_not_there(client: httpx.Client) -> None:
    response = client.put(f"{PATH}/7", json={})
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "PATCH", "DELETE"}
    for method in ("OPTIONS", "TRACE", "DELETE"):
        response = client.request(method, PATH)
        assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, HEAD")
        assert response.json() == {"message": "This path does not take the request's method", "errors": []}
    assert client.post("/healthz").json()["message"]
    for path in ("/", "/v1", f"{PATH}/", f"{PATH}/7/contacts/1", "/api/v1/segments/7"):
        response = client.get(path)
        assert response.status_code == 404
        assert response.json() == {"message": "There is nothing at this path", "errors": []}
