"""The page that `preview --format html` prints, in a real browser without a network."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest

from browser.measuring import BARS, POOR_CONTRAST, TOO_WIDE
from golden.previews import NAMES, preview_cases, previewed
from segsql.filters import Names, parse
from segsql.preview import Preview, PreviewedSegment, ShownStatement, find, read_plan
from segsql.preview.drawing import draw
from segsql.preview.page import as_html
from segsql.preview.words import worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser.conftest import Browser
    from segsql.preview.drawing import Drawn

pytestmark = pytest.mark.browser

CASES = preview_cases(".html")
MEASURED = next(case for case in CASES if case.name == "measured_and_spilled")

HOSTILE = (
    '</title></pre></style><script>document.title="pwned"</script>\'"&amp;<img src=x onerror=alert(1)> שלום 👋\u202e'
)


def hostile() -> Preview:
    """Whatever a user, or who names tables and indexes, can write; all at once, and long."""
    preview = previewed(MEASURED)
    long = "W" * 60
    definition = {
        "matchType": "any",
        "filters": [
            {"field": "first_name", "operator": "eq", "value": HOSTILE},
            {"field": f"metadata.{HOSTILE}"[:120], "operator": "in", "value": [HOSTILE, long]},
            {"matchType": "none", "filters": [{"field": "tags", "operator": "contains", "value": [1]}]},
        ],
    }
    names = Names(NAMES.fields, {1: HOSTILE}, {})
    parsed = parse(definition).filter
    assert parsed
    raw = json.loads(json.dumps(preview.statements[0].plan.source if preview.statements[0].plan else None))
    scan = raw["Plan"]["Plans"][0]["Plans"][0]["Plans"][0]
    scan["Relation Name"], scan["Alias"], scan["Filter"] = HOSTILE, long, f"({HOSTILE} = {long * 4})"
    raw["Settings"] = {"search_path": HOSTILE}
    plan = read_plan(raw)
    statement = preview.statements[0].statement
    values = (replace(statement.parameters[1], value=HOSTILE), replace(statement.parameters[1], value=long * 9))
    statement = replace(statement, parameters=(*statement.parameters, *values))
    shown = ShownStatement(statement, (), plan, find(plan, {HOSTILE: 10**9}))
    segment = PreviewedSegment(2**63 - 1, HOSTILE, worded(parsed, names))
    return replace(preview, segments=(segment,), statements=(shown,), notes=(HOSTILE,), timezone=HOSTILE)


PAGES = {case.name: as_html(previewed(case)) for case in CASES} | {"hostile": as_html(hostile())}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_and_nothing_complained_about(browser: Browser, name: str) -> None:
    """One request, for the file itself; the page breaks none of the rules that it sets itself."""
    browser.open(PAGES[name])
    assert browser.requests() == [browser.url]
    assert browser.complaints() == []
    assert browser.run("return [document.scripts.length, document.images.length]") == [0, 0]


def test_the_policy_forbids_scripts_and_the_network(browser: Browser) -> None:
    """Were something not escaped after all, it would do nothing."""
    worse = '<script>document.title = "pwned"</script><img src="http://192.0.2.1/x.png"><p style="color:red">'
    browser.open(PAGES["segment"].replace("</main>", f"{worse}</main>"))
    assert browser.run("return document.title") != "pwned"
    assert len(browser.complaints()) >= 3
    assert browser.run("return document.images[0].naturalWidth") == 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_the_window(browser: Browser, name: str, width: int) -> None:
    browser.open(PAGES[name], width=width)
    assert browser.run(TOO_WIDE) == []


@pytest.mark.parametrize("name", ["shared_scan", "measured_and_spilled", "hostile"])
@pytest.mark.parametrize(("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("dark", "print")])
def test_it_can_be_read(browser: Browser, name: str, scheme: str, media: str) -> None:
    """Light, dark, and on paper, which is white whatever the screen is."""
    browser.open(PAGES[name], scheme=scheme, media=media)
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    looked, poor = browser.run(POOR_CONTRAST)
    assert looked > 50
    assert poor == {}
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(", "))) < 200) == (scheme == "dark" and media == "screen")


@pytest.mark.parametrize("name", ["estimated", "measured_in_parallel", "measured_and_spilled"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_plan_is_drawn(browser: Browser, name: str, width: int) -> None:
    """Every node with its bars, as long as they should be."""
    preview = previewed(next(case for case in CASES if case.name == name))
    plan = preview.statements[0].plan
    assert plan
    browser.open(PAGES[name], width=width)
    nodes: list[dict[str, Any]] = browser.run(BARS)
    wanted = list(_walk(draw(plan, (), "plan1")))
    assert [node["title"] for node in nodes] == [each.node.title for each in wanted]
    for node, drawn in zip(nodes, wanted, strict=True):
        assert node["visible"]
        bars = drawn.bars
        expected = {"cost": [bars.cost], "rows": [bars.rows], "time": [bars.time], "pages": [bars.hit, bars.read]}
        kinds = ("cost", "rows", "time", "pages") if plan.is_measured else ("cost", "rows")
        assert [bar["kind"] for bar in node["bars"]] == list(kinds)
        for bar in node["bars"]:
            assert bar["width"] > 50
            assert bar["height"] >= 5
            assert all(part["told"] for part in bar["parts"])
            lengths = [part["length"] for part in bar["parts"]]
            assert lengths == pytest.approx([each for each in expected[bar["kind"]] if each], abs=0.5)
    places = [(len(drawn.node.path), node["left"]) for node, drawn in zip(nodes, wanted, strict=True)]
    for (depth, left), (other_depth, other_left) in product(places, repeat=2):
        assert depth >= other_depth or left < other_left, "what is further down in the tree stands further in"


def _walk(drawn: Drawn) -> Iterator[Drawn]:
    yield drawn
    for child in drawn.children:
        yield from _walk(child)


def test_what_others_wrote_is_text(browser: Browser) -> None:
    browser.open(PAGES["hostile"])
    assert browser.run("return document.title").startswith("Segment 9223372036854775807: </title></pre>")
    assert browser.run("return document.querySelector('h1').textContent") == HOSTILE
    written = HOSTILE.replace("\u202e", r"\u202e")
    words = browser.run("return document.querySelector('.filter-tree').textContent")
    assert 'first name is "</title></pre></style>' in words
    assert "pwned" not in browser.run("return document.title").removeprefix(f"Segment {2**63 - 1}: {HOSTILE}")
    values = browser.run("return [...document.querySelectorAll('.parameters td:last-child')].map(e => e.textContent)")
    assert any("<script>" in value and written[-12:] in value for value in values)
    assert browser.run("return document.querySelectorAll('img, script').length") == 0
    assert HOSTILE in browser.run("return document.querySelector('pre.json').textContent").replace('\\"', '"')
    assert browser.run("return getComputedStyle(document.querySelector('h1 bdi')).unicodeBidi") == "isolate"
    found = browser.run("return [...document.querySelectorAll('.findings p')].map(e => e.textContent)")
    (about_the_scan,) = (text for text in found if text.startswith("Reads"))
    assert f"{written} and keeps" in about_the_scan, "what turns the direction of a text is shown, and turns nothing"


def test_it_is_used_with_the_keyboard(browser: Browser) -> None:
    """Links, what opens, and what scrolls are reached one after the other, and it can be seen where one is."""
    from selenium.webdriver.common.keys import Keys

    browser.open(PAGES["measured_and_spilled"])
    seen: list[tuple[str, str]] = []
    for _ in range(16):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        name, outline = browser.run(
            "const e = document.activeElement; return [e.tagName, getComputedStyle(e).outlineStyle]"
        )
        seen.append((name, outline))
        if name == "SUMMARY":
            browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
            assert browser.run("return document.activeElement.parentElement.open")
    reached = [each for each in seen if each[0] != "BODY"]
    assert {name for name, _ in reached} == {"A", "SUMMARY", "PRE"}
    assert {outline for _, outline in reached} == {"solid"}
    target = browser.run("document.querySelector('.findings a').click(); return document.querySelector(':target').id")
    assert target.startswith("plan1-")


def test_it_says_what_it_is(browser: Browser) -> None:
    """To whoever hears it: language, one heading of the page, none skipped, tables with headers, a main part."""
    for page in PAGES.values():
        browser.open(page)
        levels = browser.run(
            "return [...document.querySelectorAll('h1, h2, h3, h4')].map(e => Number(e.tagName.slice(1)))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert browser.run("return [document.documentElement.lang, document.querySelectorAll('main').length]") == [
            "en",
            1,
        ]
        assert browser.run("return document.querySelectorAll('th:not([scope])').length") == 0
        assert browser.run("return document.querySelectorAll('svg:not([aria-hidden])').length") == 0


@pytest.mark.parametrize("name", ["shared_scan", "measured_and_spilled"])
def test_it_prints(browser: Browser, name: str) -> None:
    """On A4, without backgrounds: bars are drawn, not coloured boxes."""
    browser.open(PAGES[name], scheme="dark", media="")
    answer = browser.command("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
    printed = base64.b64decode(answer["data"])
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 10_000
    browser.open(PAGES[name], width=794, media="print")
    assert browser.run(TOO_WIDE) == []
