"""Capture, in a child process of `hw.audio_process`.

The callback sends the frames itself, so that a buffer wakes this process once.
"""

from __future__ import annotations

import math
import os
import select
import signal
import time
from array import array
from collections import deque
from collections.abc import Callable
from typing import Any

from hw import portaudio
from hw.audio_wire import (
    BELIEVED_S,
    CLIPPED,
    EVENT,
    FRAME,
    LOAD_S,
    LOOK_MS,
    OPENED,
    close,
    fail,
    load_conversion,
    ready,
    tell,
)

#: Returns the frames that are full now, each with the age of its last sample in nanoseconds, and whether the device's
#: own samples were at full scale.
Convert = Callable[[bytes], tuple[list[tuple[bytes, int]], bool]]

#: A mean of 16-bit samples that is an offset of the converter, and no sound, if it is surely not by chance: a larger
#: one would hide quiet speech from the gate. Below the second it is gone.
_OFFSET, _NO_OFFSET = 4, 2
#: Surely: so many times as far from zero as buffers are from their mean, over the root of their number.
_SURELY = 4.0
#: Samples from here on are cut, or as good as.
_LOUDEST, _MOST = 32_760, 32_767
#: `hw.api.FRAME_BYTES`, and what one byte lasts; that module is not loaded here.
_FRAME_BYTES, _NS_PER_BYTE = 640, 31_250
#: Buffers whose mean is known, four seconds; of the first, the mean is that of them all.
_BUFFERS = 100
#: So many in a row that are much nearer to one another than to that mean are of another offset: one that settles, as
#: after a microphone was plugged in, or has gone. Much: so many times; and no nearer to it than such a part of what
#: buffers mostly are.
_ROW, _MUCH, _PART = 5, 3.0, 0.5


class Offset:
    """Takes a converter's constant offset from 16-bit mono sound. Sound without one passes through untouched.

    Plain Python, because the child that needs it least, with a device that has the format of speech, loads no numpy.
    """

    def __init__(self) -> None:
        self._mean = 0.0
        #: How far the mean of a buffer is from that, on average: by little in silence, by much where somebody speaks.
        self._spread = 0.0
        self._buffers = 0
        self._last: deque[float] = deque(maxlen=_ROW)
        self._found = False
        #: The sound that is looked at, made once.
        self._samples = array("h")
        #: Whether the last sound was at full scale before its offset went; without one, that can be seen in itself.
        self.clipped = False

    def removed(self, pcm: bytes) -> bytes:
        """Return the sound around zero. Exact zeros are no sound, and have no offset: they stay what they are."""
        self.clipped = False
        if pcm == bytes(len(pcm)):  # twenty times as fast as any()
            return pcm
        if len(self._samples) * 2 != len(pcm):
            self._samples = array("h", pcm)
        samples = self._samples
        memoryview(samples).cast("B")[:] = pcm
        self._note(sum(samples) / len(samples))
        if not self._found:
            return pcm
        highest, lowest, offset = max(samples), min(samples), round(self._mean)
        self.clipped = highest >= _LOUDEST or lowest <= -_LOUDEST
        if highest - offset > _MOST or lowest - offset < -_MOST:
            for place, sample in enumerate(samples):
                samples[place] = max(-_MOST, min(_MOST, sample - offset))
        else:  # thrice as fast
            for place, sample in enumerate(samples):
                samples[place] = sample - offset
        return samples.tobytes()

    def _note(self, mean: float) -> None:
        """Take note of a buffer's mean."""
        self._last.append(mean)
        self._look()
        self._buffers = min(self._buffers + 1, _BUFFERS)
        away = mean - self._mean
        self._spread += (abs(away) - self._spread) / self._buffers
        self._mean += away / self._buffers
        chance = _SURELY * self._spread / math.sqrt(self._buffers)
        self._found = abs(self._mean) > (_NO_OFFSET if self._found else max(_OFFSET, chance))

    def _look(self) -> None:
        """Begin the mean anew, with the last buffers, where those are of another offset."""
        lowest, highest = min(self._last), max(self._last)
        away = max(lowest - self._mean, self._mean - highest)
        if len(self._last) == _ROW and away > max(_NO_OFFSET, _MUCH * (highest - lowest), _PART * self._spread):
            self._mean, self._spread, self._buffers = sum(self._last) / _ROW, away, _ROW - 1
            self._found = False


