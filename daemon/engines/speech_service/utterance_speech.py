"""Speech that comes with an utterance's translation: kept for a moment until the daemon asks for it, or passed on.

The service synthesizes a translation as soon as it has it. The request to speak it, ``u<utterance>``, follows the
final; what has come by then goes out at once, the rest as it arrives.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.speech_blocks import SpeechBlocks
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.language_tags import base
from daemon.wire.errors import WireError

#: Utterances whose speech is kept, and how much of one: two minutes at 24 kHz.
_KEPT = 4
_MOST_BYTES = 6_000_000


@dataclass(slots=True)
class _Speech:
    """One utterance's."""

    lang: str
    blocks: SpeechBlocks = field(default_factory=SpeechBlocks)
    #: Samples that nobody has asked for yet.
    waiting: bytearray = field(default_factory=bytearray)
    #: The final translation; None until it is there.
    text: str | None = None
    over: bool = False
    error: str = ""
    any_sound: bool = False
    request: SpeechRequest | None = None


class UtteranceSpeech:
    """See the module. `synthesize` gets requests whose speech did not come after all. One thread uses it."""

    def __init__(
        self,
        say: Callable[[SynthesizedSpeech], None],
        synthesize: Callable[[SpeechRequest], None],
        oddities: Oddities,
    ) -> None:
        self._say = say
        self._synthesize = synthesize
        self._oddities = oddities
        self._known: OrderedDict[int, _Speech] = OrderedDict()

    def expect(self, utterance: int, lang: str) -> None:
        """Keep what will come with the utterance in that language."""
        self.end(utterance)
        self._known[utterance] = _Speech(lang)
        self._known.move_to_end(utterance)
        while len(self._known) > _KEPT:
            self.end(next(iter(self._known)))
            self._known.popitem(last=False)

    def translated(self, utterance: int, lang: str, text: str) -> None:
        """Take note of a final translation: of its own language it is what the speech says."""
        known = self._known.get(utterance)
        if known is not None and known.lang == lang:
            known.text = text

    def piece(self, utterance: int, data: bytes) -> None:
        """Take a piece of speech."""
        known = self._known.get(utterance)
        if known is None or known.over:
            return
        try:
            pcm = known.blocks.feed(data)
        except WireError as error:
            self._oddities.note(error.code, str(error))
            known.error = str(error)
            self.end(utterance)
            return
        known.any_sound = known.any_sound or bool(pcm)
        if known.request is not None:
            self._pass_on(known, pcm)
        elif len(known.waiting) < _MOST_BYTES:
            known.waiting += pcm

    def failed(self, utterance: int, error: str) -> None:
        """Take note that a part of it could not be synthesized."""
        known = self._known.get(utterance)
        if known is not None:
            known.error = error

    def end(self, utterance: int) -> None:
        """Take note that no more comes."""
        known = self._known.get(utterance)
        if known is None or known.over:
            return
        known.over = True
        if known.request is not None:
            self._finish(known)

    def speak(self, request: SpeechRequest) -> bool:
        """Answer a request by what has come, or comes, with its utterance; False if that is not what it says."""
        known = self._known.get(_utterance_of(request))
        fits = known is not None and base(known.lang) == base(request.lang) and known.text == request.text
        if known is None or not fits or known.request is not None or (known.over and not known.any_sound):
            return False
        known.request = request
        self._pass_on(known, bytes(known.waiting))
        known.waiting.clear()
        if known.over:
            self._finish(known)
        return True

    def hush(self, request_id: str) -> bool:
        """Stop answering; False if it is none of these."""
        for known in self._known.values():
            if known.request is not None and known.request.id == request_id:
                known.error, known.any_sound = "", True
                self._finish(known)
                return True
        return False

    def _finish(self, known: _Speech) -> None:
        request, known.request = known.request, None
        if request is None:
            return
        if not known.any_sound:
            self._synthesize(request)
            return
        known.over = True
        self._say(SynthesizedSpeech(request.id, request.lang, b"", known.blocks.rate_hz, last=True, error=known.error))

    def _pass_on(self, known: _Speech, pcm: bytes) -> None:
        if known.request is not None and pcm:
            self._say(SynthesizedSpeech(known.request.id, known.request.lang, pcm, known.blocks.rate_hz))


def _utterance_of(request: SpeechRequest) -> int:
    number = request.id.removeprefix("u")
    return int(number) if number.isascii() and number.isdecimal() and number != request.id else 0
