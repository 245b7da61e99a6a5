"""The contract between the daemon and the things that can be touched.

Errors::

    DeviceError
    ├── DeviceNotFound   no device of that name (yet): try again later
    ├── DeviceBusy       somebody else has it, or no permission: try again later
    │   └── DeviceLate   it takes its time: try again now, it goes on from where it is
    ├── DeviceLost       it was there and went away: reopen by name
    └── DeviceHung       it is there and answers no more: it has been abandoned, reopen by name

Once constructed, drivers raise these alone; ``close`` never raises, takes two seconds at most, may be called twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class DeviceError(Exception):
    """A device did not do what was asked. The text names the device and says what to do."""


class DeviceNotFound(DeviceError):
    """No device of that name."""


class DeviceBusy(DeviceError):
    """The device is there but cannot be opened: in use, or not permitted."""


class DeviceLate(DeviceBusy):
    """It has not opened yet, but may: a slow board loads what it needs."""


class DeviceLost(DeviceError):
    """The device went away while it was in use."""


class DeviceHung(DeviceError):
    """The device stopped answering and was abandoned."""


PATIENCE_S = 20.0


def patiently(open_device: Callable[[], None]) -> None:
    """Open a device, be it late, within `PATIENCE_S`, where there is nothing else to do. Raises as it does."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            return open_device()
        except DeviceLate:
            if time.monotonic() >= ends:
                raise


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Linear PCM, little-endian, interleaved."""

    rate_hz: int = 16_000
    channels: int = 1
    sample_bytes: int = 2

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second of audio."""
        return self.rate_hz * self.channels * self.sample_bytes


#: What the whole daemon works with: 16 kHz, mono, signed 16 bit.
SPEECH_FORMAT = AudioFormat()
#: Length of one `AudioFrame`.
FRAME_MS = 20
#: Bytes of one `AudioFrame` in `SPEECH_FORMAT`.
FRAME_BYTES = SPEECH_FORMAT.bytes_per_second * FRAME_MS // 1000


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Twenty milliseconds of sound in `SPEECH_FORMAT`."""

    pcm: bytes
    #: When its last sample was captured, CLOCK_MONOTONIC, nanoseconds.
    captured_ns: int
    #: Samples that were lost (overflow, device away) between the frame before and this one.
    lost_before: int = 0
    #: Whether the device's own samples touched full scale since the frame before, in any channel that is heard.
    clipped: bool = False


@dataclass(frozen=True, slots=True)
class CaptionLine:
    """One language of a caption."""

    lang: str
    text: str
    #: The first so many code points of `text` will not change while the utterance is open.
    stable: int
    #: Where words stand that may have been misheard: first code point and the one behind the last. They hold for a
    #: `text` without anything to clean; a panel with one kind of writing passes over them.
    unsure: tuple[tuple[int, int], ...] = ()
    #: Whether the text as a whole may well be wrong; every panel says so.
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """What a display is to show now, whole: what was said, its translations, and how the device is."""

    source: CaptionLine | None = None
    translations: tuple[CaptionLine, ...] = ()
    #: Whether the utterance is over and the texts will not change any more.
    final: bool = True
    #: One short line: listening, speaking, muted, or what is wrong.
    status: str = ""
    #: Which page of texts that are longer than the screen, from 0; None: their newest part.
    page: int | None = None


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A button, a key of a panel or a place to touch went down or came up."""

    #: What the driver calls it: ``button``, ``enter``, ``0.3``.
    key: str
    down: bool


class Signal(StrEnum):
    """What a light can say."""

    OFF = "off"
    WAITING = "waiting"  # for a key to be held: until then nothing is heard
    LISTENING = "listening"
    HEARING = "hearing"
    SPEAKING = "speaking"
    MUTED = "muted"
    FAULT = "fault"


class Microphone(Protocol):
    """A source of `AudioFrame`. One thread uses it."""

    #: What a person calls it; for messages.
    name: str

    def open(self) -> None:
        """Start capture. Raises `DeviceNotFound`, `DeviceBusy`, or `DeviceHung` if what hung has not let go yet."""

    def read(self, timeout_s: float) -> AudioFrame | None:
        """Return the next frame, None if none came in time. Raises `DeviceLost` or `DeviceHung`, and is closed then."""

    def close(self) -> None:
        """Stop capture and give the device back."""


