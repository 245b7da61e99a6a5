"""What an utterance's turn has brought so far. Pure: messages in, hypotheses and one final out.

A service makes phrases of an utterance as it likes; they are joined. Results may come late, twice or in any order, and
a turn that the server ends before the sound does is followed by another, whose offsets count from its own beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.engines.base import Cure, EngineHypothesis, Task
from daemon.engines.speech_service.faults import phrase_failed
from daemon.engines.speech_service.oddities import Oddities
from daemon.events import Translation, TranslationError
from daemon.language_tags import base
from daemon.wire.messages import Hypothesis, Phrase, RecognitionStatus, Translated
from daemon.wire.units import seconds, ticks

#: Languages that write no space between sentences.
_UNSPACED = frozenset({"ja", "lo", "lzh", "km", "my", "th", "yue", "zh"})
#: A phrase may begin so much later than its hypotheses said.
_SHIFT_TICKS = ticks(0.5)
_SPOKEN = (RecognitionStatus.SUCCESS,)


@dataclass(slots=True)
class Results:
    """Of one utterance."""

    utterance: int
    task: Task
    where: str
    oddities: Oddities
    #: A phrase that ends so near the end of the sound is its last.
    tail_ticks: int = 0
    #: Where the turn at hand begins, ticks of the utterance.
    base_ticks: int = 0
    #: Sound with a phrase for good, ticks of the utterance; a turn that follows begins there.
    covered_ticks: int = 0
    #: Code, text and cure, if the service failed on it.
    failure: tuple[str, str, Cure] | None = None
    _phrases: dict[int, Phrase] = field(default_factory=dict)
    #: Phrases of this turn that say nothing of the targets: a service may say each so first, then translated.
    _bare: list[Phrase] = field(default_factory=list)
    _translates: bool = False
    #: Where phrases begin, as far as hypotheses said.
    _supposed: set[int] = field(default_factory=set)
    _heard_s: float = 0.0
    _dictation_over: bool = False

    def hypothesis(self, message: Hypothesis) -> EngineHypothesis | None:
        """Take an interim result; return what is to be said of it."""
        begins, ends = self._span(message)
        is_bare = self._is_bare(message)
        if not message.text or ends <= self.covered_ticks or (is_bare and self._translates):
            return None
        self._translates = not is_bare
        self._heard_s = max(self._heard_s, seconds(ends))
        self._supposed.add(begins)
        before = [self._phrases[at] for at in sorted(self._phrases) if at < begins]
        parts: list[Phrase | Hypothesis] = [*before, message]
        language = self._language(parts)
        translations = {target: self._joined(parts, target) for target in self.task.heard(language).targets}
        shown = {target: text for target, text in translations.items() if text}
        sure = message.sure_of_language
        return EngineHypothesis(self.utterance, language, self._source(parts), shown, self._heard_s, sure)

    def phrase(self, message: Phrase) -> None:
        """Take a phrase for good."""
        self.failure = self.failure or phrase_failed(self.where, message.status, message.text)
        if message.status is RecognitionStatus.END_OF_DICTATION:
            self._dictation_over = True
        elif message.status in _SPOKEN and message.translation_error is None and self._is_bare(message):
            self._bare.append(message)
        else:
            self._take(message)

    def turn_ended(self) -> None:
        """Take for good what was not said again with translations."""
        for message in self._untranslated():
            self._take(message)
        self._bare.clear()

    def _take(self, message: Phrase) -> None:
        begins, ends = self._span(message)
        if message.status in _SPOKEN and message.text:
            if self._known(begins, message):
                self.oddities.note("twice", f"{self.where} sent the phrase at {seconds(begins):.1f} s more than once")
                return
            self._phrases[begins] = message
        self.covered_ticks = max(self.covered_ticks, ends)

    def renewed(self) -> None:
        """Go on in a new turn, which begins where the last phrase ended."""
        self.base_ticks = self.covered_ticks
        self._dictation_over = False

    def complete(self, sound_ticks: int) -> bool:
        """Tell whether nothing more can come, once all the sound has been sent."""
        if self._untranslated():
            return False
        if self._dictation_over:
            return True
        at_the_end = bool(self.covered_ticks) and sound_ticks - self.covered_ticks <= self.tail_ticks
        return at_the_end and all(map(self._is_for_good, self._supposed))

    @property
    def source(self) -> str:
        """The whole text; empty: nothing was said."""
        return self._source(self._in_order())

    @property
    def language(self) -> str:
        """The language that was spoken."""
        return self._language(self._in_order())

    @property
    def translations(self) -> dict[str, Translation]:
        """The final translation into each target, or why there is none."""
        phrases = self._in_order()
        targets = self.task.heard(self._language(phrases)).targets
        return {target: self._translation(phrases, target) for target in targets} if self.source else {}

    def _translation(self, phrases: list[Phrase], target: str) -> Translation:
        text = self._joined(phrases, target)
        failed = next((phrase.translation_error for phrase in phrases if phrase.translation_error is not None), None)
        if failed is not None:
            said = failed or "the service gave no reason"
            return Translation(error=TranslationError("translator_failed", f"{self.where}: {said}"))
        if not text:
            return Translation(error=TranslationError("no_translator", f"{self.where} sent no translation to {target}"))
        return Translation(text)

    def _is_bare(self, message: Phrase | Hypothesis) -> bool:
        """Tell whether it says nothing of the targets that were asked for."""
        return bool(message.text and self.task.targets and not message.translations)

    def _untranslated(self) -> list[Phrase]:
        """Return the bare phrases that have not been said again with translations."""
        return [message for message in self._bare if not self._known(self._span(message)[0], message)]

    def _span(self, message: Hypothesis | Phrase) -> tuple[int, int]:
        if message.offset_ticks < 0 or message.duration_ticks < 0:
            self.oddities.note("negative_offset", f"{self.where} sent a result at {message.offset_ticks} ticks")
        begins = self.base_ticks + max(0, message.offset_ticks)
        return begins, begins + max(0, message.duration_ticks)

    def _is_for_good(self, supposed: int) -> bool:
        """Tell whether a phrase has come of what a hypothesis said begins there."""
        return any(at - _SHIFT_TICKS <= supposed <= at + phrase.duration_ticks for at, phrase in self._phrases.items())

    def _known(self, begins: int, message: Phrase) -> bool:
        return begins in self._phrases or any(
            known.text == message.text and at <= begins < at + known.duration_ticks
            for at, known in self._phrases.items()
        )

    def _in_order(self) -> list[Phrase]:
        return [self._phrases[at] for at in sorted(self._phrases)]

    def _source(self, parts: Iterable[Phrase | Hypothesis]) -> str:
        parts = list(parts)
        return join((part.text for part in parts), self._language(parts))

    def _language(self, parts: Iterable[Phrase | Hypothesis]) -> str:
        told = next((part.language for part in parts if part.language), self.task.source)
        return next((side for side in self.task.conversation if base(side) == base(told)), told)

    @staticmethod
    def _joined(parts: Iterable[Phrase | Hypothesis], target: str) -> str:
        return join((text_in(part.translations, target) for part in parts), target)


def text_in(translations: Iterable[Translated], target: str) -> str:
    """Return the text in a target: the same tag in any case, else the same language."""
    found = {each.language.casefold(): each.text for each in translations}
    exact = found.get(target.casefold())
    return exact if exact is not None else next((t for tag, t in found.items() if base(tag) == base(target)), "")


def join(texts: Iterable[str], language: str) -> str:
    """Return texts that follow each other as one, as the language writes it."""
    space = "" if base(language) in _UNSPACED else " "
    return space.join(text.strip() for text in texts if text.strip())
