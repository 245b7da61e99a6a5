"""A speaker without hardware: it keeps what it is told to play."""

from __future__ import annotations

import threading
import time
import wave
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from hw.api import DeviceBusy, DeviceError, DeviceHung, DeviceLost
from hw.conversion import FromSpeech, scaled

_SAMPLE_BYTES = 2
_SECOND_NS = 1_000_000_000
#: How much may be queued before `write` waits.
_QUEUED_NS = _SECOND_NS


class RecordingSpeaker:
    """Keeps in `spoken` what was heard, or in a WAV file, one stretch of speech after the other; none without sound.

    With `realtime` it takes as long as a real speaker; otherwise speech is heard as soon as it is written. `at_start`
    holds what each `start` raises (None: it succeeds); when it is used up, every `start` succeeds. The WAV file has the
    rate of the first stretch that sounds; it is whole after each stretch.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        realtime: bool = False,
        at_start: Iterable[DeviceError | None] = (),
        name: str = "recording speaker",
    ) -> None:
        self.name = name
        self.volume = 1.0
        #: What was heard of each stretch, 16 bit mono at the rate of its `start`. Stays empty where a file is written.
        self.spoken: list[bytes] = []
        self._path = path
        self._realtime = realtime
        self._at_start = deque(at_start)
        self._error: DeviceLost | DeviceHung | None = None
        self._file: wave.Wave_write | None = None
        self._changed = threading.Condition()
        self._playing = False
        self._cut = False
        self._rate_hz = 0
        self._heard = bytearray()
        self._plays_until_ns = 0
        self._first_sample_ns: int | None = None

    @property
    def first_sample_ns(self) -> int | None:
        """When the first sample since `start` was played, CLOCK_MONOTONIC; None before that."""
        return self._first_sample_ns

    def start(self, rate_hz: int) -> None:
        """Begin a stretch of speech. Raises what `at_start` says, or `DeviceBusy` if the file cannot be written."""
        self.stop()
        error = self._at_start.popleft() if self._at_start else None
        if error is not None:
            raise error
        if self._path is not None and self._file is None:
            _check_place(Path(self._path))
        with self._changed:
            self._rate_hz = rate_hz
            self._first_sample_ns = None
            self._cut = False
            self._playing = True

    def write(self, pcm: bytes) -> None:
        """Play; with `realtime`, wait while more than a second is queued. Raises what `fail_next` said."""
        with self._changed:
            self._raise_error()
            if not self._playing or not pcm:
                return
            now_ns = time.monotonic_ns()
            if self._path is not None and self._file is None:
                self._file = _create(self._path, self._rate_hz)
            if self._first_sample_ns is None:
                self._first_sample_ns = self._plays_until_ns = now_ns
            self._heard += pcm if self.volume == 1 else scaled(pcm, self.volume)
            self._plays_until_ns = max(now_ns, self._plays_until_ns) + self._length_ns(len(pcm))
            if self._realtime:
                self._wait_until(self._plays_until_ns - _QUEUED_NS)

    def finish(self) -> bool:
        """Wait until all has been heard; False if `stop` cut it short. Raises what `fail_next` said."""
        with self._changed:
            if self._realtime:
                self._wait_until(self._plays_until_ns)
            if self._error is None:
                self._keep()
            self._raise_error()
            return not self._cut

    def stop(self) -> None:
        """Cut what has not been heard."""
        with self._changed:
            if not self._playing:
                return
            if self._realtime:
                left = max(0, self._plays_until_ns - time.monotonic_ns()) * self._rate_hz // _SECOND_NS
                del self._heard[max(0, len(self._heard) - left * _SAMPLE_BYTES) :]
            self._cut = True
            self._keep()
            self._changed.notify_all()

    def close(self) -> None:
        """Stop, and close the file."""
        self.stop()
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def fail_next(self, error: DeviceLost | DeviceHung) -> None:
        """Let the next `write` or `finish` raise this; a waiting one raises it at once."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def _length_ns(self, size: int) -> int:
        return size * _SECOND_NS // (_SAMPLE_BYTES * self._rate_hz)

    def _wait_until(self, when_ns: int) -> None:
        """Wait for a moment, for `stop`, or for an error."""
        while self._playing and self._error is None and (left := when_ns - time.monotonic_ns()) > 0:
            self._changed.wait(left / _SECOND_NS)

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            self._keep()
            raise error

    def _keep(self) -> None:
        """End the stretch; put what was heard of it where it belongs."""
        if not self._playing:
            return
        self._playing = False
        heard = bytes(self._heard)
        self._heard.clear()
        if self._file is None:
            if heard:
                self.spoken.append(heard)
            return
        converter = FromSpeech(self._rate_hz, self._file.getframerate(), 1)
        try:
            self._file.writeframes(converter.convert(heard) + converter.flush())
        except OSError as error:
            self._error = DeviceLost(f"{self._path} cannot be written: {error.strerror}; make room")


def _check_place(path: Path) -> None:
    """Raise `DeviceBusy` if no file can be written there; leave none."""
    is_new = not path.exists()
    try:
        path.touch()
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise DeviceBusy(f"{path} cannot be written: {error.strerror}; choose another place") from error


def _create(path: str, rate_hz: int) -> wave.Wave_write:
    try:
        # Tried first, because wave's destructor raises if wave itself cannot open it.
        Path(path).touch()
        file = wave.open(path, "wb")  # noqa: SIM115 -- stays open from stretch to stretch
    except OSError as error:
        raise DeviceLost(f"{path} cannot be written: {error.strerror}; choose another place") from error
    file.setparams((1, _SAMPLE_BYTES, rate_hz, 0, "NONE", ""))
    return file
