"""What may befall the wire between the run and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from postgres.faults.proxy import Mode, Proxy
from postgres.faults.rows import NETWORK
from postgres.faults.server import until
from postgres.faults.world import COUNTING, WHERE, WRITING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.faults.scene import Scene

pytestmark = pytest.mark.bundled

ALL = dict.fromkeys(WHERE, "counted")


@pytest.fixture
def proxy(scene: Scene) -> Iterator[Proxy]:
    with Proxy(scene.server.socket) as proxy:
        yield proxy


def through(proxy: Proxy, scene: Scene) -> str:
    return make_conninfo(
        "",
        host="127.0.0.1",
        port=proxy.port,
        user=scene.name,
        dbname=scene.name,
        sslmode="disable",
        gssencmode="disable",
    )


@pytest.mark.parametrize("gate", [COUNTING, WRITING])
def test_connections_are_reset(scene: Scene, proxy: Proxy, gate: int) -> None:
    with scene.gate(gate) as closed:
        run = scene.start(dsn=through(proxy, scene))
        closed.waiter(run)
        scene.change()
        proxy.cut()
    assert scene.ended(run, NETWORK["cut"]) == ALL
    scene.heals()


def test_packets_vanish(scene: Scene, proxy: Proxy) -> None:
    """The server is not told either: it keeps what the old sessions have until its own limits.

    Of the two workspaces one is written by then. Were it being written, its rows would stay locked for so long that
    the run says it failed, and the next run counts it.
    """
    with scene.gate() as closed:
        run = scene.start("--statement-timeout", "4s", dsn=through(proxy, scene))
        closed.waiter(run)
        assert until(lambda: {workspace_id for workspace_id, _ in scene.untouched()} == {1})
        proxy.silence()
    assert scene.ended(run, NETWORK["silent"]) == ALL
    scene.heals()


def test_a_commit_is_lost(scene: Scene, proxy: Proxy) -> None:
    proxy.mode = Mode.LOSE_COMMIT
    run = scene.start(dsn=through(proxy, scene))
    assert scene.ended(run, NETWORK["commit lost"]) == ALL
    assert proxy.lost == 1
    scene.heals()


def test_the_acknowledgement_of_a_commit_is_lost(scene: Scene, proxy: Proxy) -> None:
    """The run can't know that its counts are stored, and writes them again; the history has each once."""
    proxy.mode = Mode.LOSE_ACKNOWLEDGEMENT
    run = scene.start(dsn=through(proxy, scene))
    assert scene.ended(run, NETWORK["acknowledgement lost"]) == ALL
    assert proxy.lost == 1
    assert scene.ask("SELECT count(*), count(DISTINCT (workspace_id, segment_id)) FROM segment_counts") == [
        (len(WHERE), len(WHERE))
    ]
    scene.heals()
