"""Disks that are full: a small one of memory, real to the server, holds what should run out of space."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from postgres.faults.rows import DISK
from postgres.faults.server import until
from postgres.faults.world import HELD, WHERE
from segsql.embedded import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres.faults.scene import Scene
    from postgres.faults.server import Server

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")

SPILL = """
CREATE OR REPLACE FUNCTION pass(gate int) RETURNS boolean LANGUAGE plpgsql COST 100000 SET work_mem = '64kB' AS $$
BEGIN
    IF gate = 1 THEN PERFORM count(*) FROM (SELECT g FROM generate_series(1, {rows}) g ORDER BY md5(g::text)) s; END IF;
    RETURN true;
END $$
"""
"""Reading the tag of the held segment sorts more than memory may hold: some 45 bytes a row go to disk."""


class Disk:
    """A file system of two megabytes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ballast = place / "ballast"

    def fill(self) -> None:
        """Leave not a byte of space."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def disk(server: Server) -> Iterator[Disk]:
    """Mounted for the module, with a tablespace on it that is named `small`."""
    place = server.home / "small"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], check=False, capture_output=True, text=True
    )
    if mount.returncode:
        pytest.skip(f"only root may mount a small disk: {mount.stderr.strip()}")
    try:
        tablespace = place / "tablespace"
        tablespace.mkdir(mode=0o700)
        owner = (server.home / "data").stat()
        os.chown(tablespace, owner.st_uid, owner.st_gid)
        place.chmod(0o755)
        server.ask(f"CREATE TABLESPACE small LOCATION '{tablespace}'")
        yield Disk(place)
        server.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_temporary_files_are_limited(scene: Scene) -> None:
    scene.ask(SPILL.format(rows=100_000))
    scene.set_for_runs("temp_file_limit = '64kB'")
    assert scene.ended(scene.start(), DISK["temporary files limited"]) == {**ALL, HELD: "failed"}
    assert scene.untouched() == {HELD}
    scene.set_for_runs("temp_file_limit = -1")
    scene.heals()


@pytest.fixture
def small_files(scene: Scene) -> Iterator[None]:
    """No file of the server may grow beyond 24 MB, which is more than its log of transactions needs."""
    running = cluster.postmaster(scene.server.home)
    assert running is not None
    limit = ("prlimit", "--pid", str(running.pid))
    scene.server.as_owner(*limit, f"--fsize={24 << 20}:unlimited")
    yield
    scene.server.as_owner(*limit, "--fsize=unlimited:unlimited")


def test_a_temporary_file_can_not_grow(scene: Scene, small_files: None) -> None:
    """An error that the server has no SQLSTATE of its own for."""
    scene.ask(SPILL.format(rows=1_000_000))
    run = scene.start("--jobs", "1", "--work-mem", "64kB")
    assert scene.ended(run, DISK["file too large"]) == {**ALL, HELD: "failed"}
    assert scene.untouched() == {HELD}
    scene.ask(SPILL.format(rows=1))
    scene.heals()


def test_there_is_no_temporary_space(scene: Scene, disk: Disk) -> None:
    scene.ask(SPILL.format(rows=100_000))
    scene.ask(f"GRANT CREATE ON TABLESPACE small TO {scene.name}")
    scene.set_for_runs("temp_tablespaces = 'small'")
    disk.fill()
    assert scene.ended(scene.start(), DISK["no temporary space"]) == {**ALL, HELD: "failed"}
    assert scene.untouched() == {HELD}
    disk.clear()
    scene.set_for_runs("temp_tablespaces = ''")
    scene.heals()


@pytest.fixture
def crowded(scene: Scene, disk: Disk) -> Iterator[Scene]:
    """Segments lie on the small disk, with no room in their pages for another version of any row."""
    scene.ask("UPDATE segments SET description = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 45) g)")
    scene.ask("ALTER TABLE segments SET (fillfactor = 100)")
    scene.ask("ALTER TABLE segments SET TABLESPACE small")
    scene.ask("VACUUM FULL segments")
    disk.fill()
    yield scene
    disk.clear()
    scene.ask("ALTER TABLE segments SET TABLESPACE pg_default")


def test_there_is_no_space_to_write(crowded: Scene, disk: Disk) -> None:
    statuses = crowded.ended(crowded.start(), DISK["no space"], 90)
    assert set(statuses.values()) <= {"failed"}
    assert crowded.untouched() == set(WHERE)
    disk.clear()
    crowded.heals()


def test_there_is_no_space_to_write_for_a_while(crowded: Scene, disk: Disk) -> None:
    run = crowded.start()
    assert until(lambda: "53100" in crowded.server.sqlstates(crowded.name))
    disk.clear()
    assert crowded.ended(run, DISK["no space for a while"]) == ALL
    crowded.heals()
