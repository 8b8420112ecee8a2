"""`POST /v1/segments`, to the letter of its document."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from http_api.serving import READ, SAMPLE, WRITE, add_segment, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import psycopg

    from http_api.serving import Served

PATH = "/v1/segments"
IS_JSON = {"Content-Type": "application/json"}
GOOD = SAMPLE["filters"]["filters"][0]
EXAMPLES: list[dict[str, Any]] = [
    {"type": "field", "field_id": 1, "operator": "eq", "value": "test@example.com"},
    {"type": "tags", "operator": "contains", "value": [1, 2]},
    {"type": "open_rate", "operator": "gte", "value": 50},
    {"type": "click_rate", "operator": "lte", "value": 25},
    {"type": "last_activity", "operator": "is_after", "value": "2026-03-01T00:00:00Z"},
    {"type": "last_activity", "operator": "within_last_days", "value": 30},
]
"""The document's own, of every filter type."""


def body(*filters: object, condition: object = "AND", name: object = "N") -> dict[str, Any]:
    return {"name": name, "filters": {"condition": condition, "filters": list(filters)}}


@pytest.fixture(autouse=True)
def _no_segments(db: psycopg.Connection) -> Iterator[None]:
    yield
    db.execute("DELETE FROM segments")
    db.execute("DELETE FROM idempotency_keys")
    db.execute("UPDATE workspaces SET segment_limit = NULL")


@pytest.fixture
def client(served: Served) -> httpx.Client:
    return served.client(1, WRITE)


def segments(db: psycopg.Connection) -> int:
    ((number,),) = db.execute("SELECT count(*) FROM segments").fetchall()
    assert isinstance(number, int)
    return number


def test_the_documents_sample(client: httpx.Client, db: psycopg.Connection) -> None:
    db.execute("ALTER TABLE segments ALTER id RESTART WITH 1")
    response = client.post(PATH, json=SAMPLE)
    assert response.status_code == 201
    assert response.headers["location"] == "/v1/segments/1"
    data = response.json()["data"]
    assert list(data) == ["id", "name", "filters", "contact_count", "created_at", "updated_at"]
    ((created, updated),) = db.execute("SELECT created_at, updated_at FROM segments").fetchall()
    assert data == {
        "id": 1,
        "name": "Active Subscribers",
        "filters": SAMPLE["filters"],
        "contact_count": 0,
        "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "updated_at": f"{updated:%Y-%m-%dT%H:%M:%SZ}",
    }
    ((definition, count),) = db.execute("SELECT definition, cached_count FROM segments").fetchall()
    assert (definition, count) == (SAMPLE["filters"], None)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_documents_examples(client: httpx.Client, example: dict[str, Any]) -> None:
    for condition in ("AND", "OR"):
        response = client.post(PATH, json=body(example, condition=condition))
        assert response.status_code == 201
        assert response.json()["data"]["filters"] == {"condition": condition, "filters": [example]}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"filters": SAMPLE["filters"]}, "Please provide a name for this segment"),
        (body(GOOD, name="x" * 65), "Segment name must be 64 characters or less"),
        ({"name": "N", "filters": {"filters": [GOOD]}}, "Filter condition must be AND or OR"),
        (body(GOOD, condition="XOR"), "Filter condition must be AND or OR"),
        (body(), "At least one filter is required"),
        (body({"type": "field", "operator": "eq", "value": "x"}), "Filter #1: Please provide a valid field_id"),
        (body(GOOD, {**GOOD, "field_id": 99}), "Filter #2: The specified field_id does not exist"),
        (
            body({**GOOD, "operator": "gt"}),
            (
                "Filter #1: Invalid operator for field filter. Must be one of: "
                "eq, ne, contains, not_contains, starts_with, ends_with, in, not_in, exists, not_exists"
            ),
        ),
        (
            body({"type": "tags", "operator": "eq", "value": "1"}),
            "Filter #1: Tags filter value must be an array of tag IDs.",
        ),
        (
            body({"type": "tags", "operator": "in", "value": [1]}),
            "Filter #1: Invalid operator for tags filter. Must be one of: eq, ne, contains, not_contains",
        ),
        (
            body({"type": "last_activity", "operator": "eq", "value": 1}),
            (
                "Filter #1: Invalid operator for last activity filter. "
                "Must be one of: is_after, is_before, within_last_days"
            ),
        ),
        (
            body(GOOD, GOOD, {"type": "open_rate", "operator": "gte", "value": 101}),
            "Filter #3: Value must be between 0 and 100",
        ),
        (
            body({"type": "click_rate", "operator": "gte", "value": -1}),
            "Filter #1: Value must be between 0 and 100",
        ),
    ],
)
def test_the_documents_messages(client: httpx.Client, db: psycopg.Connection, sent: object, expected: str) -> None:
    response = client.post(PATH, json=sent)
    assert response.status_code == 400
    assert messages(response) == [expected]
    assert segments(db) == 0


