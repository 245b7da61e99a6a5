"""The speech output: plays synthesized speech when nobody speaks, one text after the other, as it is made.

It takes the word from `Speaking` before the first sample, when the speaker is open, and gives it back after the last
one, so the gate is deaf for just as long. A speaker that is busy, absent or breaks costs that text its voice, and
nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from daemon.board import Board, PartState
from daemon.echo_guard import EchoGuard
from daemon.events import Final, Notice, OutputEvent, SpeechCut, SynthesizedSpeech, speech_of
from daemon.settings import SpeakerSection
from daemon.speaking import Speaking
from daemon.supervisor import Pulse
from hw.api import DeviceBusy, DeviceError, DeviceLate, DeviceNotFound, Speaker

#: Texts that wait to be spoken; more, and the oldest goes.
_WAITING = 4
#: Finals whose speech may still come.
_REMEMBERED = 16
#: Synthesized sound of one text that waits to be played, seconds; what comes beyond is not spoken, nor what follows it.
_SOUND_S = 120.0
_TOO_LONG = "too_long"
#: How long synthesis may keep a playing text waiting.
_BLOCK_S = 5.0
_IDLE_S = 0.5
#: A speaker that could not be had is looked for again after so long, if nothing is spoken before, seconds.
_AGAIN_S = 30.0
#: Rate at which it is looked whether there is a speaker.
_LOOK_HZ = 16_000
_STATES = {DeviceNotFound: PartState.ABSENT, DeviceBusy: PartState.BUSY, DeviceLate: PartState.BUSY}


class _Speech:
    """One text's sound on its way from the synthesizer to the speaker."""

    def __init__(self, request: str, lang: str, asked_ns: int) -> None:
        self.id = request
        self.lang = lang
        self.asked_ns = asked_ns
        self.rate_hz = 0
        self.error = ""
        self.complete = False
        #: Why it is to be spoken no further; empty while it is.
        self.cut = ""
        self._blocks: deque[bytes] = deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def add(self, block: SynthesizedSpeech) -> None:
        with self._changed:
            self.rate_hz = block.rate_hz
            self.error = self.error or block.error
            if block.pcm and not self.complete and not self.cut:
                self._keep(block.pcm)
            self.complete = self.complete or block.last
            self._changed.notify_all()

    def _keep(self, pcm: bytes) -> None:
        if self._bytes < 2 * self.rate_hz * _SOUND_S:
            self._blocks.append(pcm)
            self._bytes += len(pcm)
        else:
            self.error, self.complete = self.error or _TOO_LONG, True

    def stop(self, why: str) -> None:
        with self._changed:
            self.cut = self.cut or why
            self._blocks.clear()
            self._changed.notify_all()

    def next_block(self) -> bytes | None:
        """Return the next block; None at the end, when cut, or when synthesis keeps it waiting too long."""
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self.complete or self.cut, _BLOCK_S)
            if self._blocks:
                block = self._blocks.popleft()
                self._bytes -= len(block)
                return block
            if not self.complete and not self.cut:
                self.error = f"the synthesizer gave nothing for {_BLOCK_S:.0f} s"
            return None


