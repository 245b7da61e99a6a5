"""Our client alone in a process of its own, asked and answering as `tests.support.sdk_peer`: it is measured beside it.

Streaming client and engine as the daemon has them, fed with frames of 20 ms as by the gate; all of the sound is one
utterance, or one for each `utterance_s` of it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

from daemon.board import Board
from daemon.engines import azure
from daemon.events import EndReason, Final, Interim, OutputEvent, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.settings import LanguagesSection
from daemon.streaming import StreamingClient
from daemon.supervisor import Supervisor
from hw.api import FRAME_BYTES, SPEECH_FORMAT

_READY_S = _LONGEST_S = 40.0
_FRAME_S = FRAME_BYTES / SPEECH_FORMAT.bytes_per_second
_TICK_S = 0.02


def tell(event: str, **more: object) -> None:
    """Say what happened, and when."""
    line = json.dumps({"event": event, "at": time.monotonic(), **more}) + "\n"
    sys.stdout.write(line)  # at once: several threads do
    sys.stdout.flush()


class Streamer:
    """The client and what it publishes."""

    def __init__(self, address: str, targets: tuple[str, ...]) -> None:
        languages = LanguagesSection("en-US", targets, "")
        sections = {"languages": {"source": "en-US", "targets": targets}, "engine.azure": {"endpoint": address}}
        self._client = StreamingClient(azure.open(sections), languages, Board(), publish=self._publish)
        self._workers = Supervisor()
        self._pause = threading.Event()

    def run(self, sound: bytes, utterance_bytes: int) -> None:
        """Stream it in real time, and wait for the last final."""
        self._workers.start("streaming", self._client.run, wake=self._client.wake)
        self._until(lambda: self._client.ready is not None, _READY_S)
        tell("session_started")
        due = time.monotonic()
        for number, at in enumerate(range(0, len(sound), utterance_bytes), 1):
            due = self._say(number, sound[at : at + utterance_bytes], due)
        tell("written")
        self._until(lambda: not self._client.outstanding, _LONGEST_S)
        tell("session_stopped")
        self._workers.stop(4.0)

    def _say(self, number: int, pcm: bytes, due: float) -> float:
        self._client.hear(UtteranceBegan(number, time.monotonic_ns(), 0.0))
        for at in range(0, len(pcm), FRAME_BYTES):
            due += _FRAME_S
            self._pause.wait(max(0.0, due - time.monotonic()))
            self._client.hear(UtteranceAudio(number, pcm[at : at + FRAME_BYTES]))
        self._client.hear(UtteranceEnded(number, time.monotonic_ns(), 0.0, EndReason.HANGOVER))
        return due

    def _until(self, condition: Callable[[], bool], within_s: float) -> None:
        ends = time.monotonic() + within_s
        while not condition() and time.monotonic() < ends:
            self._pause.wait(_TICK_S)

    def _publish(self, event: OutputEvent) -> None:
        if isinstance(event, Final):
            tell("recognized", text=event.source)
        elif isinstance(event, Interim):
            tell("recognizing")


def main() -> None:
    """Stream the sound, and end."""
    asked = json.loads(sys.argv[1])
    sound = sys.stdin.buffer.read()
    seconds = asked.get("utterance_s")
    size = round(seconds * SPEECH_FORMAT.bytes_per_second) if seconds else len(sound)
    Streamer(asked["host"], tuple(asked["targets"])).run(sound, size)


if __name__ == "__main__":
    main()
