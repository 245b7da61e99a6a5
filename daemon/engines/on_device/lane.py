"""One direction of translation: its translator, opened when first wanted, and the thread that uses it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from daemon.drivers import DriverMissing
from daemon.engines.on_device.carrying import carried
from daemon.engines.on_device.chain import Chain
from daemon.engines.on_device.progress import Progress
from daemon.events import Translation, TranslationError
from daemon.mailbox import Mailbox, Overflow
from daemon.phrases import Phrases, phrases_of
from daemon.translators.base import TranslatorFailed

_LOG = logging.getLogger(__name__)

OpenTranslator = Callable[[str, str], Chain]

#: Opening reads dictionaries or models; a sentence has the driver's own deadline, which is shorter.
_OPEN_LIMIT_S = 60.0
_SENTENCE_LIMIT_S = 30.0
_CAPACITY = 64


class Lane:
    """See the module.

    `missing` says what to install where nothing translates that direction, `faults` what to mend where something does.
    """

    def __init__(
        self,
        source: str,
        target: str,
        open_translator: OpenTranslator,
        progress: Progress,
        on_opened: Callable[[], object] = lambda: None,
    ) -> None:
        """Take what is called, by the lane's thread, once it has been tried to open the translator."""
        self.missing = ""
        self.faults: list[str] = []
        self.used_s = time.monotonic()
        #: Set once it has been tried to open the translator.
        self.opened = threading.Event()
        self._direction = (source, target)
        self._open_translator = open_translator
        self._progress = progress
        self._on_opened = on_opened
        self._translator: Chain | None = None
        self._name = f"translate-{source}-{target}"
        self._texts: Mailbox[tuple[str, tuple[str, ...], bool, Future[Translation]]] = Mailbox(
            self._name, _CAPACITY, Overflow.REFUSE
        )
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def submit(self, text: str, phrases: tuple[str, ...] = (), *, draft: bool) -> Future[Translation]:
        """Have a text translated, in which phrases stay as they are; a draft still grows."""
        self.used_s = time.monotonic()
        answer: Future[Translation] = Future()
        if not self._texts.put((text, phrases, draft, answer)):
            answer.set_result(_failed("the translator does not keep up"))
        return answer

    def close(self) -> None:
        """Have it end; does not wait."""
        self._texts.close()

    def join(self, timeout_s: float) -> None:
        """Wait for its end after `close`."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        self._try_to_open()
        self.opened.set()
        self._on_opened()
        while (item := self._texts.get()) is not None:
            text, phrases, draft, answer = item
            with self._progress.job(self._name, _SENTENCE_LIMIT_S):
                answer.set_result(self._translate(text, phrases_of(phrases), draft=draft))
        self._drop()

    def _drop(self) -> None:
        translator, self._translator = self._translator, None
        if translator is not None:
            translator.close()

    def _translate(self, text: str, phrases: Phrases, *, draft: bool) -> Translation:
        failure = "" if self._translator is not None or self.missing else self._try_to_open()
        if self._translator is None:
            code = "no_translator" if self.missing else "translator_failed"
            return Translation(error=TranslationError(code, self.missing or failure))
        try:
            translate = partial(self._translator.translate, draft=draft)
            made = carried(text, phrases, translate, self._direction[1])
            return Translation(made.text, translator=made.translator, confidence=made.confidence)
        except TranslatorFailed as error:
            return _failed(str(error))
        except Exception as error:  # noqa: BLE001 -- a driver's fault costs its own translations only
            # Without the message: it may hold what was said, and that never goes to the journal.
            _LOG.error("%s: %s in the translator, it is opened again", self._name, type(error).__name__)
            self._drop()
            return _failed(f"the translator failed with {type(error).__name__}")

    def _try_to_open(self) -> str:
        """Open the translator; return why it could not be, for now."""
        try:
            with self._progress.job(self._name, _OPEN_LIMIT_S):
                self._translator = self._open_translator(*self._direction)
                self.faults = self._translator.faults
        except DriverMissing as error:
            self.missing = str(error)
        except Exception as error:  # noqa: BLE001 -- the next text tries again
            _LOG.exception("%s cannot be opened", self._name)
            return f"the translator cannot be opened: {error}"
        return ""


def _failed(text: str) -> Translation:
    return Translation(error=TranslationError("translator_failed", text))
