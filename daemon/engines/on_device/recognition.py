"""The recognition worker: decodes what the queue holds, says hypotheses on the way and hands on the last word."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from daemon.drivers import DriverMissing
from daemon.engines.base import Cure, Task
from daemon.engines.on_device.audio_queue import AudioQueue, Step, Utterance
from daemon.engines.on_device.backlog import Backlog
from daemon.engines.on_device.both_sides import BothSides
from daemon.engines.on_device.noise import why_noise
from daemon.engines.on_device.progress import Progress
from daemon.engines.on_device.words import Sentence, Writer
from daemon.language_tags import base
from daemon.phrases import phrases_of
from daemon.recognizers.base import Recognizer
from hw.api import SPEECH_FORMAT

_LOG = logging.getLogger(__name__)

_NAME = "recognition"
#: Sound between two hypotheses: 300 ms, three blocks.
_HYPOTHESIS_BYTES = 3 * SPEECH_FORMAT.bytes_per_second // 10
#: Opening reads a model; a block is 100 ms of sound; the last word may take a second pass over the whole utterance,
#: on the smallest board as long as that lasted.
_OPEN_LIMIT_S = 60.0
_BLOCK_LIMIT_S = 10.0
_LAST_WORD_FACTOR = 3.0


class Hearer(Protocol):
    """Whom it tells what it heard."""

    def hypothesis(self, utterance: Utterance, text: str) -> None:
        """Take what an utterance seems to be so far: cased and punctuated."""

    def last_word(self, utterance: Utterance, sentence: Sentence) -> None:
        """Take what it was; an empty text: nothing."""

    def rejected(self, utterance: Utterance, why: str) -> None:
        """Take note that what was heard was noise."""

    def failed(self, utterance: Utterance, code: str, text: str, cure: Cure) -> None:
        """Take note that it cannot be recognized."""

    def fell_behind(self, level: int, behind_s: float) -> None:
        """Take note of a new level of `EngineLoad`."""


class RecognitionWorker:
    """See the module. One task's recognizer at a time is held: each is a model of a hundred megabytes or more."""

    def __init__(
        self,
        queue: AudioQueue,
        open_recognizer: Callable[[Task], Recognizer],
        hearer: Hearer,
        progress: Progress,
        *,
        reject_noise: bool = True,
        figures: bool = False,
    ) -> None:
        self._queue = queue
        self._reject_noise = reject_noise
        self._figures = figures
        self._open_recognizer = open_recognizer
        self._hearer = hearer
        self._progress = progress
        self._backlog = Backlog()
        self._recognizer: Recognizer | None = None
        #: What it was opened for.
        self._opened_for: tuple[object, ...] = ()
        self._current: Utterance | None = None
        self._said_bytes = 0
        #: The recognizer has more to do ahead of the current utterance's end.
        self._ahead = False

    def load(self, task: Task) -> None:
        """Open the recognizer of a task. Raises `DriverMissing`."""
        self._recognizer_for(task)

    def run(self) -> None:
        """Work until the queue is closed."""
        while not self._queue.closed:
            step = self._queue.take(wait=not self._ahead)
            if step is None:
                self._work_ahead()
            elif not step.utterance.over:
                self._attempt(step.utterance, partial(self._do, step))
        self._drop()

    def _work_ahead(self) -> None:
        self._ahead = False
        if self._current is not None and not self._current.over:
            self._attempt(self._current, self._anticipate)

    def _attempt(self, utterance: Utterance, work: Callable[[], None]) -> None:
        try:
            work()
        except DriverMissing as error:
            self._fail(utterance, "no_recognizer", str(error), Cure.CONFIGURE)
        except Exception as error:  # noqa: BLE001 -- a driver's fault costs this utterance only
            # Its type only: what a driver says of its failure may hold what was said.
            kind = type(error).__name__
            _LOG.error("%s in the recognizer, it is opened again", kind)
            self._drop()
            self._fail(utterance, "recognizer_failed", f"the recognizer failed with {kind}", Cure.RETRY)

    def _do(self, step: Step) -> None:
        utterance = step.utterance
        recognizer = self._recognizer_for(utterance.task)
        with self._progress.job(_NAME, _BLOCK_LIMIT_S):
            if utterance is not self._current:
                self._current, self._said_bytes, self._ahead = utterance, 0, False
                if isinstance(recognizer, BothSides):
                    recognizer.prefer(utterance.task.source)
                recognizer.begin()
            if step.pcm:
                recognizer.feed(step.pcm)
        self._look_behind(utterance)
        if step.complete:
            self._finish(utterance, recognizer)
            return
        if step.paused and self._backlog.level < 1:
            self._anticipate()
        else:
            self._ahead = False
            with self._progress.job(_NAME, _BLOCK_LIMIT_S):
                recognizer.resume()
        self._suppose(utterance, recognizer)

    def _anticipate(self) -> None:
        """Take a step of the second pass before it is known whether the utterance is over."""
        if self._recognizer is not None:
            with self._progress.job(_NAME, _BLOCK_LIMIT_S):
                self._ahead = self._recognizer.anticipate()

    def _suppose(self, utterance: Utterance, recognizer: Recognizer) -> None:
        """Say a hypothesis if it is time: the first words at once, then every 300 ms of sound."""
        due = not self._said_bytes or utterance.decoded_bytes - self._said_bytes >= _HYPOTHESIS_BYTES
        if not due or not utterance.task.interims or (utterance.task.hurry and self._backlog.level > 1):
            return
        text = self._writer(utterance, recognizer).hypothesis(recognizer.partial())
        if text:
            self._said_bytes, utterance.language = utterance.decoded_bytes, recognizer.language
            utterance.sure_of_language = not isinstance(recognizer, BothSides) or recognizer.sure
            self._hearer.hypothesis(utterance, text)

    def _finish(self, utterance: Utterance, recognizer: Recognizer) -> None:
        self._current, self._ahead = None, False
        second_pass = not utterance.task.hurry or self._backlog.level < 1
        with self._progress.job(_NAME, _BLOCK_LIMIT_S + _LAST_WORD_FACTOR * utterance.decoded_s):
            heard = recognizer.finish(second_pass=second_pass)
        utterance.language = recognizer.language
        self._look_behind(utterance)  # what came meanwhile; and in the silence that may follow nobody looks
        noise = why_noise(heard.words) if self._reject_noise else ""
        if noise:
            self._hearer.rejected(utterance, noise)
            return
        self._hearer.last_word(utterance, self._writer(utterance, recognizer).sentence(heard.text, heard.words))

    def _writer(self, utterance: Utterance, recognizer: Recognizer) -> Writer:
        return Writer(recognizer.language, figures=self._figures, phrases=phrases_of(utterance.task.phrases))

    def _look_behind(self, utterance: Utterance) -> None:
        behind_s = self._queue.behind_s if utterance.task.hurry else 0.0
        if self._backlog.update(behind_s, time.monotonic()):
            self._hearer.fell_behind(self._backlog.level, round(behind_s, 1))

    def _recognizer_for(self, task: Task) -> Recognizer:
        wanted = _needs(task)
        if self._recognizer is None or wanted != self._opened_for:
            self._drop()
            with self._progress.job(_NAME, _OPEN_LIMIT_S):
                self._recognizer = self._open_recognizer(task)
            self._opened_for = wanted
        return self._recognizer

    def _drop(self) -> None:
        self._current, self._ahead = None, False
        recognizer, self._recognizer = self._recognizer, None
        if recognizer is not None:
            recognizer.close()

    def _fail(self, utterance: Utterance, code: str, text: str, cure: Cure) -> None:
        self._queue.remove(utterance)
        self._hearer.failed(utterance, code, text, cure)


def _needs(task: Task) -> tuple[object, ...]:
    """Return what a recognizer is opened for: phrases may sound as in the targets, too."""
    also = [frozenset(map(base, way.targets)) for way in task.ways if task.phrases]
    return task.phrases, [way.source for way in task.ways], also
