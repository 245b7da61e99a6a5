"""What several of the unit tests need."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon.board import Activity, Board, PartState
from daemon.engines.base import Task
from daemon.engines.on_device.engine import OnDeviceEngine
from tests.support.engines import Listener
from tests.support.stages import TASK, ScriptedStages
from tests.support.steering import Bench


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and a sound process's end of the socket between them."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.set_blocking(theirs.fileno(), False)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def board() -> Board:
    """The board of a device that listens, and of which nothing is wrong."""
    board = Board("en-US", ("es",))
    for part in ("microphone", "engine"):
        board.part(part, PartState.OK)
    board.doing(Activity.LISTENING)
    return board


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A daemon that can be steered, and keeps what it is told in `tmp_path`."""
    return Bench(tmp_path)


@pytest.fixture
def stages() -> ScriptedStages:
    """What the on-device engine of `start` and `started` is made of."""
    return ScriptedStages()


@pytest.fixture
def start(stages: ScriptedStages) -> Iterator[Callable[..., tuple[OnDeviceEngine, Listener]]]:
    """Open an on-device engine, for what is wanted of it; return it and who listens to it."""
    engines = []

    def start(wanted: Task = TASK) -> tuple[OnDeviceEngine, Listener]:
        engine = OnDeviceEngine(stages, wanted)
        engines.append(engine)
        listener = Listener()
        engine.open(listener)
        return engine, listener

    yield start
    stages.let_all_through()
    for engine in engines:
        engine.close()
        assert not any(thread.is_alive() for thread in engine._threads)


@pytest.fixture
def started(start: Callable[..., tuple[OnDeviceEngine, Listener]]) -> tuple[OnDeviceEngine, Listener]:
    """An on-device engine that is ready, and who listens to it."""
    engine, listener = start()
    listener.ready()
    return engine, listener
