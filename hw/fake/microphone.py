"""Microphones without hardware: one that hears a file, one that follows a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from hw.api import FRAME_BYTES, FRAME_MS, AudioFrame, DeviceError, DeviceLost, DeviceNotFound
from hw.arriving_audio import ArrivingAudio
from hw.audio_file import STANDARD_INPUT, AudioFileError
from hw.fake.clock import Clock, MonotonicClock

SILENCE = bytes(FRAME_BYTES)
_FRAME_NS = FRAME_MS * 1_000_000
_SECOND_NS = 1_000_000_000
_FOR_EVER_NS = 2**62
#: How long a file is waited for as it is opened, that a bad one is known then; a pipe may have nothing to say yet.
_FIRST_S = 0.5


class FileMicrophone:
    """A microphone that hears an audio file, then silence for ever.

    Frames come on an absolute schedule, `speed` times as fast as real time; a reader that was late catches up, and
    loses nothing. With `loop` the file begins again where it ends. A microphone that is closed and opened again hears
    the file from its beginning.

    The file is opened at once, so that a bad one is known before anything starts: raises `AudioFileError`. A pipe is
    not waited for: while it has nothing to say no frame comes, and it is on time when it goes on.
    """

    def __init__(self, path: str, speed: float = 1.0, *, loop: bool = False, clock: Clock | None = None) -> None:
        if not speed > 0:
            raise ValueError(f"speed {speed} must be more than 0")
        if loop and path == STANDARD_INPUT:
            raise AudioFileError("standard input cannot be repeated: give a file by name")
        self.name = path
        #: Whether the file is over; silence comes since then. Never with `loop`.
        self.ended = False
        self._path = path
        self._loop = loop
        self._period_ns = _FRAME_NS / speed
        self._clock = clock or MonotonicClock()
        self._file: ArrivingAudio | None = None
        #: The first frame, once it was waited for.
        self._first: bytes | None = None
        self._begin()
        self._opened_ns: int | None = None
        self._read = 0

    def open(self) -> None:
        """Start the file. Raises `DeviceNotFound` if it is gone when it is to be heard again."""
        if self._file is None:
            self._rewind()
        self._opened_ns = self._clock.now_ns()
        self._read = 0
        self.ended = False

    def read(self, timeout_s: float) -> AudioFrame | None:
        """Return the next frame when its time has come; None if that is later. Raises `DeviceLost`."""
        if self._opened_ns is None:
            raise DeviceLost(f"{self.name} is not open")
        due_ns = self._opened_ns + round((self._read + 1) * self._period_ns)
        wait_s = (due_ns - self._clock.now_ns()) / _SECOND_NS
        if wait_s > 0:
            self._clock.sleep(min(wait_s, timeout_s))
        if wait_s > timeout_s:
            return None
        pcm = self._next(timeout_s - max(0.0, wait_s))
        if pcm is None:
            self._opened_ns = self._clock.now_ns() - round(self._read * self._period_ns)
            return None
        self._read += 1
        return AudioFrame(pcm, due_ns)

    def close(self) -> None:
        """Give the file back."""
        self._opened_ns = None
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _next(self, timeout_s: float) -> bytes | None:
        if self.ended:
            return SILENCE
        try:
            return self._frame(timeout_s)
        except AudioFileError as error:
            self.close()
            raise DeviceLost(str(error)) from error

    def _frame(self, timeout_s: float) -> bytes | None:
        frame = self._heard(timeout_s)
        if frame == b"" and self._loop:
            self._rewind()
            frame = self._heard(timeout_s)
        self.ended = frame == b""
        return SILENCE if self.ended else frame

    def _heard(self, timeout_s: float) -> bytes | None:
        first, self._first = self._first, None
        return first or (self._file.frame(timeout_s) if self._file else b"")

    def _begin(self) -> None:
        self._file = ArrivingAudio(self._path)
        try:
            self._first = self._file.frame(_FIRST_S)
        except AudioFileError:
            self._file.close()
            self._file = None
            raise

    def _rewind(self) -> None:
        if self._file is not None:
            self._file.close()
        try:
            self._begin()
        except AudioFileError as error:
            self._file = None
            raise DeviceNotFound(f"{error}; put it back") from error


@dataclass(frozen=True, slots=True)
class Overflow:
    """A step of a script: so many samples get lost."""

    samples: int


@dataclass(frozen=True, slots=True)
class Pause:
    """A step of a script: so many seconds pass without a frame."""

    seconds: float


#: One frame's PCM; or what happens instead. An error is raised, and closes the microphone.
Step = bytes | Overflow | Pause | DeviceError


class ScriptedMicrophone:
    """A microphone that does what its script says; when that is over, nothing more comes.

    `at_open` holds what each `open` raises (None: it succeeds); when it is used up, every `open` succeeds. A frame
    takes no time: pace comes from `Pause`.
    """

    def __init__(
        self,
        script: Iterable[Step],
        *,
        at_open: Iterable[DeviceError | None] = (),
        clock: Clock | None = None,
        name: str = "scripted microphone",
    ) -> None:
        self.name = name
        self._script = iter(script)
        self._at_open = deque(at_open)
        self._clock = clock or MonotonicClock()
        self._is_open = False
        self._lost = 0
        self._silent_ns = 0

    def open(self) -> None:
        """Go on with the script."""
        error = self._at_open.popleft() if self._at_open else None
        if error is not None:
            raise error
        self._is_open = True

    def read(self, timeout_s: float) -> AudioFrame | None:
        """Return the next frame, or None after `timeout_s` of silence. Raises what the script says."""
        if not self._is_open:
            raise DeviceLost(f"{self.name} is not open")
        ends_ns = self._clock.now_ns() + round(timeout_s * _SECOND_NS)
        while True:
            if self._pause_lasts(ends_ns):
                return None
            step = next(self._script, None)
            if isinstance(step, bytes):
                lost, self._lost = self._lost, 0
                return AudioFrame(step, self._clock.now_ns(), lost)
            self._act(step)

    def close(self) -> None:
        """Stop where the script is."""
        self._is_open = False

    def _act(self, step: Overflow | Pause | DeviceError | None) -> None:
        if isinstance(step, DeviceError):
            self._is_open = False
            raise step
        if isinstance(step, Overflow):
            self._lost += step.samples
        else:
            self._silent_ns = _FOR_EVER_NS if step is None else round(step.seconds * _SECOND_NS)

    def _pause_lasts(self, ends_ns: int) -> bool:
        """Wait out a pause, until `ends_ns` at most; return whether it goes on after that."""
        if not self._silent_ns:
            return False
        wait_ns = min(self._silent_ns, max(0, ends_ns - self._clock.now_ns()))
        self._clock.sleep(wait_ns / _SECOND_NS)
        self._silent_ns -= wait_ns
        return self._silent_ns > 0
