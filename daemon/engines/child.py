"""Entry point of an engine's process: ``python -m daemon.engines.child SOCKET PARENT MODULE``.

It serves calls from the socket until that is closed, which also is what it sees when the daemon dies; the kernel kills
it then, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from daemon.drivers import DriverMissing
from daemon.engines.base import Cure, Engine, EngineEvent, EngineFailure
from daemon.engines.codec import CALLS, Alive, Call, Channel, ChannelClosed, Start

#: Capture, gate and outputs share the processor with it and have milliseconds; it has seconds.
_NICE = 5
_HEARTBEAT_S = 1.0
#: From linux/prctl.h.
_PR_SET_PDEATHSIG = 1
_SEVERITIES = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}


class ChildEngine(Engine, Protocol):
    """An engine that can tell whether it gets on."""

    def gets_on(self) -> bool:
        """Tell whether every worker is idle or within the time that its work may take."""


class _SeverityFormatter(logging.Formatter):
    """Puts before each line what systemd and the parent know it by."""

    def format(self, record: logging.LogRecord) -> str:
        severity = _SEVERITIES.get(record.levelname, 6)
        return "\n".join(f"<{severity}>{line}" for line in super().format(record).splitlines())


def main(arguments: list[str]) -> int:
    """Serve until the socket is closed; return the exit status."""
    link, parent, module = int(arguments[0]), int(arguments[1]), arguments[2]
    _die_with(parent)
    os.nice(_NICE)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SeverityFormatter("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    os.set_inheritable(link, False)  # noqa: FBT003 -- its only other argument
    with socket.socket(fileno=link) as connection:
        channel: Channel[Any] = Channel(connection, CALLS)
        calls = _received(channel)
        start = next(calls, None)
        if isinstance(start, Start):
            _serve(channel, calls, module, start.settings)
    return 0


def _serve(channel: Channel[Any], calls: Iterator[Any], module: str, settings: Mapping[str, Any]) -> None:
    def say(event: EngineEvent) -> None:
        with contextlib.suppress(ChannelClosed):  # whoever receives sees it too
            channel.send(event)

    try:
        engine: ChildEngine = import_module(module).build(settings)
    except DriverMissing as error:
        say(EngineFailure(module, "driver_missing", str(error), Cure.CONFIGURE))
        return
    threading.Thread(target=_beat, args=(channel, engine), name="heartbeat", daemon=True).start()
    engine.open(say)
    for call in calls:
        _apply(call, engine)
    engine.close()


def _apply(call: Call, engine: Engine) -> None:
    call.apply(engine)


def _received(channel: Channel[Any]) -> Iterator[Any]:
    with contextlib.suppress(ChannelClosed):
        while True:
            yield from channel.receive()


def _beat(channel: Channel[Any], engine: ChildEngine) -> None:
    ticking = threading.Event()
    with contextlib.suppress(ChannelClosed):
        while not ticking.wait(_HEARTBEAT_S):
            if engine.gets_on():
                channel.send(Alive())


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        raise SystemExit("the daemon was gone before its engine had started")


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stderr.flush()
    # Not by way of the interpreter's end, which waits for threads that may hang in a library.
    os._exit(status)
