"""A second opinion on what is speech. One thread uses a confirmer."""

from __future__ import annotations

from typing import Protocol


class Confirmer(Protocol):
    """One loaded confirmer. A module offers ``SETTINGS`` and ``open(settings) -> Confirmer``.

    `open` raises `DriverMissing` where the library or the model is not there.
    """

    def hear(self, pcm: bytes) -> float:
        """Take the next frame, `FRAME_MS` in `SPEECH_FORMAT`; return how likely the newest sound is speech, 0 to 1."""

    def forget(self) -> None:
        """Take the next frame for the first of another sound."""

    def close(self) -> None:
        """End. It hears nothing more; to close it again does nothing."""
