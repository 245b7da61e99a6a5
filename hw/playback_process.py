"""The speaker, in a child process of its own; see `hw.audio_process`."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable

from hw import audio_wire as wire
from hw.api import DeviceBusy, DeviceError, DeviceHung, DeviceLate, DeviceLost
from hw.child import GRACE_S, OPEN_S, Child, Children, failure

#: A speaker that is told to stop has closed its device after so long, or its child ends itself, seconds.
_CUT_S = 2.0
#: How long one wait lasts at most, for room in the queue or for an event, seconds.
_ROUND_S = 0.5
#: What is queued at most: a second in the socket, and as much again in the device, seconds.
_QUEUED_S = 1.0 + wire.BELIEVED_S
#: The child says that the speaker hangs; after so long without a word the child hangs itself, seconds.
_MUTE_S = 3.0
#: Bytes of one message to the data socket.
_CHUNK_BYTES = 640
#: Bytes of the socket's buffer that hold one second of speech, for each sample: the kernel counts such a message as
#: some 1,280 bytes, and doubles what it is asked for.
_BUFFERED = 2
#: Bytes of the buffer until the rate is known.
_BUFFER = 48_000


class PlaybackProcess:
    """A `hw.api.Speaker` by name, as `list_devices` has it.

    Its child is started at once and waits, so that speech can start fast. `volume` is the factor from 0 to 1 by which
    samples are multiplied; it holds for what is written from then on.
    """

    def __init__(self, device: str, volume: float = 1.0) -> None:
        self.name = device
        self.volume = volume
        self._lock = threading.Lock()
        self._turn = 0
        self._playing = False
        self._cut = False
        self._written_s = 0.0
        self._rate_hz = 0
        self._first_sample_ns: int | None = None
        #: `wire.STARTED`, `wire.FINISHED` or `wire.STOPPED`: the last that was heard of this turn.
        self._state = b""
        self._error: DeviceError | None = None
        self._children = Children("playback", (device,), (_BUFFER, _BUFFER))
        self._child: Child | None = None
        with contextlib.suppress(DeviceError):  # `start` tries again, and says why
            self._child = self._children.start()

    @property
    def first_sample_ns(self) -> int | None:
        """When the first sample since `start` was handed to the device, CLOCK_MONOTONIC; None before that."""
        self._hear()
        return self._first_sample_ns

    def start(self, rate_hz: int) -> None:
        """Open the device. Raises `DeviceNotFound`, `DeviceBusy` or `DeviceHung` within two seconds and a half.

        A child that is merely slow is `DeviceLate`, and kept for the next call.
        """
        self.stop()
        self._begin(rate_hz)
        self._await(lambda: self._state != b"", OPEN_S, f"did not open within {OPEN_S:.0f} s", DeviceLate)

    def write(self, pcm: bytes) -> None:
        """Queue samples; waits while more than about a second is queued. Raises `DeviceLost` or `DeviceHung`."""
        self._hear()
        self._raise_error()
        if not self._playing:
            return
        self._written_s += len(pcm) / 2 / self._rate_hz
        loud = self._at_volume(pcm)
        for at in range(0, len(loud), _CHUNK_BYTES):
            self._send(loud[at : at + _CHUNK_BYTES], last=False)

    def finish(self) -> bool:
        """Wait until the last sample has been heard; False if `stop` cut it short. Raises as `write`."""
        if self._playing:
            self._send(b"", last=True)
        if self._playing or self._cut:
            patience_s = min(self._written_s, _QUEUED_S) + _MUTE_S
            self._await(lambda: self._state in wire.ENDS, patience_s, "does not come to an end", DeviceHung)
        self._playing = self._cut = False
        return self._state == wire.FINISHED

    def stop(self) -> None:
        """Silence within 100 ms: forget what is queued. May be called from any thread."""
        with self._lock:
            if not self._playing:
                return
            self._playing = False
            self._cut = True
            self._command(wire.STOP)

    def close(self) -> None:
        """Give the device back and end the child."""
        self.stop()
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end(GRACE_S)

    def _begin(self, rate_hz: int) -> None:
        """Tell the child to open the device; a new child, where the last one has ended."""
        with self._lock:
            if self._child is None or self._child.ended:
                self._drop_child()
                self._child = self._children.start()
            self._turn += 1
            self._state = b""
            self._error = None
            self._first_sample_ns = None
            self._written_s = 0.0
            self._rate_hz = rate_hz
            self._playing, self._cut = True, False
            self._child.sockets[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, rate_hz * _BUFFERED)
            self._command(wire.START)

    def _drop_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.drop()

    def _command(self, kind: bytes) -> None:
        if self._child is not None:
            # A child that has ended is found out by whoever waits for its answer.
            with contextlib.suppress(OSError):
                self._child.sockets[0].send(wire.COMMAND.pack(kind, self._turn, self._rate_hz), socket.MSG_DONTWAIT)

    def _at_volume(self, pcm: bytes) -> bytes:
        if self.volume == 1:
            return pcm
        from hw.conversion import scaled  # noqa: PLC0415 -- loads numpy

        return scaled(pcm, self.volume)

    def _send(self, pcm: bytes, *, last: bool) -> None:
        message = wire.CHUNK.pack(self._turn, last) + pcm
        ends = time.monotonic() + _MUTE_S
        while self._playing and not self._sent(message):
            if time.monotonic() > ends:
                self._give_up(DeviceHung(f"speaker {self.name!r} takes no more sound"))
            self._hear()
            self._raise_error()

    def _sent(self, message: bytes) -> bool:
        """Queue a message; if there is no room, wait until there is or an event comes, and return False."""
        child = self._child
        if child is None:
            return True
        events, data = child.sockets
        try:
            data.send(message, socket.MSG_DONTWAIT)
        except BlockingIOError:
            room = select.poll()
            room.register(data, select.POLLOUT)
            room.register(events, select.POLLIN)
            room.poll(round(_ROUND_S * 1000))
            return False
        except OSError:
            return False  # the child has ended: the event that says so is there
        return True

    def _await(self, done: Callable[[], bool], within_s: float, what: str, error: type[DeviceError]) -> None:
        """Wait for events. Raises what they tell, or `error` when the time is over: the child hangs then.

        Once it is told to stop there is little to wait for.
        """
        ends, cut = time.monotonic() + within_s, False
        while not done():
            self._raise_error()
            if self._cut and not cut:
                ends, cut = min(ends, time.monotonic() + _CUT_S), True
            child, left_s = self._child, ends - time.monotonic()
            if child is None or left_s <= 0:
                self._give_up(error(f"speaker {self.name!r} {what}"))
            else:
                child.wait(min(left_s, _ROUND_S))
                self._hear()
        self._raise_error()

    def _give_up(self, error: DeviceError) -> None:
        """Raise. A child that may yet do what it was told is told to stop; any other is killed."""
        with self._lock:
            self._error = error
            if self._child is not None and not self._child.is_late:
                self._command(wire.STOP)
            else:
                self._drop_child()
                self._error = DeviceBusy(str(error)) if isinstance(error, DeviceLate) else error
        self._raise_error()

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            self._playing = self._cut = False
            raise error

    def _hear(self) -> None:
        """Take note of every event that has come."""
        with self._lock:
            while self._child is not None and (message := self._child.receive(0)) is not None:
                if not message:
                    self._ended()
                    return
                self._note(message)

    def _note(self, message: memoryview) -> None:
        kind, turn, when_ns = wire.EVENT.unpack_from(message)
        if turn != self._turn:
            return
        if kind == wire.FAILED:
            self._error = failure(message)
            if self._state == wire.STARTED:
                self._drop_child()
        elif kind == wire.FIRST_SAMPLE:
            self._first_sample_ns = when_ns
        else:
            self._state = kind

    def _ended(self) -> None:
        """Take note that the child is no more. One that was told to stop and hung has stopped, too."""
        self._drop_child()
        if self._cut:
            self._state = wire.STOPPED
        elif self._error is None and self._playing:
            kind = DeviceLost if self._state else DeviceBusy
            self._error = kind(f"speaker {self.name!r} went away: its process ended")
