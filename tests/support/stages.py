"""Stages for the on-device engine that do as a test tells them; with none of the libraries."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

from daemon.drivers import DriverMissing
from daemon.engines.base import Engine, Pair, Task
from daemon.events import Word
from daemon.recognizers.base import Phrase, Recognition
from daemon.translators.base import Translated, TranslatorFailed
from hw.api import SPEECH_FORMAT

#: The recognizer hears a word in each 100 ms.
WORD_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: Working ahead takes so many steps.
ANTICIPATION_STEPS = 4
#: All that the stages serve.
TASK = Task("en-US", ("es", "ca"))
#: The same, with both sides of a conversation heard.
TALK = Task("en-US", ("es", "ca"), conversation=("en-US", "es-ES"), phrases=("Sintra",))
#: A second of silence.
SECOND = bytes(SPEECH_FORMAT.bytes_per_second)
_WORDS = {
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "es": ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"],
}


class Turnstile:
    """Where a stage waits while the test has it closed, and where the test sees that it waits there."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._opened.set()
        self._somebody = threading.Event()

    def close(self) -> None:
        self._somebody.clear()
        self._opened.clear()

    def open(self) -> None:
        self._opened.set()

    def wait_for_somebody(self) -> None:
        assert self._somebody.wait(10.0), "nobody came"

    def pass_through(self) -> None:
        if not self._opened.is_set():
            self._somebody.set()
            assert self._opened.wait(60.0), "nobody opened"


