"""Playback, in a child process of `hw.audio_process`.

The callback takes its sound from the data socket itself; between two stretches of speech the process sleeps.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Any

from hw import portaudio
from hw.audio_wire import (
    BELIEVED_S,
    CHUNK,
    COMMAND,
    FINISHED,
    FIRST_SAMPLE,
    LOAD_S,
    LOOK_MS,
    MESSAGE_BYTES,
    OPEN_S,
    START,
    STARTED,
    STOPPED,
    close,
    fail,
    load_conversion,
    ready,
    tell,
)

#: Playback whose callbacks have stopped for so many looks hangs.
_HUNG_LOOKS = 3
#: `stop_stream` and `close` cut what the device has not played yet: the end of speech is followed by this much silence.
_TAIL_S = 0.1


class Playback:
    """Playback's callback: takes sound from the data socket, tells of the first sample, and of the end by `done`."""

    def __init__(self, turn: int, speech_hz: int, rate_hz: int, channels: int, fds: tuple[int, int, int]) -> None:
        self.turn = turn
        self.calls = 0
        self.ended = False
        self._rate_hz = rate_hz
        self._step = 2 * channels
        self._data, self._events, self._done = fds
        self._rest = bytearray()
        self._begun = False
        self._last = False
        self._tail = 0
        self._convert = (
            None if (speech_hz, 1) == (rate_hz, channels) else _playback_conversion(speech_hz, rate_hz, channels)
        )

    def __call__(self, _data: None, count: int, times: Any, _status: int) -> tuple[bytes, int]:
        """Give the device its samples: silence where there are none. Never waits."""
        self.calls += 1
        size = count * self._step
        self._fill(size)
        sound = bytes(self._rest[:size])
        del self._rest[:size]
        if sound:
            self._sounded(count, times)
        elif self._last:
            self._tail -= count
            if self._tail <= 0 and not self.ended:
                self.ended = True
                os.eventfd_write(self._done, 1)
        return sound.ljust(size, b"\0"), portaudio.CONTINUE

    def _fill(self, size: int) -> None:
        while len(self._rest) < size and not self._last:
            try:
                chunk = os.read(self._data, MESSAGE_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                return
            turn, last = CHUNK.unpack_from(chunk)
            if turn == self.turn:
                pcm = chunk[CHUNK.size :]
                self._rest += pcm if self._convert is None else self._convert(pcm, bool(last))
                self._last = bool(last)

    def _sounded(self, count: int, times: Any) -> None:
        if not self._begun:
            self._begun = True
            tell(self._events, FIRST_SAMPLE, self.turn, time.monotonic_ns())
        ahead_s = times["output_buffer_dac_time"] - times["current_time"] + count / self._rate_hz
        believed = ahead_s if 0 < ahead_s < BELIEVED_S else 0.0
        self._tail = round((believed + _TAIL_S) * self._rate_hz)


class PlaybackLoop:
    """Obeys the control socket. Without a stream it sleeps until a command comes."""

    def __init__(self, control: int, data: int, device: str) -> None:
        self._control = control
        self._data = data
        self._device = device
        self._done = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stream: Any = None
        self._player: Playback | None = None
        self._calls_seen = 0
        self._still = 0
        os.set_blocking(data, False)
        signal.alarm(LOAD_S)
        self._audio = portaudio.PortAudio()
        ready(control)
        signal.alarm(0)

    def run(self) -> int:
        """Play until the parent closes its end, or the device is lost or hangs."""
        ready = select.poll()
        ready.register(self._control, select.POLLIN)
        ready.register(self._done, select.POLLIN)
        while True:
            sources = [source for source, _ in ready.poll(None if self._stream is None else LOOK_MS)]
            if self._control in sources:
                command = _read_command(self._control)
                if not command:
                    break
                self._obey(*COMMAND.unpack(command))
            elif self._done in sources:
                os.eventfd_read(self._done)
                self._end(FINISHED)
            elif not self._looks_well():
                return 1
        close(self._stream)
        return 0

    def _obey(self, kind: bytes, turn: int, rate_hz: int) -> None:
        if kind == START:
            self._start(turn, rate_hz)
        elif self._player is not None and self._player.turn == turn:
            self._end(STOPPED)

    def _start(self, turn: int, rate_hz: int) -> None:
        if self._player is not None:
            self._end(STOPPED)
        signal.alarm(OPEN_S)
        try:
            self._open(turn, rate_hz)
        except portaudio.Refused:
            try:
                # PortAudio only knows devices that were there when it was initialised.
                self._audio.close()
                self._audio = portaudio.PortAudio()
                self._open(turn, rate_hz)
            except portaudio.Refused as refused:
                signal.alarm(0)
                fail(self._control, refused.error, str(refused), turn)
                return
        signal.alarm(0)
        tell(self._control, STARTED, turn, time.monotonic_ns())

    def _open(self, turn: int, rate_hz: int) -> None:
        def make(device_hz: int, channels: int, _is_float: bool) -> Playback:  # noqa: FBT001 -- as `MakeCallback` says
            if (device_hz, channels) != (rate_hz, 1):
                load_conversion(self._control)
            self._player = Playback(turn, rate_hz, device_hz, channels, (self._data, self._control, self._done))
            return self._player

        self._calls_seen = self._still = 0
        try:
            self._stream = self._audio.open_output(self._device, rate_hz, make)
        except portaudio.Refused:
            self._player = None
            raise

    def _end(self, how: bytes) -> None:
        if self._player is None:
            return
        turn = self._player.turn
        close(self._stream)
        self._stream = self._player = None
        _drain(self._data)
        _drain_eventfd(self._done)
        tell(self._control, how, turn, time.monotonic_ns())

    def _looks_well(self) -> bool:
        """Look whether callbacks still come; tell the parent if not."""
        if self._player is None or self._player.ended:
            return True
        if not self._stream.is_active():
            fail(
                self._control, "DeviceLost", f"speaker {self._device!r} went away: plug it in again", self._player.turn
            )
            return False
        self._still = self._still + 1 if self._player.calls == self._calls_seen else 0
        self._calls_seen = self._player.calls
        if self._still >= _HUNG_LOOKS:
            fail(self._control, "DeviceHung", f"speaker {self._device!r} takes no more sound", self._player.turn)
            return False
        return True


def _playback_conversion(speech_hz: int, rate_hz: int, channels: int) -> Any:
    from hw import conversion  # noqa: PLC0415 -- as above

    device = conversion.FromSpeech(speech_hz, rate_hz, channels)
    return lambda pcm, last: device.convert(pcm) + (device.flush() if last else b"")


def _read_command(control: int) -> bytes:
    """Return the next command; empty when the parent is gone."""
    try:
        return os.read(control, MESSAGE_BYTES)
    except ConnectionResetError:  # it left events unread
        return b""


def _drain(data: int) -> None:
    try:
        while os.read(data, MESSAGE_BYTES):
            pass
    except BlockingIOError:
        return


def _drain_eventfd(done: int) -> None:
    try:
        os.eventfd_read(done)
    except BlockingIOError:
        return
