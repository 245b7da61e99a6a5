"""The frames of an audio file or a pipe, for whoever cannot wait for them."""

from __future__ import annotations

import logging
import math
import os
import select
import time

from hw.audio_file import Pieces, open_source, opened, said_name

_LOG = logging.getLogger(__name__)
#: A pipe that gives more and more, and no frame, is left so long after it should have, seconds.
_LATE_S = 0.5


class ArrivingAudio:
    """What `hw.audio_file.open_audio` opens; a pipe may lack its header yet, or somebody who writes to it."""

    def __init__(self, path: str) -> None:
        self._source = open_source(path, os.O_NONBLOCK)
        self._ready = select.poll()
        self._ready.register(self._source, select.POLLIN)
        #: Whether the next step reads, which may wait.
        self._reads = False
        self._steps = self._frames(said_name(path))

    def frame(self, timeout_s: float) -> bytes | None:
        """Return the next frame; None if it has not come by then, empty at the end. Raises `AudioFileError`."""
        ends = time.monotonic() + timeout_s
        while (left_s := ends - time.monotonic()) > -_LATE_S:
            if self._reads and not self._ready.poll(math.ceil(max(0.0, left_s) * 1000)):
                break
            frame = next(self._steps, b"")
            self._reads = frame is None
            if frame is not None:
                return frame
        return None

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._steps.close()
        self._source.close()

    def _frames(self, name: str) -> Pieces:
        audio = yield from opened(self._source, name)
        with audio:
            yield from audio.steps()
            if audio.damage:
                _LOG.warning("%s", audio.damage)
