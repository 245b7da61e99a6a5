"""What is to be on the display: a pure machine, fed with results and with the notice board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from daemon import doubt
from daemon.board import Activity, Snapshot
from daemon.events import Final, Interim, OutputEvent, StableText, Translation, UtteranceDropped
from daemon.language_tags import base
from hw.api import Caption, CaptionLine
from hw.text import clean

#: Problems that mean that there is no connection to the broker.
_BROKER_AWAY = frozenset(("mqtt_unreachable", "mqtt_refused", "mqtt_client_clash", "clock_unsynced"))


class Story:
    """What is to be on the screen, from what was told.

    An interim of the open utterance takes the place of the last final, which stays until then; an utterance that is
    dropped leaves the screen, and the last final is back. Before anything was said, the screen says which device it is,
    by the address that `address` returns, and how it stands with the broker (None: nobody knows of one).
    """

    def __init__(
        self,
        snapshot: Snapshot,
        device: str = "",
        address: Callable[[], str] = str,
        broker: str | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._device = device
        self._address = address
        self._broker = broker
        self._shown: Interim | Final | None = None
        self._final: Final | None = None
        self._ended = 0
        self._identifying = False

    def clear(self) -> None:
        """Forget what was said."""
        self._shown = self._final = None
        self._identifying = False

    def identify(self) -> None:
        """Say which device this is until somebody speaks."""
        self._identifying = True

    def tell(self, event: OutputEvent) -> None:
        """Take a result; what is of no concern to a reader is ignored."""
        if isinstance(event, Interim | Final):
            self._identifying = False
        match event:
            case Interim() if event.utterance > self._ended:  # not one that its own final has overtaken
                self._shown = event
            case Final():
                self._final = event
                self._end(event.utterance)
            case UtteranceDropped():
                self._end(event.utterance)

    def board_says(self, snapshot: Snapshot) -> None:
        """Take how the device is."""
        self._snapshot = snapshot

    def caption(self) -> Caption:
        """Return what is to be on the screen now."""
        status = _status(self._snapshot, self._device)
        targets = self._snapshot.targets
        if self._identifying:
            return _alone(self._device, status)
        if self._shown is None:
            greeting = self._greeting()
            return _alone(greeting, status) if greeting else Caption(None, _lines({}, targets), status=status)
        if base(self._shown.source_lang) in map(base, targets):
            targets = ()  # the other side of a conversation: its translations go the other way
        lines = _lines(self._shown.translations, targets)
        return Caption(_source(self._shown), lines, final=isinstance(self._shown, Final), status=status)

    def _greeting(self) -> str:
        facts = [fact for fact in (self._address(), self._broker_state()) if fact]
        return " · ".join([self._device, *facts] if facts and self._device else facts)

    def _broker_state(self) -> str:
        if not self._broker:
            return "" if self._broker is None else "no broker"
        away = any(problem.code in _BROKER_AWAY for problem in self._snapshot.problems)
        return f"broker {self._broker}{' away' if away else ''}"

    def _end(self, utterance: int) -> None:
        self._ended = max(self._ended, utterance)
        if not isinstance(self._shown, Interim) or self._shown.utterance <= utterance:
            self._shown = self._final


def _alone(text: str, status: str) -> Caption:
    """Return a caption of this text only, as a translation: every panel has room for one, but not for what was said."""
    return Caption(None, (CaptionLine("", text, len(text)),), status=status)


def _status(snapshot: Snapshot, device: str) -> str:
    """One line: what the device does or what is wrong, from and into which languages, which device it is."""
    quiet = snapshot.trouble or snapshot.activity is Activity.STOPPED
    parts = [snapshot.summary, "" if quiet else _languages(snapshot), device]
    return " · ".join(part for part in parts if part)


def _languages(snapshot: Snapshot) -> str:
    if snapshot.conversation:
        return " ←→ ".join(snapshot.conversation)  # two signs: small displays have these
    return f"{snapshot.source} → {', '.join(snapshot.targets)}" if snapshot.targets else snapshot.source


def _lines(
    translations: Mapping[str, StableText] | Mapping[str, Translation], targets: Iterable[str]
) -> tuple[CaptionLine, ...]:
    """Put the translations in the settings' order; a target that has none yet keeps its place."""
    known: dict[str, StableText | Translation | str] = dict.fromkeys(targets, "")
    known.update(translations)
    return tuple(_line(lang, text) for lang, text in known.items())


def _source(shown: Interim | Final) -> CaptionLine:
    """Return what was said, with the words that may have been misheard."""
    line = _line(shown.source_lang, shown.source)
    if isinstance(shown, Interim) or not shown.words:
        return line
    text = clean(line.text)
    words = ((word.text, word.confidence) for word in shown.words)
    return CaptionLine(line.lang, text, len(text), doubt.unsure(text, words))


def _line(lang: str, text: StableText | Translation | str) -> CaptionLine:
    if isinstance(text, StableText):
        return CaptionLine(lang, text.text, text.stable)
    if isinstance(text, Translation):
        told = f"[{text.error.text}]" if text.error is not None else text.text
        return CaptionLine(lang, told, len(told), doubtful=doubt.in_doubt(text.confidence))
    return CaptionLine(lang, text, len(text))