def test_billing_limit(client: httpx.Client, db: psycopg.Connection) -> None:
    db.execute("UPDATE workspaces SET segment_limit = 1 WHERE id = 1")
    assert client.post(PATH, json=SAMPLE).status_code == 201
    response = client.post(PATH, json=SAMPLE)
    assert response.status_code == 400
    assert response.json() == {
        "message": "Billing limit error",
        "errors": [{"code": "SEG603", "path": "$", "message": "Billing limit error"}],
    }
    assert messages(client.post(PATH, json=body())) == ["At least one filter is required"]


def test_fifty_requests_for_the_last_place(served: Served, db: psycopg.Connection) -> None:
    add_segment(db, 1_000, SAMPLE["filters"])
    db.execute("UPDATE workspaces SET segment_limit = 2 WHERE id = 1")
    key = served.key(1, WRITE)

    def create(number: int) -> tuple[int, str]:
        with served.bare(Authorization=f"Bearer {key}") as client:
            response = client.post(PATH, json={**SAMPLE, "name": f"N{number}"})
            return response.status_code, response.json().get("message", "")

    with ThreadPoolExecutor(50) as pool:
        answers = sorted(pool.map(create, range(50)))
    assert answers == [(201, ""), *[(400, "Billing limit error")] * 49]
    assert segments(db) == 2


@pytest.mark.parametrize("name", [None, "", "  ", "\t\n", 5, [], {}, True])
def test_no_name(client: httpx.Client, name: object) -> None:
    assert messages(client.post(PATH, json=body(GOOD, name=name))) == ["Please provide a name for this segment"]


@pytest.mark.parametrize("name", ["x", "x" * 64, "😀" * 64, 'a "name"\\\n<b>', " x "])
def test_names(client: httpx.Client, name: str) -> None:
    response = client.post(PATH, json=body(GOOD, name=name))
    assert response.status_code == 201
    assert response.json()["data"]["name"] == name


