"""The shipped fake: an engine that plays a script instead of listening.

It answers in the thread that calls it, before the call returns, so that what happens depends on nothing but the calls.
What the script holds back waits for `ScriptedEngine.step`. Used by tests and, with a script file, by the whole daemon
on a machine without models.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from daemon.engines.base import (
    Cure,
    Engine,
    EngineEvent,
    EngineFailure,
    EngineFinal,
    EngineHypothesis,
    EngineReady,
    Pair,
    Sink,
    Task,
    TextTranslated,
)
from daemon.engines.script import Line, read
from daemon.events import SpeechRequest, SynthesizedSpeech, Translation, TranslationError
from daemon.language_tags import base
from hw.api import SPEECH_FORMAT
from hw.options import option

#: Sample rate of its "speech", and samples of one block.
SPEECH_RATE_HZ = 22_050
_BLOCK_SAMPLES = 2_205
#: Blocks of "speech" a request.
SPEECH_BLOCKS = 3
#: Utterances whose sound is kept for `ScriptedEngine.heard`.
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class ScriptedSettings:
    """The section ``engine.scripted``."""

    script: str = option("", "JSON file: a list of utterances, each {text, translations, hypotheses, …}.")


SETTINGS = ScriptedSettings


@dataclass(slots=True)
class _Open:
    line: Line
    task: Task
    fed_bytes: int = 0
    said: int = 0
    complete: bool = False

    @property
    def fed_s(self) -> float:
        return self.fed_bytes / SPEECH_FORMAT.bytes_per_second


class ScriptedEngine:
    """Plays one `Line` an utterance, in the order in which they first begin; replayed ones play theirs again.

    After the script's end utterances are called ``utterance <number>``.
    """

    def __init__(
        self,
        script: Sequence[Line] = (),
        *,
        name: str = "scripted",
        serves: Sequence[tuple[str, str]] = (("en", "es"),),
        ready: bool = True,
        stepwise: bool = True,
    ) -> None:
        """Take the script and the language pairs it serves; unless `ready`, `EngineReady` waits for `revive`.

        Without `stepwise` nothing waits for `step`: for a daemon that nobody steps.
        """
        self.name = name
        #: Utterance → its sound as fed since it last began.
        self.heard: OrderedDict[int, bytearray] = OrderedDict()
        #: The hints of open utterances, ``pause`` and ``resume``, as they came.
        self.hints: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)
        self._script = deque(script)
        self._serves = tuple(serves)
        self._ready_at_once = ready
        self._stepwise = stepwise
        self._lines: OrderedDict[int, Line] = OrderedDict()
        self._died_in: set[int] = set()
        self._open: dict[int, _Open] = {}
        self._held: deque[tuple[int | None, EngineEvent]] = deque()
        self._sink: Sink | None = None
        self._alive = False

    def step(self) -> bool:
        """Let out the oldest event that is held back; False if there is none."""
        if not self._held:
            return False
        self._say(self._held.popleft()[1])
        return True

    def die(self, code: str = "engine_died", cure: Cure = Cure.RETRY) -> None:
        """Fail as a whole, forgetting everything, until `revive`."""
        ending = self._take_speech(lambda _event: True)
        self._forget_everything()
        self._alive = False
        self._say(EngineFailure(self.name, code, f"{self.name} was told to die", cure))
        for block in ending:
            self._say(_last_block(block.id, block.lang, f"{self.name} died"))

    def revive(self) -> None:
        """Get ready (again), knowing nothing."""
        self._forget_everything()
        self._alive = True
        sources = tuple(dict.fromkeys(source for source, _ in self._serves))
        targets = tuple(dict.fromkeys(target for _, target in self._serves))
        self._say(EngineReady(self.name, sources, tuple(Pair(*pair, self.name) for pair in self._serves), targets))

    def open(self, sink: Sink) -> None:
        """See `Engine`."""
        self._sink = sink
        if self._ready_at_once:
            self.revive()

    def begin(self, utterance: int, task: Task) -> None:
        """See `Engine`."""
        if self._alive:
            self.cancel(utterance)
            self._open[utterance] = _Open(self._line(utterance), task)
            _remember(self.heard, utterance, bytearray())

    def feed(self, utterance: int, pcm: bytes) -> None:
        """See `Engine`."""
        known = self._open.get(utterance)
        if known is None:
            return
        known.fed_bytes += len(pcm)
        if utterance in self.heard:
            self.heard[utterance] += pcm
        if self._must_die(utterance, known):
            self.die()
            return
        while known.said < len(known.line.hypotheses) and known.line.hypotheses[known.said][0] <= known.fed_s:
            self._say_hypothesis(utterance, known)

    def pause(self, utterance: int) -> None:
        """See `Engine`. What it says is scripted: it only writes the hint down."""
        if utterance in self._open:
            self.hints.append((utterance, "pause"))

    def resume(self, utterance: int) -> None:
        """See `Engine`, and `pause`."""
        if utterance in self._open:
            self.hints.append((utterance, "resume"))

    def finish(self, utterance: int) -> None:
        """See `Engine`."""
        known = self._open.get(utterance)
        if known is None or known.complete:
            return
        known.complete = True
        if known.line.silent:
            return
        answer = self._answer(utterance, known)
        if known.line.late:
            self._hold(utterance, answer)
        else:
            self._say(answer)

    def cancel(self, utterance: int) -> None:
        """See `Engine`."""
        self._open.pop(utterance, None)
        self._held = deque(held for held in self._held if held[0] != utterance)

    def translate(self, request: str, text: str, task: Task) -> None:
        """See `Engine`."""
        if not self._alive:
            error = Translation(error=TranslationError("engine_unavailable", f"{self.name} is not running"))
            self._say(TextTranslated(request, dict.fromkeys(task.targets, error)))
        else:
            self._say(TextTranslated(request, self._translations(Line(text), task)))

    def speak(self, request: SpeechRequest) -> None:
        """See `Engine`. The first block comes at once, the rest by `step`, so that there is something to hush."""
        if not self._alive:
            self._say(_last_block(request.id, request.lang, f"{self.name} is not running"))
            return
        block = SynthesizedSpeech(request.id, request.lang, bytes(2 * _BLOCK_SAMPLES), SPEECH_RATE_HZ)
        self._say(block)
        for following in [block] * (SPEECH_BLOCKS - 1) + [_last_block(request.id, request.lang)]:
            self._hold(None, following)

    def hush(self, request: str) -> None:
        """See `Engine`."""
        for ending in self._take_speech(lambda event: event.id == request):
            self._say(_last_block(ending.id, ending.lang))

    def close(self) -> None:
        """See `Engine`."""
        self._sink = None
        self._alive = False
        self._forget_everything()

    def _say(self, event: EngineEvent) -> None:
        if isinstance(event, EngineFinal | EngineFailure) and event.utterance is not None:
            self._open.pop(event.utterance, None)
        if self._sink is not None:
            self._sink(event)

    def _hold(self, utterance: int | None, event: EngineEvent) -> None:
        self._held.append((utterance, event))
        if not self._stepwise:
            self.step()

    def _line(self, utterance: int) -> Line:
        if utterance not in self._lines:
            line = self._script.popleft() if self._script else Line(f"utterance {utterance}")
            _remember(self._lines, utterance, line)
        return self._lines[utterance]

    def _must_die(self, utterance: int, known: _Open) -> bool:
        dies_at_s = known.line.dies_at_s
        if dies_at_s is None or known.fed_s < dies_at_s or utterance in self._died_in:
            return False
        self._died_in.add(utterance)
        return True

    def _say_hypothesis(self, utterance: int, known: _Open) -> None:
        audio_s, words = known.line.hypotheses[known.said]
        known.said += 1
        task = known.task.heard(known.line.lang)
        translations = {target: f"{target}: {words}" for target in task.targets}
        self._say(EngineHypothesis(utterance, task.source, words, translations, audio_s))

    def _answer(self, utterance: int, known: _Open) -> EngineEvent:
        line = known.line
        if line.failure:
            return EngineFailure(self.name, line.failure, f"{line.failure}, as scripted", line.cure, utterance)
        task = known.task.heard(line.lang)
        return EngineFinal(utterance, task.source, line.text, self._translations(line, task), line.engine_ms)

    def _translations(self, line: Line, task: Task) -> dict[str, Translation]:
        return {target: _translation(line, target) for target in task.targets} if line.text else {}

    def _take_speech(self, which: Callable[[SynthesizedSpeech], bool]) -> list[SynthesizedSpeech]:
        """Take back the blocks that wait; return the last one of each request."""
        taken = [event for _, event in self._held if isinstance(event, SynthesizedSpeech) and which(event)]
        self._held = deque(held for held in self._held if held[1] not in taken)
        return [block for block in taken if block.last]

    def _forget_everything(self) -> None:
        self._open.clear()
        self._held.clear()


def open(settings: Mapping[str, Mapping[str, Any]]) -> Engine:  # noqa: A001 -- every driver module has an `open`
    """Return the engine that plays the file named in ``engine.scripted``. Raises OSError or ValueError, naming it."""
    script = msgspec.convert(settings.get("engine.scripted", {}), ScriptedSettings).script
    languages = settings.get("languages", {})
    source = base(str(languages.get("source", "en")))
    serves = [(source, target) for target in languages.get("targets", ("es",))]
    return ScriptedEngine(read(script) if script else (), serves=serves, stepwise=False)


def capabilities(_settings: Mapping[str, Mapping[str, Any]]) -> EngineReady:
    """Return nothing: a script serves no language of its own."""
    return EngineReady("scripted")


def _translation(line: Line, target: str) -> Translation:
    if target in line.failing:
        return Translation(error=TranslationError("translator_failed", line.failing[target]))
    return Translation(line.translations.get(target, f"{target}: {line.text}"))


def _last_block(request: str, lang: str, error: str = "") -> SynthesizedSpeech:
    return SynthesizedSpeech(request, lang, b"", SPEECH_RATE_HZ, last=True, error=error)


def _remember(known: OrderedDict[int, Any], utterance: int, value: Any) -> None:
    known[utterance] = value
    known.move_to_end(utterance)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
