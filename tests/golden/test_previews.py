"""Each case in `preview/` becomes the text and the JSON beside it, and a page that can be parsed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from golden.previews import PREVIEWS, preview_cases, previewed
from segsql.plan import Reason
from segsql.preview import FindingCode, as_json, as_text
from segsql.preview.page import as_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from golden.cases import Case


@pytest.mark.parametrize("case", preview_cases(".txt"), ids=lambda case: case.name)
def test_text(case: Case, check: Callable[[Case, str], None]) -> None:
    check(case, as_text(previewed(case)) + "\n")


@pytest.mark.parametrize("case", preview_cases(".report"), ids=lambda case: case.name)
def test_json(case: Case, check: Callable[[Case, str], None]) -> None:
    check(case, json.dumps(as_json(previewed(case)), ensure_ascii=False, indent=2) + "\n")


def test_nothing_is_left_over() -> None:
    known = {path.stem for path in PREVIEWS.glob("*.json")}
    assert {path.stem for path in PREVIEWS.iterdir()} == known


def test_every_key_is_documented() -> None:
    page = (PREVIEWS.parents[2] / "docs" / "preview.md").read_text(encoding="utf-8").partition("## Warnings")[2]
    words = {word for code in re.findall("`([^`]+)`", page) for word in re.findall("[a-z_]+", code)}
    found = {key for case in preview_cases(".report") for key in _keys(as_json(previewed(case)))}
    assert found - words == set()
    assert {code.value for code in FindingCode} | {reason.value for reason in Reason} <= words


def _keys(value: object) -> Iterator[str]:
    """The keys of an object and all below it, but for PostgreSQL's own."""
    if isinstance(value, list):
        for member in value:
            yield from _keys(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            if key != "explain":
                yield from _keys(member)


class _Page(HTMLParser):
    """A page's tags, as they open and close."""

    VOID = frozenset({"meta", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.targets.append(value or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("case", preview_cases(".html"), ids=lambda case: case.name)
def test_html(case: Case) -> None:
    """Well formed, no element but those that the page needs, no script, nothing that would be loaded."""
    text = as_html(previewed(case))
    page = _Page(text)
    assert page.open == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "video"})
    assert {name for name in page.attributes if name.startswith("on")} == set()
    assert page.attributes.isdisjoint({"src", "style", "srcset", "action", "ping"})
    assert len(page.ids) == len(set(page.ids))
    assert {f"#{each}" for each in page.ids} >= set(page.targets)
    assert "<script" not in text
    assert "http://" not in text.replace("http-equiv", "")
    assert "https://" not in text
    assert "url(" not in text
    assert "@import" not in text
