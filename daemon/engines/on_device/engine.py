"""The on-device engine, in its own process: recognizer, translators and synthesizer, each in threads of its own.

One thread decodes, since a recognizer hears one utterance at a time; one gives each text to the translators, which work
at once; one synthesizes. What is said of an utterance comes from the translation worker alone, and thus in order.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from daemon.drivers import DriverMissing
from daemon.engines.base import (
    TRANSLATOR_FAULTY,
    Cure,
    EngineEvent,
    EngineFailure,
    EngineFinal,
    EngineHypothesis,
    EngineLoad,
    EngineReady,
    Sink,
    Task,
    TextTranslated,
)
from daemon.engines.on_device.audio_queue import AudioQueue, QueueFull, Utterance
from daemon.engines.on_device.opening import Mending, recognized, recognizer
from daemon.engines.on_device.progress import Progress
from daemon.engines.on_device.recognition import RecognitionWorker
from daemon.engines.on_device.settings import DeviceSettings
from daemon.engines.on_device.stages import InstalledStages, Stages
from daemon.engines.on_device.synthesis import SynthesisWorker
from daemon.engines.on_device.translation import Round, TranslationWorker
from daemon.engines.on_device.words import Sentence
from daemon.events import SpeechRequest, Translation, TranslationError
from daemon.recognizers.base import RECOGNIZER_FAULTY, Recognizer
from daemon.settings import LanguagesSection
from daemon.tasks import task_of

_LOG = logging.getLogger(__name__)

NAME = "device"
_CLOSE_S = 1.5
_NS_PER_MS = 1_000_000


class OnDeviceEngine:
    """See the module. `wanted` is what is loaded before `EngineReady`; an empty source or no targets: nothing."""

    def __init__(self, stages: Stages, wanted: Task, *, reject_noise: bool = True, figures: bool = False) -> None:
        self.name = NAME
        self._stages = stages
        self._wanted = wanted
        self._missing: dict[str, str] = {}
        self._unheard: dict[str, str] = {}
        self._lock = threading.Lock()  # of the utterances and of the parts that load
        self._utterances: dict[int, Utterance] = {}
        self._loading = {"recognition", "translation", "synthesis"}
        self._saying = threading.Lock()
        self._sink: Sink | None = None
        self._progress = Progress()
        self._queue = AudioQueue()
        self._mending = Mending(NAME, RECOGNIZER_FAULTY, self._say)
        faulty = Mending(NAME, TRANSLATOR_FAULTY, self._say).tell
        self._translation = TranslationWorker(stages.translator, self._progress, faulty, figures=figures)
        self._recognition = RecognitionWorker(
            self._queue, self._open_recognizer, self, self._progress, reject_noise=reject_noise, figures=figures
        )
        self._synthesis = SynthesisWorker(stages.synthesizer, self._say, self._progress)
        self._threads = [
            self._thread("recognition", self._load_recognition, self._recognition.run),
            self._thread("translation", self._load_translation, self._translation.run),
            self._thread("synthesis", self._synthesis.load, self._synthesis.run),
        ]

    # ------------------------------------------------------------ Engine

    def open(self, sink: Sink) -> None:
        """See `Engine`."""
        self._sink = sink
        for thread in self._threads:
            thread.start()

    def begin(self, utterance: int, task: Task) -> None:
        """See `Engine`. One that is known begins anew."""
        self.cancel(utterance)
        begun = Utterance(utterance, task)
        with self._lock:
            self._utterances[utterance] = begun
        self._queue.begin(begun)
        self._translation.prepare(task)

    def feed(self, utterance: int, pcm: bytes) -> None:
        """See `Engine`."""
        known = self._known(utterance)
        if known is None:
            return
        try:
            self._queue.feed(known, pcm)
        except QueueFull:
            self._queue.remove(known)
            self.failed(known, "backlog", "more sound waits than the recognizer can hold", Cure.NEXT)

    def pause(self, utterance: int) -> None:
        """See `Engine`."""
        self._pause(utterance, paused=True)

    def resume(self, utterance: int) -> None:
        """See `Engine`."""
        self._pause(utterance, paused=False)

    def finish(self, utterance: int) -> None:
        """See `Engine`."""
        known = self._known(utterance)
        if known is not None and known.complete_ns is None:
            self._queue.finish(known, time.monotonic_ns())

    def cancel(self, utterance: int) -> None:
        """See `Engine`."""
        with self._saying, self._lock:
            known = self._utterances.pop(utterance, None)
            if known is not None:
                known.over = True
        if known is not None:
            self._queue.remove(known)

    def translate(self, request: str, text: str, task: Task) -> None:
        """See `Engine`."""

        def answer(translations: dict[str, Translation]) -> None:
            self._say(TextTranslated(request, translations))

        if not self._translation.submit(Round(text, task, answer)):
            error = Translation(error=TranslationError("busy", "too many texts wait to be translated"))
            answer(dict.fromkeys(task.targets, error))

    def speak(self, request: SpeechRequest) -> None:
        """See `Engine`."""
        self._synthesis.speak(request)

    def hush(self, request: str) -> None:
        """See `Engine`."""
        self._synthesis.hush(request)

    def close(self) -> None:
        """See `Engine`. Threads that hang in a library are left to the end of the process."""
        with self._saying:
            self._sink = None
        ends = time.monotonic() + _CLOSE_S
        self._queue.close()
        self._translation.close()
        self._synthesis.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, ends - time.monotonic()))
        self._translation.join(ends)

    def gets_on(self) -> bool:
        """Tell whether every worker is idle or within the time that its work may take."""
        late = self._progress.late()
        if late:
            _LOG.error("no progress: %s", ", ".join(late))
        return not late

    # ------------------------------------------------------------ what the recognition worker tells

    def hypothesis(self, utterance: Utterance, text: str) -> None:
        """Have a hypothesis translated and said, unless something newer comes before its turn."""
        audio_s, doing, sure = round(utterance.decoded_s, 3), utterance.doing, utterance.sure_of_language

        def say(translations: dict[str, Translation]) -> None:
            texts = {target: each.text for target, each in translations.items() if each.error is None}
            self._say_of(utterance, EngineHypothesis(utterance.number, doing.source, text, texts, audio_s, sure))

        def stale() -> bool:
            return utterance.over or utterance.recognized

        self._translation.submit(Round(text, doing, say, stale, interim=True))

    def last_word(self, utterance: Utterance, sentence: Sentence) -> None:
        """Have the last word translated and said."""
        utterance.recognized = True
        doing, (text, words, sure) = utterance.doing, sentence

        def say(translations: dict[str, Translation]) -> None:
            engine_ms = _ms_since(utterance.complete_ns)
            final = EngineFinal(utterance.number, doing.source, text, translations, engine_ms, words=words)
            self._say_of(utterance, final, last=True)

        if not self._translation.submit(Round(sure, doing, say, lambda: utterance.over, stopped=text != sure)):
            self.failed(utterance, "backlog", "too many texts wait to be translated", Cure.NEXT)

    def rejected(self, utterance: Utterance, why: str) -> None:
        """Say that it was noise."""
        utterance.recognized = True
        engine_ms = _ms_since(utterance.complete_ns)
        final = EngineFinal(utterance.number, utterance.doing.source, "", {}, engine_ms, rejected=why)
        self._say_of(utterance, final, last=True)

    def failed(self, utterance: Utterance, code: str, text: str, cure: Cure) -> None:
        """Say that there will be no final."""
        self._say_of(utterance, EngineFailure(NAME, code, text, cure, utterance.number), last=True)

    def fell_behind(self, level: int, behind_s: float) -> None:
        """Say the new level."""
        self._say(EngineLoad(NAME, level, behind_s))

    # ------------------------------------------------------------ inside

    def _pause(self, utterance: int, *, paused: bool) -> None:
        known = self._known(utterance)
        if known is not None and known.task.hurry:
            self._queue.pause(known, paused=paused)

    def _known(self, utterance: int) -> Utterance | None:
        with self._lock:
            return self._utterances.get(utterance)

    def _say(self, event: EngineEvent) -> None:
        with self._saying:
            if self._sink is not None:
                self._sink(event)

    def _say_of(self, utterance: Utterance, event: EngineEvent, *, last: bool = False) -> None:
        """Say something of an utterance that is not over; `last`: it is over then."""
        with self._saying:
            if utterance.over or self._sink is None:
                return
            utterance.over = last
            if last:
                with self._lock:
                    self._utterances.pop(utterance.number, None)
            self._sink(event)

    def _thread(self, part: str, load: Callable[[], None], run: Callable[[], None]) -> threading.Thread:
        def work() -> None:
            try:
                load()
                self._loaded(part)
                run()
            except DriverMissing as error:
                self._say(EngineFailure(NAME, "driver_missing", str(error), Cure.CONFIGURE))
            except Exception as error:  # noqa: BLE001 -- whatever it dies of, the parent starts it anew
                _LOG.exception("%s died", part)
                text = f"{part} died of {type(error).__name__}: the engine is started again"
                self._say(EngineFailure(NAME, "engine_died", text, Cure.RETRY))

        return threading.Thread(target=work, name=part, daemon=True)

    def _load_recognition(self) -> None:
        """Open the recognizer of the language that is spoken. Raises `DriverMissing` where there is none at all."""
        if not self._wanted.source:
            return
        try:
            self._recognition.load(self._wanted)
        except DriverMissing as error:
            if not self._stages.recognizes():
                raise
            self._missing[self._wanted.source] = str(error)

    def _open_recognizer(self, task: Task) -> Recognizer:
        try:
            opened, self._unheard, faults = recognizer(self._stages, task)
        except DriverMissing:
            self._mending.tell(())
            raise
        self._mending.tell(faults)
        return opened

    def _load_translation(self) -> None:
        self._missing.update(self._translation.load(self._wanted))

    def _loaded(self, part: str) -> None:
        with self._lock:
            self._loading.discard(part)
            if self._loading:
                return
        recognizes = recognized(self._stages, self._wanted, self._unheard)
        pairs, speaks, missing = self._stages.pairs(), self._synthesis.speaks, dict(self._missing)
        self._say(EngineReady(NAME, recognizes, pairs, speaks, missing, dict(self._unheard)))


def build(settings: Mapping[str, Mapping[str, Any]]) -> OnDeviceEngine:
    """Return the engine for these settings, by section; of ``languages`` it loads what is named before it is ready."""
    languages = settings.get("languages", {})
    wanted = task_of(msgspec.convert(languages, LanguagesSection)) if languages.get("source") else Task("", ())
    device = msgspec.convert(settings.get("engine.device", {}), DeviceSettings)
    return OnDeviceEngine(InstalledStages(settings), wanted, reject_noise=device.reject_noise, figures=device.figures)


def _ms_since(complete_ns: int | None) -> int:
    return 0 if complete_ns is None else round((time.monotonic_ns() - complete_ns) / _NS_PER_MS)