class CountingRecognizer:
    """Hears ``one two three …``, a word in each 100 ms; the second pass adds ``again``."""

    def __init__(self, stages: ScriptedStages, language: str) -> None:
        self._stages = stages
        self.language = language
        self._words = _WORDS[language.partition("-")[0]]
        self._heard = 0
        self._ahead = False

    def expect(self, phrases: Sequence[Phrase]) -> None:
        self._stages.expected = tuple(phrase.text for phrase in phrases)

    def score(self) -> float:
        heard_s = self._heard / SPEECH_FORMAT.bytes_per_second
        return self._stages.fits[self.language] * heard_s if heard_s else -math.inf

    def begin(self) -> None:
        self._stages.beginning.pass_through()
        self._heard, self._ahead = 0, False
        self._stages.begun += 1

    def feed(self, pcm: bytes) -> None:
        self._stages.decoding.pass_through()
        if self._stages.recognizer_fails:
            self._stages.recognizer_fails -= 1
            raise RuntimeError("scripted")
        with self._stages.told:
            self._heard += len(pcm)
            self._stages.heard = self._heard
            self._stages.told.notify_all()

    def partial(self) -> str:
        return " ".join(self._words[index % len(self._words)] for index in range(self._heard // WORD_BYTES))

    def anticipate(self) -> bool:
        self._stages.working_ahead.pass_through()
        if self._stages.fails_ahead:
            raise RuntimeError("scripted")
        self._ahead = True
        with self._stages.told:
            self._stages.ahead.append(self._heard)
            self._stages.told.notify_all()
        return len(self._stages.ahead) % ANTICIPATION_STEPS != 0

    def resume(self) -> None:
        if self._ahead:
            with self._stages.told:
                self._stages.resumed.append(self._heard)
                self._stages.told.notify_all()
        self._ahead = False

    def finish(self, *, second_pass: bool = True) -> Recognition:
        self._stages.last_word.pass_through()
        text = self.partial()
        if not second_pass or not text:
            return Recognition(text, score=self.score())
        text = f"{text} again"
        confidence = self._stages.confidence
        words = [Word(word, at / 10, (at + 1) / 10, confidence) for at, word in enumerate(text.split())]
        return Recognition(text, words, self.score())

    def close(self) -> None:
        self._stages.recognizers_closed += 1


class TaggingTranslator:
    """Puts the target before the text, unless it is the one that is to fail."""

    def __init__(self, source: str, target: str, stages: ScriptedStages) -> None:
        self.source, self.target = source, target
        self.faults = stages.translator_faults
        self._stages = stages

    def translate(self, text: str, *, draft: bool = False) -> Translated:
        self._stages.translating.pass_through()
        self._stages.asked += [] if draft else [text]
        if self.target == self._stages.failing_target:
            raise self._stages.failing_with
        return Translated(f"{self.target}: {text}")

    def close(self) -> None:
        self._stages.translators_closed.append(self.target)


class BlockSynthesizer:
    """Makes a block for each word of the text."""

    rate_hz = 22_050
    languages = ("es",)

    def __init__(self, stages: ScriptedStages) -> None:
        self._stages = stages

    def speak(self, lang: str, text: str, on_block: Callable[[bytes], bool]) -> None:
        for _word in text.split():
            if lang not in self.languages or not on_block(bytes(4_410)):
                return
            self._stages.synthesizing.pass_through()

    def close(self) -> None:
        self._stages.synthesizer_closed = True


class ScriptedStages:
    """See `daemon.engines.on_device.stages.Stages`. Serves en-US to es and ca."""

    def __init__(self) -> None:
        self.beginning, self.decoding, self.last_word = Turnstile(), Turnstile(), Turnstile()
        self.translating, self.synthesizing, self.working_ahead = Turnstile(), Turnstile(), Turnstile()
        #: Notified when what follows it changes.
        self.told = threading.Condition()
        self.heard = 0
        self.begun = 0
        #: Bytes heard at each step ahead, and at each time that speech went on.
        self.ahead: list[int] = []
        self.resumed: list[int] = []
        self.recognizer_fails = 0
        self.fails_ahead = False
        #: Of each word of the second pass.
        self.confidence = 0.5
        #: How well each language that is heard fits a second of sound.
        self.fits: dict[str, float] = {"en-US": 0.0}
        #: The phrases that recognizers were last opened with.
        self.expected: tuple[str, ...] = ()
        self.recognizers_opened = 0
        self.recognizers_closed = 0
        #: What was to be translated and does not grow any more.
        self.asked: list[str] = []
        self.translators_closed: list[str] = []
        self.synthesizer_closed = False
        #: What is to be mended of translators although they translate.
        self.translator_faults: list[str] = []
        self.failing_target = ""
        self.failing_with: Exception = TranslatorFailed("no answer")
        #: Parts that are not installed: recognizer, synthesizer.
        self.lacks: set[str] = set()

    def let_all_through(self) -> None:
        for turnstile in vars(self).values():
            if isinstance(turnstile, Turnstile):
                turnstile.open()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until the recognizer has heard or worked ahead as a test expects."""
        with self.told:
            assert self.told.wait_for(condition, 10.0), "it never came to this"

    def recognizer(self, language: str, phrases: tuple[str, ...], _others: tuple[str, ...]) -> CountingRecognizer:
        known = next((tag for tag in self.fits if tag[:2] == language[:2]), "")
        if "recognizer" in self.lacks or not known:
            raise DriverMissing(f"no model for {language}")
        self.recognizers_opened += 1
        opened = CountingRecognizer(self, known)
        opened.expect([Phrase(phrase) for phrase in phrases])
        return opened

    def translator(self, source: str, target: str) -> TaggingTranslator:
        if target not in ("es", "ca"):
            raise DriverMissing(f"install translate-{source}-{target}")
        return TaggingTranslator(source, target, self)

    def synthesizer(self) -> BlockSynthesizer:
        if "synthesizer" in self.lacks:
            raise DriverMissing("install a voice")
        return BlockSynthesizer(self)

    def recognizes(self) -> tuple[str, ...]:
        if "recognizer" in self.lacks:
            raise DriverMissing("install a recognizer")
        return tuple(self.fits)

    def pairs(self) -> tuple[Pair, ...]:
        return (Pair("en", "es", "tagging"), Pair("en", "ca", "tagging"))


def say(engine: Engine, utterance: int, sound: bytes = SECOND, task: Task = TASK) -> None:
    """Give an engine a whole utterance."""
    engine.begin(utterance, task)
    engine.feed(utterance, sound)
    engine.finish(utterance)