@pytest.mark.parametrize(("name", "code"), [("a\0", "SEG307"), ("a\ud800", "SEG308")])
def test_names_that_can_not_be_stored(client: httpx.Client, name: str, code: str) -> None:
    response = client.post(
        PATH, content=json.dumps(body(GOOD, name=name)), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == [code]


def test_all_problems_in_document_order(client: httpx.Client) -> None:
    sent = {
        "filters": {
            "condition": "XOR",
            "filters": [
                {"type": "tags", "operator": "eq", "value": [99]},
                {"condition": "OR", "filters": [{"type": "open_rate", "operator": "gte", "value": 101}]},
            ],
        },
        "extra": 1,
    }
    response = client.post(PATH, json=sent)
    assert response.status_code == 400
    assert response.json() == {
        "message": "Please provide a name for this segment",
        "errors": [
            {"code": "SEG601", "path": "$.name", "message": "Please provide a name for this segment"},
            {"code": "SEG102", "path": "$.filters.condition", "message": "Filter condition must be AND or OR"},
            {
                "code": "SEG202",
                "path": "$.filters.filters[0].value",
                "message": "Filter #1: The specified tag ID does not exist: 99",
            },
            {
                "code": "SEG112",
                "path": "$.filters.filters[1].filters[0].value",
                "message": "Filter #2.1: Value must be between 0 and 100",
            },
            {"code": "SEG105", "path": "$.extra", "message": "Unknown key 'extra'"},
        ],
    }


@pytest.mark.parametrize(
    "filters",
    [
        {"matchType": "all", "filters": [{"field": "opens_count", "operator": "gte", "value": 3}]},
        {"filters": [{"field": "opens_count", "operator": "gte", "value": 3}]},
    ],
)
def test_a_flat_definition(client: httpx.Client, filters: object) -> None:
    assert messages(client.post(PATH, json={"name": "N", "filters": filters})) == ["Filter condition must be AND or OR"]


NO_FILTERS: list[dict[str, object]] = [
    {"name": "N", "filters": None},
    {"name": "N", "filters": []},
    {"name": "N", "filters": "x"},
    {"name": "N", "filters": {}},
]


@pytest.mark.parametrize("sent", [{"name": "N"}, *NO_FILTERS])
def test_no_filters_at_all(client: httpx.Client, sent: object) -> None:
    expected = ["Filter condition must be AND or OR", "At least one filter is required"]
    assert messages(client.post(PATH, json=sent)) == expected


def test_nested_groups_and_segments(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, {"matchType": "any", "filters": [{"field": "email", "operator": "exists"}]})
    add_segment(db, 8, body({"type": "segment", "operator": "in", "value": [7]})["filters"])
    refers = {"type": "segment", "operator": "not_in", "value": [8]}
    sent = body(GOOD, {"condition": "NOT", "filters": [refers, {"condition": "OR", "filters": [GOOD]}]})
    response = client.post(PATH, json=sent)
    assert response.status_code == 201
    assert response.json()["data"]["filters"] == sent["filters"]
    sent = body({"type": "segment", "operator": "in", "value": [7, 99]})
    assert messages(client.post(PATH, json=sent)) == ["Filter #1: The specified segment ID does not exist: 99"]


def test_a_segment_that_refers_to_an_invalid_one(client: httpx.Client, db: psycopg.Connection) -> None:
    add_segment(db, 7, body({"type": "segment", "operator": "in", "value": [8]})["filters"])
    add_segment(db, 8, body({"type": "segment", "operator": "in", "value": [7]})["filters"])
    response = client.post(PATH, json=body({"type": "segment", "operator": "in", "value": [7]}))
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "SEG205"


def test_ids_that_other_programs_chose_are_passed_over(client: httpx.Client, db: psycopg.Connection) -> None:
    db.execute("ALTER TABLE segments ALTER id RESTART WITH 1")
    for id_ in (1, 2, 500):
        add_segment(db, id_, SAMPLE["filters"])
    created = [client.post(PATH, json=SAMPLE) for _ in range(3)]
    assert [response.json()["data"]["id"] for response in created] == [501, 502, 503]


def test_numbers_are_stored_as_they_are_written(client: httpx.Client, db: psycopg.Connection) -> None:
    number = "0.10000000000000000000000000001"
    sent = json.dumps(body({"type": "field", "field_id": 14, "operator": "eq", "value": 5})).replace(
        "5}", f"{number}}}"
    )
    response = client.post(PATH, content=b"\xef\xbb\xbf" + sent.encode(), headers=IS_JSON)
    assert response.status_code == 201, response.text
    assert number in response.text
    ((stored,),) = db.execute("SELECT definition::text FROM segments").fetchall()
    assert number in stored


JSON_BODIES = [b"", b"{", b"\xff", b"NaN,", b'{"name": "N"} x', b"'x'", b"[" * 100_000]


@pytest.mark.parametrize("sent", JSON_BODIES)
def test_no_json(client: httpx.Client, sent: bytes) -> None:
    response = client.post(PATH, content=sent, headers=IS_JSON)
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] in ("SEG100", "SEG301")


@pytest.mark.parametrize("sent", [[], "x", 5, True])
def test_no_object(client: httpx.Client, sent: object) -> None:
    assert messages(client.post(PATH, json=sent)) == ["The body must be a JSON object"]


@pytest.mark.parametrize("sent", ['{"\\ud800": 1}', '{"name": "N", "filters": {"\\ud800": 1, "a\\u0000": "\\udfff"}}'])
def test_keys_that_are_no_text(client: httpx.Client, sent: str) -> None:
    response = client.post(PATH, content=sent, headers=IS_JSON)
    assert response.status_code == 400
    assert "\\\\ud800" in response.text


