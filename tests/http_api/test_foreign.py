"""The API on databases that other programs made, through a mapping."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema_rs
import pytest

from cli.foreign import ALL, Foreign
from cli.process import Cli, Inside
from postgres.conftest import database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPED: dict[str, Any] = {
    "name": "Openers",
    "filters": {
        "condition": "AND",
        "filters": [{"type": "last_activity", "operator": "is_after", "value": "2020-01-01"}],
    },
}


class Caller:
    """A client with a key for the tenant."""

    def __init__(self, foreign: Foreign, dsn: str, folder: Path) -> None:
        self.foreign = foreign
        self.dsn = dsn
        self.file = foreign.fill(dsn, folder)
        self.command("init")
        scopes = ("--scope", "segments:read", "--scope", "segments:write", "--format", "json")
        key = self.command("keys", "create", *foreign.options, *scopes).json["key"]
        self.process = Cli(dsn).start("--mapping", str(self.file), "serve", "--port", "0")
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://\S+:\d+", line)
        assert found, line
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=found[0], headers=headers, timeout=30, trust_env=False)

    def command(self, *arguments: str) -> Any:
        return Inside(self.dsn).ok("--mapping", str(self.file), *arguments)


@pytest.fixture(scope="module", params=ALL, ids=lambda foreign: foreign.name)
def api(
    request: pytest.FixtureRequest, server_dsn: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Caller]:
    with database(server_dsn, f"segsql_{worker}_foreign_{request.param.name}") as dsn:
        made = Caller(request.param, dsn, tmp_path_factory.mktemp(request.param.name))
        with made.process, made.client:
            yield made
            made.process.terminate()
        assert made.process.returncode == 143


def test_segments_are_shown(api: Caller) -> None:
    api.command("recount")
    page = api.client.get("/api/v1/segments").json()
    assert page["pagination"]["total"] >= 4
    counts = {one["id"]: one["cachedCount"] for one in page["data"]}
    assert counts[api.foreign.pro] == 2
    one = api.client.get(f"/v1/segments/{api.foreign.both}").json()["data"]
    assert one["contact_count"] == 1
    assert len(one["filters"]["filters"]) == 2
    assert api.client.get("/v1/segments/no-such-id").status_code == 404
    assert api.client.get("/readyz").json() == {"status": "ok"}


def test_members_are_shown(api: Caller) -> None:
    answer = api.client.get(f"/v1/segments/{api.foreign.tagged}/contacts")
    assert answer.status_code == 200, answer.text
    (contact,) = answer.json()["data"]["contacts"]
    assert str(contact["id"]) == api.foreign.first
    assert contact["fields"]["email"] == "ada@example.com"
    assert contact["fields"]["plan"] == "pro"
    assert "vip" in [tag["name"] for tag in contact["tags"]]
    assert contact["last_opened_at"] == "2026-01-02T03:04:05Z"
    pages = api.client.get(f"/v1/segments/{api.foreign.pro}/contacts", params={"limit": 1, "page": 2}).json()["data"]
    assert pages["pagination"]["total_count"] == 2
    assert len(pages["contacts"]) == 1


def test_answers_are_those_of_the_contract(api: Caller) -> None:
    """With the types of this database's ids, and null for what it lacks."""
    contract = api.client.get("/openapi.json").json()
    answers = {
        "ReadSegments": "/api/v1/segments",
        "Segments": "/v1/segments",
        "OneSegment": f"/v1/segments/{api.foreign.both}",
        "Contacts": f"/v1/segments/{api.foreign.pro}/contacts",
    }
    for name, path in answers.items():
        schema = {**contract["components"]["schemas"][name], "components": contract["components"]}
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(api.client.get(path).json())


def test_a_definition_is_counted(api: Caller) -> None:
    answer = api.client.post("/v1/segments/preview", json=TYPED)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["contact_count"] == 1


def test_changing_segments_as_far_as_the_mapping_has_a_place(api: Caller) -> None:
    created = api.client.post("/v1/segments", json=TYPED)
    if api.foreign.name in ("prisma", "events"):
        assert created.status_code == 501, created.text
        assert created.json()["message"]
    else:
        assert created.status_code == 201, created.text
        path = f"/v1/segments/{created.json()['data']['id']}"
        again = api.client.patch(path, json={"name": "Readers", "filters": TYPED["filters"]})
        assert again.json()["data"]["name"] == "Readers"
        api.command("recount")
        assert api.client.get(path).json()["data"]["contact_count"] == 1
        assert api.client.delete(path).status_code == 204
        assert api.client.get(path).status_code == 404
    deleted = api.client.delete(f"/v1/segments/{api.foreign.broken}")
    assert deleted.status_code == (501 if api.foreign.name == "events" else 204)
