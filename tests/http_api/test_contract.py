"""schemathesis over the whole contract: whatever is sent, no 500, and every answer is one that is described."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from http_api.serving import SAMPLE, add_segment

if TYPE_CHECKING:
    import psycopg
    from schemathesis import Case
    from schemathesis.schemas import BaseSchema

    from http_api.serving import Served

EXAMPLES = int(os.environ.get("SEGSQL_HTTP_EXAMPLES", "40"))

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
]


@pytest.fixture(scope="module")
def contract(served: Served) -> BaseSchema:
    config = schemathesis.Config.from_dict({"generation": {"mode": "all"}})
    assert GenerationMode.NEGATIVE in config.generation.modes if hasattr(config, "generation") else True
    return schemathesis.openapi.from_url(f"{served.url}/openapi.json", config=config)


schema = schemathesis.pytest.from_fixture("contract")


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])
def test_answers_are_those_of_the_contract(case: Case, served: Served, db: psycopg.Connection) -> None:
    key = served.client().headers["authorization"]
    db.execute(
        "INSERT INTO segments (workspace_id, id, name, definition) SELECT 1, 1, 'S', '{}' ON CONFLICT DO NOTHING"
    )
    response = case.call(headers={"Authorization": key})
    case.validate_response(response, checks=CHECKS)


__all__ = ["SAMPLE", "add_segment"]
