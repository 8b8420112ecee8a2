"""The contract is whole: every endpoint is in it, every reference leads somewhere, the samples are of their schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from segsql.catalog import default_mapping, read_mapping
from segsql.http.app import ENDPOINTS
from segsql.http.openapi import docs_page, openapi_json

SCHEMAS = Path(__file__).parents[2] / "postgres" / "schemas"
CONTRACT: dict[str, Any] = json.loads(openapi_json(default_mapping()))
OPERATIONS = [(path, method) for path, methods in CONTRACT["paths"].items() for method in methods]


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "components": CONTRACT["components"]}, validate_formats=True)


def test_every_endpoint_with_its_scope() -> None:
    described = {
        (method.upper(), path): operation["security"] == [{"key": [scope]}]
        for path, methods in CONTRACT["paths"].items()
        for method, operation in methods.items()
        for scope in [each.scope for each in ENDPOINTS if (each.method, each.path) == (method.upper(), path)]
    }
    assert described == {(endpoint.method, endpoint.path): True for endpoint in ENDPOINTS}
    assert len(OPERATIONS) == len(ENDPOINTS)


def test_references_lead_somewhere() -> None:
    for name in re.findall(r'"#/components/schemas/(\w+)"', openapi_json(default_mapping()).decode()):
        assert name in CONTRACT["components"]["schemas"]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_examples_are_of_their_schemas(path: str, method: str) -> None:
    operation = CONTRACT["paths"][path][method]
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in part.get("content", {}).values():
            if "example" in content:
                validator(content["schema"]).validate(content["example"])


@pytest.mark.parametrize("name", CONTRACT["components"]["schemas"])
def test_schemas_are_schemas_and_their_examples_fit(name: str) -> None:
    schema = CONTRACT["components"]["schemas"][name]
    for example in schema.get("examples", []):
        validator(schema).validate(example)
        validator(CONTRACT["components"]["schemas"]["Filter"]).validate(example)
    validator(schema)


def test_conditions_are_told_apart_by_their_type() -> None:
    union = CONTRACT["components"]["schemas"]["Condition"]
    assert union["discriminator"]["propertyName"] == "type"
    assert list(union["discriminator"]["mapping"].values()) == [each["$ref"] for each in union["oneOf"]]
    for type_, reference in union["discriminator"]["mapping"].items():
        schema = CONTRACT["components"]["schemas"][reference.rpartition("/")[2]]
        assert schema["properties"]["type"]["const"] == type_


def test_the_page_has_all_of_it() -> None:
    page = docs_page(default_mapping()).decode()
    for path in CONTRACT["paths"]:
        assert f"<code>{path}</code>" in page
    for name in CONTRACT["components"]["schemas"]:
        assert f'id="{name}"' in page


@pytest.mark.parametrize(
    ("schema", "segment_id", "field_id", "tag_id"),
    [
        ("prisma", "string", "string", "string"),
        ("rails", "integer", "integer", "integer"),
        ("newsletter", "string", "string", "string"),
        ("events", "string", "string", "string"),
    ],
)
def test_ids_are_of_the_types_that_the_database_gives_them(
    schema: str, segment_id: str, field_id: str, tag_id: str
) -> None:
    mapping = read_mapping((SCHEMAS / schema / "segsql.toml").read_text(), schema)
    foreign = json.loads(openapi_json(mapping))
    schemas = foreign["components"]["schemas"]
    assert schemas["Segment"]["properties"]["id"]["type"] == segment_id
    assert schemas["FieldCondition"]["properties"]["field_id"]["type"] == field_id
    assert schemas["TagsCondition"]["properties"]["value"]["items"]["type"] == tag_id
    (of_path,) = [each for each in foreign["paths"]["/v1/segments/{id}"]["get"]["parameters"] if each["in"] == "path"]
    assert of_path["schema"] == schemas["Segment"]["properties"]["id"]
    assert "501" in foreign["paths"]["/v1/segments"]["post"]["responses"]
    body = foreign["paths"]["/v1/segments"]["post"]["requestBody"]["content"]["application/json"]
    whole = {**body["schema"], "components": foreign["components"]}
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(body["example"])
