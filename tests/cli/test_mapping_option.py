"""Where the mapping comes from, and what is said of one that can't be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.foreign import NEWSLETTER, PRISMA, SCHEMAS
from cli.process import Inside

if TYPE_CHECKING:
    from pathlib import Path

DEFINITION = '{"matchType": "all", "filters": [{"field": "email", "operator": "exists"}]}'


@pytest.fixture
def newsletter(empty_dsn: str, tmp_path: Path) -> Path:
    """A mapping that fits the database."""
    file = NEWSLETTER.fill(empty_dsn, tmp_path)
    assert Inside(empty_dsn)("--mapping", str(file), "init").code == 0
    return file


def test_it_is_an_option_a_variable_or_a_file_in_the_working_directory(
    newsletter: Path, empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = Inside(empty_dsn)
    assert inside("--mapping", str(newsletter), "count", "-", stdin=DEFINITION).out == "3\n"
    assert inside("count", "-", stdin=DEFINITION, env={"SEGSQL_MAPPING": str(newsletter)}).out == "3\n"
    assert inside("count", "-", stdin=DEFINITION).code == 2, "the default schema has workspaces"
    monkeypatch.chdir(newsletter.parent)
    assert inside("count", "-", stdin=DEFINITION).out == "3\n"
    assert inside("count", "-", stdin=DEFINITION, env={"SEGSQL_MAPPING": "other.toml"}).code == 78


def test_a_file_that_can_not_be_read(inside_alone: Inside, tmp_path: Path) -> None:
    done = inside_alone("--mapping", str(tmp_path / "no.toml"), "list")
    assert (done.code, "can't be read: No such file" in done.err) == (78, True)
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    assert "is not UTF-8" in inside_alone("--mapping", str(tmp_path / "latin.toml"), "list").err
    (tmp_path / "broken.toml").write_text("version = 1\n[contact]\n")
    done = inside_alone("--mapping", str(tmp_path / "broken.toml"), "count", "-w", "1", "-s", "1")
    assert done.code == 78
    assert "broken.toml" in done.err


def test_it_is_compared_with_the_database_before_anything_else(newsletter: Path, empty_dsn: str) -> None:
    newsletter.write_text(newsletter.read_text().replace('"subscribers"', '"subscriber"'))
    done = Inside(empty_dsn)("--mapping", str(newsletter), "recount")
    assert done.code == 78
    assert "contacts" in done.err
    assert "subscribers" in done.err
    checked = Inside(empty_dsn)("--mapping", str(newsletter), "check", "--format", "json")
    assert checked.code == 1
    (schema,) = (one for one in checked.json if one["check"] == "schema")
    assert schema["level"] == "problem"


def test_a_preview_without_a_workspace_knows_what_the_file_declares(inside_alone: Inside) -> None:
    done = inside_alone("--mapping", str(SCHEMAS / PRISMA.name / "segsql.toml"), "preview", "-", stdin=DEFINITION)
    assert done.code == 0, done
    assert '"Contact"' in done.out
    assert "the workspace's id is 0" in done.err
