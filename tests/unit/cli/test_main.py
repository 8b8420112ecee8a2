"""How a command ends, where Python itself stands in the way."""

from __future__ import annotations

import click
import pytest

from segsql.cli.app import app
from segsql.cli.main import run


@pytest.mark.parametrize(("ended", "code"), [(SystemExit(143), 143), (KeyboardInterrupt(), 130)])
def test_a_signal_while_a_class_is_made_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ended: BaseException, code: int
) -> None:
    """A command's modules are imported when it runs; before 3.12 what is raised within `__set_name__` is wrapped."""

    def interrupted(context: click.Context) -> None:
        raise RuntimeError("Error calling __set_name__ on 'Field' instance 'password' in 'Gateway'") from ended

    monkeypatch.setattr(app, "invoke", interrupted)
    assert run(["list"]) == code
    assert capsys.readouterr().err == ""


def test_what_is_no_signal_is_a_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def failing(context: click.Context) -> None:
        raise RuntimeError("nobody foresaw it") from ValueError("this")

    monkeypatch.setattr(app, "invoke", failing)
    assert run(["list"]) == 70
    assert "This is a bug in segsql." in capsys.readouterr().err
