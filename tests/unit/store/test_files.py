"""Definitions in files, without a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from segsql.errors import ConfigurationError
from segsql.store.files import read_folder

if TYPE_CHECKING:
    from pathlib import Path

CONDITION = {"type": "open_rate", "operator": "gte", "value": 50}


def refers(*names: object) -> dict[str, object]:
    return {"condition": "AND", "filters": [{"type": "segment", "operator": "in", "value": [*names]}]}


def write(folder: Path, **definitions: object) -> None:
    for name, definition in definitions.items():
        (folder / f"{name}.json").write_text(json.dumps(definition))


def test_a_definition_is_found_in_a_whole_segment_object(tmp_path: Path) -> None:
    typed = {"condition": "AND", "filters": [CONDITION]}
    flat = {"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}
    write(
        tmp_path,
        plain=typed,
        typed={"name": "Typed", "filters": typed},
        wrapped={"data": {"id": 1, "name": "Wrapped", "filters": typed}},
        flat={"name": "Flat", "description": "All who have one", **flat},
        odd={"name": 5, **flat},
    )
    found = read_folder(tmp_path).segments
    assert {id_: (one.name, one.path) for id_, one in found.items()} == {
        "plain": ("plain", ()),
        "typed": ("Typed", ("filters",)),
        "wrapped": ("Wrapped", ("data", "filters")),
        "flat": ("Flat", ()),
        "odd": ("odd", ()),
    }
    assert found["plain"].definition == found["typed"].definition == found["wrapped"].definition == typed
    assert (found["flat"].definition, found["flat"].description) == (flat, "All who have one")


def test_a_fingerprint_changes_with_whatever_a_segment_refers_to(tmp_path: Path) -> None:
    write(tmp_path, a=refers("b"), b=refers("c", 7, "nowhere"), c=refers("a"), d=CONDITION)
    before = read_folder(tmp_path).fingerprints
    assert read_folder(tmp_path).fingerprints == before
    write(tmp_path, c=CONDITION)
    after = read_folder(tmp_path).fingerprints
    assert {id_ for id_ in before if before[id_] != after[id_]} == {"a", "b", "c"}


def test_what_editors_and_git_leave_beside_is_no_segment(tmp_path: Path) -> None:
    write(tmp_path, a=CONDITION)
    (tmp_path / ".#a.json").symlink_to("somebody@nowhere.1234")
    (tmp_path / "gone.json").symlink_to("nowhere")
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "._a.json").write_text("{}")
    (tmp_path / "folder.json").mkdir()
    assert list(read_folder(tmp_path).segments) == ["a"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_kept_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    one = read_folder(tmp_path).segments["broken"]
    assert (one.definition, one.document) == (content, "null")


@pytest.mark.parametrize("text", ['{"a": "\\u0000"}', '{"a": 1e99999}', '{"a": "\\ud800"}', f'{{"a": {"9" * 300}}}'])
def test_what_jsonb_does_not_take_is_not_sent(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    assert read_folder(tmp_path).segments["odd"].document == "null"


def test_a_folder_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "a\nb.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="can't be a segment's id"):
        read_folder(tmp_path)
