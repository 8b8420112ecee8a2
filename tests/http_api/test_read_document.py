"""`GET /api/v1/segments`, to the letter of its document."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from http_api.serving import READ, SAMPLE, WRITE, add_segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import psycopg

    from http_api.serving import Served

PATH = "/api/v1/segments"

OBJECT: dict[str, Any] = {
    "id": "clx_seg_high_engage_id",
    "name": "High-Engagement Users",
    "description": "Opened at least 3 campaigns in last 90 days",
    "matchType": "all",
    "filters": [
        {"field": "opens_count", "operator": "gte", "value": 3},
        {"field": "last_open_at", "operator": "within_days", "value": 90},
    ],
    "cachedCount": 1248,
    "lastCountedAt": "2026-01-20T14:00:00Z",
    "createdAt": "2026-01-05T11:00:00Z",
}
RESPONSE: dict[str, Any] = {
    "data": [
        {
            "id": "clx_seg_high_engage_id",
            "name": "High-Engagement Users",
            "description": "Opened at least 3 campaigns in last 90 days",
            "matchType": "all",
            "filters": [
                {"field": "opens_count", "operator": "gte", "value": 3},
                {"field": "last_open_at", "operator": "within_days", "value": 90},
            ],
            "cachedCount": 1248,
            "lastCountedAt": "2026-04-20T14:00:00Z",
            "createdAt": "2026-01-05T11:00:00Z",
        },
        {
            "id": "clx_seg_churned_id",
            "name": "Churned Subscribers",
            "description": "No open in the last 180 days",
            "matchType": "all",
            "filters": [{"field": "last_open_at", "operator": "not_exists", "value": None}],
            "cachedCount": 892,
            "lastCountedAt": "2026-04-20T14:00:00Z",
            "createdAt": "2026-02-10T09:00:00Z",
        },
    ],
    "pagination": {"page": 1, "limit": 50, "total": 12, "totalPages": 1},
}


def store(db: psycopg.Connection, id_: int, shown: dict[str, Any]) -> None:
    """What the document shows, as a row."""
    add_segment(
        db,
        id_,
        {"matchType": shown["matchType"], "filters": shown["filters"]},
        public_id=shown["id"],
        name=shown["name"],
        description=shown["description"],
        cached_count=shown["cachedCount"],
        last_counted_at=shown["lastCountedAt"],
        created_at=shown["createdAt"],
    )


@pytest.fixture(autouse=True)
def _no_segments(db: psycopg.Connection) -> Iterator[None]:
    yield
    db.execute("DELETE FROM segments")


@pytest.fixture
def client(served: Served) -> httpx.Client:
    return served.client(1, READ)


def test_the_documents_object(client: httpx.Client, db: psycopg.Connection) -> None:
    store(db, 1, OBJECT)
    assert client.get(PATH, params={"id": "clx_seg_high_engage_id"}).json() == {
        "data": [OBJECT],
        "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
    }


def test_the_documents_response(client: httpx.Client, db: psycopg.Connection) -> None:
    for number, shown in enumerate(RESPONSE["data"], 1):
        store(db, number, shown)
    for number in range(3, 13):
        add_segment(db, number, SAMPLE["filters"])
    response = client.get(PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert len(body["data"]) == 12
    assert {**body, "data": body["data"][:2]} == RESPONSE
    assert [list(shown) for shown in body["data"][:1]] == [list(OBJECT)]


def test_never_counted_and_no_description(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 1, SAMPLE["filters"], public_id="c1", created_at="2026-01-05T11:00:00.987654+02:00")
    assert client.get(PATH).json()["data"] == [
        {
            "id": "c1",
            "name": "S1",
            "description": None,
            "matchType": "all",
            "filters": SAMPLE["filters"]["filters"],
            "cachedCount": 0,
            "lastCountedAt": None,
            "createdAt": "2026-01-05T09:00:00Z",
        }
    ]


def test_a_typed_definition_is_shown_with_match_type(client: httpx.Client, db: psycopg.Connection) -> None:
    nested = [{"condition": "NOT", "filters": SAMPLE["filters"]["filters"]}]
    add_segment(db, 1, {"condition": "OR", "filters": nested})
    (shown,) = client.get(PATH).json()["data"]
    assert (shown["matchType"], shown["filters"]) == ("any", nested)


def test_numbers_are_not_rounded(client: httpx.Client, db: psycopg.Connection) -> None:
    number = "123456789012345678901234567890.123456789012345678901234567890"
    definition = f'{{"matchType": "all", "filters": [{{"field": "score", "operator": "eq", "value": {number}}}]}}'
    add_segment(db, 1, definition)
    assert f'"value": {number}' in client.get(PATH).text


@pytest.mark.parametrize("definition", ["[]", "null", '"x"', "{}", '{"matchType": 5, "filters": 7}'])
def test_whatever_is_stored_is_shown(client: httpx.Client, db: psycopg.Connection, definition: str) -> None:
    add_segment(db, 1, definition, last_counted_at="infinity", created_at="-infinity")
    (shown,) = client.get(PATH).json()["data"]
    assert (shown["matchType"], shown["filters"]) == ("all", [])
    assert shown["lastCountedAt"].startswith("9999-")


def test_pages_in_a_stable_order(client: httpx.Client, db: psycopg.Connection) -> None:
    for number in (5, 3, 1, 4, 2):
        add_segment(db, number, SAMPLE["filters"], public_id=f"c{number}")
    db.execute("UPDATE segments SET cached_count = 9 WHERE id = 2")
    pages = [client.get(PATH, params={"page": page, "limit": 2}).json() for page in (1, 2, 3, 4, 2**31 - 1)]
    assert [[shown["id"] for shown in page["data"]] for page in pages] == [["c1", "c2"], ["c3", "c4"], ["c5"], [], []]
    assert pages[1]["pagination"] == {"page": 2, "limit": 2, "total": 5, "totalPages": 3}
    assert pages[4]["pagination"] == {"page": 2**31 - 1, "limit": 2, "total": 5, "totalPages": 3}


@pytest.mark.parametrize("unknown", ["nobody", "", "1", "\0", "☃", "x" * 5000, "c1' OR true --"])
def test_an_unknown_id_gives_no_data(client: httpx.Client, db: psycopg.Connection, unknown: str) -> None:
    add_segment(db, 1, SAMPLE["filters"], public_id="c1")
    response = client.get(PATH, params={"id": unknown})
    assert response.status_code == 200
    assert response.json() == {"data": [], "pagination": {"page": 1, "limit": 50, "total": 0, "totalPages": 0}}


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        ("page=0", ["page must be an integer from 1 to 2147483647"]),
        ("page=-1", ["page must be an integer from 1 to 2147483647"]),
        ("page=x", ["page must be an integer from 1 to 2147483647"]),
        ("page=", ["page must be an integer from 1 to 2147483647"]),
        ("page=1.0", ["page must be an integer from 1 to 2147483647"]),
        ("page=%201", ["page must be an integer from 1 to 2147483647"]),
        ("page=%D9%A1", ["page must be an integer from 1 to 2147483647"]),
        (f"page={'9' * 5000}", ["page must be an integer from 1 to 2147483647"]),
        ("limit=0", ["limit must be an integer from 1 to 100"]),
        ("limit=101", ["limit must be an integer from 1 to 100"]),
        ("page=1&page=2", ["page is given 2 times"]),
        ("id=a&id=b", ["id is given 2 times"]),
        (
            "page=0&limit=x",
            ["page must be an integer from 1 to 2147483647", "limit must be an integer from 1 to 100"],
        ),
    ],
)
def test_bad_parameters(client: httpx.Client, query: str, messages: list[str]) -> None:
    response = client.get(f"{PATH}?{query}")
    assert response.status_code == 400
    body = response.json()
    assert body["message"] == messages[0]
    assert [error["message"] for error in body["errors"]] == messages
    assert {error["code"] for error in body["errors"]} == {"SEG605"}
    assert body["errors"][0]["path"] == f"query.{query.partition('=')[0]}"


def test_an_etag_saves_the_body(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 1, SAMPLE["filters"])
    first = client.get(PATH)
    etag = first.headers["etag"]
    for known in (etag, f'W/{etag}, "other"', "*"):
        again = client.get(PATH, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["link"] == first.headers["link"]
    assert client.get(PATH, headers={"If-None-Match": '"other"'}).status_code == 200
    db.execute("UPDATE segments SET cached_count = 1, last_counted_at = now()")
    changed = client.get(PATH, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_links_lead_through_all_pages(client: httpx.Client, db: psycopg.Connection) -> None:
    for number in range(1, 6):
        add_segment(db, number, SAMPLE["filters"], public_id=f"c{number}")
    first = client.get(PATH, params={"limit": 2})
    assert first.links["last"]["url"] == f"{PATH}?page=3&limit=2"
    assert "prev" not in first.links
    found, response = [], first
    while True:
        found += [shown["id"] for shown in response.json()["data"]]
        if "next" not in response.links:
            break
        response = client.get(response.links["next"]["url"])
    assert found == ["c1", "c2", "c3", "c4", "c5"]
    assert response.links["prev"]["url"] == f"{PATH}?page=2&limit=2"
    assert client.get(PATH, params={"id": "c1"}).links["last"]["url"] == f"{PATH}?id=c1&page=1&limit=50"


def test_who_may_not(served: Served) -> None:
    key = served.key(1, READ)
    for authorization in (None, "Bearer", f"Basic {key}", key, f"Bearer {key[:-1]}", "Bearer x\u00ff"):
        headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
        with served.bare() as client:
            response = client.get(PATH, headers=headers)  # type: ignore[arg-type]
        assert response.status_code == 401, authorization
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["message"]
    other = key[:-1] + ("a" if key[-1] != "a" else "b")
    with served.bare(Authorization=f"Bearer {other}") as client:
        assert client.get(PATH).status_code == 401
    with served.bare(Authorization=f"bearer {key}") as client:
        assert client.get(PATH).status_code == 200
        assert client.get(PATH, params={"page": "x"}).status_code == 400
        served.operator.ok("keys", "revoke", key.rpartition("_")[0])
        assert client.get(PATH).status_code == 401
        assert client.get(PATH, params={"page": "x"}).status_code == 401
    response = served.client(1, WRITE).get(PATH)
    assert response.status_code == 403
    assert response.json()["message"] == "The API key does not have the scope segments:read"


def test_it_is_read_only(client: httpx.Client) -> None:
    response = client.post(PATH, json=copy.deepcopy(SAMPLE))
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"
    assert response.json()["message"]