class SpeechOutput:
    """See the module. `announce` is told of each `speech_finished`, `cut` of what need not be synthesized further."""

    def __init__(
        self,
        speaker: Speaker,
        settings: SpeakerSection,
        speaking: Speaking,
        board: Board,
        *,
        announce: Callable[[OutputEvent], None],
        cut: Callable[[SpeechCut], None] = lambda _cut: None,
        echoes: EchoGuard | None = None,
    ) -> None:
        self._speaker = speaker
        self._settings = settings
        self._speaking = speaking
        self._board = board
        self._announce = announce
        self._cut = cut
        self._echoes = echoes or EchoGuard()
        #: When it was last tried whether there is a speaker, and whether there was.
        self._tried_s = -_AGAIN_S
        self._is_well = False
        self._changed = threading.Condition()
        #: Held, before any other, while what is played is cut, and to say that it is over: else the next might be cut.
        self._cutting = threading.Lock()
        self._waiting: deque[_Speech] = deque()
        self._streams: dict[str, _Speech] = {}
        #: When the last finals were given, by the id of their speech.
        self._asked_ns: deque[tuple[str, int]] = deque(maxlen=_REMEMBERED)
        self._playing: _Speech | None = None
        self._woken = False

    # ------------------------------------------------------------ called by other threads

    def offer(self, event: OutputEvent) -> None:
        """Take synthesized speech, and the finals it belongs to (they start the clock)."""
        if isinstance(event, Final):
            with self._changed:
                self._asked_ns.append((speech_of(event.utterance), event.given_ns))
        elif isinstance(event, SynthesizedSpeech):
            self._take(event)

    def adjust(self, settings: SpeakerSection) -> None:
        """Use other settings from the next text on."""
        self._settings = settings

    def stop_speaking(self) -> None:
        """Be silent now, and forget what waits and what is being made."""
        with self._cutting:
            with self._changed:
                forgotten = list(self._waiting)
                self._waiting.clear()
                if self._playing is not None:
                    self._playing.stop("stopped")
            self._speaker.stop()
        self._cut(SpeechCut())
        for speech in forgotten:
            speech.stop("stopped")
            self._finished(speech, spoken=False, reason="stopped")

    def interrupt(self) -> None:
        """Be silent now, because a person speaks, if the settings say so. What waits goes on waiting."""
        if not self._settings.barge_in:
            return
        with self._cutting:
            playing = self._playing
            if playing is None:
                return
            playing.stop("interrupted")
            self._speaker.stop()
        self._cut(SpeechCut(playing.id))

    @property
    def busy(self) -> bool:
        """Whether something is being spoken or waits to be."""
        with self._changed:
            return bool(self._waiting) or self._playing is not None

    def wake(self) -> None:
        """End what the worker waits for, for its stop."""
        self.stop_speaking()
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    # ------------------------------------------------------------ the worker

    def run(self, pulse: Pulse) -> None:
        """Speak until stopped."""
        # What a worker that died has left behind: it closed the speaker, and plays nothing any more.
        with self._changed:
            self._playing = None
        self._is_well, self._tried_s = False, -_AGAIN_S
        try:
            while pulse.beat():
                if not self._is_well and time.monotonic() - self._tried_s >= _AGAIN_S:
                    self._try()
                speech = self._next()
                if speech is not None:
                    self._speak(speech, pulse)
        finally:
            self._speaker.close()

    def _take(self, block: SynthesizedSpeech) -> None:
        dropped = None
        with self._changed:
            stream = self._streams.get(block.id)
            if stream is None:
                stream = _Speech(block.id, block.lang, dict(self._asked_ns).get(block.id, time.monotonic_ns()))
                self._streams[block.id] = stream
                dropped = self._waiting.popleft() if len(self._waiting) >= _WAITING else None
                self._waiting.append(stream)
            stream.add(block)
            if block.last:
                del self._streams[block.id]
            self._changed.notify_all()
        if dropped is not None:
            dropped.stop("too_many")
            self._cut(SpeechCut(dropped.id))
            self._finished(dropped, spoken=False, reason="too_many")

    def _next(self) -> _Speech | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._woken, _IDLE_S)
            self._woken = False
            if not self._waiting:
                return None
            self._playing = self._waiting.popleft()
            return self._playing

    def _speak(self, speech: _Speech, pulse: Pulse) -> None:
        block = speech.next_block()
        if block is None:
            self._done(speech, spoken=False, reason=speech.cut or speech.error or "nothing to say")
            return
        self._done(speech, *self._play(speech, block, pulse))

    def _play(self, speech: _Speech, block: bytes, pulse: Pulse) -> tuple[bool, str]:
        """Open the speaker, wait for the word, speak: the gate is not deaf for a speaker that cannot be had."""
        try:
            if not self._is_well:
                self._look()
            self._speaker.volume = self._settings.volume
            self._speaker.start(speech.rate_hz)
            if not self._speaking.take(self._settings.max_wait_s, lambda: bool(speech.cut) or not pulse.beat()):
                self._speaker.stop()
                return False, speech.cut or "stopped"
            heard = self._sound(speech, block)
        except DeviceError as error:
            speech.stop("the speaker failed")
            self._cut(SpeechCut(speech.id))
            return False, self._broken(error)
        return heard, speech.error if heard else speech.cut or "stopped"

    def _sound(self, speech: _Speech, first: bytes) -> bool:
        """Have the word until the last sample was heard; return whether it was."""
        block: bytes | None = first
        self._echoes.began(speech.id)
        try:
            while block is not None and not speech.cut:
                self._speaker.write(block)
                block = speech.next_block()
            return self._speaker.finish() and not speech.cut
        finally:
            self._echoes.ended(speech.id)
            self._speaking.give_back(self._settings.tail_s)

    def _try(self) -> None:
        try:
            self._look()
        except DeviceError as error:
            self._broken(error)

    def _look(self) -> None:
        """Play a moment of silence: only a speaker that has been opened, and takes sound, is known to be there."""
        self._speaker.start(_LOOK_HZ)
        self._speaker.finish()
        self._well()

    def _done(self, speech: _Speech, spoken: bool, reason: str) -> None:  # noqa: FBT001 -- a pair, as `_play` gives it
        with self._cutting, self._changed:
            self._playing = None
        first_ns = self._speaker.first_sample_ns if spoken else None
        self._finished(speech, spoken=spoken, reason=reason, first_ns=first_ns)

    def _finished(self, speech: _Speech, *, spoken: bool, reason: str, first_ns: int | None = None) -> None:
        first_ms = None if first_ns is None else round((first_ns - speech.asked_ns) / 1e6)
        self._announce(
            Notice(
                "speech_finished",
                {"id": speech.id, "lang": speech.lang, "spoken": spoken, "first_audio_ms": first_ms, "reason": reason},
            )
        )

    def _broken(self, error: DeviceError) -> str:
        self._is_well = False
        # One that is merely late goes on from where it is.
        self._tried_s = -_AGAIN_S if isinstance(error, DeviceLate) else time.monotonic()
        self._board.part("speaker", _STATES.get(type(error), PartState.LOST))
        self._board.problem("speaker_failed", str(error))
        return str(error)

    def _well(self) -> None:
        self._is_well = True
        self._board.part("speaker", PartState.OK)
        self._board.solved("speaker_failed")
