"""Small parts of the page; what a browser makes of it is in tests/browser, whole pages are in tests/golden."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from golden.previews import preview_cases, previewed
from segsql.preview import Params
from segsql.preview.page import as_html

CASES = {case.name: previewed(case) for case in preview_cases(".html")}


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0.0, "0.00 ms"), (0.044, "0.04 ms"), (12.34, "12.3 ms"), (1204.4, "1,204 ms"), (61_234.0, "61.2 s")],
)
def test_times_have_the_digits_that_tell(milliseconds: float, shown: str) -> None:
    preview = CASES["measured_and_spilled"]
    (statement,) = preview.statements
    assert statement.plan
    timed = replace(statement, plan=replace(statement.plan, execution_ms=milliseconds))
    assert f"<dt>Time</dt><dd>{shown}</dd>" in as_html(replace(preview, statements=(timed,)))


def test_a_column_is_one_of_its_scan() -> None:
    preview = CASES["shared_scan"]
    (scan,) = preview.statements
    assert re.findall('class="column">([^<]*)', as_html(preview)) == ["s0", "s1", "s2", "s3", *["not counted"] * 2]
    parts = replace(scan, segment_ids=(1, 2)), replace(scan, segment_ids=(3, 4))
    page = as_html(replace(preview, statements=parts))
    found = re.findall('class="column">([^<]*)', page)
    assert found[:4] == ["s0 of scan 1", "s1 of scan 1", "s0 of scan 2", "s1 of scan 2"]
    assert 'href="#sql2">SQL of scan 2<' in page
    assert len(set(re.findall(' id="([^"]*)"', page))) == page.count(' id="')


def test_the_text_with_its_values_is_there_once() -> None:
    preview = CASES["definition_with_literals"]
    assert as_html(preview).count("For eyes only") == 1
    named = as_html(replace(preview, params=Params.NAMED))
    assert named.count("For eyes only") == 1
    assert '<span class="nv">%(p1)s</span>' in named
    assert '<span class="nv">$1</span>' in as_html(replace(preview, params=Params.NUMBERED))


def test_indexes_are_advised_where_a_plan_is_shown() -> None:
    page = as_html(CASES["estimated"])
    advice = page[page.index('<h2 id="advice">') :]
    assert '<a href="#advice">' in page
    assert "contacts_fields_plan" in advice
    assert "segment 2: 12,346 -&gt; 123" in advice
    assert "<code>pg_trgm</code> is needed first" in advice
    assert 'id="advice"' not in as_html(CASES["segment"])
