"""Text is made once for a shape, whatever the values (spec 6)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from segsql.plan import Form
from segsql.render import forget
from unit.compiling import compiled, field, flat, named, typed


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Form]]:
    """The forms that trees were built for, from a beginning at which nothing is kept."""
    module = import_module("segsql.render.render")
    forms: list[Form] = []
    build = module.segment_select

    def counting(form: Form) -> Any:
        forms.append(form)
        return build(form)

    monkeypatch.setattr(module, "segment_select", counting)
    forget()
    yield forms
    forget()


def definition(number: int, text: str, match: str = "all") -> dict[str, Any]:
    return flat(
        named("opens_count", "gte", number),
        named("last_open_at", "within_days", number),
        named("tags", "contains", [1, 2] if number % 2 else [2, 3, 4]),
        named("country", "neq", "DE" if number % 2 else "FR"),
        named("nickname", "in", [text, "team"]),
        named("metadata.city", "starts_with", text),
        named("created_at", "gt", f"2026-01-{number:02}"),
        match=match,
    )


def test_a_seen_shape_is_not_rendered_again(rendered: list[Form]) -> None:
    texts = {compiled(definition(number, f"x{number}")).sql for number in range(1, 20)}
    assert len(texts) == len(rendered) == 1


def test_a_seen_shape_is_one_in_either_dialect(rendered: list[Form]) -> None:
    assert compiled(typed(field(1, "eq", "a"))).sql == compiled(flat(named("email", "eq", "b"))).sql
    assert len(rendered) == 1


def test_another_shape_is_rendered(rendered: list[Form]) -> None:
    compiled(definition(1, "x"))
    compiled(definition(1, "x", match="any"))
    compiled(flat(*definition(1, "x")["filters"], named("email", "exists")))
    assert len(rendered) == 3


def test_what_is_forgotten_is_rendered_anew(rendered: list[Form]) -> None:
    """What the benchmark of the rendering itself relies on."""
    before = compiled(definition(1, "x")).sql
    forget()
    assert compiled(definition(1, "x")).sql == before
    assert len(rendered) == 2