class Speaker(Protocol):
    """A sink for one stretch of speech at a time. One thread uses it, but `stop` may come from any."""

    name: str
    #: Factor from 0 to 1 for the samples that are written from now on.
    volume: float

    def start(self, rate_hz: int) -> None:
        """Get ready for 16-bit mono speech of that rate. Raises as a microphone's `open`, within 2.5 s."""

    def write(self, pcm: bytes) -> None:
        """Queue samples, none after `stop`; waits while a second is queued. Raises `DeviceLost` or `DeviceHung`."""

    def finish(self) -> bool:
        """Wait until the last sample has been heard; False if `stop` cut it short. Raises as `write`."""

    def stop(self) -> None:
        """Silence within 100 ms: forget what is queued. Does nothing when nothing plays."""

    @property
    def first_sample_ns(self) -> int | None:
        """When the first sample since `start` was handed to the device, CLOCK_MONOTONIC; None before that."""

    def close(self) -> None:
        """Give the device back."""


class Panel(Protocol):
    """What a display wants: a `Caption` in, the bytes that bring the screen from what it shows to this one out.

    Pure: no clock, no I/O. The module of a panel is its name in the settings.
    """

    #: Characters in a line and lines on the screen (of one text, where texts have places of their own).
    columns: int
    rows: int
    #: Translations that have room on it.
    places: int
    #: Backlight, percent; may be set at any time, and `show` sends it. Without effect on a panel that has none.
    brightness: int
    #: Characters of the caption shown last that the panel lacks; others stand in their places.
    replaced: int
    #: Bytes heard so far that are not the panel's protocol.
    ignored: int
    #: How often the panel has said so far that it does not take what it was sent.
    refused: int
    #: Whether it was sent something that it answers, and has not done so yet; never where it answers nothing.
    unanswered: bool

    def reset(self) -> bytes:
        """Forget what is on the screen; return the bytes that make it ready."""

    def show(self, caption: Caption, limit: int | None = None) -> bytes:
        """Return what must be sent for this caption to be on the screen; empty if it is, or an answer must come first.

        With a `limit`, at most so many bytes of it, or else its first indivisible piece. The next call, be it for
        the same or a newer caption, goes on from what has been returned.
        """

    def refresh(self) -> None:
        """Have `show` send all of it again, what is newer first, without emptying the screen: it may be lost."""

    def check(self) -> None:
        """Do what a panel needs that may have lost its power, the port being open; `show` sends it. Once a minute."""

    def pages(self, caption: Caption) -> int:
        """Return how many pages the caption's texts fill."""

    def hear(self, data: bytes) -> list[KeyEvent]:
        """Take what the panel sent, in pieces of any length; return what its keys did. Garbage is counted."""

    def can_show(self, lang: str) -> bool:
        """Tell whether the panel has the characters that a language (BCP 47) is written in, accents apart."""

    def shows_source(self, translations: int) -> bool:
        """Tell whether what was said has room beside so many translations."""


class Button(Protocol):
    """Something to press."""

    name: str

    def open(self, changed: Callable[[KeyEvent], None]) -> None:
        """Call `changed`, in a thread of the driver's, from now on. Raises `DeviceNotFound` or `DeviceBusy`."""

    def close(self) -> None:
        """Give it back."""


class Light(Protocol):
    """A lamp, or a lamp of several colours. One thread uses it."""

    name: str

    def open(self) -> None:
        """Take it, dark. Raises `DeviceNotFound` or `DeviceBusy`."""

    def show(self, signal: Signal) -> None:
        """Look like this from now on. Never waits."""

    def close(self) -> None:
        """Put it out and give it back."""


class Link(Protocol):
    """How bytes travel to a display. One thread uses it."""

    name: str

    def open(self) -> None:
        """Open the port. Raises `DeviceNotFound` or `DeviceBusy`."""

    def write(self, data: bytes) -> None:
        """Send all of it. Raises `DeviceLost`, or `DeviceHung` when the other end does not read."""

    def read(self) -> bytes:
        """Return what has arrived, without waiting. Raises `DeviceLost`."""

    def wait(self, timeout_s: float, wake_fd: int) -> None:
        """Return when something has arrived, `wake_fd` can be read, or it took so long. Raises `DeviceLost`."""

    def close(self) -> None:
        """Give the port back."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device as `dragoman devices` lists it."""

    #: What goes into the settings: stable over reboots.
    name: str
    #: ``microphone``, ``speaker`` or ``serial``.
    kind: str
    #: What a person recognizes it by.
    description: str
    #: Other names that mean the same device.
    aliases: tuple[str, ...] = field(default=())
