"""A child process of `hw.audio_process`, as its parent sees it."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

import hw.api
from hw import audio_wire as wire
from hw.api import DeviceBusy, DeviceError, DeviceHung, DeviceLost

_LOG = logging.getLogger(__name__)

#: A device that takes longer to open is given up, seconds; a child may take `audio_wire.LOAD_S` before that.
OPEN_S = 2.0
#: A child that is told to end is killed after so long, seconds.
GRACE_S = 0.5
#: After SIGKILL a process goes at once, unless it waits in the kernel for its device; then it is left there, seconds.
#: With the grace before, it is what `hw.api` promises of `close`; with `OPEN_S`, of `open` and `start`.
_KILLED_S = 2.0 - GRACE_S
_DROPPED_S = 2.5 - OPEN_S


class Child:
    """A process and the sockets that are shared with it; the first carries its events."""

    def __init__(self, role: str, words: tuple[str, ...], buffers: tuple[int, ...]) -> None:
        """Start it. `buffers` has the bytes that the writing end of each socket holds."""
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in buffers]
        for pair, size in zip(pairs, buffers, strict=True):
            for end in pair:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        self.sockets = [ours for ours, _ in pairs]
        theirs = [end.fileno() for _, end in pairs]
        try:
            self._process = subprocess.Popen(
                command(role, *map(str, theirs), *words),
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=theirs,
            )
        except OSError as error:
            self._close_sockets()
            raise DeviceBusy(f"the sound process cannot start: {error.strerror}; free some memory") from error
        finally:
            for _, end in pairs:
                end.close()
        self._events = self.sockets[0]
        self._message = memoryview(bytearray(wire.MESSAGE_BYTES))
        self._due_s = time.monotonic() + wire.LOAD_S
        self._ready = select.poll()
        self._ready.register(self._events, select.POLLIN)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    @property
    def is_late(self) -> bool:
        """Whether it takes too long, to load what it needs or to open its device; else patience will help."""
        return time.monotonic() >= self._due_s

    def wait(self, timeout_s: float) -> None:
        """Wait until an event is there to be received."""
        self._ready.poll(math.ceil(timeout_s * 1000))

    def receive(self, timeout_s: float) -> memoryview | None:
        """Return the next event; None if none came in time, empty if the process has ended. It holds until the next."""
        # Rounded up: the last fraction of a millisecond must not be spent in a busy loop.
        if not self._ready.poll(math.ceil(timeout_s * 1000)):
            return None
        try:
            message = self._message[: self._events.recv_into(self._message, 0, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            return None
        except OSError:
            return self._message[:0]
        self._note_progress(message[:1])
        return message

    def _note_progress(self, kind: memoryview) -> None:
        if kind == wire.LOADING:
            self._due_s = time.monotonic() + wire.LOAD_S
        elif kind == wire.READY:
            self._due_s = time.monotonic() + OPEN_S

    def end(self, grace_s: float) -> None:
        """Tell it to end; kill it if it has not after `grace_s`, and reap it. May be called twice."""
        self._close_sockets()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if grace_s > 0:
                self._process.wait(grace_s)
        kill(self._process)

    def drop(self) -> None:
        """Kill it, and reap it if it goes at once: whoever opens a device has little time. May be called twice."""
        self._close_sockets()
        kill(self._process, _DROPPED_S)

    def _close_sockets(self) -> None:
        for ours in self.sockets:
            # Wakes a thread that waits on it, which closing alone would not.
            with contextlib.suppress(OSError):
                ours.shutdown(socket.SHUT_RDWR)
            ours.close()


class Children:
    """The processes of one device, one at a time: beside one that cannot be ended, no other is started."""

    def __init__(self, role: str, words: tuple[str, ...], buffers: tuple[int, ...]) -> None:
        self._what = (role, words, buffers)
        self._last: Child | None = None

    def start(self) -> Child:
        """Start the next. Raises `DeviceHung` while the last is still there, `DeviceBusy` where memory lacks."""
        if self._last is not None and not self._last.ended:
            raise DeviceHung(
                f"sound process {self._last.pid} does not end, not even killed: it waits in the kernel for its device; "
                "unplug that, or restart the machine"
            )
        self._last = Child(*self._what)
        return self._last


def kill(process: subprocess.Popen[bytes], within_s: float = _KILLED_S) -> None:
    """Kill it, if it has not ended, and reap it; in that time, whatever it waits for."""
    process.kill()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        _LOG.error("sound process %d does not end, not even killed: it waits in the kernel", process.pid)


def command(role: str, *words: str) -> list[str]:
    """Return the command line of a child."""
    # -P: nothing that lies in the working directory is taken for a module.
    return [sys.executable, "-P", "-m", "hw.audio_child", role, *words]


def environment() -> dict[str, str]:
    """Return the environment of a child: it finds this package wherever the parent found it."""
    path = [str(Path(__file__).resolve().parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def failure(message: memoryview) -> DeviceError:
    """Return the error that a `FAILED` event tells of."""
    kind, _, text = bytes(message[wire.EVENT.size :]).decode(errors="replace").partition("\n")
    error = getattr(hw.api, kind, DeviceLost)(text)
    if not isinstance(error, DeviceError):
        raise TypeError(f"{kind!r} is no device error")
    return error
