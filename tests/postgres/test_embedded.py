"""`embedded:DIR`: shared among processes, cleared after a killed one, wherever DIR is and whoever asks."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres.conftest import connect
from postgres.dump_schema import bundled
from segsql.embedded import EmbeddedServerError, cluster, server

pytestmark = pytest.mark.bundled

_NOBODY = 65534
_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

# Enters, says the URI, and leaves when its standard input ends.
_USER = """
import sys
from pathlib import Path
from segsql import embedded
if len(sys.argv) > 2:
    import os
    os.setgroups([]), os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))
with embedded.server(Path(sys.argv[1])) as uri:
    print(uri, flush=True)
    sys.stdin.read()
"""


class User:
    """Another process that uses the server on `home`."""

    def __init__(self, home: Path, *arguments: str) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {key: value for key, value in os.environ.items() if key != "XDG_RUNTIME_DIR"}
        command = [sys.executable, "-c", _USER, str(home), *arguments]
        self.process = subprocess.Popen(command, text=True, env=environment, **pipes)  # type: ignore[call-overload]  # of any pipes

    def uri(self) -> str:
        line: str = self.process.stdout.readline()
        return line.strip()

    def leave(self) -> tuple[int, str, str]:
        out, err = self.process.communicate("", timeout=60)
        return self.process.returncode, out, err

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="segsql-embedded-") as base:
        home = Path(base) / "home"
        yield home
        if (home / "data").exists():
            with server(home):
                pass
            assert not cluster.is_alive(home)


def _ask(uri: str, query: str = "SELECT 1") -> object:
    with connect(uri) as connection:
        return connection.execute(query.encode()).fetchall()[0][0]


def _started(home: Path) -> int:
    """How often a server was started on `home`."""
    return (home / "log").read_text().count("starting PostgreSQL")


def test_the_server_is_sane(home: Path) -> None:
    with server(home) as uri:
        assert _ask(uri, "SELECT lower('\u00c4\u0130\u03a3')") == "\u00e4i\u03c3"
        assert _ask(uri, "SHOW server_encoding") == "UTF8"
        assert _ask(uri, "SHOW listen_addresses") == ""
        assert _ask(uri, "SHOW timezone") == "UTC"
        assert int(str(_ask(uri, "SHOW max_connections"))) >= 100
        assert _ask(uri, "SELECT current_user || '/' || current_database()") == "postgres/postgres"
        sockets = [path for path in (home / "data").iterdir() if stat.S_ISSOCK(path.stat().st_mode)]
        assert len(sockets) == 1
        assert (home / "data").stat().st_mode & 0o077 == 0


def test_it_ignores_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LC_ALL": "de_DE",
        "PGPORT": "9",
        "PGDATA": "/",
        "PGCLIENTENCODING": "LATIN1",
    }.items():
        monkeypatch.setenv(name, value)
    with server(home) as uri:
        monkeypatch.delenv("PGCLIENTENCODING")
        assert _ask(uri, "SELECT datctype FROM pg_database WHERE datname = 'postgres'") == "C"
        assert _ask(uri) == 1


def test_data_stay_and_the_server_goes(home: Path) -> None:
    with server(home) as uri:
        connect(uri).execute("CREATE TABLE t AS SELECT 1").connection.close()
    assert not cluster.is_alive(home)
    with server(home) as uri:
        assert _ask(uri, "SELECT count(*) FROM t") == 1


def test_uses_nest(home: Path) -> None:
    with server(home) as outer:
        with server(home) as inner:
            assert inner == outer
        assert _ask(outer) == 1


def test_what_goes_wrong_inside_is_not_ours(home: Path) -> None:
    with pytest.raises(BrokenPipeError), server(home):
        raise BrokenPipeError
    assert not cluster.is_alive(home)


def test_two_processes_at_the_same_moment(home: Path) -> None:
    users = [User(home) for _ in range(3)]
    uris = {user.uri() for user in users}
    assert len(uris) == 1
    for user in users:
        assert _ask(*uris) == 1
        assert user.leave() == (0, "", "")
    assert _started(home) == 1
    assert not cluster.is_alive(home)


def test_the_first_may_leave_first(home: Path) -> None:
    first = User(home)
    uri = first.uri()
    with server(home):
        assert first.leave() == (0, "", "")
        assert _ask(uri) == 1


def test_a_killed_user_leaves_nothing_behind(home: Path) -> None:
    first = User(home)
    uri = first.uri()
    first.kill()
    assert _ask(uri) == 1
    with server(home) as again:
        assert again == uri
    assert _started(home) == 1
    assert not cluster.is_alive(home)


def test_a_killed_server_is_started_again(home: Path) -> None:
    with server(home):
        found = cluster.postmaster(home)
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        with server(home) as uri:
            assert _ask(uri) == 1
    assert _started(home) == 2


def test_a_number_taken_by_another_process_deceives_nobody(home: Path) -> None:
    with server(home):
        info = (home / "data" / "postmaster.pid").read_text()
    lines = [str(os.getpid()), *info.splitlines()[1:]]
    (home / "data" / "postmaster.pid").write_text("\n".join(lines))
    (home / "data" / ".s.PGSQL.5432.lock").write_text("\n".join(lines))
    with server(home) as uri:
        assert _ask(uri) == 1


def test_an_unfinished_cluster_is_made_again(home: Path) -> None:
    (home / "data.new").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    with server(home) as uri:
        assert _ask(uri) == 1
    assert not (home / "data.new").exists()


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.4, 0.6])
def test_killed_at_any_time(home: Path, delay: float) -> None:
    first = User(home)
    with pytest.raises(subprocess.TimeoutExpired):
        first.process.wait(delay)
    first.kill()
    with server(home) as uri:
        assert _ask(uri) == 1


@pytest.mark.parametrize(
    "name", ["a b", 'it\'s, "quoted" 100%', "\u00e4?&#", "x" * 120, "/".join("y" * 50 for _ in "abcd")]
)
def test_names_of_directories(home: Path, name: str) -> None:
    with server(home / name) as uri:
        assert _ask(uri) == 1
        assert _ask(uri, "SHOW data_directory") == str(home.resolve() / name / "data")


def test_a_socket_elsewhere_is_private_and_removed(home: Path) -> None:
    long = home / ("x" * 120)
    with server(long):
        found = cluster.postmaster(long)
        assert found is not None
        assert found.socket_directory.stat().st_mode & 0o077 == 0
    assert not found.socket_directory.exists()


def test_errors_are_one_line(home: Path) -> None:
    with server(home):
        pass
    version = home / "data" / "PG_VERSION"
    version.write_text("9.6\n")
    with (
        pytest.raises(EmbeddedServerError, match=r"^bundled PostgreSQL on \S+ did not start: .*incompatible.*$"),
        server(home),
    ):
        pass
    version.write_text("18\n")
    (home / "file").touch()
    with pytest.raises(EmbeddedServerError, match=r"^bundled PostgreSQL on .*file"), server(home / "file"):
        pass


@_as_root
def test_root_widens_no_more_than_it_must(home: Path) -> None:
    closed, between = home / "closed", home / "closed" / "open"
    between.mkdir(parents=True)
    home.chmod(0o755)
    closed.chmod(0o700)
    between.chmod(0o751)
    with server(between / "db") as uri:
        assert _ask(uri) == 1
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home, closed, between)] == [0o755, 0o701, 0o751]


@_as_root
def test_an_ordinary_user(home: Path) -> None:
    home.parent.chmod(0o777)
    user = User(home, str(_NOBODY))
    uri = user.uri()
    with server(home) as same:
        assert same == uri
        result = subprocess.run([bundled("psql"), "-XAtc", "SELECT 1", uri], capture_output=True, text=True, check=True)
        assert result.stdout == "1\n"
        assert user.leave() == (0, "", "")
    with server(home) as uri:
        assert (home / "data").stat().st_uid == _NOBODY
        assert _ask(uri) == 1


@_as_root
def test_a_directory_of_somebody_else(home: Path) -> None:
    home.parent.chmod(0o755)
    with server(home):
        code, out, err = User(home, str(_NOBODY)).leave()
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("segsql.embedded.account.EmbeddedServerError: bundled PostgreSQL on ")