def test_keys_that_stand_twice(client: httpx.Client) -> None:
    sent = f'{{"name": "N", "name": "M", "filters": {json.dumps(SAMPLE["filters"])}}}'
    response = client.post(PATH, content=sent, headers=IS_JSON)
    assert [(error["code"], error["path"]) for error in response.json()["errors"]] == [("SEG309", "$.name")]


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/json; charset=latin-1"],
)
def test_other_content_types(client: httpx.Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = client.post(PATH, content=json.dumps(SAMPLE).encode(), headers=headers)
    assert response.status_code == 415
    assert response.json() == {
        "message": "Send the body as Content-Type: application/json, not compressed",
        "errors": [],
    }


def test_a_compressed_body(client: httpx.Client) -> None:
    sent = gzip.compress(json.dumps(SAMPLE).encode())
    assert client.post(PATH, content=sent, headers={**IS_JSON, "Content-Encoding": "gzip"}).status_code == 415


def test_a_content_type_with_a_charset(client: httpx.Client) -> None:
    headers = {"Content-Type": 'Application/JSON; charset="UTF-8"'}
    assert client.post(PATH, content=json.dumps(SAMPLE).encode(), headers=headers).status_code == 201


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [256 * 1024 + 1, 3_000_000])
def test_too_large(client: httpx.Client, db: psycopg.Connection, size: int, chunked: bool) -> None:
    sent = json.dumps(SAMPLE).encode().ljust(size)
    content = (sent[at : at + 10_000] for at in range(0, size, 10_000)) if chunked else sent
    response = client.post(PATH, content=content, headers=IS_JSON)
    assert response.status_code == 413
    assert response.json()["message"] == "The request's body is larger than 262144 bytes"
    assert segments(db) == 0


def test_just_not_too_large(client: httpx.Client) -> None:
    sent = json.dumps(SAMPLE).encode().ljust(256 * 1024)
    assert client.post(PATH, content=sent, headers=IS_JSON).status_code == 201


def test_who_may_not(served: Served, db: psycopg.Connection) -> None:
    response = served.client(1, READ).post(PATH, json=SAMPLE)
    assert response.status_code == 403
    assert response.json()["message"] == "The API key does not have the scope segments:write"
    with served.bare(Authorization="Bearer seg_x") as client:
        assert client.post(PATH, json=SAMPLE).status_code == 401
    assert segments(db) == 0


def test_a_request_is_carried_out_once(client: httpx.Client, db: psycopg.Connection) -> None:
    headers = {"Idempotency-Key": "a key, of 1 to 255 characters"}
    first = client.post(PATH, json=SAMPLE, headers=headers)
    db.execute("UPDATE segments SET name = 'changed since'")
    again = client.post(PATH, json=SAMPLE, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert segments(db) == 1
    assert client.post(PATH, json=SAMPLE).status_code == 201
    other = client.post(PATH, json={**SAMPLE, "name": "Other"}, headers=headers)
    assert other.status_code == 422
    assert messages(other) == ["This Idempotency-Key was used for another request"]
    assert segments(db) == 2


def test_a_key_is_a_workspaces_own(served: Served, client: httpx.Client, db: psycopg.Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    ids = [one.post(PATH, json=SAMPLE, headers=headers).json()["data"]["id"] for one in (client, served.client(2))]
    assert ids[0] != ids[1]
    assert segments(db) == 2


def test_a_key_is_free_again_after_a_day(client: httpx.Client, db: psycopg.Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    client.post(PATH, json=SAMPLE, headers=headers)
    db.execute("UPDATE idempotency_keys SET created_at = now() - interval '23:59'")
    client.post(PATH, json=SAMPLE, headers=headers)
    assert segments(db) == 1
    db.execute("UPDATE idempotency_keys SET created_at = now() - interval '24:00:01'")
    client.post(PATH, json=SAMPLE, headers={"Idempotency-Key": "another"})
    assert db.execute("SELECT key FROM idempotency_keys").fetchall() == [("another",)]
    client.post(PATH, json=SAMPLE, headers=headers)
    assert segments(db) == 3


def test_a_refused_request_does_not_use_up_its_key(client: httpx.Client, db: psycopg.Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    assert client.post(PATH, json=body(), headers=headers).status_code == 400
    assert client.post(PATH, json=SAMPLE, headers=headers).status_code == 201
    assert segments(db) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e9"])
def test_keys_that_are_none(client: httpx.Client, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    response = client.post(PATH, json=SAMPLE, headers=headers)
    assert messages(response) == ["Idempotency-Key must be 1 to 255 printable ASCII characters"]


def test_one_key_many_times_at_once(served: Served, db: psycopg.Connection) -> None:
    key = served.key(1, WRITE)

    def create(_: int) -> tuple[int, bytes]:
        with served.bare(Authorization=f"Bearer {key}") as client:
            response = client.post(PATH, json=SAMPLE, headers={"Idempotency-Key": "k"})
            return response.status_code, response.content

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(create, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert segments(db) == 1
