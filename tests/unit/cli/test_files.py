"""A file is replaced in one step: whoever reads it, or crashes, never has half of one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from segsql.cli import files

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.replace(tmp_path / "run.json", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "run.json").read_bytes() == b"new"
    assert mode(tmp_path / "run.json") == 0o640


def test_a_replaced_file_keeps_its_mode_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text("older and longer")
    file.chmod(0o604)
    with file.open() as reader:
        files.replace(file, b"new")
        assert reader.read() == "older and longer", "who has it open reads it to its end"
    assert file.read_bytes() == b"new"
    assert mode(file) == 0o604
    assert [*tmp_path.iterdir()] == [file]


def test_a_crash_in_mid_write_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        files.replace(file, b"new")
    assert file.read_text() == "old"
    assert [*tmp_path.iterdir()] == [file]


def test_a_process_that_is_killed_in_mid_write_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")
    script = """
import os, signal, sys
from pathlib import Path
from segsql.cli import files
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
files.replace(Path(sys.argv[1]), b"new")
"""
    done = subprocess.run([sys.executable, "-c", script, str(file)], check=False)
    assert done.returncode == -9
    assert file.read_text() == "old"


def test_a_link_goes_on_pointing_to_the_file(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "elsewhere" / "run.json"
    link.parent.mkdir()
    link.symlink_to(real)
    for content in (b"1", b"2"):
        assert files.can_be_replaced(link)
        files.replace(link, content)
        assert link.is_symlink()
        assert real.read_bytes() == content
    assert [*link.parent.iterdir()] == [link]


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert files.can_be_replaced(pipe)
    files.replace(pipe, b"report")
    assert os.read(reader, 100) == b"report"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(OSError, match="No space left"):
        files.replace(tmp_path.__class__("/dev/full"), b"report")


@pytest.mark.parametrize("name", ["/dev/stdout", "{log}"])
def test_the_file_that_stdout_goes_to_is_added_to(tmp_path: Path, name: str) -> None:
    """As `--report /dev/stdout >>log` means it; replaced, the log would be lost."""
    log = tmp_path / "log"
    log.write_text("before\n")
    script = (
        "import sys; from pathlib import Path; from segsql.cli import files; files.replace(Path(sys.argv[1]), b'!')"
    )
    with log.open("ab") as stdout:
        command = [sys.executable, "-c", script, name.format(log=log)]
        subprocess.run(command, stdout=stdout, check=True)
    assert log.read_text() == "before\n!"


def test_what_can_be_written_is_told_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.json").touch()
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert files.can_be_replaced(tmp_path / "run.json")
    assert files.can_be_replaced(tmp_path / "new.json")
    assert not files.can_be_replaced(tmp_path / "none" / "run.json")
    assert not files.can_be_replaced(tmp_path / "run.json" / "run.json")
    assert not files.can_be_replaced(tmp_path.__class__("/proc/run.json")), "not even by root"
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["circle", "run.json"], "nothing is left of the attempt"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert not files.can_be_replaced(tmp_path / "run.json"), "a file that is read-only is meant so"
