"""What is said and heard at the sound devices of `tests.support.pulse`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from hw.api import AudioFrame
from hw.audio_process import CaptureProcess, PlaybackProcess

RATE_HZ = 16_000
#: Bytes of a second.
SECOND = 2 * RATE_HZ
#: Three seconds that are like no others.
NOISE = np.random.default_rng(11).integers(-9_000, 9_000, 3 * RATE_HZ).astype("<i2").tobytes()
#: Longest wait for what must come, seconds.
SOON_S = 10.0


def frames(microphone: CaptureProcess) -> Iterator[AudioFrame]:
    """Give what an open microphone hears, without an end."""
    while True:
        frame = microphone.read(0.2)
        if frame is not None:
            yield frame


def read_until_error(microphone: CaptureProcess) -> None:
    """Read until the microphone raises; TimeoutError if it does not."""
    ends = time.monotonic() + SOON_S
    for _ in frames(microphone):
        if time.monotonic() > ends:
            raise TimeoutError("no error came")


def speak(speaker: PlaybackProcess, pcm: bytes) -> bool:
    """Play to the end; return whether all of it was played."""
    speaker.start(RATE_HZ)
    speaker.write(pcm)
    return speaker.finish()