class Capture:
    """Capture's callback: sends frames to the parent, and counts those that it cannot.

    `convert` turns what the device gives into frames; None: it gives frames of 16 kHz mono 16 bit itself.
    """

    def __init__(self, channel: int, rate_hz: int, convert: Convert | None) -> None:
        self._channel = channel
        self._rate_hz = rate_hz
        self._lost = 0
        self._clipped = False
        self._last_ns = 0
        self._sent_ns = 0
        self._convert = convert
        self._offset = Offset()

    def __call__(self, data: bytes, count: int, times: Any, status: int) -> tuple[None, int]:
        """Take the device's samples. Never waits."""
        now_ns = time.monotonic_ns() - _delay_ns(times, count / self._rate_hz)
        if status & portaudio.INPUT_OVERFLOWED:
            self._lost += self._missed(now_ns, count)
        self._last_ns = now_ns
        try:
            if self._convert is None:
                pcm = self._offset.removed(data)
                self._clipped |= self._offset.clipped
                self._send_all(pcm, now_ns)
            else:
                frames, clipped = self._convert(data)
                self._clipped |= clipped
                for frame, age_ns in frames:
                    self._send(frame, now_ns - age_ns)
        except OSError:
            return None, portaudio.COMPLETE  # the parent is gone
        return None, portaudio.CONTINUE

    def _send_all(self, pcm: bytes, captured_ns: int) -> None:
        """Send sound frame by frame; its last sample was captured then."""
        for end in range(_FRAME_BYTES, len(pcm) + 1, _FRAME_BYTES):
            self._send(pcm[end - _FRAME_BYTES : end], captured_ns - (len(pcm) - end) * _NS_PER_BYTE)

    def _send(self, frame: bytes, captured_ns: int) -> None:
        # A callback that came late must not make time run backwards.
        self._sent_ns = max(captured_ns, self._sent_ns)
        try:
            kind = CLIPPED if self._clipped else FRAME
            os.writev(self._channel, (EVENT.pack(kind, self._lost, self._sent_ns), frame))
            self._lost, self._clipped = 0, False
        except BlockingIOError:
            self._lost += len(frame) // 2

    def _missed(self, now_ns: int, count: int) -> int:
        """Return how many samples of 16 kHz are missing, by the clock: PortAudio only says that some are."""
        elapsed_s = (now_ns - self._last_ns) / 1e9 if self._last_ns else 0.0
        return max(1, round((elapsed_s - count / self._rate_hz) * 16_000))


def capture(channel: int, device: str, gain_db: float, wanted: int | None) -> int:
    """Send frames until the parent closes its end, or the device is lost. `wanted`: the channel; None: all mixed."""

    def make(rate_hz: int, channels: int, is_float: bool) -> Capture:  # noqa: FBT001 -- as `MakeCallback` says
        if not is_float:
            return Capture(channel, rate_hz, None)
        load_conversion(channel)
        return Capture(channel, rate_hz, conversion(rate_hz, channels, gain_db, wanted))

    os.set_blocking(channel, False)
    signal.alarm(LOAD_S)
    try:
        audio = portaudio.PortAudio()
        ready(channel)
        stream = audio.open_input(device, make, floats=gain_db != 0, channel=wanted)
    except portaudio.Refused as refused:
        fail(channel, refused.error, str(refused))
        return 1
    signal.alarm(0)
    tell(channel, OPENED, 0, time.monotonic_ns())
    parent = select.poll()
    parent.register(channel, select.POLLIN)
    while not parent.poll(LOOK_MS):
        if not stream.is_active():
            fail(channel, "DeviceLost", f"microphone {device!r} went away: plug it in again")
            return 1
    close(stream)
    return 0


def conversion(rate_hz: int, channels: int, gain_db: float, wanted: int | None) -> Convert:
    """Return what turns floats of a device into frames."""
    from hw.conversion import Framer, SampleType, ToSpeech  # noqa: PLC0415 -- numpy and soxr only where they are needed

    channel = None if wanted is None else min(wanted, channels - 1)
    speech = ToSpeech(rate_hz, channels, SampleType.FLOAT32, gain_db, channel, steady=True)
    framer = Framer()

    def convert(data: bytes) -> tuple[list[tuple[bytes, int]], bool]:
        frames = list(framer.push(speech.convert(data)))
        behind = framer.pending_samples + speech.pending_samples
        samples = [behind + 320 * (len(frames) - 1 - number) for number in range(len(frames))]
        ages = [age * 1_000_000_000 // 16_000 for age in samples]
        return list(zip(frames, ages, strict=True)), speech.clipped

    return convert


def _delay_ns(times: Any, length_s: float) -> int:
    """Return how long ago the last sample of a buffer was captured, where the device's own time can be believed.

    Some ALSA plug-ins give a time for the first sample that is less than the buffer's length ago.
    """
    delay_s = times["current_time"] - times["input_buffer_adc_time"] - length_s
    return round(delay_s * 1e9) if 0 < delay_s < BELIEVED_S else 0
