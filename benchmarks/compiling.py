"""How fast definitions compile: planned and rendered anew, and with a shape that was seen before.

From JSON text to a statement, everything checked. No definition comes twice, so that only what depends on the
shape can have been kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, islice

from sqlglot import generator

from segsql import plan, render
from segsql.catalog import Catalog, Field, FieldType, declared_builtins
from segsql.compiler import compile_segment
from segsql.plan import country_codes

ROUNDS = 1_000
MEASUREMENTS = 5
TAGS = 1_000


def main() -> None:
    """Print definitions a second of processor time: the best of the measurements."""
    fields = (*declared_builtins(), Field(101, "plan", "Plan", FieldType.TEXT))
    catalog = Catalog(workspace_id=1, fields=fields, tags={id_: f"tag {id_}" for id_ in range(TAGS)})
    now = datetime.now(UTC)
    texts = _texts()

    def cold(text: str) -> None:
        plan.forget()
        render.forget()
        compile_segment(text, catalog, workspace_id=1, now=now)

    def seen(text: str) -> None:
        compile_segment(text, catalog, workspace_id=1, now=now)

    print(f"sqlglot is {'Python' if str(generator.__file__).endswith('.py') else 'compiled'}")
    for name, work in (("cold", cold), ("seen shape", seen)):
        best = min(_seconds(work, list(islice(texts, ROUNDS))) for _ in range(MEASUREMENTS))
        print(f"{name:<10} {ROUNDS / best:10,.0f} definitions a second")


def _seconds(work: Callable[[str], None], texts: list[str]) -> float:
    """Of the processor: whatever else the machine does, nothing here waits."""
    begun = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - begun


def _texts() -> Iterator[str]:
    """Definitions of one shape, five conditions each, in every one of which the values differ from the last."""
    countries = sorted(country_codes())
    for number in count():
        filters = [
            {"field": "opens_count", "operator": "gte", "value": number},
            {"field": "last_open_at", "operator": "within_days", "value": number % 36_500 + 1},
            {"field": "tags", "operator": "contains", "value": [number % TAGS, (number + 7) % TAGS]},
            {"field": "country", "operator": "neq", "value": countries[number % len(countries)]},
            {"field": "plan", "operator": "in", "value": [f"pro {number}", f"team {number}"]},
        ]
        yield json.dumps({"matchType": "all", "filters": filters})
