"""The synthesis worker: one request after the other, passed on block by block as it is made."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from daemon.drivers import DriverMissing
from daemon.engines.on_device.progress import Progress
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.figures.spoken import spoken
from daemon.mailbox import Mailbox, Overflow
from daemon.synthesizers.base import SynthesisFailed, Synthesizer

_LOG = logging.getLogger(__name__)

_NAME = "synthesis"
#: From one block to the next.
_BLOCK_LIMIT_S = 15.0
_CAPACITY = 8
#: Of a block that holds no sound, where there is no synthesizer.
_ANY_RATE_HZ = 16_000


class SynthesisWorker:
    """See the module. `speak` and `hush` may be called by any thread."""

    def __init__(
        self, open_synthesizer: Callable[[], Synthesizer], say: Callable[[SynthesizedSpeech], None], progress: Progress
    ) -> None:
        self._open_synthesizer = open_synthesizer
        self._say = say
        self._progress = progress
        self._synthesizer: Synthesizer | None = None
        self._missing = ""
        self._lock = threading.Lock()
        #: Requests that are not over → whether they still are to be heard.
        self._audible: dict[str, bool] = {}
        self._requests: Mailbox[SpeechRequest] = Mailbox(_NAME, _CAPACITY, Overflow.REFUSE)

    @property
    def speaks(self) -> tuple[str, ...]:
        """Languages that it speaks; none before `load`."""
        return self._synthesizer.languages if self._synthesizer else ()

    def load(self) -> None:
        """Open the synthesizer. Without one, requests are answered with what to install."""
        try:
            with self._progress.job(_NAME, _BLOCK_LIMIT_S):
                self._synthesizer = self._open_synthesizer()
        except DriverMissing as error:
            _LOG.warning("no speech: %s", error)
            self._missing = str(error)

    def speak(self, request: SpeechRequest) -> None:
        """Queue a request."""
        with self._lock:
            self._audible[request.id] = True
        if not self._requests.put(request):
            self._end(request, "too many requests wait to be spoken")

    def hush(self, request: str) -> None:
        """Stop it, whether it waits or is being spoken."""
        with self._lock:
            if request in self._audible:
                self._audible[request] = False

    def run(self) -> None:
        """Work until closed."""
        while (request := self._requests.get()) is not None:
            self._end(request, self._speak(request) if self._is_audible(request.id) else "")
        if self._synthesizer is not None:
            self._synthesizer.close()

    def close(self) -> None:
        """Have it end; does not wait."""
        self._requests.close()
        with self._lock:
            self._audible = dict.fromkeys(self._audible, False)

    def _speak(self, request: SpeechRequest) -> str:
        """Speak; return the error's text, empty if there is none."""
        synthesizer = self._synthesizer
        if synthesizer is None:
            return self._missing

        def pass_on(pcm: bytes) -> bool:
            self._progress.allow(_NAME, _BLOCK_LIMIT_S)
            audible = self._is_audible(request.id)
            if audible:
                self._say(SynthesizedSpeech(request.id, request.lang, pcm, synthesizer.rate_hz))
            return audible

        with self._progress.job(_NAME, _BLOCK_LIMIT_S):
            try:
                synthesizer.speak(request.lang, spoken(request.text, request.lang), pass_on)
            except SynthesisFailed as error:
                return str(error)
        return ""

    def _is_audible(self, request: str) -> bool:
        with self._lock:
            return self._audible.get(request, False)

    def _end(self, request: SpeechRequest, error: str) -> None:
        with self._lock:
            self._audible.pop(request.id, None)
        rate_hz = self._synthesizer.rate_hz if self._synthesizer else _ANY_RATE_HZ
        self._say(SynthesizedSpeech(request.id, request.lang, b"", rate_hz, last=True, error=error))
