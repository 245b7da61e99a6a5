"""The translators of one direction, the best first: who is unsure of a sentence has the next one asked.

What everybody says is in a book, and nobody is asked. Else the surest answer is taken; from one who cannot tell how
sure it is only where nobody else has an answer of any worth, unless it is the first to be asked. A text that still
grows goes to the first alone: its translation should not change hands from word to word, and a second translator need
not be started for what nobody has finished saying.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from daemon.drivers import DriverMissing
from daemon.engines.on_device import phrasebook
from daemon.translators.base import Translated, Translator, TranslatorFailed

_LOG = logging.getLogger(__name__)

#: An answer as sure as this is taken without asking on.
_SURE = 0.6
#: What an answer counts for whose translator cannot tell, and was asked because another one doubts.
_UNTOLD = 0.1
#: What stands in the book was translated by a person, who does not know where it is said.
_BY_HAND = 0.95
#: Where nobody marked it, what may be a statement is a question most of the time: 38 times of Tatoeba's 41.
_GUESSED = 0.75


class Link(NamedTuple):
    """A translator that may be opened. `open` raises `DriverMissing`."""

    name: str
    open: Callable[[], Translator]


class Chain:
    """See the module; a `Translator`. The first link that opens is opened at once, another when it is first asked."""

    def __init__(self, source: str, target: str, links: Sequence[Link], faults: Sequence[str] = ()) -> None:
        self.source = source
        self.target = target
        self._faults = list(faults)
        #: Why a link is passed over: its name → what its driver says.
        self.missing: dict[str, str] = {}
        self._links = list(links)
        self._opened: dict[str, Translator] = {}
        if not any(self._translator(link) for link in self._links):
            raise DriverMissing("; ".join(self.missing.values()) or f"nothing translates {source} to {target}")

    @property
    def faults(self) -> list[str]:
        """What a person should mend although there are translations: models that cannot be read, links passed over."""
        passed_over = (fault for translator in self._opened.values() for fault in translator.faults)
        return [*self._faults, *self.missing.values(), *passed_over]

    def translate(self, text: str, *, draft: bool = False) -> Translated:
        """See `Translator`. A draft is a text that still grows."""
        known = phrasebook.find(text, self.source, self.target)
        if known is None:
            return self._asked(text, draft=draft)
        return Translated(known, _GUESSED if phrasebook.is_guess(text, known, self.source) else _BY_HAND, "phrasebook")

    def _asked(self, text: str, *, draft: bool) -> Translated:
        best: Translated | None = None
        failures = []
        for link in self._links:
            translator = self._translator(link)
            if translator is None:
                continue
            try:
                made = replace(translator.translate(text), translator=link.name)
            except TranslatorFailed as error:
                failures.append(str(error))
                continue
            except Exception as error:  # noqa: BLE001 -- a driver's fault costs its own answer only
                failures.append(self._dropped(link, error))
                continue
            believed = best is None and made.confidence is None
            best = made if best is None or _sureness(made) > _sureness(best) else best
            if draft or believed or _sureness(made) >= _SURE:
                break
        if best is None:
            raise TranslatorFailed("; ".join(failures) or "no translator is left")
        return best

    def close(self) -> None:
        """See `Translator`."""
        opened, self._opened = self._opened, {}
        for translator in opened.values():
            translator.close()

    def _dropped(self, link: Link, error: Exception) -> str:
        """Have a translator that failed in a way of its own opened again; return what may be told of it."""
        # Without the message: it may hold what was said, and that never goes to the journal.
        text = f"the translator {link.name} failed with {type(error).__name__}"
        _LOG.error("%s, it is opened again", text)
        with contextlib.suppress(Exception):
            self._opened.pop(link.name).close()
        return text

    def _translator(self, link: Link) -> Translator | None:
        if link.name not in self._opened and link.name not in self.missing:
            try:
                self._opened[link.name] = link.open()
            except DriverMissing as error:
                self.missing[link.name] = str(error)
        return self._opened.get(link.name)


def _sureness(made: Translated) -> float:
    return _UNTOLD if made.confidence is None else made.confidence
