"""schemathesis over the whole contract: whatever is sent, no 500, and every answer is one that is described."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from http_api.serving import SAMPLE, add_segment

if TYPE_CHECKING:
    import psycopg

    from http_api.serving import Served

EXAMPLES = os.environ.get("SEGSQL_HTTP_EXAMPLES", "10")

CONFIG = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "408", "413", "415", "422", "5xx"]
"""
"""What is wrong may also be too large."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
)
"""All but `positive_data_acceptance`: the contract can't say which fields and tags a workspace has."""


def test_every_answer_is_one_of_the_contracts(served: Served, db: psycopg.Connection, tmp_path: Path) -> None:
    for number in range(1, 4):
        add_segment(db, number, SAMPLE["filters"])
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{served.url}/openapi.json",
        f"--header=Authorization: Bearer {served.key()}",
        f"--checks={','.join(CHECKS)}",
        f"--max-examples={EXAMPLES}",
        "--seed=1",
        "--no-color",
        "--continue-on-failure",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    with served.bare() as client:
        assert 'status="500"' not in client.get("/metrics").text
