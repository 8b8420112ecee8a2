"""The contract is whole: every endpoint is in it, every reference leads somewhere, the samples are of their schemas."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from segsql.http.app import ENDPOINTS
from segsql.http.openapi import contract, docs_page, openapi_json

CONTRACT: dict[str, Any] = json.loads(openapi_json())
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
    for name in re.findall(r'"#/components/schemas/(\w+)"', openapi_json().decode()):
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
    page = docs_page().decode()
    for path in contract()["paths"]:
        assert f"<code>{path}</code>" in page
    for name in contract()["components"]["schemas"]:
        assert f'id="{name}"' in page
